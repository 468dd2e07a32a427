"""Protection of records by an AEAD (RFC 5246 section 6.2.3.3, RFC 6655, 5288, 7905).

One object serves one direction for one epoch. Nonce and additional data are put together in
buffers made once, so that nothing is allocated for a record; frames of more than 11 words
would be (tools/frames.py), so functions are small.
"""

from micropython import const

_HEADER = const(13)
_ROOM = b"\0" * 16  # for the longest tag
_NUMBER = const(8 << 16)  # of 8 octets: see crypto/ccm_bulk.py on what a kernel is told
_TYPE = const(3 << 16)
_TAKE = const(4 << 16)
_COPY = const(8)
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
        self._around = _HEADER + self.overhead
        self._number = _HEADER if self.explicit else 3  # where the nonce of a record is
        self._take = getattr(aead, "run", _take)

    def _prepare(self, buf, at: int, length: int, number: int):
        """Set nonce and additional data for the record at `at`; its number is at `number`."""
        self._take(buf, number | _NUMBER, self.nonce, 4 << _COPY | _TAKE)
        self._take(buf, at + 3 | _NUMBER, self._data, _TAKE)
        self._take(buf, at | _TYPE, self._data, 8 << _COPY | _TAKE)
        self._data[11] = length >> 8
        self._data[12] = length & 255
        if self.iv:
            self._mask()

    def _mask(self):
        for i in range(4, 12):
            self.nonce[i] ^= self.iv[i]

    def seal(self, buf: bytearray, at: int, end: int):
        """Encrypt the record at `at`; its plaintext ends at `end`, where room for the tag is.

        The explicit nonce is there already: the sequence number.
        """
        self._prepare(buf, at, end - at - _HEADER - self.explicit, at + 3)
        at += _HEADER + self.explicit
        self.aead.seal(self.nonce, self._data, buf, at, end)

    def open(self, buf: bytearray, at: int, end: int) -> int:
        """Decrypt the record that ends at `end`; return the length of its plaintext or -1.

        It has header and `overhead` at least. The explicit nonce is taken as it came: it need
        not be the sequence number.
        """
        self._prepare(buf, at, end - at - self._around, at + self._number)
        at += _HEADER + self.explicit
        return self.aead.open(self.nonce, self._data, buf, at, end)

    def wipe(self):
        """Overwrite what can be overwritten of the keys."""
        self.aead.wipe()
        for secret in (self.nonce, self.iv):
            for i in range(len(secret)):
                secret[i] = 0


def _take(buf, where: int, into, what: int):
    """Do what a kernel does for TAKE."""
    at = what >> _COPY & 255
    for i in range(where & 0xFFFF, (where & 0xFFFF) + (where >> 16)):
        into[at] = buf[i]
        at += 1
