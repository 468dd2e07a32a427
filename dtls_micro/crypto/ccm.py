"""AES-CCM (RFC 3610) as TLS uses it (RFC 6655), in place and without allocation."""

from micropython import const

from dtls_micro.crypto.compare import equal_at

_BLOCK = const(16)
_LONGEST = const(0xFFFF)  # so that lengths and counters fill two bytes, whatever the nonce
_ADATA = const(64)  # flag of B_0: there is additional data (RFC 3610 section 2.2)
_LONG_AAD = const(0xFF00)  # from here on its length takes six bytes


class Ccm:
    """CCM over `block`, an object whose encrypt(src, dst) encrypts 16 bytes, also in place.

    tag_length: 8 for the CCM_8 suites, 16 for the others (any even number 4..16 works)
    """

    def __init__(self, block, tag_length: int):
        self.tag_length = tag_length
        self.block = block
        self.encrypt = block.encrypt  # bound once, because binding allocates
        self._mac = bytearray(_BLOCK)  # X_i of RFC 3610 section 2.2, in the end the tag
        self._counter = bytearray(_BLOCK)  # A_i of section 2.3
        self._stream = bytearray(_BLOCK)  # S_i

    def _start(self, nonce, aad, size: int):
        """Set the counter to A_0, and absorb B_0 and the additional data."""
        counter = self._counter
        mac = self._mac
        width = 15 - len(nonce)
        counter[0] = width - 1
        mac[0] = (width - 1) | (self.tag_length - 2) << 2 | (_ADATA if aad else 0)
        i = 1
        for byte in nonce:
            counter[i] = mac[i] = byte
            i += 1
        for at in range(i, _BLOCK):
            counter[at] = mac[at] = 0
        mac[14] = size >> 8
        mac[15] = size & 255
        self.encrypt(mac, mac)
        if aad:
            self._absorb(aad)

    def _absorb(self, aad):
        """Absorb the additional data, its length first, padded to whole blocks."""
        mac = self._mac
        encrypt = self.encrypt
        size = len(aad)
        i = 2
        if size < _LONG_AAD:
            mac[0] ^= size >> 8
            mac[1] ^= size & 255
        else:
            mac[0] ^= 0xFF
            mac[1] ^= 0xFE
            for i in range(2, 6):
                mac[i] ^= size >> 40 - 8 * i & 255
            i = 6
        for byte in aad:
            if i == _BLOCK:
                encrypt(mac, mac)
                i = 0
            mac[i] ^= byte
            i += 1
        encrypt(mac, mac)

    def _crypt(self, buf, start: int, end: int, opening: bool):
        """Encrypt or decrypt buf[start:end], absorb the plaintext, and finish the tag."""
        mac = self._mac
        counter = self._counter
        stream = self._stream
        encrypt = self.encrypt
        n = 0
        while start < end:
            n += 1
            counter[14] = n >> 8
            counter[15] = n & 255
            encrypt(counter, stream)
            stop = start + _BLOCK
            if stop > end:
                stop = end
            i = 0
            if opening:
                for at in range(start, stop):
                    byte = buf[at] ^ stream[i]
                    buf[at] = byte
                    mac[i] ^= byte
                    i += 1
            else:
                for at in range(start, stop):
                    byte = buf[at]
                    buf[at] = byte ^ stream[i]
                    mac[i] ^= byte
                    i += 1
            encrypt(mac, mac)
            start = stop
        counter[14] = counter[15] = 0
        encrypt(counter, stream)  # S_0, which hides the tag
        for i in range(self.tag_length):
            mac[i] ^= stream[i]

    def seal(self, nonce, aad, buf, start: int, end: int):
        """Encrypt buf[start:end] in place and write the tag behind it.

        nonce: 12 bytes (7..13 work)    aad: any length    ValueError beyond 65535 bytes
        """
        if end - start > _LONGEST:
            raise ValueError("record too long")
        self._start(nonce, aad, end - start)
        self._crypt(buf, start, end, False)
        mac = self._mac
        for i in range(self.tag_length):
            buf[end + i] = mac[i]

    def open(self, nonce, aad, buf, start: int, end: int) -> int:
        """Decrypt buf[start:end], ciphertext and tag, in place; return the plaintext's length.

        -1 when the tag is wrong or something is too short or long. CCM authenticates the
        plaintext, so it is there before it can be judged: after a wrong tag it is zeroed.
        """
        end -= self.tag_length
        size = end - start
        if size < 0 or size > _LONGEST:
            return -1
        self._start(nonce, aad, size)
        self._crypt(buf, start, end, True)
        if equal_at(buf, end, self._mac, self.tag_length):
            return size
        for at in range(start, end):
            buf[at] = 0
        return -1

    def wipe(self):
        """Zero what is secret; the key itself if the block cipher has a wipe()."""
        if hasattr(self.block, "wipe"):
            self.block.wipe()
        for secret in (self._mac, self._stream):
            for i in range(_BLOCK):
                secret[i] = 0
