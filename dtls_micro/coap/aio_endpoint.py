"""The asyncio twin of blocking.py, for asyncio of CPython and of MicroPython.

Two tasks work for an endpoint: one takes what comes, one keeps the time. A request that is
cancelled is forgotten; its retransmission ends.
"""

import asyncio

from .base import LINK_FORMAT, Base, joined, links, well_known
from .errors import CoapError
from .exchange import Exchange, Ping
from .message import Message


class Endpoint(Base):
    """A connection to a CoAP peer over a channel whose receive() is a coroutine: see base.py.

    Handlers of `resources` may be coroutines too. Use it with `async with`, or call start()
    in a running loop and close() at the end.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._tasks = ()
        self._handlers = []  # tasks; an event loop alone does not keep them

    @property
    def resources(self):
        """The resources.Resources that the peer can ask for; handlers may be coroutines."""
        resources = self._resources()
        resources.spawn = self._spawn
        resources.wake = self._send
        return resources

    def start(self):
        """Begin to take what comes."""
        if not self._tasks:
            self._tasks = (
                asyncio.create_task(self._work(self._receive())),
                asyncio.create_task(self._work(self._keep_time())),
            )

    async def request(self, code: int, path=None, payload=b"", timeout=None, **settings):
        """Send a request of any method; return the response."""
        wait_ms = self.milliseconds(timeout)
        transfer = self.begin(code, path, payload, settings)
        if settings.get("no_response"):
            self._say(transfer)
            return None
        return await self._complete(transfer, wait_ms)

    def observe(self, path=None, timeout=None, **settings):
        """Return the Notifications of a resource: `async for`, or await next() (RFC 7641)."""
        self.start()
        exchange = self._observation(path, settings, self.milliseconds(timeout))
        exchange.event = asyncio.Event()
        self._send()
        return Notifications(self, exchange, path, settings)

    async def ping(self, timeout=None):
        """Wait until the peer has shown that it is there."""
        exchange = Ping(Message(0), self.milliseconds(timeout))
        self.engine.ping(exchange)
        await self._wait(exchange)

    async def discover(self, query=None, **settings) -> list:
        """Return the links of /.well-known/core; `query` filters, "rt=temperature" say."""
        return links(await self.get(well_known(query), accept=LINK_FORMAT, **settings))

    async def serve(self):
        """Answer the peer's requests until the connection is over: raises why."""
        self.start()
        await self._over.wait()
        raise self.engine.error

    async def close(self):
        """Close the channel; whoever waits for a response gets an error."""
        self._end(CoapError("the endpoint is closed"))
        for task in self._tasks:
            task.cancel()
        await self.channel.close()

    async def __aenter__(self):
        self.start()
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def whole(self, response, path, settings):
        """Return a response with all of its body, of which it may be the first block."""
        if response is not None and response.ok:
            transfer = self.begin(1, path, b"", settings)
            transfer.take(response)
            last = await self._complete(transfer, self.milliseconds(None))
            return joined(response, last)
        return response

    async def deregister(self, exchange, timeout=None):
        """End an observation."""
        await self._wait(self._deregistration(exchange, self.milliseconds(timeout)))

    async def _complete(self, transfer, wait_ms):
        """Exchange messages until a transfer has all; return the last response."""
        try:
            while transfer.more:
                exchange = Exchange(self.message(transfer), wait_ms)
                self.engine.request(exchange)
                transfer.take(await self._wait(exchange))
        finally:
            self.ended(transfer)
        return transfer.response

    async def _wait(self, exchange):
        """Wait until an exchange is done; return its response."""
        self.start()
        exchange.event = asyncio.Event()
        try:
            self._send()
            if not exchange.done:
                await exchange.event.wait()
        finally:
            self.engine.forget(exchange)
            self._wake.set()  # it may be another one's turn
        if exchange.error:
            raise exchange.error
        return exchange.response

    def _send(self):
        """Send what is due now, and have the time kept for it."""
        try:
            self._flush()
        except OSError as error:
            self._end(error)
            raise
        self._wake.set()

    def _end(self, error):
        """End all that waits: the connection is over."""
        self.engine.fail(error)
        self._over.set()
        self._wake.set()

    def _spawn(self, coroutine):
        """Run a handler that is a coroutine."""
        self._handlers.append(asyncio.create_task(self._run(coroutine)))

    async def _run(self, coroutine):
        try:
            await coroutine
        finally:  # it has something to send, also if it was cancelled
            self._handlers.remove(asyncio.current_task())
            self._wake.set()

    async def _work(self, coroutine):
        """Run what works for the endpoint, which is over when that fails."""
        try:
            await coroutine
        except OSError as error:
            self._end(error)
        except Exception as error:
            self._end(CoapError("the endpoint failed: %r" % error))
            raise

    async def _receive(self):
        """Take what comes, for ever."""
        while True:
            datagram = await self.channel.receive()
            if datagram is not None:
                self._tick()
                self.engine.receive(datagram)
                self._send()
                await asyncio.sleep(0)  # a channel that always has one would keep the loop

    async def _keep_time(self):
        """Send anew what was lost, give up what is late."""
        while not self.engine.error:
            left = self._tick()
            self._wake.clear()
            if left < 0:
                await self._wake.wait()
            else:
                try:
                    await asyncio.wait_for(self._wake.wait(), left / 1000)
                except asyncio.TimeoutError:
                    continue


class Notifications:
    """The states of a resource, as they change: an asynchronous iterator of Messages.

    It ends with a response that is no notification, which is the last one. States that come
    while nobody asks are not queued: the newest counts.
    """

    def __init__(self, endpoint, exchange, path, settings):
        self._endpoint = endpoint
        self._exchange = exchange
        self._path = path
        self._settings = settings

    def __aiter__(self):
        return self

    async def __anext__(self):
        response = await self.next()
        if response is None:
            raise StopAsyncIteration
        return response

    async def next(self):
        """Return the next state, None at the end."""
        exchange = self._exchange
        while not exchange.done:
            exchange.event.clear()
            await exchange.event.wait()
        if exchange.error:
            raise exchange.error
        news = exchange.response
        try:
            return await self._endpoint.whole(news, self._path, self._settings)
        except asyncio.CancelledError:
            news = None  # it is there for the next call
            raise
        finally:
            if news is exchange.response:
                exchange.take_news()

    async def cancel(self, timeout=None):
        """Tell the server that no more is wanted, and wait until it knows."""
        if self._exchange.lasting:
            self._exchange.lasting = False
            self._exchange.wake()  # whoever waits in next()
            await self._endpoint.deregister(self._exchange, timeout)

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, *_):
        if kind is None:
            await self.cancel()
        else:  # the server hears of it by the Reset on its next notification
            self._exchange.lasting = False
            self._endpoint.engine.forget(self._exchange)
