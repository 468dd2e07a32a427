"""Certificates and keys that are known by a hash only (RFC 6698 section 2.1.3).

The numbers are those of LwM2M (core 1.1 appendix E.1, resource 13), not DANE's, which has no
SHA-384. The hash may be of a certificate or of its SubjectPublicKeyInfo: LwM2M knows no selector,
and wants either.
"""

from micropython import const

from .errors import ProtocolError
from .hashes import digest, factory
from .spki import public_key

EXACT = const(0)  # matching types; 1, 2 and 3: SHA-256, SHA-384 and SHA-512
_SHA512 = const(3)
_SIGNATURE_SCHEME = const(3)  # from a type's number to that of its hash in hashes.py
_RAW_PUBLIC_KEY = const(2)  # RFC 7250: CertificateType
_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2


class Matched:
    """Trust in the owner of the certificate or the key that has a hash; nothing else counts.

    matching: 1, 2 or 3    given: the hash, of 32, 48 or 64 bytes
    raw:      the server may send its key without a certificate
    """

    named = False

    def __init__(self, matching: int, given, verifiers, raw=False):
        if not EXACT < matching <= _SHA512:
            raise ValueError("matching type %d is not known" % matching)
        if len(given) != 16 * (matching + 1):
            text = "a hash of matching type %d has %d bytes, and this one %d"
            raise ValueError(text % (matching, 16 * (matching + 1), len(given)))
        self.types = (_RAW_PUBLIC_KEY, 0) if raw else (0,)
        self.verifiers = tuple(verifiers)
        self._number = matching + _SIGNATURE_SCHEME
        self._given = bytes(given)

    def check(self, port, kind: int, certificates, name):
        """Return the SubjectPublicKeyInfo; ProtocolError if it is another. See x509.X509."""
        if kind in self.types and certificates:
            if kind == _RAW_PUBLIC_KEY:
                if self.is_of(port, certificates[0]):
                    return certificates[0]
            elif self.fits(port, certificates[0]):
                return public_key(certificates[0])
        text = "neither the server's certificate nor its key has the hash that was given"
        raise ProtocolError(_BAD_CERTIFICATE, text)

    def fits(self, port, certificate) -> bool:
        """Tell whether the hash is that of a certificate, or of the key in it."""
        return self.is_of(port, certificate) or self.is_of(port, public_key(certificate))

    def is_anchor(self, port, anchor) -> bool:
        """Tell whether the hash is that of a trust anchor, one of x509.X509.anchors."""
        _, spki, whole = anchor
        return self.is_of(port, spki) or whole is not None and self.is_of(port, whole)

    def is_of(self, port, octets) -> bool:
        """Tell whether the hash is that of some octets."""
        return digest(factory(port, self._number), (octets,)) == self._given
