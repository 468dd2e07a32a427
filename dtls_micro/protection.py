"""Protection of records by an AEAD (RFC 5246 section 6.2.3.3, RFC 6655, 5288, 7905).

One object serves one direction for one epoch. Nonce and additional data are put together in
buffers made once, so that nothing is allocated for a record.
"""

from micropython import const

_HEADER = const(13)
_ROOM = b"\0" * 16  # for the longest tag
_EXPLICIT = const(8)  # explicit nonce of AES-CCM and AES-GCM; ChaCha20-Poly1305 has none


class Protection:
    """`aead` as the port makes it; `iv` is 4 bytes (AES) or 12 bytes (ChaCha20-Poly1305)."""

    def __init__(self, aead, iv: bytearray):
        self.aead = aead
        self.nonce = bytearray(12)
        self.nonce[: len(iv)] = iv
        self.iv = iv if len(iv) == 12 else bytearray()
        self._data = bytearray(_HEADER)
        self.explicit = 0 if self.iv else _EXPLICIT
        self.tag = _ROOM[: aead.tag_length]
        self.overhead = self.explicit + aead.tag_length

    def _prepare(self, buf, at: int, length: int, number: int):
        """Set nonce and additional data for the record at `at`; its number is at `number`."""
        nonce = self.nonce
        data = self._data
        if self.explicit:
            for i in range(8):
                nonce[4 + i] = buf[number + i]
        else:
            for i in range(8):
                nonce[4 + i] = self.iv[4 + i] ^ buf[number + i]
        for i in range(8):
            data[i] = buf[at + 3 + i]
        data[8] = buf[at]
        data[9] = buf[at + 1]
        data[10] = buf[at + 2]
        data[11] = length >> 8
        data[12] = length & 255

    def seal(self, buf: bytearray, at: int, end: int):
        """Encrypt the record at `at`; its plaintext ends at `end`, where room for the tag is."""
        start = at + _HEADER + self.explicit
        for i in range(self.explicit):
            buf[at + _HEADER + i] = buf[at + 3 + i]
        self._prepare(buf, at, end - start, at + 3)
        self.aead.seal(self.nonce, self._data, buf, start, end)

    def open(self, buf: bytearray, at: int, end: int) -> int:
        """Decrypt the record that ends at `end`; return the length of its plaintext or -1.

        The explicit nonce is taken as it came: it need not be the sequence number.
        """
        start = at + _HEADER + self.explicit
        length = end - at - _HEADER - self.overhead
        if length < 0:
            return -1
        self._prepare(buf, at, length, at + (_HEADER if self.explicit else 3))
        return self.aead.open(self.nonce, self._data, buf, start, end)

    def wipe(self):
        """Overwrite what can be overwritten of the keys."""
        self.aead.wipe()
        for secret in (self.nonce, self.iv):
            for i in range(len(secret)):
                secret[i] = 0
