"""Extensions of the hellos that every key exchange shares.

A credential may bring more: credential.put_extensions(hs, w) appends its own with put(), and
credential.get_extension(hs, kind, r) takes the server's answer to one of them.
"""

from micropython import const

from .errors import ProtocolError
from .wire import Reader

_SERVER_NAME = const(0)  # RFC 6066 section 3
_MAX_FRAGMENT_LENGTH = const(1)  # RFC 6066 section 4
_EXTENDED_MASTER_SECRET = const(23)  # RFC 7627 section 5.1
_RECORD_SIZE_LIMIT = const(28)  # RFC 8449 section 4
_RENEGOTIATION_INFO = const(0xFF01)  # RFC 5746 section 3.4; our hello has the SCSV instead
_HANDSHAKE_FAILURE = const(40)
_ILLEGAL_PARAMETER = const(47)
_DECODE_ERROR = const(50)
_UNSUPPORTED_EXTENSION = const(110)
_LARGEST = const(1 << 14)  # plaintext bytes of a record, RFC 5246 section 6.2.1


def host_name(name):
    """Return a server_name as bytes without a trailing dot (RFC 6066 section 3), or None for none.

    ValueError if it is not one
    """
    if not name:
        return None
    name = name.encode()
    if name[-1:] == b".":
        name = name[:-1]
    if not name or max(name) > 127 or len(name) > 255:
        raise ValueError("server_name is up to 255 ASCII characters (RFC 6066)")
    return name


def _is_address(name) -> bool:
    """Tell an IP address from a host name: server_name is for names only (RFC 6066)."""
    return b":" in name or name.split(b".")[-1].isdigit()


def put(hs, w, kind: int) -> int:
    """Begin an extension of ours; w.close() wants what this returns, and 2."""
    hs.offered.append(kind)
    w.uint(2, kind)
    return w.open(2)


def put_extensions(hs, w):
    """Append the list of our extensions; hs.offered says afterwards which ones they are."""
    hs.offered = [_RENEGOTIATION_INFO]
    if hs.server_name and not _is_address(hs.server_name):
        start = put(hs, w, _SERVER_NAME)
        w.uint(2, len(hs.server_name) + 3)
        w.uint(1, 0)  # host_name
        w.vector(2, hs.server_name)
        w.close(start, 2)
    w.close(put(hs, w, _EXTENDED_MASTER_SECRET), 2)
    if hs.record_size < _LARGEST:
        start = put(hs, w, _MAX_FRAGMENT_LENGTH)
        w.uint(1, _fragment_code(hs.record_size))
        w.close(start, 2)
        start = put(hs, w, _RECORD_SIZE_LIMIT)
        w.uint(2, hs.record_size)
        w.close(start, 2)
    hs.credential.put_extensions(hs, w)


def get_extensions(hs, body):
    """Check the server's extensions against ours and take each one in."""
    r = Reader(body)
    seen = []
    while r.more():
        kind = r.uint(2)
        if kind in seen:
            raise ProtocolError(_DECODE_ERROR, "extension %d comes twice" % kind)
        if kind not in hs.offered:
            raise ProtocolError(_UNSUPPORTED_EXTENSION, "extension %d was not offered" % kind)
        seen.append(kind)
        data = Reader(r.vector(2))
        get_extension(hs, kind, data)
        data.end()
    if _MAX_FRAGMENT_LENGTH in seen and _RECORD_SIZE_LIMIT in seen:  # RFC 8449 section 5
        raise ProtocolError(_ILLEGAL_PARAMETER, "both limits of the record size")


def _fragment_code(size: int) -> int:
    """Return the max_fragment_length for records of up to `size` bytes, 1 (512) at least."""
    code = 1
    while code < 4 and size >= 512 << code:
        code += 1
    return code


def get_extension(hs, kind, r):
    if kind == _EXTENDED_MASTER_SECRET:
        hs.extended = True
    elif kind == _RENEGOTIATION_INFO:
        if r.uint(1):
            raise ProtocolError(_HANDSHAKE_FAILURE, "renegotiation_info is not empty")
    elif kind == _MAX_FRAGMENT_LENGTH:
        code = r.uint(1)
        if code != _fragment_code(hs.record_size):
            raise ProtocolError(_ILLEGAL_PARAMETER, "another max_fragment_length than ours")
        hs.records.limit = 256 << code
    elif kind == _RECORD_SIZE_LIMIT:
        limit = r.uint(2)
        if limit < 64:
            raise ProtocolError(_ILLEGAL_PARAMETER, "record_size_limit below 64")
        hs.records.limit = min(limit, hs.records.limit)
    elif kind != _SERVER_NAME:
        hs.credential.get_extension(hs, kind, r)
