"""AES-GCM (NIST SP 800-38D) in few calls of the firmware's AES, and kernels for octets and GHASH.

Nothing is allocated for a record. The kernel for octets is that of ccm_bulk.py; the one of GHASH
is a function of the port, run(state, buf, where), on whole blocks from buf[start] on, where is
start | number of blocks << 16:

    for each block: y = (y + block) * H

state has 80 octets: y, H, masks for a kernel that reverses bits, and from the 48th on room for
what a kernel puts there and zeros. Time and addresses do not depend on what is hashed.
"""

from micropython import const

from dtls_micro.crypto.ccm_bulk import DIFFER, MOVE, OPEN, TAKE

_BLOCK = const(16)
_ONE = const(16 << 16)  # a block, as a number
_NUMBER = const(16)  # how far the number is shifted
_NONCE = const(12 << 16)
_ROOM = const(112)
_PIECE = const(7)  # blocks of the stream at a time
_LONGEST = const(0xFFFF)
_MASKS = b"\x55\x55\x55\x55\x33\x33\x33\x33\x0f\x0f\x0f\x0f"
_ZEROS = bytes(_BLOCK)


class GcmBulk:
    """GCM with a tag of 16 octets, for nonces of 12.

    ecb:    cryptolib.aes object of the key, mode 1
    run:    the kernel for octets    ghash: that of GHASH
    """

    def __init__(self, ecb, run, ghash):
        self.tag_length = _BLOCK
        self._ecb = ecb.encrypt
        self.run = run  # protection.py uses it too
        self._ghash = ghash
        self._octets = bytearray(_ROOM)
        whole = memoryview(self._octets)
        self._stream = [whole[:end] for end in range(_BLOCK, _ROOM + 1, _BLOCK)]
        self._counter = bytearray(_BLOCK)
        self._pad = bytearray(_BLOCK)
        self._tag = bytearray(_BLOCK)
        self._state = bytearray(_ZEROS + _ZEROS + _MASKS + bytes(36))
        whole = memoryview(self._state)
        self._ecb(_ZEROS, whole[_BLOCK : 2 * _BLOCK])

    def seal(self, nonce, aad, buf, start: int, end: int):
        """Encrypt buf[start:end] in place and write the tag behind it.

        nonce: 12 bytes    aad: any length below 65536    ValueError beyond 65535 bytes
        """
        if end - start > _LONGEST:
            raise ValueError("record too long")
        self.run(self._counter, _NONCE, nonce, MOVE)
        self._crypt(buf, start, end)
        self._authenticate(aad, buf, start, end)
        self.run(buf, end | _ONE, self._tag, MOVE)

    def open(self, nonce, aad, buf, start: int, end: int) -> int:
        """Decrypt buf[start:end], ciphertext and tag, in place; return the plaintext's length.

        -1 when the tag is wrong or something is too short or long; nothing is decrypted then.
        """
        end -= _BLOCK
        if end < start or end - start > _LONGEST:
            return -1
        self.run(self._counter, _NONCE, nonce, MOVE)
        self._authenticate(aad, buf, start, end)
        if self.run(buf, end | _ONE, self._tag, DIFFER):
            return -1
        self._crypt(buf, start, end)
        return end - start

    def wipe(self):
        """Zero what is secret; the key itself lies where the firmware keeps it."""
        for secret in (self._state, self._tag, self._octets):
            for i in range(len(secret)):
                secret[i] = 0

    def _crypt(self, buf, start: int, end: int):
        """Encrypt or decrypt buf[start:end]."""
        number = 2  # of the block
        while start < end:
            blocks = end - start + 15 >> 4
            if blocks > _PIECE:
                blocks = _PIECE
            self._make_stream(number, blocks)
            size = blocks << 4
            if size > end - start:
                size = end - start
            self.run(buf, start | size << _NUMBER, self._octets, OPEN)
            start += size
            number += blocks

    def _make_stream(self, number: int, blocks: int):
        """Encrypt as many counters, the first one with this number."""
        octets = self._octets
        self.run(octets, _ONE, self._counter, MOVE)
        if blocks > 1:  # the first one is moved on and on
            self.run(octets, _BLOCK | (blocks - 1) * _ONE, octets, MOVE)
        at = 14
        for n in range(number, number + blocks):
            octets[at] = n >> 8
            octets[at + 1] = n & 255
            at += _BLOCK
        view = self._stream[blocks - 1]
        self._ecb(view, view)

    def _authenticate(self, aad, buf, start: int, end: int):
        """Compute the tag of the ciphertext buf[start:end]."""
        state = self._state
        tag = self._tag
        pad = self._pad
        self.run(state, _ONE, _ZEROS, MOVE)
        self._hash(aad, 0, len(aad))
        self._hash(buf, start, end)
        self.run(pad, _ONE, _ZEROS, MOVE)
        _put_bits(pad, 5, len(aad))
        _put_bits(pad, 13, end - start)
        self._ghash(state, pad, 1 << _NUMBER)
        self.run(tag, _ONE, self._counter, MOVE)
        tag[15] = 1
        self._ecb(tag, tag)
        self.run(tag, _ONE, state, OPEN)

    def _hash(self, buf, start: int, end: int):
        """Hash buf[start:end], padded with zeros to whole blocks."""
        blocks = end - start >> 4
        if blocks:
            self._ghash(self._state, buf, start | blocks << _NUMBER)
            start += blocks << 4
        if start < end:
            pad = self._pad
            self.run(pad, _ONE, _ZEROS, MOVE)
            self.run(buf, start | end - start << _NUMBER, pad, TAKE)
            self._ghash(self._state, pad, 1 << _NUMBER)


def _put_bits(pad, at: int, size: int):
    """Put a length below 65536 into three octets, in bits."""
    pad[at] = size >> 13
    pad[at + 1] = size >> 5 & 255
    pad[at + 2] = size << 3 & 255
