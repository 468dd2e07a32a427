"""A client that waits: lwm2m.Client(name, bootstrap=..., store=..., objects=[...]).run().

With several servers they take turns, of 50 ms each. A handshake with one lets the others wait.
"""

import time

from micropython import const

from ..coap.connection import connect, default_port
from ..coap.exchange import Exchange
from .base import Base

_TURN_MS = const(50)


class Client(Base):
    """See base.Base for what it takes."""

    def __init__(self, name, *arguments, port=None, **settings):
        super().__init__(World(port or default_port()), name, *arguments, **settings)
        self._main = None

    def run(self, seconds=None):
        """Live for some seconds, or until stop(); it can be called again and goes on.

        It may take longer by a handshake.
        """
        if self._main is None:
            self._main = self.world.spawn(self.live())
        try:
            return self.world.run(self._main, seconds)
        except BaseException:  # Ctrl-C, say
            self.save()
            raise

    def bootstrap(self, security=None):
        """Bootstrap by one try, from the stored account or another; OSError says what failed."""
        self.save()
        self._load()
        self.world.run(self.world.spawn(self.bootstrap_once(security)), None)


class Task:
    """A coroutine that is not done yet, or is; what it raises is raised by World.run()."""

    error = None

    def __init__(self, coroutine):
        self.coroutine = coroutine
        self.done = False

    def step(self):
        """Let it go on until it waits."""
        self.done = True  # if it ends, or raises
        try:
            self.coroutine.send(None)
        except StopIteration:
            return
        self.done = False


class Turn:
    """`await` it to let the other tasks go on."""

    def __await__(self):
        yield

    __iter__ = __await__


class Waker:
    """What ends a wait sooner, if set() is called meanwhile."""

    is_set = False

    def set(self):
        """End the wait."""
        self.is_set = True


class World:
    """Time and connections for coroutines, without asyncio."""

    waker = Waker

    def __init__(self, port):
        self.port = port
        self._tasks: list = []
        self._until = None  # (ticks_ms, ms) of run()
        self._idle = True  # no task has waited for a datagram in this round

    def run(self, main, seconds) -> bool:
        """Run all tasks until one of them is done, or for some seconds; tell whether it is."""
        self._until = None if seconds is None else (self.now(), seconds * 1000)
        while not main.done:
            self._idle = True
            for task in list(self._tasks):
                self._step(task)
            if self._idle and not main.done:
                time.sleep(_TURN_MS / 1000)
            if self._until and self.since(self._until[0]) >= self._until[1]:
                break
        return main.done

    def _step(self, task):
        try:
            task.step()
        finally:
            if task.done:
                self._tasks.remove(task)

    def spawn(self, coroutine) -> Task:
        """Begin another task."""
        task = Task(coroutine)
        self._tasks.append(task)
        return task

    def now(self) -> int:
        """Return the time, for since()."""
        return self.port.ticks_ms()

    def since(self, then: int) -> int:
        """Return the milliseconds that have passed."""
        return max(0, self.port.elapsed(self.port.ticks_ms(), then))

    async def connect(self, uri, credential, timeout, **options):
        """Return a connected endpoint of CoAP."""
        return connect(uri, credential, self.port, timeout, **options)

    async def close(self, endpoint):
        """Close it."""
        endpoint.close()

    async def request(self, endpoint, code, path, payload=b"", timeout=None, **settings):
        """Return the response to a request: endpoint.request(), in turns."""
        transfer = endpoint.begin(code, path, payload, settings)
        try:
            while transfer.more:
                exchange = endpoint.engine.request(
                    Exchange(transfer.request(), endpoint.milliseconds(timeout))
                )
                try:
                    while not exchange.done:
                        self._work_once(endpoint, _TURN_MS)
                        await Turn()
                finally:
                    endpoint.engine.forget(exchange)
                if exchange.error:
                    raise exchange.error
                transfer.take(exchange.response)
        finally:
            endpoint.ended(transfer)
        return transfer.response

    def _work_once(self, endpoint, ms):
        self._idle = False
        endpoint.step(ms)

    async def work(self, endpoint, seconds, waker):
        """Answer the peer for some seconds."""
        begin = self.now()
        while not waker.is_set:
            left = int(seconds * 1000) - self.since(begin)
            if left <= 0:
                break
            self._work_once(endpoint, min(left, self._turn()))
            await Turn()
        waker.is_set = False

    async def sleep(self, seconds, waker):
        """Wait."""
        begin = self.now()
        while not waker.is_set:
            left = int(seconds * 1000) - self.since(begin)
            if left <= 0:
                break
            await Turn()
        waker.is_set = False

    def _turn(self) -> int:
        """Return how long a task may wait."""
        if len(self._tasks) > 2:  # the client's own, and servers'
            return _TURN_MS
        left = 1000
        if self._until:
            left = min(left, int(self._until[1]) - self.since(self._until[0]))
        return max(1, left)
