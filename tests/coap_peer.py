"""A scripted CoAP peer without sockets or clock; it has its own codec. For both Pythons.

peer = Peer(Engine(Random(1)))      or a Reliability
peer.out()                          what it sends now, read
peer.give(CON, 0x45, mid, ...)      a datagram to it; returns what it sends on that
peer.pass_ms(2000)                  time passes; returns [(ms, what was sent then)]
"""

from expect import Numbers

CON, NON, ACK, RST = range(4)
GET, POST, PUT = 1, 2, 3
CONTENT = 0x45
BAD_OPTION = 0x82
NOT_FOUND = 0x84


class Random:
    """The `random` of a port: the same numbers on every run, but for those that are given."""

    def __init__(self, seed=1, given=()):
        self._numbers = Numbers(seed)
        self.given = list(given)

    def __call__(self, n: int) -> bytes:
        for i in range(len(self.given)):
            if len(self.given[i]) == n:
                return self.given.pop(i)
        return self._numbers.octets(n)


class Seen:
    """A datagram, read strictly: `kind`, `code`, `mid`, `token`, `options`, `payload`."""

    def __init__(self, octets):
        self.octets = octets = bytes(octets)
        assert octets[0] >> 6 == 1, "version"
        self.kind = octets[0] >> 4 & 3
        self.code = octets[1]
        self.mid = int.from_bytes(octets[2:4], "big")
        end = 4 + (octets[0] & 15)
        assert end <= min(12, len(octets)), "token"
        self.token = octets[4:end]
        self.options = []
        self.payload = b""
        rest = octets[end:]
        number = 0
        while rest and rest[0] != 255:
            delta, size = rest[0] >> 4, rest[0] & 15
            delta, rest = _long(delta, rest[1:])
            size, rest = _long(size, rest)
            assert len(rest) >= size, "option past the end"
            number += delta
            self.options.append((number, rest[:size]))
            rest = rest[size:]
        if rest:
            assert len(rest) > 1, "marker without payload"
            self.payload = rest[1:]
        if self.code == 0:
            assert len(octets) == 4, "empty message"

    @property
    def head(self):
        """Return what most tests compare: type, code and message ID."""
        return self.kind, self.code, self.mid


def _long(value: int, rest):
    if value < 13:
        return value, rest
    assert value < 15
    size = value - 12
    value = int.from_bytes(rest[:size], "big") + (13, 269)[size - 1]
    assert len(rest) >= size
    return value, rest[size:]


def datagram(kind, code=0, mid=0, token=b"", options=(), payload=b"") -> bytes:
    """Return a message; `options` are ordered (number, value)."""
    out = bytes([64 | kind << 4 | len(token), code, mid >> 8, mid & 255]) + token
    before = 0
    for number, value in options:
        delta, more = _short(number - before)
        size, more_size = _short(len(value))
        out += bytes([delta << 4 | size]) + more + more_size + value
        before = number
    return out + (b"\xff" + payload if payload else b"")


def _short(value: int):
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


class Item:
    """What Reliability sends; `heard` has what it told."""

    def __init__(self, message, log=None):
        self.message = message
        self.heard = [] if log is None else log

    def acknowledged(self):
        self.heard.append("acknowledged")

    def rejected(self):
        self.heard.append("rejected")

    def lost(self):
        self.heard.append("lost")


class Server:
    """A server for Engine: `answer` is a function of the request; it keeps the requests."""

    def __init__(self, answer):
        self.requests = []
        self._answer = answer

    def handle(self, request):
        """Answer a request."""
        self.requests.append(request)
        return self._answer(request)


class Peer:
    """The other end of an Engine or a Reliability, driven as an endpoint drives it."""

    def __init__(self, engine):
        self.engine = engine
        self.came = []  # what receive() returned

    def out(self) -> list:
        """Let no time pass; return what is sent."""
        self.engine.tick(0)
        return self._flush()

    def _flush(self) -> list:
        found = []
        octets = self.engine.datagram()
        while octets is not None:
            found.append(Seen(octets))
            octets = self.engine.datagram()
            assert len(found) < 1000
        return found

    def give(self, *words, **named) -> list:
        """Give it a message, or bytes; return what it sends."""
        raw = len(words) == 1 and not isinstance(words[0], int)
        message = self.engine.receive(words[0] if raw else datagram(*words, **named))
        if message is not None:
            self.came.append(message)
        return self.out()

    def pass_ms(self, ms: int) -> list:
        """Let time pass, waking as it wants; return [(ms from now, Seen)]."""
        now = rounds = 0
        found = []
        left = self.engine.tick(0)
        while True:
            step = ms - now if left < 0 else min(left, ms - now)
            now += step
            left = self.engine.tick(step)
            found += [(now, seen) for seen in self._flush()]
            if now == ms:
                return found
            rounds += 1
            assert rounds < 2000, "it wants to be called all the time"
