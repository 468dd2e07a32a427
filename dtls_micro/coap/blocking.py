"""A CoAP endpoint that waits: requests one after the other, and the peer's meanwhile."""

from .base import LINK_FORMAT, Base, joined, links, well_known
from .errors import CoapError
from .exchange import Exchange, Ping
from .message import Message


class Endpoint(Base):
    """A connection to a CoAP peer over a channel: see base.py; `connect()` makes one.

    receive(ms) of the channel waits that long at most, -1 for ever, and returns a datagram
    or None. Its OSErrors end the connection. Requests of the peer are answered within all
    methods that wait: serve() for who has nothing else to do.
    """

    @property
    def resources(self):
        """The resources.Resources that the peer can ask for."""
        return self._resources()

    def request(self, code: int, path=None, payload=b"", timeout=None, **settings):
        """Send a request of any method; return the response."""
        wait_ms = self.milliseconds(timeout)
        transfer = self.begin(code, path, payload, settings)
        if settings.get("no_response"):
            self._say(transfer)
            return None
        return self._complete(transfer, wait_ms)

    def observe(self, path=None, timeout=None, **settings):
        """Return the Notifications of a resource, its present state the first (RFC 7641).

        timeout: seconds for the first one, or None
        """
        from .notifications import Notifications

        exchange = self._observation(path, settings, self.milliseconds(timeout))
        return Notifications(self, exchange, path, settings)

    def ping(self, timeout=None):
        """Wait until the peer has shown that it is there."""
        exchange = Ping(Message(0), self.milliseconds(timeout))
        self.engine.ping(exchange)
        self._wait(exchange)

    def discover(self, query=None, **settings) -> list:
        """Return the links of /.well-known/core; `query` filters, "rt=temperature" say."""
        return links(self.get(well_known(query), accept=LINK_FORMAT, **settings))

    def serve(self, seconds=None):
        """Answer the peer's requests, for some seconds or for ever."""
        self.work(None, seconds)

    def close(self):
        """Close the channel; whoever waits for a response gets an error."""
        self.engine.fail(CoapError("the endpoint is closed"))
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def whole(self, response, path, settings):
        """Return a response with all of its body, of which it may be the first block."""
        if response is not None and response.ok:
            transfer = self.begin(1, path, b"", settings)
            transfer.take(response)
            last = self._complete(transfer, self.milliseconds(None))
            return joined(response, last)
        return response

    def deregister(self, exchange, timeout=None):
        """End an observation."""
        self._wait(self._deregistration(exchange, self.milliseconds(timeout)))

    def work(self, exchange, seconds=None):
        """Work until an exchange is done, or for some seconds; None for ever."""
        begin = self._port.ticks_ms()
        limit = left = -1 if seconds is None else max(0, int(seconds * 1000))
        while exchange is None or not exchange.done:
            self.step(left)
            if limit >= 0:
                left = limit - self._port.elapsed(self._port.ticks_ms(), begin)
                if left <= 0:
                    return

    def _complete(self, transfer, wait_ms):
        """Exchange messages until a transfer has all; return the last response."""
        try:
            while transfer.more:
                exchange = Exchange(self.message(transfer), wait_ms)
                self.engine.request(exchange)
                transfer.take(self._wait(exchange))
        finally:
            self.ended(transfer)
        return transfer.response

    def _wait(self, exchange):
        """Work until an exchange is done; return its response."""
        try:
            self.work(exchange)
        finally:
            self.engine.forget(exchange)
        if exchange.error:
            raise exchange.error
        return exchange.response

    def step(self, limit_ms: int):
        """Work once: send, wait `limit_ms` at most (-1: for ever) for a datagram, handle it."""
        try:
            left = self._tick()
            if left < 0 or 0 <= limit_ms < left:
                left = limit_ms
            datagram = self.channel.receive(left)
            self._tick()
            if datagram is not None:
                self.engine.receive(datagram)
                self._flush()
        except CoapError:
            raise
        except OSError as error:
            self.engine.fail(error)
            raise
