"""AES-CCM (RFC 3610) in two calls of the firmware's AES for a record, and a kernel for octets.

A CBC object can be made once for ever: it keeps its chaining value, which is the last block it
gave; XORed into the next first block it cancels. So CBC-MAC takes no object for each record.
Long records are worked off by pieces of 96 octets. Nothing is allocated for a record, not even
a frame: what a function would have in more than 11 words lies in attributes.

The kernel is a function of the port, run(buf, where, other, what), on the octets from
buf[start] and other[at] on, where is start | number << 16, what is operation | at | copy << 8:

    SEAL    other[copy + i] = buf[start + i], and buf[start + i] ^= other[at + i]
    OPEN    the same, but the copy is of what comes out
    MOVE    buf[start + i] = other[at + i], the lowest first
    DIFFER  return the OR of all buf[start + i] ^ other[at + i], in a time without regard to them
    TAKE    other[copy + i] = buf[start + i], the lowest first

Three operations are for CCM alone, with the scratch memory as `other`, at a word's address:
0 the chain, 112 the stream, 224 the last chaining value, 240 A_0.

    HEAD    other[0:16] = B_0 ^ other[224:240], where B_0 is `at`, other[241:253] and `start`, the
            record's length, in 3 octets; if there is a number of octets of additional data, 14
            at most, other[16:18] = the number and buf[0:number] from 18 on; zeros up to 112;
            then A_0 seven times, to the last octet of each its turn added, 0 to 6
    TAG     buf[start + i] = other[112 + i] ^ other[224 + i]
    WRONG   return the OR of all buf[start + i] ^ other[112 + i] ^ other[224 + i]

All but DIFFER and WRONG return 0.
"""

from micropython import const

SEAL = const(0)
OPEN = const(1 << 16)
MOVE = const(2 << 16)
DIFFER = const(3 << 16)
TAKE = const(4 << 16)
HEAD = const(5 << 16)
TAG = const(6 << 16)
WRONG = const(7 << 16)
_NUMBER = const(16)  # how far the number is shifted
_COPY = const(8)
_BLOCK = const(16)
_ONE = const(16 << 16)  # a block, as a number
_ROOM = const(112)  # octets of the chain, and of the stream
_PIECE = const(96)  # octets of the stream behind S_0
_LAST = const(224)  # the chaining value
_FIRST = const(240)  # A_0
_NONCE = const(241 | 12 << 16)  # within that
_SIZE = const(256)
_ADATA = const(64)  # flag of B_0: there is additional data (RFC 3610 section 2.2)
_LONG_AAD = const(0xFF00)  # from here on its length would take six octets
_SHORT_AAD = const(14)
_LONGEST = const(0xFFFF)


class _Scratch:
    """Memory for one record at a time; sessions share none, as they may run side by side.

    chain:   B_0, B_1 ... of RFC 3610 section 2.2, then X_1, X_2 ...
    stream:  A_0, A_1 ... of section 2.3, then S_0, S_1 ...; behind the chain
    """

    def __init__(self):
        self.octets = bytearray(_SIZE)
        self.octets[_FIRST] = 2  # lengths have 3 octets beside a nonce of 12
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
        self._head = HEAD | 2 | (tag_length - 2) << 2
        self._torn = False  # the chaining value is another than the one at _LAST
        # of the record under way:
        self._left = 0  # octets of it
        self._fill = 0  # octets that wait in the chain; behind them it is zeros
        self._count = 0  # n of the next S_n

    def seal(self, nonce, aad, buf, start: int, end: int):
        """Encrypt buf[start:end] in place and write the tag behind it.

        nonce: 12 bytes    aad: up to 65279 bytes    ValueError beyond, or if the tag would end
        above octet 65535 of the buffer
        """
        self._left = end - start
        if end + self.tag_length > _LONGEST:
            raise ValueError("record too long")
        self._start(nonce, aad)
        self._crypt(buf, start, SEAL)
        self._with_tag(buf, end, TAG)

    def open(self, nonce, aad, buf, start: int, end: int) -> int:
        """Decrypt buf[start:end], ciphertext and tag, in place; return the plaintext's length.

        -1 when the tag is wrong or something is too short or long. CCM authenticates the
        plaintext, so it is there before it can be judged: after a wrong tag it is zeroed.
        """
        end -= self.tag_length
        self._left = end - start
        if self._left < 0 or end + self.tag_length > _LONGEST:
            return -1
        self._start(nonce, aad)
        self._crypt(buf, start, OPEN)
        if not self._with_tag(buf, end, WRONG):
            return end - start
        while start < end:
            buf[start] = 0
            start += 1
        return -1

    def wipe(self):
        """Zero what is secret; the key itself lies where the firmware keeps it."""
        secret = self._octets
        for i in range(len(secret)):
            secret[i] = 0

    def _with_tag(self, buf, end: int, operation: int) -> int:
        return self.run(buf, end | self.tag_length << _NUMBER, self._octets, operation)

    def _start(self, nonce, aad):
        """Set A_0, and put B_0 and the additional data into the chain."""
        if self._torn:  # something broke in: whatever is encrypted now, the two agree after it
            self._absorb(_BLOCK)
        self.run(self._octets, _NONCE, nonce, MOVE)
        size = len(aad)
        if size > _SHORT_AAD:
            self._long_aad(aad, size)
            return
        self._fill = _BLOCK
        head = self._head
        if size:
            self._fill = 2 * _BLOCK
            head |= _ADATA
        self.run(aad, self._left | size << _NUMBER, self._octets, head)

    def _long_aad(self, aad, size: int):
        if size >= _LONG_AAD:
            raise ValueError("additional data too long")
        octets = self._octets
        self.run(aad, self._left, octets, self._head | _ADATA)
        octets[16] = size >> 8
        octets[17] = size & 255
        fill = 18
        for octet in aad:
            octets[fill] = octet
            fill += 1
            if fill == _ROOM:
                self._absorb(fill)
                fill = 0
        self._pad(fill)

    def _pad(self, fill: int):
        """Fill the chain up with zeros."""
        self._fill = fill + 15 & ~15
        while fill < _ROOM:
            self._octets[fill] = 0
            fill += 1

    def _absorb(self, end: int):
        """Take octets[:end], whole blocks, into the MAC."""
        view = self._chain[(end >> 4) - 1]
        self._torn = True
        self._cbc(view, view)
        self.run(self._octets, _LAST | _ONE, self._octets, MOVE | end - _BLOCK)
        self._torn = False

    def _crypt(self, buf, start: int, operation: int):
        """Encrypt or decrypt what is left, and absorb the plaintext; S_0 stays in the stream."""
        size = _ROOM - self._fill
        if size > _PIECE:
            size = _PIECE
        if size > self._left:
            size = self._left
        self._piece(buf, start | size << _NUMBER, operation)
        if self._left:
            self._count = 1 + (size >> 4)
            self._crypt_on(buf, start + size, operation)

    def _crypt_on(self, buf, start: int, operation: int):
        while self._left:
            size = _PIECE if self._left > _PIECE else self._left
            self._counters(1 + (size + 15 >> 4))
            if size & 15:
                self._pad(size)
            self._fill = 0
            self._piece(buf, start | size << _NUMBER, operation)
            start += size

    def _counters(self, blocks: int):
        """Set A_0 and the next ones: the first one is moved on and on."""
        octets = self._octets
        self.run(octets, _ROOM | _ONE, octets, MOVE | _FIRST)
        self.run(octets, _ROOM + _BLOCK | (blocks - 1) * _ONE, octets, MOVE | _ROOM)
        at = _ROOM + _BLOCK + 15
        while at < _ROOM + (blocks << 4):
            octets[at] = self._count & 255
            octets[at - 1] = self._count >> 8
            self._count += 1
            at += _BLOCK

    def _piece(self, buf, where: int, operation: int):
        """Work off a piece, for which counters are in the stream."""
        view = self._stream[(where >> _NUMBER) + 15 >> 4]
        self._ecb(view, view)
        operation |= _ROOM + _BLOCK | self._fill << _COPY
        self.run(buf, where, self._octets, operation)
        where >>= _NUMBER  # octets of the piece
        self._left -= where
        where = self._fill + where + 15 & ~15
        if where:
            self._absorb(where)
