"""Ephemeral Diffie-Hellman on curves (RFC 8422): what ECDHE_ECDSA and ECDHE_PSK share.

A group is an object as in p256.py. Which ones are offered is a matter of the credential.
"""

from micropython import const

from .errors import ProtocolError
from .extensions import put

_SUPPORTED_GROUPS = const(10)  # RFC 8422 section 5.1.1
_EC_POINT_FORMATS = const(11)  # RFC 8422 section 5.1.2
_UNCOMPRESSED = const(0)
_NAMED_CURVE = const(3)  # RFC 8422 section 5.4
_ILLEGAL_PARAMETER = const(47)


def put_groups(hs, w, groups):
    """Append supported_groups, most wanted first, and ec_point_formats."""
    start = put(hs, w, _SUPPORTED_GROUPS)
    w.uint(2, 2 * len(groups))
    for group in groups:
        w.uint(2, group.code)
    w.close(start, 2)
    start = put(hs, w, _EC_POINT_FORMATS)
    w.vector(1, bytes((_UNCOMPRESSED,)))
    w.close(start, 2)


def get_extension(kind, r) -> bool:
    """Take in the server's answer to put_groups(); tell whether it was one."""
    if kind == _SUPPORTED_GROUPS:
        r.vector(2)  # it has no place in a ServerHello and no meaning, but some send it
    elif kind == _EC_POINT_FORMATS:
        if _UNCOMPRESSED not in bytes(r.vector(1)):
            raise ProtocolError(_ILLEGAL_PARAMETER, "the server takes no uncompressed points")
    else:
        return False
    return True


def get_parameters(groups, r):
    """Return (group, point) of the ServerECDHParams that a Reader is at; point is a view."""
    if r.uint(1) != _NAMED_CURVE:
        raise ProtocolError(_ILLEGAL_PARAMETER, "a curve without a name")
    code = r.uint(2)
    for group in groups:
        if group.code == code:
            return group, r.vector(1)
    raise ProtocolError(_ILLEGAL_PARAMETER, "group %d was not offered" % code)


def agree(hs, group, point, w) -> bytearray:
    """Append our public key, fresh for this handshake; return the shared secret."""
    private, public = group.keypair(hs.port)
    w.vector(1, public)
    try:
        return bytearray(group.shared(hs.port, private, point))
    except ValueError as error:
        raise ProtocolError(_ILLEGAL_PARAMETER, "the server's key: " + str(error))
