"""What blocking.py and aio.py share: an engine with its channel, its clock and its requests.

A channel is an object with send(datagram), receive(ms) and close(). It may say in send_size
and receive_size how large its datagrams can be, in bytes.
"""

import gc

from micropython import const

from .codes import text
from .engine import Engine
from .errors import CoapError
from .exchange import Deregistration, Exchange
from .message import NON, Message, add
from .options import uint
from .reference import relative
from .transfer import Transfer

LINK_FORMAT = 40  # Content-Format, RFC 6690
_IF_MATCH = const(1)
_ETAG = const(4)
_IF_NONE_MATCH = const(5)
_OBSERVE = const(6)
_CONTENT_FORMAT = const(12)
_ACCEPT = const(17)
_NO_RESPONSE = const(258)
_END_OF_OPTIONS = const(65536)
_NOTHING = const(26)  # no response of class 2, 4 or 5
_SETTINGS = (
    "content_format accept etag if_match if_none_match block into most total progress options"
    " confirmable no_response tag"
).split()
_SIZE = const(1152)  # RFC 7252 section 4.6
_WAIT_S = const(93)  # MAX_TRANSMIT_WAIT


class Base:
    """A connection to a CoAP peer.

    port:     the platform's module; None takes the `dtls_port` on the import path
    base:     options for every request, (number, bytes): Uri-Host
    path:     for requests without one
    timeout:  seconds that a message and its answer may take, unless a request says else
    options:  of reliability.Reliability

    The methods that send a request take

    path:            "/a/b?c=d", or None for that of the URI
    payload:         bytes, str, or an object with read(n) that is sent in blocks
    content_format, accept:     numbers of the registry
    etag, if_match:  bytes; if_none_match: True
    block:           block size, 16 to 1024; without it the largest that the buffers hold
    into:            object with write(block) for the body, which else is the payload of the
                     response, `most` bytes (16384) at most
    total:           bytes that a payload with read(n) will have, if known
    progress:        called with (bytes so far, total or None)
    options:         more of them, (number, bytes)
    confirmable:     False sends it NON
    no_response:     True sends it NON and does not wait
    timeout:         seconds for each message and its answer
    and return the response, a Message, also one of class 4 or 5: `response.ok` tells.
    CoapError and TimedOut leave the endpoint usable; other OSErrors mean that it is not.
    """

    def __init__(self, channel, port=None, base=(), path="/", timeout=None, **options):
        if port is None:
            import dtls_port as port
        self.channel = channel
        self.engine = Engine(port.random, **options)
        self.path = path
        self._base = base
        self._port = port
        self._timeout = _WAIT_S if timeout is None else timeout
        self._then = port.ticks_ms()
        self._uploads = 0  # that are under way
        self._tag = 0  # of uploads that were begun and not ended: RFC 9175 section 3.3

    def get(self, path=None, **settings):
        """Ask for a resource."""
        return self.request(1, path, **settings)

    def post(self, path=None, payload=b"", **settings):
        """Have a resource process a payload."""
        return self.request(2, path, payload, **settings)

    def put(self, path=None, payload=b"", **settings):
        """Set a resource."""
        return self.request(3, path, payload, **settings)

    def delete(self, path=None, **settings):
        """Delete a resource."""
        return self.request(4, path, **settings)

    def fetch(self, path=None, payload=b"", **settings):
        """Ask for parts of a resource (RFC 8132)."""
        return self.request(5, path, payload, **settings)

    def patch(self, path=None, payload=b"", **settings):
        """Change parts of a resource (RFC 8132)."""
        return self.request(6, path, payload, **settings)

    def ipatch(self, path=None, payload=b"", **settings):
        """Change parts of a resource, so that once more makes no difference (RFC 8132)."""
        return self.request(7, path, payload, **settings)

    def _resources(self):
        """Return the resources.Resources that the peer can ask for."""
        if self.engine.server is None:
            from .resources import Resources

            self.engine.server = Resources(self.engine, self._room()[0])
        return self.engine.server

    def _room(self):
        """Return the bytes of the largest datagram that can be sent, and received."""
        return (
            getattr(self.channel, "send_size", _SIZE),
            getattr(self.channel, "receive_size", _SIZE),
        )

    def _flush(self):
        """Send what is due."""
        while True:
            datagram = self.engine.datagram()
            if datagram is None:
                return
            self.channel.send(datagram)

    def _tick(self) -> int:
        """Let time pass and send what is due; return ms until this must be done again, or -1."""
        now = self._port.ticks_ms()
        elapsed = max(0, self._port.elapsed(now, self._then))
        self._then = now
        left = self.engine.tick(elapsed)
        self._flush()
        return left

    def milliseconds(self, timeout) -> int:
        """Return a time-out in ms, that of the endpoint for None; ValueError for nonsense."""
        seconds = self._timeout if timeout is None else timeout
        if not 0 < seconds <= 500000:
            raise ValueError("a time-out is more than 0 seconds, and 500000 at most")
        return int(seconds * 1000) or 1

    def begin(self, code, path, payload, settings) -> Transfer:
        """Return the transfer of a request."""
        for name in settings:
            if name not in _SETTINGS:
                raise TypeError("requests have no setting %s" % name)
        if isinstance(payload, str):
            payload = payload.encode()
        options = self._options(self.path if path is None else path, settings)
        transfer = Transfer(code, options, payload, self._room(), settings)
        if transfer.uploading and settings.get("no_response"):
            raise ValueError("a body in blocks needs responses: no no_response")
        return transfer

    def message(self, transfer) -> Message:
        """Return the next request of a transfer, which may have come to be an upload by now."""
        if transfer.uploading and not transfer.counted:
            if self._uploads:  # its blocks would be taken for those of the other one
                self._tag += 1
            self._uploads += 1
            transfer.counted = True
            if self._tag:
                transfer.settings.setdefault("tag", uint(self._tag))
        return transfer.request()

    def _say(self, transfer):
        """Send a request that wants no response (RFC 7967)."""
        message = transfer.request()
        message.type = NON
        item = Exchange(message, 0)
        self.engine.send(item)
        self._flush()
        self.engine.unsend(item)  # else its payload is kept, in case that a Reset comes

    def ended(self, transfer):
        """Note whether a server may still hold a part of an upload (RFC 9175 section 3.3)."""
        if transfer.counted:
            self._uploads -= 1
        if transfer.more and transfer.uploading:
            self._tag += 1

    def _observation(self, path, settings, wait_ms: int):
        """Send a request with Observe; return its exchange."""
        from .observation import Observation

        message = self.begin(1, path, b"", settings).request()
        message.add(_OBSERVE, b"")
        exchange = Observation(message, wait_ms, self.engine, self._port.random)
        exchange.room = self._room()[0]
        return self.engine.request(exchange)

    def _deregistration(self, exchange, wait_ms: int):
        """Send what ends an observation (RFC 7641 section 3.6); return its exchange."""
        self.engine.forget(exchange)
        old = exchange.message
        message = Message(
            old.code, old.payload, [one for one in old.options if one[0] != _OBSERVE]
        )
        message.add(_OBSERVE, b"\1")
        return self.engine.request(Deregistration(message, wait_ms), old.token)

    def _options(self, path: str, settings) -> list:
        """Return the options of a request."""
        found = relative(path)
        if self._base:
            found = list(self._base) + found
        for number, name in ((_CONTENT_FORMAT, "content_format"), (_ACCEPT, "accept")):
            if settings.get(name) is not None:
                add(found, number, uint(settings[name]))
        for number, name in ((_IF_MATCH, "if_match"), (_ETAG, "etag")):
            if settings.get(name) is not None:
                add(found, number, settings[name])
        if settings.get("if_none_match"):
            add(found, _IF_NONE_MATCH, b"")
        if settings.get("no_response"):
            add(found, _NO_RESPONSE, uint(_NOTHING))
        for number, value in settings.get("options", ()):
            add(found, number, value)
        for number, value in found:  # before it is anybody's turn to send them
            memoryview(value)
            if not 0 < number < _END_OF_OPTIONS:
                raise ValueError("an option's number is 1 to 65535")
        return found


def joined(first, last):
    """Return a notification with the whole body, which is of a newer state if that changed."""
    if not last.ok:
        return last
    if last.etag != first.etag:
        first.options = last.options
    first.payload = last.payload
    return first


def well_known(query) -> str:
    """Return the path that discovery asks for."""
    return "/.well-known/core" + ("?" + query.lstrip("?") if query else "")


def links(response) -> list:
    """Return what the response of a discovery holds: see link.parse()."""
    from .link import parse

    if not response.ok:
        raise CoapError("the server does not tell its resources: %s" % text(response.code))
    try:
        return parse(response.payload)
    except ValueError as error:
        raise CoapError("what the server tells is no link format: %s" % error)


gc.collect()  # what an import leaves would be holes in a small heap
