"""HMAC-SHA256 (RFC 2104).

`sha256` is the port's factory: sha256() gives an object with update(data) and digest(). It
needs neither copy(), which MicroPython lacks, nor a digest() that may be called twice.
"""

from micropython import const

_BLOCK = const(64)


def hmac(port, key):
    """Return an Hmac of the key, or what the port has instead: typings/dtls_port.pyi."""
    own = getattr(port, "hmac", None)
    return own(key) if own else Hmac(port.sha256, key)


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
        self._inner = inner = bytearray(b"\x36" * _BLOCK)
        self._outer = outer = bytearray(b"\x5c" * _BLOCK)
        for i in range(len(key)):
            byte = key[i]
            inner[i] = byte ^ 0x36
            outer[i] = byte ^ 0x5C

    def digest(self, *parts) -> bytes:
        """Return the 32 bytes for the buffers `parts`, taken one after the other.

        One variable more, and its frame would be allocated (tools/frames.py).
        """
        running = self.sha256()
        running.update(self._inner)
        for part in parts:
            running.update(part)
        part = running.digest()
        running = self.sha256()
        running.update(self._outer)
        running.update(part)
        return running.digest()

    def wipe(self):
        """Zero the key."""
        wipe(self._inner)
        wipe(self._outer)


def wipe(secret: bytearray):
    """Overwrite a secret, octet by octet if there is no memory for zeros."""
    try:
        secret[:] = bytes(len(secret))
    except MemoryError:
        _wipe_octets(secret)


def _wipe_octets(secret):
    for i in range(len(secret)):
        secret[i] = 0
