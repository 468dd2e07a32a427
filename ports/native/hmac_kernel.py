"""HMAC-SHA256 (RFC 2104) on a kernel of the port, in place of hmac.py.

The kernel is run(arena, data, size, mask). The arena is memory at a word's address; a state of
SHA-256 is 32 octets, the digest when all was taken in.

    mask = 0       HMAC of `size` octets of data: the arena has the states after the inner and
                   outer blocks of the key; behind them the kernel writes the hash of the inner
                   pass and the result, 32 octets each
    another mask   the state at the arena takes in one block of 64 octets, each word of which
                   has the mask added by XOR

Time and addresses depend on sizes only.
"""

from micropython import const

from dtls_micro.crypto.hmac import wipe

_BLOCK = const(64)
_SIZE = const(32)
_RESULT = const(96)
_IPAD = const(0x36363636)
_OPAD = const(0x5C5C5C5C)
_INITIAL = (  # FIPS 180-4 section 5.3.3
    b"\x6a\x09\xe6\x67\xbb\x67\xae\x85\x3c\x6e\xf3\x72\xa5\x4f\xf5\x3a"
    b"\x51\x0e\x52\x7f\x9b\x05\x68\x8c\x1f\x83\xd9\xab\x5b\xe0\xcd\x19"
)


class Hmac:
    """HMAC-SHA256 with a key of any length, for any number of messages."""

    def __init__(self, run, sha256, key):
        self._run = run
        self._arena = arena = bytearray(_INITIAL + _INITIAL + bytes(2 * _SIZE))
        view = memoryview(arena)
        outer = view[_SIZE:]
        self._result = view[_RESULT:]
        if len(key) > _BLOCK:
            long = sha256()
            long.update(key)
            key = long.digest()
        block = bytearray(_BLOCK)
        try:
            block[: len(key)] = key
            run(arena, block, _BLOCK, _IPAD)
            run(outer, block, _BLOCK, _OPAD)
        finally:
            wipe(block)

    def digest(self, *parts) -> bytes:
        """Return the 32 bytes for the buffers `parts`, taken one after the other."""
        message = b""
        for part in parts:
            message += part
        self._run(self._arena, message, len(message), 0)
        return bytes(self._result)

    def wipe(self):
        """Zero the key."""
        wipe(self._arena)
