"""Handshake messages and extensions that deal with certificates (RFC 5246, RFC 7250).

get_x() takes a body apart into views, which die with the datagram.
"""

from micropython import const

from .errors import ProtocolError
from .extensions import put
from .wire import Reader

_SIGNATURE_ALGORITHMS = const(13)  # RFC 5246 section 7.4.1.4.1
_CLIENT_CERTIFICATE_TYPE = const(19)  # RFC 7250 section 3
_SERVER_CERTIFICATE_TYPE = const(20)
_X509 = const(0)  # certificate types, RFC 7250 section 3
_RAW_PUBLIC_KEY = const(2)
_ECDSA_SIGN = const(64)  # RFC 8422 section 5.5
_ILLEGAL_PARAMETER = const(47)
_DECODE_ERROR = const(50)
_MOST = const(11)  # one more than x509.py takes


def put_signature_algorithms(hs, w, schemes):
    """Append signature_algorithms with these SignatureScheme codes."""
    start = put(hs, w, _SIGNATURE_ALGORITHMS)
    w.uint(2, 2 * len(schemes))
    for scheme in schemes:
        w.uint(2, scheme)
    w.close(start, 2)


def put_certificate_types(hs, w, types, client):
    """Say which certificate types we take and have, unless it is X.509 alone."""
    if client and client.kind != _X509:
        start = put(hs, w, _CLIENT_CERTIFICATE_TYPE)
        w.vector(1, bytes((client.kind,)))
        w.close(start, 2)
    if types != (_X509,):
        start = put(hs, w, _SERVER_CERTIFICATE_TYPE)
        w.vector(1, bytes(types))
        w.close(start, 2)


def get_certificate_type(hs, kind, r, types, client):
    """Take in the server's choice, which must be one of ours."""
    if kind == _SERVER_CERTIFICATE_TYPE:
        hs.server_type = r.uint(1)
        known = hs.server_type in types
    elif kind == _CLIENT_CERTIFICATE_TYPE:
        hs.client_type = r.uint(1)
        known = hs.client_type == client.kind
    else:
        raise ProtocolError(_ILLEGAL_PARAMETER, "extension %d has no answer" % kind)
    if not known:
        raise ProtocolError(_ILLEGAL_PARAMETER, "a certificate type that was not offered")


def get_certificates(body, kind: int) -> list:
    """Return what a Certificate message of this type holds, never empty.

    X.509: the chain, the server's own certificate first, of which 11 at most are returned.
    A raw public key: that alone.
    """
    r = Reader(body)
    if kind == _RAW_PUBLIC_KEY:
        found = [r.vector(3)]
    else:
        chain = Reader(r.vector(3))
        found = []
        while chain.more():
            certificate = chain.vector(3)
            if not len(certificate):
                raise ProtocolError(_DECODE_ERROR, "an empty certificate")
            if len(found) < _MOST:
                found.append(certificate)
    r.end()
    if not found or not len(found[0]):
        raise ProtocolError(_DECODE_ERROR, "the server has sent no certificate")
    return found


def get_certificate_request(body):
    """Return (whether an ECDSA key is asked for, the SignatureScheme codes)."""
    r = Reader(body)
    ecdsa = _ECDSA_SIGN in bytes(r.vector(1))
    inner = Reader(r.vector(2))
    schemes = []
    while inner.more():
        schemes.append(inner.uint(2))
    inner = Reader(r.vector(2))  # names of authorities, which we do not choose by
    while inner.more():
        inner.vector(2)
    r.end()
    return ecdsa, schemes


def get_signature(r):
    """Return (SignatureScheme code, signature) of the DigitallySigned that a Reader is at."""
    return r.uint(2), r.vector(2)
