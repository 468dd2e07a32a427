"""The inverse of an element modulo another, in RV32I code: the binary extended Euclid.

It takes as many turns as its operand makes it take, so the operand is public. There are two
numbers and two factors, u = x a and v = y a modulo m, each pair in 64 octets of the frame. v is
odd; u is halved until it is, too, and then the lesser is taken off the greater, which is u next.
"""

from .elements_rv32 import FIRST, SECOND
from .field_rv32 import CARRY, OTHER, PRODUCT, TEST, WORDS, chain, load, store
from .riscv import SP, ZERO, RiscV

SIZE = 128  # octets of the frame
_FACTOR = 32  # octets from a number to its factor
_TERMS = PRODUCT[:8]
_U, _V, _M = PRODUCT[8:11]  # addresses of the pairs, and of the modulus


def invert(a: RiscV, at: int) -> None:
    """WORDS = 1 / [FIRST] modulo the odd [SECOND], or 0 if there is none.

    at: place of SIZE octets in the frame
    """
    a.mv(_M, SECOND)
    _begin(a, SECOND, _V, at + SIZE // 2, 0)
    _begin(a, FIRST, _U, at, 1)
    _if_zero(a, "invert_end")
    a.label("invert_even")
    load(a, WORDS, _U)
    a.andi(TEST, WORDS[0], 1)
    a.b("ne", TEST, ZERO, "invert_odd")
    _halve(a, ZERO, _U, 0)
    _halve_factor(a)
    a.j("invert_even")
    a.label("invert_odd")
    _swap_lesser(a)
    _subtract(a)
    a.j("invert_even")
    a.label("invert_end")  # v is the greatest common divisor: 1
    load(a, WORDS, _V, _FACTOR)


def _begin(a: RiscV, source: int, pair: int, at: int, factor: int) -> None:
    """A pair, of the number at a register, which is in WORDS then, and 0 or 1."""
    a.addi(pair, SP, at)
    load(a, WORDS, source)
    store(a, WORDS, pair)
    a.li(TEST, factor)
    store(a, (TEST, *[ZERO] * 7), pair, _FACTOR)


def _if_zero(a: RiscV, label: str) -> None:
    """Go to the label if all of WORDS are 0."""
    a.or_(TEST, WORDS[0], WORDS[1])
    for word in WORDS[2:]:
        a.or_(TEST, TEST, word)
    a.b("eq", TEST, ZERO, label)


def _halve(a: RiscV, above: int, to: int, offset: int) -> None:
    """[to + offset] = WORDS / 2, with the bit `above` them."""
    for word, next_word in zip(WORDS, (*WORDS[1:], above), strict=True):
        a.srli(word, word, 1)
        if next_word != ZERO:
            a.slli(TEST, next_word, 31)
            a.or_(word, word, TEST)
    store(a, WORDS, to, offset)


def _halve_factor(a: RiscV) -> None:
    """x /= 2 modulo m."""
    load(a, WORDS, _U, _FACTOR)
    a.li(CARRY, 0)
    a.andi(TEST, WORDS[0], 1)
    a.b("eq", TEST, ZERO, "invert_factor")
    load(a, _TERMS, _M)
    chain(a, WORDS, _TERMS)
    a.label("invert_factor")
    _halve(a, CARRY, _U, _FACTOR)


def _swap_lesser(a: RiscV) -> None:
    """u >= v from here on; u is in WORDS."""
    load(a, _TERMS, _V)
    for word, term in zip(WORDS[::-1], _TERMS[::-1], strict=True):
        a.b("ltu", term, word, "invert_greater")
        a.b("ltu", word, term, "invert_lesser")
    a.j("invert_greater")
    a.label("invert_lesser")
    a.mv(OTHER, _U)
    a.mv(_U, _V)
    a.mv(_V, OTHER)
    load(a, WORDS, _U)
    load(a, _TERMS, _V)
    a.label("invert_greater")


def _subtract(a: RiscV) -> None:
    """u -= v, x -= y; to the end if u becomes 0."""
    chain(a, WORDS, _TERMS, negative=True)
    _if_zero(a, "invert_end")
    store(a, WORDS, _U)
    load(a, WORDS, _U, _FACTOR)
    load(a, _TERMS, _V, _FACTOR)
    chain(a, WORDS, _TERMS, negative=True)
    a.b("eq", CARRY, ZERO, "invert_above")
    load(a, _TERMS, _M)
    chain(a, WORDS, _TERMS)
    a.label("invert_above")
    store(a, WORDS, _U, _FACTOR)
