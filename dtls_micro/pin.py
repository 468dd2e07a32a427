"""Trust in a server whose key is known by its hash.

What trusts is an object with

    types      certificate types that it takes (RFC 7250): 0 X.509, 2 a raw public key
    verifiers  as in p256.py: who checks signatures, with keys of which kinds
    named      whether it wants to know the name of the server
    check(port, kind, certificates, name)

check() gets what the server sent: a list of views, the leaf first, or one SubjectPublicKeyInfo
for kind 2. It returns the SubjectPublicKeyInfo whose owner the server must prove to be, or
raises ProtocolError.
"""

from binascii import unhexlify

from micropython import const

from .crypto.compare import equal
from .errors import ProtocolError
from .p256 import P256, digest
from .spki import public_key

_RAW_PUBLIC_KEY = const(2)
_BAD_CERTIFICATE = const(42)


class PinnedKey:
    """Trust in the owner of a key, whatever is in the certificate around it.

    pins: SHA-256 of the SubjectPublicKeyInfo of the server's own certificate, 32 bytes or hex
    text; several to change keys. A pinned issuer is a matter of x509.X509(pins=...).
    """

    types = (0,)
    named = False

    def __init__(self, *pins, verifiers=(P256,)):
        self.pins = [pin_of(pin) for pin in pins]
        if not self.pins:
            raise ValueError("no pin: without one no server could be trusted")
        self.verifiers = verifiers

    def check(self, port, kind, certificates, name):
        """Return the leaf's SubjectPublicKeyInfo if its hash is one of the pins."""
        spki = certificates[0] if kind == _RAW_PUBLIC_KEY else public_key(certificates[0])
        hashed = digest(port, (spki,))
        for pin in self.pins:
            if equal(pin, hashed):
                return spki
        raise ProtocolError(_BAD_CERTIFICATE, "the server's key is none of those pinned")


def pin_of(pin) -> bytes:
    """Return the 32 bytes of a pin; ValueError if it is none."""
    if isinstance(pin, str):
        try:
            pin = unhexlify(pin.replace(":", ""))
        except ValueError:
            pin = b""
    if len(pin) != 32:
        raise ValueError("a pin is a SHA-256: 32 bytes, or 64 hex digits")
    return bytes(pin)
