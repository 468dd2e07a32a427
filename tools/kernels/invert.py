"""The inverse of an element modulo another, in ARMv6-M code: the binary extended Euclid.

It takes as many turns as its operand makes it take, so the operand is public. There are two
numbers and two factors, u = x a and v = y a modulo m, each pair in 64 octets of the frame. v is
odd; u is halved until it is, too, and then the lesser is taken off the greater, which is u next.
"""

from .thumb import LR, Thumb

_FACTOR = 32  # octets from a number to its factor
_U, _V, _M = 8, 9, 10  # registers: addresses of the pairs, and of the modulus


def invert(a: Thumb) -> None:
    """[r11] = 1 / [r1] modulo the odd [r2]; 0 if there is none."""
    a.mov(_M, 2)
    _begin(a, 2, _V, 64, 0)
    _begin(a, 1, _U, 0, 1)
    a.b("invert_even", "ne")
    a.b("invert_end")
    a.label("invert_even")
    a.mov(0, _U)
    _test(a)
    a.b("invert_odd", "cs")
    a.movi(3, 0)
    a.bl("invert_halve")
    a.movi(3, 0)
    _test(a)
    a.b("invert_factor", "cc")
    a.bl("invert_add")
    a.label("invert_factor")
    a.bl("invert_halve")
    a.b("invert_even")
    a.label("invert_odd")
    _swap_lesser(a)
    _subtract(a)
    a.b("invert_even")
    a.label("invert_add")
    _add_modulus(a)
    a.label("invert_halve")
    _halve(a)
    a.label("invert_end")  # v is the greatest common divisor: 1
    a.mov(0, _V)
    a.addi(0, _FACTOR)
    a.mov(3, 11)
    for _ in range(4):
        a.ldm(0, 4, 5)
        a.stm(3, 4, 5)


def _begin(a: Thumb, source: int, pair: int, at: int, factor: int) -> None:
    """A pair, of the number at a register and 0 or 1; the flags say whether the number is 0."""
    a.add_from_sp(3, at)
    a.mov(pair, 3)
    a.movi(6, 0)
    for _ in range(4):
        a.ldm(source, 4, 5)
        a.stm(3, 4, 5)
        a.orrs(6, 4)
        a.orrs(6, 5)
    a.movi(4, factor)
    a.movi(5, 0)
    a.movi(7, 0)
    a.stm(3, 4, 5)
    for _ in range(3):
        a.stm(3, 5, 7)
    a.orrs(6, 6)


def _test(a: Thumb) -> None:
    """Carry is set if the number at r0 is odd."""
    a.ldr(4, 0)
    a.lsrs(4, 4, 1)


def _subtraction(a: Thumb, store: bool, keep: bool = False) -> None:
    """[r0] - [r1], to [r3]; r2 collects what is not 0."""
    for i in range(4):
        a.ldm(0, 4, 5)
        a.ldm(1, 6, 7)
        a.subs(4, 4, 6) if i == 0 else a.sbcs(4, 6)
        a.sbcs(5, 7)
        if store:
            a.stm(3, 4, 5)
        if keep:
            a.orrs(2, 4)
            a.orrs(2, 5)


def _swap_lesser(a: Thumb) -> None:
    """u >= v from here on."""
    a.mov(0, _U)
    a.mov(1, _V)
    _subtraction(a, False)
    a.b("invert_greater", "cs")
    a.mov(0, _U)
    a.mov(1, _V)
    a.mov(_U, 1)
    a.mov(_V, 0)
    a.label("invert_greater")


def _subtract(a: Thumb) -> None:
    """u -= v, x -= y; to the end if u becomes 0."""
    a.mov(0, _U)
    a.mov(1, _V)
    a.mov(3, 0)
    a.movi(2, 0)
    _subtraction(a, True, True)
    a.cmpi(2, 0)
    a.b("invert_end", "eq")
    _subtraction(a, True)  # the factors lie behind
    a.b("invert_even", "cs")
    a.mov(0, _U)
    a.addi(0, _FACTOR)
    a.bl("invert_add")


def _add_modulus(a: Thumb) -> None:
    """[r0] += m; r3 = the carry, as the highest bit."""
    a.mov(1, _M)
    a.mov(2, 0)
    a.mov(3, 0)
    for i in range(4):
        a.ldm(2, 4, 5)
        a.ldm(1, 6, 7)
        a.adds(4, 4, 6) if i == 0 else a.adcs(4, 6)
        a.adcs(5, 7)
        a.stm(3, 4, 5)
    a.movi(3, 0)
    a.adcs(3, 3)
    a.lsls(3, 3, 31)
    a.bx(LR)


def _halve(a: Thumb) -> None:
    """[r0] /= 2, with r3 from above; r0 moves on."""
    above, below = 3, 5
    for i in range(7, -1, -1):
        a.ldr(4, 0, 4 * i)
        a.lsls(below, 4, 31)
        a.lsrs(4, 4, 1)
        a.orrs(4, above)
        a.str_(4, 0, 4 * i)
        above, below = below, above
    a.addi(0, 32)
    a.bx(LR)
