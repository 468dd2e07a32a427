"""Bodies of the handshake messages that every key exchange shares (RFC 6347 section 4.3.2).

get_x(body) takes a body apart and returns views, which die with the datagram;
put_x(w, ...) appends one to a Writer.
"""

from micropython import const

from .errors import ProtocolError
from .wire import Reader

_DTLS_1_2 = const(0xFEFD)
_EMPTY_RENEGOTIATION_INFO_SCSV = const(0x00FF)  # RFC 5746 section 3.3
_DECODE_ERROR = const(50)
_PROTOCOL_VERSION = const(70)


def put_client_hello(w, random, cookie, suites) -> int:
    """Append a ClientHello up to its extensions (RFC 6347 section 4.2.1).

    random: 32 bytes, the same in every ClientHello of one handshake
    cookie: 0..255 bytes, empty in the first flight
    suites: suite rows (code, ...), most wanted first
    Return the open vector of the extensions: append them, then w.close(it, 2).
    """
    w.uint(2, _DTLS_1_2)
    w.put(random)
    w.uint(1, 0)  # no session to resume
    w.vector(1, cookie)
    start = w.open(2)
    for suite in suites:
        w.uint(2, suite[0])
    w.uint(2, _EMPTY_RENEGOTIATION_INFO_SCSV)
    w.close(start, 2)
    w.put(b"\x01\x00")  # one compression method: null
    return w.open(2)


def get_hello_verify_request(body) -> memoryview:
    """Return the cookie of a HelloVerifyRequest, 0..255 bytes (RFC 6347 section 4.2.1)."""
    r = Reader(body)
    r.uint(2)  # server_version says nothing about the version to come
    cookie = r.vector(1)
    r.end()
    return cookie


def get_server_hello(body):
    """Return (random, suite code, compression method, extensions) (RFC 5246 section 7.4.1.3).

    random is 32 bytes; extensions is their list without its outer length, maybe empty.
    """
    r = Reader(body)
    if r.uint(2) != _DTLS_1_2:
        raise ProtocolError(_PROTOCOL_VERSION, "the server does not speak DTLS 1.2")
    random = r.take(32)
    if len(r.vector(1)) > 32:
        raise ProtocolError(_DECODE_ERROR, "session ID too long")
    suite = r.uint(2)
    compression = r.uint(1)
    extensions = r.vector(2) if r.more() else b""
    r.end()
    return random, suite, compression, extensions
