"""Raw public keys (RFC 7250): trust in a server whose key is known."""

from micropython import const

from .errors import ProtocolError
from .p256 import P256, SPKI
from .spki import public_key

_RAW_PUBLIC_KEY = const(2)
_BAD_CERTIFICATE = const(42)
_POINT = const(65)  # 04 || X || Y


class RawPublicKey:
    """Trust in the owner of one of these keys, in a certificate or without.

    keys: SubjectPublicKeyInfo as DER, or points of P-256 as 65 bytes 04 || X || Y
    """

    types = (_RAW_PUBLIC_KEY, 0)
    named = False

    def __init__(self, *keys, verifiers=(P256,)):
        self.keys = [subject_public_key_info(key) for key in keys]
        if not self.keys:
            raise ValueError("no key: without one no server could be trusted")
        self.verifiers = verifiers

    def check(self, port, kind, certificates, name):
        """Return the server's SubjectPublicKeyInfo if it is one of the keys."""
        spki = certificates[0] if kind == _RAW_PUBLIC_KEY else public_key(certificates[0])
        if spki not in self.keys:
            raise ProtocolError(_BAD_CERTIFICATE, "the server's key is not the one expected")
        return spki


def subject_public_key_info(key) -> bytes:
    """Return a key as DER; ValueError if it is none."""
    key = b"" if isinstance(key, str) else bytes(key)
    if len(key) == _POINT and key[0] == 4:
        return SPKI + key[1:]
    if len(key) < 2 or key[0] != 0x30:
        raise ValueError("not a SubjectPublicKeyInfo as DER, and not a point of 65 bytes")
    return key
