"""The hellos of a handshake, taken apart: version, cookie, suites, extensions.

A body that lies about a length gives what is in front of the lie, and says so.
"""

from dataclasses import dataclass

from . import iana
from .printable import printable

_HELLO_VERIFY_REQUEST = 3
_SERVER_HELLO = 2
_CLIENT_HELLO = 1
_RANDOM = 32  # bytes


class Short(ValueError):
    """The bytes end before what they promise."""


class Cursor:
    """Bytes that are read from front to end."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = 0

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes, or raise Short."""
        end = self._at + size
        if end > len(self._data):
            raise Short
        data = self._data[self._at : end]
        self._at = end
        return data

    def uint(self, size: int) -> int:
        """Return a number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Return bytes that stand behind their own length of `size` bytes."""
        return self.take(self.uint(size))


@dataclass(frozen=True)
class Extension:
    """One extension of a hello (RFC 5246 section 7.4.1.4)."""

    kind: int
    data: bytes

    @property
    def name(self) -> str:
        """Its IANA name."""
        return iana.name(iana.EXTENSIONS, self.kind)

    @property
    def value(self) -> str:
        """What it says, in words where they are known, else in hex; "" for nothing."""
        try:
            return _value(self.kind, Cursor(self.data), self.data)
        except Short:
            return self.data.hex()

    def __str__(self) -> str:
        return f"{self.name} {self.value}".rstrip()


@dataclass
class Hello:
    """What a ClientHello, ServerHello or HelloVerifyRequest says; None is not said."""

    version: str = ""
    session_id: int | None = None  # bytes
    cookie: int | None = None  # bytes
    suites: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()
    cut: bool = False  # the body ends too early or has bytes too many

    def has(self, extension: str) -> bool:
        """Tell whether an extension, by its IANA name, is there."""
        return any(one.name == extension for one in self.extensions)


def parse(message: int, body: bytes) -> Hello | None:
    """Return what a hello says, by its handshake type; None for any other message."""
    readers = {
        _CLIENT_HELLO: _client_hello,
        _SERVER_HELLO: _server_hello,
        _HELLO_VERIFY_REQUEST: _hello_verify_request,
    }
    if message not in readers:
        return None
    hello = Hello()
    cursor = Cursor(body)
    try:
        hello.version = iana.name(iana.VERSIONS, cursor.uint(2), 4)
        readers[message](hello, cursor)
        hello.cut = cursor.more()
    except Short:
        hello.cut = True
    return hello


def _client_hello(hello: Hello, cursor: Cursor) -> None:
    cursor.take(_RANDOM)
    hello.session_id = len(cursor.vector(1))
    hello.cookie = len(cursor.vector(1))
    hello.suites = _names(iana.SUITES, cursor.vector(2), 2)
    cursor.vector(1)  # compression methods
    _extensions(hello, cursor)


def _server_hello(hello: Hello, cursor: Cursor) -> None:
    cursor.take(_RANDOM)
    hello.session_id = len(cursor.vector(1))
    hello.suites = _names(iana.SUITES, cursor.take(2), 2)
    cursor.take(1)  # compression method
    _extensions(hello, cursor)


def _hello_verify_request(hello: Hello, cursor: Cursor) -> None:
    hello.cookie = len(cursor.vector(1))


def _extensions(hello: Hello, cursor: Cursor) -> None:
    if not cursor.more():
        return  # a hello without extensions has not even their length
    inner = Cursor(cursor.vector(2))
    found: list[Extension] = []
    while inner.more():
        found.append(Extension(inner.uint(2), inner.vector(2)))
        hello.extensions = tuple(found)


def _names(registry: dict[int, str], data: bytes, size: int) -> tuple[str, ...]:
    cursor = Cursor(data)
    found = []
    while cursor.more():
        found.append(iana.name(registry, cursor.uint(size), 2 * size))
    return tuple(found)


def _value(kind: int, cursor: Cursor, data: bytes) -> str:
    """Return the text of an extension; each reader stands by its RFC's name of it."""
    name = iana.EXTENSIONS.get(kind)
    if name == "server_name" and data:
        inner = Cursor(cursor.vector(2))
        inner.take(1)  # host_name
        return printable(inner.vector(2))
    if name == "max_fragment_length" and len(data) == 1:
        return str(256 << data[0]) if 1 <= data[0] <= 4 else data.hex()
    if name in ("record_size_limit", "heartbeat"):
        return str(int.from_bytes(data, "big"))
    if name == "supported_groups":
        return ", ".join(_names(iana.GROUPS, cursor.vector(2), 2))
    if name == "signature_algorithms":
        return ", ".join(_names(iana.SIGNATURE_ALGORITHMS, cursor.vector(2), 2))
    if name == "ec_point_formats":
        return ", ".join(_names(iana.POINT_FORMATS, cursor.vector(1), 1))
    if name in ("client_certificate_type", "server_certificate_type"):
        kinds = data if len(data) == 1 else cursor.vector(1)  # the server's answer is bare
        return ", ".join(_names(iana.CERTIFICATE_TYPES, kinds, 1))
    if name == "connection_id":
        return cursor.vector(1).hex() or "empty"
    if name == "renegotiation_info":
        return cursor.vector(1).hex()
    return f"{len(data)} bytes" if len(data) > 16 else data.hex()
