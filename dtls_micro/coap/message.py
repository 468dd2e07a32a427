"""A message: header, token, options and payload, from and to bytes (RFC 7252 section 3)."""

import gc

from micropython import const

from .errors import FormatError
from .options import number, understood

CON = 0  # types
NON = 1
ACK = 2
RST = 3
_ETAG = const(4)
_LOCATION_PATH = const(8)
_LOCATION_QUERY = const(20)
_URI_PATH = const(11)
_CONTENT_FORMAT = const(12)
_MAX_AGE = const(14)
_PAYLOAD_MARKER = const(0xFF)
_MOST_OPTIONS = const(256)  # of what comes: each takes some 50 bytes, whatever it is on the wire


class Message:
    """A request or a response.

    type:     CON, NON, ACK or RST
    code:     of codes.py; 0 is an empty message
    mid:      message ID, 0 to 65535; None until it is sent
    token:    bytes, 0 to 8
    options:  list of (number, bytes), ordered by number
    payload:  bytes
    bad:      number of a critical option that is not understood, or 0 (section 5.4.1)
    """

    # Of the class, because an attribute of an instance takes memory.
    type = CON
    mid: "int | None" = None
    token = b""
    bad = 0

    def __init__(self, code: int, payload=b"", options=()):
        self.code = code
        self.options = list(options)
        self.payload = payload

    def add(self, wanted: int, value: bytes):
        """Put an option behind those of the same or a lower number."""
        add(self.options, wanted, value)

    def option(self, wanted: int):
        """Return the first value of an option, or None."""
        for one, value in self.options:
            if one == wanted:
                return value
        return None

    def all(self, wanted: int) -> list:
        """Return all values of an option."""
        return [value for one, value in self.options if one == wanted]

    def uint(self, wanted: int, default=None):
        """Return the value of an option that is a number."""
        value = self.option(wanted)
        return default if value is None else number(value)

    def block(self, wanted: int):
        """Return (number, more, SZX) of Block1 (27) or Block2 (23), or None (RFC 7959)."""
        value = self.uint(wanted)
        return None if value is None else (value >> 4, value >> 3 & 1, value & 7)

    @property
    def ok(self) -> bool:
        """Tell whether it is a response of success, of class 2."""
        return self.code >> 5 == 2

    @property
    def content_format(self):
        """The number of the payload's Content-Format, or None."""
        return self.uint(_CONTENT_FORMAT)

    @property
    def max_age(self) -> int:
        """For how many seconds a response is fresh."""
        return self.uint(_MAX_AGE, 60)

    @property
    def etag(self):
        """The first ETag, or None."""
        return self.option(_ETAG)

    @property
    def location(self) -> str:
        """Location-Path and Location-Query as text: "/rd/5a?x"; "" if there is none."""
        text = _joined(self.all(_LOCATION_PATH))
        query = self.all(_LOCATION_QUERY)
        return text + ("?" + "&".join([_text(value) for value in query]) if query else "")

    @property
    def path(self) -> str:
        """The Uri-Path as text, "/a/b"; a "/" within a segment shows as such."""
        return _joined(self.all(_URI_PATH)) or "/"


def add(options: list, wanted: int, value: bytes):
    """Put an option into an ordered list, behind those of the same or a lower number."""
    at = len(options)
    while at and options[at - 1][0] > wanted:
        at -= 1
    options.insert(at, (wanted, value))


def _joined(values) -> str:
    return "".join(["/" + _text(value) for value in values])


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeError:
        return "".join([chr(octet) for octet in value])


def encode(message: Message, out: bytearray):
    """Write a message into `out` instead of what was there."""
    assert message.mid is not None
    out[0:] = b""
    out.append(0x40 | message.type << 4 | len(message.token))
    out.append(message.code)
    out.append(message.mid >> 8)
    out.append(message.mid & 255)
    out.extend(message.token)
    before = 0
    for one, value in message.options:
        delta = one - before
        size = len(value)
        out.append(_nibble(delta) << 4 | _nibble(size))
        _extended(out, delta)
        _extended(out, size)
        out.extend(value)
        before = one
    if len(message.payload):
        out.append(_PAYLOAD_MARKER)
        out.extend(message.payload)


def size(message: Message) -> int:
    """Return how many bytes encode() would write, of a message without its token."""
    octets = 4 + (len(message.payload) and 1 + len(message.payload))
    before = 0
    for one, value in message.options:
        octets += 1 + _long(one - before) + _long(len(value)) + len(value)
        before = one
    return octets


def _long(value: int) -> int:
    return (value >= 13) + (value >= 269)


def _nibble(value: int) -> int:
    return value if value < 13 else 13 if value < 269 else 14


def _extended(out: bytearray, value: int):
    if value >= 269:
        out.append(value - 269 >> 8)
        out.append(value - 269 & 255)
    elif value >= 13:
        out.append(value - 13)


def parse(datagram) -> Message:
    """Return the message in a datagram; nothing in it refers to the datagram.

    FormatError if it is none (section 3), or a code is of a reserved class.
    """
    size = len(datagram)
    if size < 4 or datagram[0] >> 6 != 1:
        raise FormatError("no message of version 1")
    message = Message(datagram[1])
    message.type = datagram[0] >> 4 & 3
    message.mid = datagram[2] << 8 | datagram[3]
    at = 4 + (datagram[0] & 15)
    if at > 12 or at > size or message.code >> 5 in (1, 6, 7):
        raise FormatError("token or code")
    if message.code == 0 and size > 4:
        raise FormatError("an empty message that is not empty")
    datagram = memoryview(datagram)
    message.token = bytes(datagram[4:at])
    at = _options(message, datagram, at)
    if at < size:
        if at + 1 == size:
            raise FormatError("a payload marker without a payload")
        message.payload = bytes(datagram[at + 1 :])
    return message


def _options(message: Message, datagram, at: int) -> int:
    """Read the options; return where they end."""
    one = 0
    size = len(datagram)
    options = message.options
    while at < size and datagram[at] != _PAYLOAD_MARKER:
        first = datagram[at]
        at += 1
        delta = _value(datagram, first >> 4, at)
        at += _extension(first >> 4)
        length = _value(datagram, first & 15, at)
        at += _extension(first & 15)
        one += delta
        if one > 65535 or at + length > size:
            raise FormatError("an option past the end")
        again = bool(options) and options[-1][0] == one
        if understood(one, length, again) and len(options) < _MOST_OPTIONS:
            options.append((one, bytes(datagram[at : at + length])))
        elif one & 1:
            message.bad = message.bad or one
        at += length
    return at


def _extension(nibble: int) -> int:
    return nibble - 12 if nibble > 12 else 0


def _value(datagram, nibble: int, at: int) -> int:
    """Return a delta or length whose extension, if any, is at `at`."""
    if nibble < 13:
        return nibble
    if nibble == 15 or at + nibble - 12 > len(datagram):
        raise FormatError("an option's header")
    if nibble == 13:
        return datagram[at] + 13
    return (datagram[at] << 8 | datagram[at + 1]) + 269


gc.collect()  # what an import leaves would be holes in a small heap
