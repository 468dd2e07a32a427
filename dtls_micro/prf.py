"""HMAC-SHA256 (RFC 2104) and the pseudorandom function of TLS 1.2 (RFC 5246 section 5).

`sha256` is the port's factory: sha256() gives an object with update(data) and digest(). It
needs neither copy(), which MicroPython lacks, nor a digest() that may be called twice.
"""

from micropython import const

_BLOCK = const(64)
_SIZE = const(32)


class Hmac:
    """HMAC-SHA256 with a key of any length, for any number of messages.

    It keeps the two key blocks, 128 bytes, so that wipe() can zero them.
    """

    def __init__(self, sha256, key):
        if len(key) > _BLOCK:
            long = sha256()
            long.update(key)
            key = long.digest()
        self.sha256 = sha256
        self._inner = bytearray(_BLOCK)
        self._outer = bytearray(_BLOCK)
        for i in range(_BLOCK):
            byte = key[i] if i < len(key) else 0
            self._inner[i] = byte ^ 0x36
            self._outer[i] = byte ^ 0x5C

    def digest(self, *parts) -> bytes:
        """Return the 32 bytes for the buffers `parts`, taken one after the other."""
        inner = self.sha256()
        inner.update(self._inner)
        for part in parts:
            inner.update(part)
        outer = self.sha256()
        outer.update(self._outer)
        outer.update(inner.digest())
        return outer.digest()

    def wipe(self):
        """Zero the key."""
        for i in range(_BLOCK):
            self._inner[i] = self._outer[i] = 0


def prf(sha256, secret, label: bytes, seed, size: int) -> bytearray:
    """Return `size` bytes of P_SHA256(secret, label + seed) (RFC 5246 section 5)."""
    hmac = Hmac(sha256, secret)
    output = bytearray(size)
    a = hmac.digest(label, seed)  # A(1)
    for at in range(0, size, _SIZE):
        part = hmac.digest(a, label, seed)
        for i in range(min(_SIZE, size - at)):
            output[at + i] = part[i]
        a = hmac.digest(a)
    hmac.wipe()
    return output
