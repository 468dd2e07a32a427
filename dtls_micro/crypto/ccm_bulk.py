"""AES-CCM (RFC 3610) in two calls of the firmware's AES for a record, and a kernel for octets.

A CBC object can be made once for ever: it keeps its chaining value, which is the last block it
gave; XORed into the next first block it cancels. So CBC-MAC takes no object for each record.
Records of more than 80 octets are worked off by pieces. Nothing is allocated for a record, not
even a frame: what a function would have in more than 11 words lies in attributes.

The kernel is a function of the port, run(buf, where, other, what), on the octets from
buf[start] and other[at] on, where is start | number << 16, what is operation | at | copy << 8:

    SEAL    other[copy + i] = buf[start + i], and buf[start + i] ^= other[at + i]
    OPEN    the same, but the copy is of what comes out
    MOVE    buf[start + i] = other[at + i], the lowest first
    DIFFER  return the OR of all buf[start + i] ^ other[at + i], in a time without regard to them
    TAKE    other[copy + i] = buf[start + i], the lowest first
"""

from micropython import const

SEAL = const(0)
OPEN = const(1 << 16)
MOVE = const(2 << 16)
DIFFER = const(3 << 16)
TAKE = const(4 << 16)
_NUMBER = const(16)  # how far the number is shifted
_COPY = const(8)
_BLOCK = const(16)
_ONE = const(16 << 16)  # a block, as a number
_NONCE = const(1 | 12 << 16)  # where it lies in A_0
_ROOM = const(112)  # octets of the two scratch buffers, which lie one behind the other
_ADATA = const(64)  # flag of B_0: there is additional data (RFC 3610 section 2.2)
_LONG_AAD = const(0xFF00)  # from here on its length would take six octets
_LONGEST = const(0xFFFF)


class _Scratch:
    """Memory for one record at a time; sessions share none, as they may run side by side.

    chain:   B_0, B_1 ... of RFC 3610 section 2.2, then X_1, X_2 ...
    stream:  A_0, A_1 ... of section 2.3, then S_0, S_1 ...; behind the chain
    """

    def __init__(self):
        self.octets = bytearray(2 * _ROOM)
        whole = memoryview(self.octets)
        ends = range(_BLOCK, _ROOM + 1, _BLOCK)
        self.chain = [whole[:end] for end in ends]  # of 1 block, 2 blocks ...
        self.stream = [whole[_ROOM : _ROOM + end] for end in ends]


class CcmBulk:
    """CCM with a tag of 8 or 16 octets, for nonces of 12.

    ecb, cbc:  cryptolib.aes objects of the key, modes 1 and 2 (IV of zeros)
    run:       the kernel
    """

    def __init__(self, ecb, cbc, tag_length: int, run):
        self.tag_length = tag_length
        self._ecb = ecb.encrypt
        self._cbc = cbc.encrypt
        self.run = run  # protection.py uses it too
        scratch = _Scratch()
        self._octets = scratch.octets
        self._chain = scratch.chain
        self._stream = scratch.stream
        self._last = bytearray(2 * _BLOCK)  # the chaining value, and room for copies
        self._first = bytearray(_BLOCK)  # A_0
        self._first[0] = 2  # lengths have 3 octets beside a nonce of 12
        self._flags = 2 | (tag_length - 2) << 2
        self._tag = bytearray(_BLOCK)
        self._torn = False  # the chaining value is another than in self._last
        # of the record under way:
        self._left = 0  # octets of it
        self._fill = 0  # octets that wait in the chain
        self._skip = 0  # octets of the stream that are not for the record: S_0
        self._count = 0  # n of the next S_n

    def seal(self, nonce, aad, buf, start: int, end: int):
        """Encrypt buf[start:end] in place and write the tag behind it.

        nonce: 12 bytes    aad: up to 65279 bytes    ValueError beyond, or above 65535 bytes
        """
        self._left = end - start
        if self._left > _LONGEST:
            raise ValueError("record too long")
        self._start(nonce, aad)
        self._crypt(buf, start, SEAL)
        self._with_tag(buf, end, MOVE)

    def open(self, nonce, aad, buf, start: int, end: int) -> int:
        """Decrypt buf[start:end], ciphertext and tag, in place; return the plaintext's length.

        -1 when the tag is wrong or something is too short or long. CCM authenticates the
        plaintext, so it is there before it can be judged: after a wrong tag it is zeroed.
        """
        end -= self.tag_length
        self._left = end - start
        if self._left < 0 or self._left > _LONGEST:
            return -1
        self._start(nonce, aad)
        self._crypt(buf, start, OPEN)
        if not self._with_tag(buf, end, DIFFER):
            return end - start
        while start < end:
            buf[start] = 0
            start += 1
        return -1

    def wipe(self):
        """Zero what is secret; the key itself lies where the firmware keeps it."""
        for secret in (self._last, self._tag, self._octets):
            for i in range(len(secret)):
                secret[i] = 0

    def _with_tag(self, buf, end: int, operation: int) -> int:
        return self.run(buf, end | self.tag_length << _NUMBER, self._tag, operation)

    def _start(self, nonce, aad):
        """Set A_0, and put B_0 and the additional data into the chain."""
        if self._torn:  # something broke in: whatever is encrypted now, the two agree after it
            self._absorb(_BLOCK)
        run = self.run
        octets = self._octets
        run(self._first, _NONCE, nonce, MOVE)
        run(octets, _ONE, self._first, MOVE)
        octets[0] = self._flags | _ADATA if aad else self._flags
        octets[14] = self._left >> 8
        octets[15] = self._left & 255
        run(octets, _ONE, self._last, SEAL | _BLOCK << _COPY)  # the chaining value is cancelled
        self._fill = _BLOCK
        if aad:
            self._add(aad)

    def _add(self, aad):
        """Put the additional data, its length first, behind B_0."""
        size = len(aad)
        if size >= _LONG_AAD:
            raise ValueError("additional data too long")
        octets = self._octets
        octets[16] = size >> 8
        octets[17] = size & 255
        if size > 14:
            self._add_long(aad)
            return
        self.run(octets, 18 | size << _NUMBER, aad, MOVE)
        self._pad(18 + size)

    def _add_long(self, aad):
        fill = 18
        for octet in aad:
            self._octets[fill] = octet
            fill += 1
            if fill == _ROOM:
                self._absorb(fill)
                fill = 0
        self._pad(fill)

    def _pad(self, fill: int):
        """Fill the last block of the chain up with zeros."""
        while fill & 15:
            self._octets[fill] = 0
            fill += 1
        self._fill = fill

    def _absorb(self, end: int):
        """Take octets[:end], whole blocks, into the MAC."""
        view = self._chain[(end >> 4) - 1]
        self._torn = True
        self._cbc(view, view)
        self.run(self._last, _ONE, self._octets, MOVE | end - _BLOCK)
        self._torn = False

    def _crypt(self, buf, start: int, operation: int):
        """Encrypt or decrypt what is left, absorb the plaintext, and make the tag."""
        self._count = 0
        self._skip = _BLOCK
        while True:
            size = self._size()
            self._make_stream(self._skip + size + 15 >> 4)
            self._piece(buf, start | size << _NUMBER, operation)
            start += size
            self._fill += size
            if size & 15:
                self._pad(self._fill)
            if self._fill:
                self._absorb(self._fill)
            self._left -= size
            self._fill = self._skip = 0
            if not self._left:
                break
        self.run(self._tag, _ONE, self._last, SEAL | _BLOCK << _COPY)

    def _size(self) -> int:
        """Return how many octets the next piece has."""
        most = _ROOM - (self._fill if self._fill > self._skip else self._skip)
        return most if most < self._left else self._left

    def _make_stream(self, blocks: int):
        """Make the next blocks of the stream; S_0 is for the tag."""
        octets = self._octets
        self.run(octets, _ROOM | _ONE, self._first, MOVE)
        if blocks > 1:  # the first one is moved on and on
            self.run(octets, _ROOM + _BLOCK | (blocks - 1) * _ONE, octets, MOVE | _ROOM)
        self._number(octets, blocks << 4, self._count)
        view = self._stream[blocks - 1]
        self._ecb(view, view)
        self._count += blocks
        if self._skip:
            self.run(self._tag, _ONE, octets, MOVE | _ROOM)

    def _number(self, octets, end: int, n: int):
        """Put n and on into the counters."""
        if n + end < 256:  # of short records: the upper octet is 0 already
            for at in range(_ROOM + 15, _ROOM + end, _BLOCK):
                octets[at] = n
                n += 1
            return
        at = _ROOM + 15
        while at < _ROOM + end:
            octets[at] = n & 255
            if n > 255:
                octets[at - 1] = n >> 8
            n += 1
            at += _BLOCK

    def _piece(self, buf, where: int, operation: int):
        what = operation | _ROOM + self._skip | self._fill << _COPY
        self.run(buf, where, self._octets, what)
