"""Protection of records by an AEAD (RFC 5246 section 6.2.3.3, RFC 6655, 5288, 7905).

One object serves one direction for one epoch. Nonce and additional data are put together in
buffers made once, so that nothing is allocated for a record.
"""

from micropython import const

_HEADER = const(13)
_EXPLICIT = const(8)  # explicit nonce of AES-CCM and AES-GCM; ChaCha20-Poly1305 has none


class Protection:
    """`aead` as the port makes it; `iv` is 4 bytes (AES) or 12 bytes (ChaCha20-Poly1305)."""

    def __init__(self, aead, iv: bytearray):
        self._aead = aead
        self._iv = iv
        self._nonce = bytearray(12)
        self._nonce[: len(iv)] = iv
        self._data = bytearray(_HEADER)
        self.explicit = _EXPLICIT if len(iv) == 4 else 0
        self.tag = bytearray(aead.tag_length)
        self.overhead = self.explicit + aead.tag_length

    def _prepare(self, record, at: int, length: int, source: int):
        """Set nonce and additional data for the record at `at`; its number is at `source`."""
        nonce = self._nonce
        data = self._data
        if self.explicit:
            for i in range(8):
                nonce[4 + i] = record[source + i]
        else:
            for i in range(8):
                nonce[4 + i] = self._iv[4 + i] ^ record[source + i]
        for i in range(8):
            data[i] = record[at + 3 + i]
        data[8] = record[at]
        data[9] = record[at + 1]
        data[10] = record[at + 2]
        data[11] = length >> 8
        data[12] = length & 255

    def seal(self, record: bytearray, at: int, end: int):
        """Encrypt the record at `at`; its plaintext ends at `end`, and room for the tag follows."""
        start = at + _HEADER + self.explicit
        for i in range(self.explicit):
            record[at + _HEADER + i] = record[at + 3 + i]
        self._prepare(record, at, end - start, at + 3)
        self._aead.seal(self._nonce, self._data, record, start, end)

    def open(self, record: bytearray, at: int, end: int) -> int:
        """Decrypt the record that ends at `end`; return the length of its plaintext or -1.

        The explicit nonce is taken as it came: it need not be the sequence number.
        """
        start = at + _HEADER + self.explicit
        length = end - at - _HEADER - self.overhead
        if length < 0:
            return -1
        self._prepare(record, at, length, at + (_HEADER if self.explicit else 3))
        return self._aead.open(self._nonce, self._data, record, start, end)

    def wipe(self):
        """Overwrite what can be overwritten of the keys."""
        self._aead.wipe()
        for secret in (self._iv, self._nonce):
            for i in range(len(secret)):
                secret[i] = 0
