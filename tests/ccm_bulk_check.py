"""What a kernel for octets must do, and CCM on it, on both Pythons."""

from aead_check import check_every_flipped_byte, check_open, check_seal, check_short

from dtls_micro.crypto.aes import Aes
from dtls_micro.crypto.ccm import Ccm
from dtls_micro.crypto.ccm_bulk import (
    DIFFER,
    HEAD,
    MOVE,
    OPEN,
    SEAL,
    TAG,
    TAKE,
    WRONG,
    CcmBulk,
)

KEY = bytes(range(16))


def reference(buf, where, other, what):
    """Be the kernel, octet by octet, as the docstring of ccm_bulk.py says."""
    start, size = where & 0xFFFF, where >> 16
    at, copy, operation = what & 255, what >> 8 & 255, what & 7 << 16
    difference = 0
    if operation == HEAD:
        return _head(buf, start, size, other, at)
    if operation in (TAG, WRONG):
        for i in range(size):
            octet = other[112 + i] ^ other[224 + i]
            difference |= buf[start + i] ^ octet
            if operation == TAG:
                buf[start + i] = octet
        return difference if operation == WRONG else 0
    for i in range(size):
        octet, with_ = buf[start + i], other[at + i]
        if operation in (SEAL, TAKE):
            other[copy + i] = octet
        if operation in (SEAL, OPEN):
            buf[start + i] = octet ^ with_
        if operation == OPEN:
            other[copy + i] = octet ^ with_
        if operation == MOVE:
            buf[start + i] = with_
        difference |= octet ^ with_
    return difference if operation == DIFFER else 0


def _head(aad, left, size, scratch, flags):
    first, last = bytes(scratch[240:256]), scratch[224:240]
    b_0 = bytes([flags]) + first[1:13] + left.to_bytes(3, "big")
    chain = bytes([b_0[i] ^ last[i] for i in range(16)])
    if size:
        chain += size.to_bytes(2, "big") + bytes(aad[:size])
    scratch[:112] = chain + bytes(112 - len(chain))
    scratch[112:224] = b"".join([first[:15] + bytes([first[15] | n]) for n in range(7)])
    return 0


class Modes:
    """cryptolib.aes of portable parts: ECB, or CBC that keeps its chaining value."""

    def __init__(self, key, mode):
        self._aes = Aes(key)
        self._mode = mode
        self._chain = bytearray(16)

    def encrypt(self, src, dst):
        assert len(src) % 16 == 0 and len(src) == len(dst)
        for at in range(0, len(src), 16):
            block = bytearray(src[at : at + 16])
            if self._mode == 2:
                for i in range(16):
                    block[i] ^= self._chain[i]
            self._aes.encrypt(block, block)
            self._chain[:] = block
            for i in range(16):
                dst[at + i] = block[i]


def check_kernel(run):
    """Compare a kernel with the reference."""
    for operation in (SEAL, OPEN, MOVE, DIFFER, TAKE):
        for size in (0, 1, 2, 15, 16, 17, 112):
            for start, at, copy in ((0, 0, 112), (5, 128, 0), (77, 16, 3)):
                buf = bytearray([(i * 37 + size) & 255 for i in range(200)])
                other = bytearray([(i * 91 + start) & 255 for i in range(250)])
                if operation == DIFFER and size & 1:
                    for i in range(size):
                        other[at + i] = buf[start + i]
                wanted = bytearray(buf), bytearray(other)
                where = start | size << 16
                what = operation | at | copy << 8
                value = run(buf, where, other, what)
                assert value == reference(wanted[0], where, wanted[1], what), (what, where)
                assert (buf, other) == wanted, (what, where)
    _check_parts_of_ccm(run)
    repeated = bytearray(range(250))
    run(repeated, 16 | 64 << 16, repeated, MOVE)
    assert repeated[:80] == bytes(range(16)) * 5 and repeated[80] == 80


def _check_parts_of_ccm(run):
    for size in range(17):
        for operation in (HEAD, TAG, WRONG, WRONG | 1):
            start = 5 + 300 * size if operation == HEAD else 7
            buf = bytearray([(i * 37 + size) & 255 for i in range(40)])
            other = bytearray([(i * 91 + size) & 255 for i in range(260)])
            other[253:256] = bytes(3)  # the counter of A_0
            if operation & 1:  # nothing is wrong
                for i in range(size):
                    buf[start + i] = other[112 + i] ^ other[224 + i]
            wanted = bytearray(buf), bytearray(other)
            where, what = start | size << 16, operation & 7 << 16 | 90
            value = run(buf, where, other, what)
            assert value == reference(wanted[0], where, wanted[1], what), (what, where)
            assert (buf, other) == wanted, (what, where)


def check_ccm(run, aes=Modes, sizes=(0, 1, 15, 16, 17, 64, 79, 80, 81, 96, 192, 193, 500, 1200)):
    """Compare CCM on a kernel with the portable one, one object for many records."""
    nonce = bytearray(range(12))
    for tag in (8, 16):
        plain = Ccm(Aes(KEY), tag)
        bulk = CcmBulk(aes(KEY, 1), aes(KEY, 2), tag, run)
        opener = CcmBulk(aes(KEY, 1), aes(KEY, 2), tag, run)
        for size in sizes:
            for long in (0, 13, 14, 15, 30, 94, 95, 110, 111, 300):
                if long not in (0, 13) and size not in (1, 64, 96):
                    continue
                aad = bytearray([i & 255 for i in range(long)])
                text = bytearray([(i * 7 + size) & 255 for i in range(size)])
                sealed = text + bytearray(tag)
                plain.seal(nonce, aad, sealed, 0, size)
                check_seal(bulk, nonce, aad, text, sealed)
                check_open(opener, nonce, aad, sealed, text)
                nonce[11] = nonce[11] + 1 & 255
        check_short(bulk)


def check_side_by_side(make, run):
    """Two sessions, one of which interrupts the other at each call of the kernel.

    make: function (run, number of the key) that returns an AEAD
    """
    other, nonce, aad = make(run, 2), bytearray(12), bytearray(13)

    def interrupted(*arguments):
        other.seal(nonce, aad, bytearray(66), 0, 50)
        return run(*arguments)

    for size in (5, 200):
        plain, mixed = bytearray(size + 16), bytearray(size + 16)
        make(run, 1).seal(nonce, aad, plain, 0, size)
        make(interrupted, 1).seal(nonce, aad, mixed, 0, size)
        assert plain == mixed


def check_torn(run):
    """Whatever the kernel is broken off at, the records after that are right."""

    def seal(bulk):
        buf = bytearray(330 + 8)
        bulk.seal(bytearray(12), bytearray(13), buf, 0, 330)
        return buf

    wanted = seal(CcmBulk(Modes(KEY, 1), Modes(KEY, 2), 8, run))
    turns = [0]

    def breaks(*arguments):
        turns[0] -= 1
        if not turns[0]:
            raise KeyboardInterrupt
        return run(*arguments)

    for turn in range(1, 99):
        turns[0] = turn
        bulk = CcmBulk(Modes(KEY, 1), Modes(KEY, 2), 8, breaks)
        try:
            seal(bulk)
            break
        except KeyboardInterrupt:
            assert seal(bulk) == wanted and seal(bulk) == wanted, turn
    assert 10 < turn < 98


def check_forgeries(run, aes=Modes):
    """Check that what was changed is refused, and that the object goes on after it."""
    for size in (0, 5, 40):
        bulk = CcmBulk(aes(KEY, 1), aes(KEY, 2), 8, run)
        check_every_flipped_byte(
            bulk, bytearray(12), bytearray(13), bytearray(b"secret" * 9)[:size]
        )
