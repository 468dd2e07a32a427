"""Keys and certificates of accounts: what security modes RPK and X.509 need besides ours."""

from micropython import const

from ..crypto.compare import equal
from ..der import Der
from ..errors import ProtocolError
from ..spki import public_key

_DANE_EE = const(3)
_EXACT = const(0)  # matching types
_SHA256 = const(1)
_SEQUENCE = const(0x30)
_OCTETS = const(0x04)
_PRIVATE = const(32)  # bytes of a key of P-256
_DIGEST = const(32)
_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2


def trust(security, anchors, verifiers):
    """Return the trust object of an account with certificates; ValueError if there is none."""
    matching = security.matching or _EXACT
    usage = _DANE_EE if security.usage is None else security.usage
    more = {} if verifiers is None else {"verifiers": verifiers}
    if matching == _SHA256 and usage == _DANE_EE:
        return CertificateHash(security.server_key, **more)
    if matching != _EXACT:
        raise ValueError("matching type %d with certificate usage %d" % (matching, usage))
    from ..usage import certificate_usage

    return certificate_usage(usage, security.server_key, anchors, **more)


class CertificateHash:
    """Trust in the owner of the certificate that has this SHA-256: matching type 1."""

    types = (0,)
    named = False

    def __init__(self, digest, verifiers=None):
        if len(digest) != _DIGEST:
            raise ValueError("SHA-256 of a certificate has 32 bytes")
        if verifiers is None:
            from ..p256 import P256

            verifiers = (P256,)
        self.verifiers = tuple(verifiers)
        self._digest = bytes(digest)

    def check(self, port, kind, certificates, name):
        """Return the SubjectPublicKeyInfo; ProtocolError if it is another. See x509.X509."""
        hashed = port.sha256()
        hashed.update(certificates[0] if certificates else b"")
        if kind or not equal(hashed.digest(), self._digest):
            raise ProtocolError(_BAD_CERTIFICATE, "the server has another certificate")
        return public_key(certificates[0])


def private_key(octets) -> bytes:
    """Return the 32 bytes of a key of P-256: bare, of RFC 5915, or in PKCS #8 (RFC 5958)."""
    if len(octets) == _PRIVATE:
        return bytes(octets)
    der = Der(octets).enter()
    if der.integer() == b"\0":  # the version of PKCS #8
        der.take(_SEQUENCE)
        der = Der(der.take(_OCTETS)).enter()
        der.integer()
    key = bytes(der.take(_OCTETS))
    if len(key) != _PRIVATE:
        raise ValueError("a private key that is not of P-256")
    return key
