"""P-384 (secp384r1): a group for ECDHE, and a verifier of ECDSA with the longer hashes.

As a verifier it knows keys on P-384 with any hash, and keys on P-256 with SHA-384 and SHA-512,
which p256.py leaves to it. See there for what groups and verifiers are.
"""

from .crypto import p384
from .crypto.ecdsa_der import decode
from .hashes import digest, factory
from .p256 import P256, arithmetic
from .p256 import SPKI as P256_SPKI

_SIZE = 48

# SubjectPublicKeyInfo before X || Y (RFC 5480 section 2.1): id-ecPublicKey, secp384r1,
# an uncompressed point
SPKI = (
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
    b"\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04"
)


class _P384:
    code = group = 24  # NamedGroup secp384r1
    schemes = (0x0403, 0x0503, 0x0603)  # ECDSA with SHA-256, SHA-384, SHA-512

    def keypair(self, port):
        """Return (private, public) of a new ephemeral key; public is 97 bytes."""
        return p384.keypair(port.random)

    def shared(self, port, private, peer) -> bytes:
        """Return the shared secret, 48 bytes; ValueError if `peer` is no point of the curve."""
        return p384.shared(private, peer, port.random)

    def accepts(self, spki) -> bool:
        """Tell whether this is a SubjectPublicKeyInfo of a key on P-384 or P-256."""
        on_p384 = len(spki) == len(SPKI) + 2 * _SIZE and spki[: len(SPKI)] == SPKI
        return on_p384 or P256.accepts(spki)

    def verify(self, port, scheme, spki, parts, signature) -> bool:
        """Tell whether the DER signature over the buffers `parts` is good."""
        if scheme not in self.schemes:
            return False
        small = P256.accepts(spki)
        try:
            raw = decode(signature, 32 if small else _SIZE)
        except ValueError:
            return False
        hashed = digest(factory(port, scheme >> 8), parts)
        if small:
            return arithmetic(port).verify(bytes(spki[len(P256_SPKI) - 1 :]), hashed, raw)
        return p384.verify(bytes(spki[len(SPKI) - 1 :]), hashed, raw)


P384 = _P384()
