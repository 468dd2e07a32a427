"""Sums, differences and reversals of elements of the arena, in ARMv6-M code.

The registers are those of p256.py: r11 points to the result, r1 and r2 to the operands.
"""

from .thumb import Thumb


def addsub(a: Thumb, negative: bool) -> None:
    """[r11] = [r1] +- [r2], below 2**256: q times p is taken off, or put on, where q is 0, 1 or 2.

    q is 1 if the sum does not fit, and 2 if its highest word says that p once may not do.
    """
    a.mov(3, 11)
    for i in range(4):
        a.ldm(1, 4, 5)
        a.ldm(2, 6, 7)
        if negative:
            a.subs(4, 4, 6) if i == 0 else a.sbcs(4, 6)
            a.sbcs(5, 7)
        else:
            a.adds(4, 4, 6) if i == 0 else a.adcs(4, 6)
            a.adcs(5, 7)
        a.stm(3, 4, 5)
    if negative:
        a.sbcs(4, 4)
        a.rsbs(4, 4)  # 1 if it is below 0
        a.rsbs(5, 5)  # no borrow if the word is 0
        a.movi(6, 0)
    else:
        a.movi(4, 0)
        a.adcs(4, 4)  # 1 if it does not fit
        a.movi(6, 0)
        a.mvns(5, 5)
        a.rsbs(5, 5)  # no borrow if the word is all ones
    a.adcs(6, 6)
    a.ands(6, 4)
    a.adds(4, 4, 6)  # q
    _multiple_of_p(a, negative)


def _multiple_of_p(a: Thumb, negative: bool) -> None:
    """Take q * 2**256 - q * p off [r11], or put it on, modulo 2**256; q = r4, 1 bit more in r6.

    Its words are q, 0, 0, -q, m, m, m - q, q >> 1, where m is -1 unless q is 0.
    """
    change = a.sbcs if negative else a.adcs
    a.rsbs(5, 4)  # -q
    a.asrs(2, 5, 31)  # m
    a.lsrs(6, 4, 1)
    a.mov(8, 6)
    a.subs(6, 2, 4)
    a.mov(9, 6)
    a.movi(7, 0)
    a.mov(0, 11)
    a.mov(3, 0)
    words = (4, 7, 7, 5, 2, 2, 9, 8)
    for i in range(0, 8, 2):
        a.ldm(0, 1, 6)
        if i == 6:
            a.mov(4, words[6])
            a.mov(5, words[7])
        first, second = (4, 5) if i == 6 else words[i : i + 2]
        if i == 0:
            a.subs(1, 1, first) if negative else a.adds(1, 1, first)
        else:
            change(1, first)
        change(6, second)
        a.stm(3, 1, 6)


def reverse(a: Thumb) -> None:
    """[r11] = the octets of [r1], the last one first."""
    a.mov(2, 11)
    for i in range(4):
        a.ldr(4, 1, 4 * i)
        a.ldr(5, 1, 28 - 4 * i)
        a.rev(4, 4)
        a.rev(5, 5)
        a.str_(4, 2, 28 - 4 * i)
        a.str_(5, 2, 4 * i)
