"""AES-GCM (NIST SP 800-38D) as TLS uses it (RFC 5288), in place and without allocation."""

from micropython import const

from dtls_micro.crypto.compare import equal_at
from dtls_micro.crypto.ghash import Ghash

_BLOCK = const(16)
_TAG = const(16)
_LONGEST = const(0xFFFF)  # so that the block counter fills two bytes


class Gcm:
    """GCM over `block`, an object whose encrypt(src, dst) encrypts 16 bytes, also in place."""

    def __init__(self, block):
        self.tag_length = _TAG
        self._block = block
        self._encrypt = block.encrypt  # bound once, because binding allocates
        self._counter = bytearray(_BLOCK)
        self._stream = bytearray(_BLOCK)
        self._tag = bytearray(_TAG)
        block.encrypt(self._counter, self._stream)
        self._ghash = Ghash(self._stream)

    def _set_nonce(self, nonce):
        """Set all of the counter but its last two bytes."""
        counter = self._counter
        i = 0
        for byte in nonce:
            counter[i] = byte
            i += 1
        counter[12] = counter[13] = 0

    def _authenticate(self, aad, buf, start: int, end: int):
        """Compute the tag of the ciphertext buf[start:end]."""
        ghash = self._ghash
        ghash.start()
        ghash.update(aad, 0, len(aad))
        ghash.update(buf, start, end)
        ghash.lengths(len(aad), end - start)
        tag = self._tag
        stream = self._stream
        ghash.result(tag)
        self._counter[14] = 0
        self._counter[15] = 1
        self._encrypt(self._counter, stream)
        for i in range(_TAG):
            tag[i] ^= stream[i]

    def _crypt(self, buf, start: int, end: int):
        """Encrypt or decrypt buf[start:end]."""
        counter = self._counter
        stream = self._stream
        encrypt = self._encrypt
        n = 1
        while start < end:
            n += 1
            counter[14] = n >> 8
            counter[15] = n & 255
            encrypt(counter, stream)
            stop = start + _BLOCK
            if stop > end:
                stop = end
            i = 0
            for at in range(start, stop):
                buf[at] ^= stream[i]
                i += 1
            start = stop

    def seal(self, nonce, aad, buf, start: int, end: int):
        """Encrypt buf[start:end] in place and write the tag behind it.

        nonce: 12 bytes    aad: any length below 2**26    ValueError beyond 65535 bytes
        """
        if end - start > _LONGEST:
            raise ValueError("record too long")
        self._set_nonce(nonce)
        self._crypt(buf, start, end)
        self._authenticate(aad, buf, start, end)
        tag = self._tag
        for i in range(_TAG):
            buf[end + i] = tag[i]

    def open(self, nonce, aad, buf, start: int, end: int) -> int:
        """Decrypt buf[start:end], ciphertext and tag, in place; return the plaintext's length.

        -1 when the tag is wrong or something is too short or long; nothing is decrypted then.
        """
        end -= _TAG
        size = end - start
        if size < 0 or size > _LONGEST:
            return -1
        self._set_nonce(nonce)
        self._authenticate(aad, buf, start, end)
        if not equal_at(buf, end, self._tag, _TAG):
            return -1
        self._crypt(buf, start, end)
        return size

    def wipe(self):
        """Zero what is secret; the key itself if the block cipher has a wipe()."""
        if hasattr(self._block, "wipe"):
            self._block.wipe()
        self._ghash.wipe()
        for secret in (self._stream, self._tag):
            for i in range(_BLOCK):
                secret[i] = 0
