"""Channels in memory with a scripted server behind them, for endpoints; for both Pythons.

endpoint, channel = connected(reply(CONTENT, payload=b"body"), lost)
channel.sent                       what the endpoint has sent, read
channel.port.now                   the clock, which goes on while a channel is waited for
AioChannel([...])                  the same for coap.aio_endpoint

A script is a list of functions: each request that comes takes the next one, which returns the
server's datagrams on it. A request that comes again, under the same message ID, takes one too.
"""

import asyncio
from errno import EBADF

from coap_peer import ACK, CON, CONTENT, GET, RST, Peer, Random, Seen, datagram
from expect import Numbers

from dtls_micro.coap.blocking import Endpoint
from dtls_micro.coap.engine import Engine
from dtls_micro.coap.resources import Resources

CHANGED = 0x44
CONTINUE = 0x5F
OBSERVE = 6
ETAG = 4
BLOCK2, BLOCK1, SIZE2, SIZE1 = 23, 27, 28, 60
_URI_PATH = 11
BODY = Numbers(7).octets(300)


class Port:
    """What an endpoint needs of a port; `now` is the time in ms."""

    def __init__(self, seed=1):
        self.now = 0
        self.random = Random(seed)

    def ticks_ms(self) -> int:
        return self.now

    def elapsed(self, now: int, then: int) -> int:
        return now - then


class _Script:
    """A server that answers by a script."""

    def __init__(self, script=()):
        self.script = list(script)
        self.sent = []
        self.closed = False

    @property
    def requests(self) -> list:
        """Return the requests that were sent."""
        return [seen for seen in self.sent if 0 < seen.code < 32]

    def send(self, octets):
        """Take a datagram of the endpoint."""
        if self.closed:
            raise OSError(EBADF)
        seen = Seen(octets)
        self.sent.append(seen)
        if 0 < seen.code < 32 or (seen.kind, seen.code) == (CON, 0):
            assert self.script, "a request that is not in the script: %r" % seen.octets
            for answer in self.script.pop(0)(seen):
                self.give(answer)


class Channel(_Script):
    """For blocking.Endpoint. To wait for ever when nothing is to come is a failure.

    What is `sent` says in `at_ms` when.
    """

    def __init__(self, port, script=()):
        super().__init__(script)
        self.port = port
        self._coming = []  # (when, datagram), ordered

    def send(self, octets):
        """Take a datagram of the endpoint."""
        super().send(octets)
        self.sent[-1].at_ms = self.port.now

    def give(self, octets, after_ms=0):
        """Have a datagram come, or an exception."""
        when = self.port.now + after_ms
        at = len(self._coming)
        while at and self._coming[at - 1][0] > when:
            at -= 1
        self._coming.insert(at, (when, octets))

    def receive(self, ms: int):
        """Return what comes within `ms`."""
        limit = self.port.now + ms
        if self._coming and (ms < 0 or self._coming[0][0] <= limit):
            when, octets = self._coming.pop(0)
            self.port.now = max(self.port.now, when)
            if isinstance(octets, BaseException):
                raise octets
            return octets
        assert ms >= 0, "it waits for ever"
        self.port.now = limit
        return None

    def close(self):
        """Close it."""
        self.closed = True


class AioChannel(_Script):
    """For aio_endpoint.Endpoint."""

    def __init__(self, script=()):
        super().__init__(script)
        self._coming = []
        self._came = asyncio.Event()

    def give(self, octets):
        """Have a datagram come, or an OSError."""
        self._coming.append(octets)
        self._came.set()

    async def receive(self):
        """Return what comes."""
        while not self._coming:
            self._came.clear()
            await self._came.wait()
        octets = self._coming.pop(0)
        if isinstance(octets, OSError):
            raise octets
        return octets

    async def taken(self):
        """Wait until all that was given has been received, and a moment for what it leads to."""
        for _ in range(2000):
            if not self._coming:
                break
            await asyncio.sleep(0.01)
        assert not self._coming, "nobody receives"
        await asyncio.sleep(0.05)

    async def close(self):
        """Close it."""
        self.closed = True


def connected(*script, **options) -> tuple:
    """Return a blocking endpoint and its channel."""
    port = Port()
    channel = Channel(port, script)
    return Endpoint(channel, port, **options), channel


class Client:
    """A client of Resources; each request has a message ID of its own."""

    def __init__(self, size=1152, **options):
        self.engine = Engine(Random())
        self.resources = Resources(self.engine, size, **options)
        self.engine.server = self.resources
        self.failures = []
        self.resources.failed = self.failures.append
        self.peer = Peer(self.engine)
        self._mid = 0

    def ask(self, code, path="/a", options=(), payload=b"", token=b"t"):
        """Return the response on a request; it must be in the acknowledgement."""
        self._mid += 1
        found = [one for one in options if one[0] < _URI_PATH]
        found += [(_URI_PATH, one.encode()) for one in path.split("/")[1:]]
        found += [one for one in options if one[0] >= _URI_PATH]
        (response,) = self.peer.give(CON, code, self._mid, token, found, payload)
        assert (response.kind, response.mid, response.token) == (ACK, self._mid, token)
        return response

    def observe(self, path="/a", token=b"t", value=b""):
        """Ask with Observe; tell whether the response has it."""
        return option(self.ask(GET, path, [(OBSERVE, value)], token=token), OBSERVE) is not None

    def news(self) -> list:
        """Return the notifications that are sent now; they are acknowledged."""
        found = self.peer.out()
        for seen in found:
            if seen.kind == CON:
                found += self.peer.give(ACK, 0, seen.mid)
        return found


# what scripts are made of


def reply(code, options=(), payload=b""):
    """Return a step that answers in the acknowledgement."""
    return lambda seen: [answer(seen, code, options, payload)]


def answer(seen, code, options=(), payload=b"") -> bytes:
    """Return the acknowledgement of a request, with a response."""
    return datagram(ACK, code, seen.mid, seen.token, options, payload)


def acknowledged(seen) -> list:
    """Acknowledge; the response comes later, or never."""
    return [datagram(ACK, 0, seen.mid)]


def refused(seen) -> list:
    """Send a Reset."""
    return [datagram(RST, 0, seen.mid)]


def lost(seen) -> list:
    """Let a request get lost."""
    return []


def down(number, more, size, body=BODY, etag=None, total=None):
    """Return a step: a block of a body, in a 2.05."""
    options = [(ETAG, etag)] if etag else []
    options.append((BLOCK2, block(number, more, size)))
    if total is not None:
        options.append((SIZE2, octets(total)))
    return reply(CONTENT, options, body[number * size : (number + 1) * size])


def up(code, number, more, size, *options):
    """Return a step: the response on a block of the endpoint's."""
    return reply(code, [(BLOCK1, block(number, more, size))] + list(options))


def octets(value: int) -> bytes:
    """Return a number as an option has it."""
    out = b""
    while value:
        out = bytes([value & 255]) + out
        value >>= 8
    return out


def block(number: int, more: int, size: int) -> bytes:
    """Return the value of a Block1 or Block2 option."""
    szx = {16: 0, 32: 1, 64: 2, 128: 3, 256: 4, 512: 5, 1024: 6}[size]
    return octets(number << 4 | more << 3 | szx)


def option(seen, number: int):
    """Return the value of an option of a message, or None."""
    for one, value in seen.options:
        if one == number:
            return value
    return None


def told(channel) -> list:
    """Return what is said of blocks in all requests, with the script at its end."""
    assert channel.script == []
    return [said(seen) for seen in channel.requests]


def uploaded(channel) -> bytes:
    """Return the payloads of all requests."""
    return b"".join([seen.payload for seen in channel.requests])


def said(seen) -> str:
    """Return what RFC 7959 section 3 writes of a request: "1:0/1/128 2:0/0/64"."""
    found = []
    for number, name in ((BLOCK1, "1"), (BLOCK2, "2")):
        value = option(seen, number)
        if value is not None:
            value = int.from_bytes(value, "big")
            found.append("%s:%d/%d/%d" % (name, value >> 4, value >> 3 & 1, 16 << (value & 7)))
    return " ".join(found)
