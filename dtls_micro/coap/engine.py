"""Requests and responses without I/O (RFC 7252 section 5), over reliability.py.

    for each datagram that comes:   engine.tick(elapsed_ms), then engine.receive(it)
    after every verb:               send engine.datagram() until it is None
    when engine.tick() is due:      engine.tick(elapsed_ms)

engine.request(exchange) sends a request; the Exchange's `done` becomes true in one of these verbs.
Requests of the peer go to `engine.server`, an object with handle(request) that returns the
response, or None if it will give it to respond() later; without one they are answered 4.04.
"""

import gc

from micropython import const

from .exchange import Exchange
from .message import CON, NON, Message
from .reliability import Reliability

_HOUR = const(3600000)  # ms
_TOKEN_SIZE = const(4)  # 32 random bits: RFC 7252 section 5.3.1
_SEPARATE = const(16)
_BYTES = const(16384)  # of the bodies of requests that wait; a single one may be larger
_NO_RESPONSE = const(258)
_PROXY_URI = const(35)
_PROXY_SCHEME = const(39)
_IPATCH = const(7)  # the last method
_BAD_OPTION = const(0x82)
_NOT_FOUND = const(0x84)
_NOT_ALLOWED = const(0x85)
_PROXYING_NOT_SUPPORTED = const(0xA5)


class Engine:
    """Both roles on one connection; `options` are of Reliability."""

    def __init__(self, random, **options):
        self._random = random
        self._layer = Reliability(random, **options)
        self._exchanges = []
        self._separate = []  # requests whose responses will be messages of their own
        self.server = None
        self.error = None  # why the connection is over
        self.hours = 0  # that have passed
        self._hour_ms = 0  # of the next one

    def request(self, exchange: Exchange, token=None):
        """Send the request of an exchange, under a new token if none is given; return it."""
        if self.error:
            raise self.error
        exchange.message.token = token or self._token()
        self._exchanges.append(exchange)
        self._layer.send(exchange)
        return exchange

    def ping(self, exchange: Exchange):
        """Send an empty message (section 4.3)."""
        if self.error:
            raise self.error
        self._exchanges.append(exchange)
        self._layer.send(exchange)

    def repeat(self, exchange: Exchange):
        """Send the request of an exchange that goes on once more, under its token."""
        self._layer.forget(exchange)
        self._layer.send(exchange)

    def send(self, item):
        """Send an item whose response nobody waits for: see reliability.py."""
        if item.message.code >> 5 == 0:  # a request; the token of a response may be empty
            item.message.token = self._token()
        self._layer.send(item)

    def unsend(self, item):
        """Stop sending an item's message."""
        self._layer.forget(item)

    def queued(self, kind) -> int:
        """Return how many items of a class wait for their turn."""
        return self._layer.queued(kind)

    def forget(self, exchange: Exchange):
        """Give an exchange up; a response that comes yet is refused."""
        self._layer.forget(exchange)
        if exchange in self._exchanges:
            self._exchanges.remove(exchange)

    def datagram(self):
        """Return the next datagram to send, or None; it is valid until the next verb."""
        return self._layer.datagram()

    def tick(self, elapsed_ms: int) -> int:
        """Let time pass; return for how long at most tick() can wait, -1 for ever.

        It is 0 when an exchange has ended, so that whoever waits for that looks at it.
        """
        self._layer.tick(elapsed_ms)
        self._hour_ms += elapsed_ms
        if self._hour_ms >= _HOUR:
            self.hours += self._hour_ms // _HOUR
            self._hour_ms %= _HOUR
        left = -1
        for i in range(len(self._exchanges) - 1, -1, -1):
            exchange = self._exchanges[i]
            mine = 0
            if not exchange.done or exchange.lasting:
                mine = exchange.tick(0 if exchange.fresh else elapsed_ms)
                exchange.fresh = False
            if mine == 0:
                self.forget(exchange)
            left = mine if left < 0 else min(left, mine)
        mine = self._layer.tick(0)  # it may have begun with another message meanwhile
        return mine if left < 0 else left if mine < 0 else min(left, mine)

    def receive(self, datagram):
        """Take one datagram."""
        message = self._layer.receive(datagram)
        if message is None:
            return
        if message.code >> 5:
            self._take(message)
        elif message.bad:
            self._refuse(message)
        else:
            self._serve(message)

    def respond(self, request, response):
        """Answer a request of the peer that separate() put off."""
        if request in self._separate:
            self._separate.remove(request)
            if not _unwanted(request, response):
                response.token = request.token
                response.type = request.type
                item = Response(response)
                self._layer.send(item)
                if response.type != CON:  # nothing is to become of it
                    self._layer.forget(item)
        else:
            self._answer(request, response)

    def separate(self, request):
        """Acknowledge a request whose answer takes longer; respond() gives it then."""
        self._layer.acknowledge(request)
        self._separate.append(request)

    def crowded(self) -> bool:
        """Tell whether as many requests of the peer wait for separate responses as may."""
        if len(self._separate) + self._layer.queued(Response) >= _SEPARATE:
            return True
        bodies = [one.payload for one in self._separate]
        kept = sum([len(body) for body in bodies if isinstance(body, (bytes, bytearray))])
        return kept >= _BYTES

    def fail(self, error):
        """End every exchange: the connection is over."""
        self.error = error
        for exchange in self._exchanges:
            if not exchange.done or exchange.lasting:
                exchange.fail(error)
            self._layer.forget(exchange)
        self._exchanges.clear()

    def _token(self) -> bytes:
        while True:
            token = self._random(_TOKEN_SIZE)
            for exchange in self._exchanges:
                if exchange.message.token == token:
                    break
            else:
                return token

    def _take(self, response):
        """Give a response to its exchange, or refuse it (section 4.2, 4.3)."""
        for exchange in self._exchanges:
            if exchange.message.token == response.token and exchange.awaits(response):
                self._layer.forget(exchange)  # it need not be acknowledged any more
                if response.bad and response.type <= NON:
                    self._layer.reject(response)
                else:
                    self._layer.acknowledge(response)
                if not exchange.take(response):
                    self._exchanges.remove(exchange)
                return
        if response.type <= NON:
            self._layer.reject(response)

    def _refuse(self, request):
        """Answer a request with a critical option that is not understood (section 5.4.1)."""
        if request.type == CON:
            text = "option %d is not understood" % request.bad
            self._layer.answer(request, Message(_BAD_OPTION, text.encode()))

    def _serve(self, request):
        if request.code > _IPATCH:
            response = Message(_NOT_ALLOWED)
        elif request.option(_PROXY_URI) or request.option(_PROXY_SCHEME):
            response = Message(_PROXYING_NOT_SUPPORTED)
        elif self.server is None:
            response = Message(_NOT_FOUND)
        else:
            response = self.server.handle(request)
        if response is not None:
            self._answer(request, response)

    def _answer(self, request, response):
        if not _unwanted(request, response):
            self._layer.answer(request, response)
        else:
            self._layer.acknowledge(request)


def _unwanted(request, response) -> bool:
    """Tell whether the client does not want a response of that class (RFC 7967)."""
    classes = request.uint(_NO_RESPONSE, 0)
    return classes >> (response.code >> 5) - 1 & 1 == 1


class Response:
    """A response in a message of its own (RFC 7252 section 5.2.2): nobody waits for it."""

    def __init__(self, message):
        self.message = message

    def acknowledged(self):
        """Need nothing more."""

    def rejected(self):
        """Need nothing more: the peer has forgotten its request."""

    def lost(self):
        """Need nothing more: the peer will ask again."""


gc.collect()  # what an import leaves would be holes in a small heap
