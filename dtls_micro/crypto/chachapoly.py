"""The AEAD ChaCha20-Poly1305 (RFC 8439 section 2.8), in place and without allocation."""

from micropython import const

from dtls_micro.crypto.chacha import ChaCha
from dtls_micro.crypto.compare import equal_at
from dtls_micro.crypto.poly1305 import Poly1305

_BLOCK = const(64)
_TAG = const(16)
_LONGEST = const(0xFFFF)


class ChaChaPoly:
    """ChaCha20-Poly1305 with a key of 32 bytes."""

    def __init__(self, key):
        self.tag_length = _TAG
        self._cipher = ChaCha(key)
        self._mac = Poly1305()
        self._tag = bytearray(_TAG)

    def _start(self, nonce):
        """Take the nonce, and the one-time key out of block 0 (RFC 8439 section 2.6)."""
        cipher = self._cipher
        cipher.start(nonce)
        cipher.block(0)
        self._mac.start(cipher.stream)

    def _authenticate(self, aad, buf, start: int, end: int):
        """Compute the tag of the ciphertext buf[start:end]."""
        mac = self._mac
        mac.update(aad, 0, len(aad))
        mac.update(buf, start, end)
        mac.lengths(len(aad), end - start)
        mac.finish(self._tag)

    def _crypt(self, buf, start: int, end: int):
        """Encrypt or decrypt buf[start:end]."""
        cipher = self._cipher
        stream = cipher.stream
        n = 0
        while start < end:
            n += 1
            cipher.block(n)
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

        nonce: 12 bytes    aad: any length    ValueError beyond 65535 bytes
        """
        if end - start > _LONGEST:
            raise ValueError("record too long")
        self._start(nonce)
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
        self._start(nonce)
        self._authenticate(aad, buf, start, end)
        if not equal_at(buf, end, self._tag, _TAG):
            return -1
        self._crypt(buf, start, end)
        return size

    def wipe(self):
        """Zero the key and all that came of it."""
        self._cipher.wipe()
        self._mac.wipe()
        for i in range(_TAG):
            self._tag[i] = 0
