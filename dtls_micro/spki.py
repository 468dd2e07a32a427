"""The public key of a certificate, SubjectPublicKeyInfo (RFC 5280 section 4.1)."""

from micropython import const

from .errors import ProtocolError

_INTEGER = const(0x02)  # tags
_SEQUENCE = const(0x30)
_VERSION = const(0xA0)
_BAD_CERTIFICATE = const(42)


def public_key(certificate) -> memoryview:
    """Return a view of the SubjectPublicKeyInfo, header included.

    Nothing is verified, and what is not on the way is not looked at: for who knows the key.
    """
    data = memoryview(certificate)
    at, end = _element(data, 0, _SEQUENCE)
    if end != len(data):
        raise ProtocolError(_BAD_CERTIFICATE, "bytes behind the server's certificate")
    at, _ = _element(data, at, _SEQUENCE)  # tbsCertificate
    if at < end and data[at] == _VERSION:
        _, at = _element(data, at, _VERSION)
    _, at = _element(data, at, _INTEGER)  # serialNumber
    for _ in range(4):  # signature, issuer, validity, subject
        _, at = _element(data, at, _SEQUENCE)
    _, end = _element(data, at, _SEQUENCE)
    return data[at:end]


def _element(data, at: int, tag: int):
    """Return where the contents of the element at `at` begin and end."""
    start = at + 2
    size = data[at + 1] if start <= len(data) else 0
    if size & 0x80:
        start += size & 0x7F
        if size & 0x7F > 3 or start > len(data):
            start = len(data) + 1
        else:
            size = int.from_bytes(data[at + 2 : start], "big")
    if start + size > len(data) or data[at] != tag:
        raise ProtocolError(_BAD_CERTIFICATE, "the server's certificate is malformed")
    return start, start + size
