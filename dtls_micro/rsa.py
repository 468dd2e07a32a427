"""The verifier of RSA signatures in certificates, PKCS #1 v1.5 and PSS (RFC 8017, RFC 4055)."""

from micropython import const

from .crypto import rsa
from .der import Der, DerError
from .hashes import digest, factory

_SEQUENCE = const(0x30)  # tags

_PSS = const(8)  # first byte of the codes 0x0804, 0x0805 and 0x0806
_RSA_ENCRYPTION = b"0\x0d\x06\x09*\x86H\x86\xf7\x0d\x01\x01\x01\x05\x00"
_FEWEST = const(256)  # bytes of a modulus; crypto/rsa.py counts the bits
_MOST = const(512)
_NAMES = ("SHA-256", "SHA-384", "SHA-512")


class Verifier:
    """RSA keys of 2048 to 4096 bits, with SHA-256, SHA-384 and SHA-512.

    A salt of PSS is as long as the hash, as TLS wants it (RFC 8446 section 4.2.3).
    """

    group = None  # certificates are signed with RSA, ServerKeyExchange is not
    schemes = (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601)

    def accepts(self, spki) -> bool:
        """Tell whether a SubjectPublicKeyInfo has a key of this kind."""
        return bool(_key(spki)[0])

    def verify(self, port, scheme: int, spki, parts, signature) -> bool:
        """Tell whether a signature over the parts, as long as the modulus, is good."""
        n, e = _key(spki)
        if not n or scheme not in self.schemes:
            return False
        number = scheme & 255 if scheme >> 8 == _PSS else scheme >> 8
        sha = factory(port, number)
        hashed = digest(sha, parts)
        if scheme >> 8 == _PSS:
            return rsa.verify_pss(n, e, hashed, sha, len(hashed), signature)
        return rsa.verify_pkcs1(n, e, hashed, _NAMES[number - 4], signature)


def _key(spki):
    """Return modulus and exponent of an RSA key, big-endian; (b"", b"") for another (RFC 3279)."""
    try:
        info = Der(spki)
        outer = info.enter()
        info.end()
        if outer.whole(_SEQUENCE) != _RSA_ENCRYPTION:
            return b"", b""
        bits = Der(outer.octets())
        outer.end()
        key = bits.enter()
        bits.end()
        n, e = key.integer(), key.integer()
        key.end()
    except DerError:
        return b"", b""
    if n[0] & 128 or e[0] & 128 or not _FEWEST <= len(n) - (n[0] == 0) <= _MOST:
        return b"", b""
    return n, e


RSA = Verifier()
