"""What the kernel does with elements of the arena besides products, in RV32I code.

FIRST and SECOND point to the operands, NUMBER and TARGET are the octets of the second operand
and of the result, and RESULT, in the frame, points to the result.
"""

from .field_rv32 import CARRY, OTHER, POINTER, PRODUCT, WORDS, chain, load, store
from .riscv import SP, ZERO, RiscV

PLACE, LIMIT, PUBLIC, RESULT, DIGIT, MASK = 0, 4, 8, 12, 16, 20  # of the frame
SECOND = POINTER
TARGET, NUMBER, FIRST = PRODUCT[12:15]
_TERMS = PRODUCT[:8]


def addsub(a: RiscV, negative: bool) -> None:
    """WORDS = [FIRST] +- [SECOND], below 2**256: q times p is taken off, or put on.

    q is 1 if the sum does not fit, and 2 if its highest word says that p once may not do. What is
    put on or taken off are the words of q * 2**256 - q * p.
    """
    load(a, WORDS, FIRST)
    load(a, _TERMS, SECOND)
    chain(a, WORDS, _TERMS, negative)
    q, minus_q, mask, below, half = PRODUCT[:5]
    if negative:
        a.sltiu(q, WORDS[7], 1)
    else:
        a.xori(q, WORDS[7], -1)
        a.sltiu(q, q, 1)
    a.and_(q, q, CARRY)
    a.add(q, q, CARRY)
    a.sub(minus_q, ZERO, q)
    a.srai(mask, minus_q, 31)
    a.sub(below, mask, q)
    a.srli(half, q, 1)
    chain(a, WORDS, (q, ZERO, ZERO, minus_q, mask, mask, below, half), negative)


def pick(a: RiscV) -> None:
    """[RESULT], 64 octets, = the entry for the digit of the NUMBER entries at [FIRST].

    All are read, unless digits are public: no address depends on which is wanted.
    """
    table, entry, wanted, mask, entries, word = WORDS[:6]
    a.mv(table, FIRST)
    a.mv(entries, NUMBER)
    a.lw(wanted, SP, DIGIT)
    a.and_(mask, wanted, entries)
    a.sltiu(mask, mask, 1)
    a.sub(mask, ZERO, mask)  # -1 if the digit is below n
    a.sw(mask, SP, MASK)
    a.xor(wanted, wanted, mask)
    a.addi(word, entries, -1)
    a.and_(wanted, wanted, word)
    a.lw(word, SP, PUBLIC)
    a.b("eq", word, ZERO, "pick_from_all")
    a.slli(wanted, wanted, 6)
    a.add(table, table, wanted)
    load(a, PRODUCT, table)
    a.j("pick_end")
    a.label("pick_from_all")
    _collect(a, table, entry, wanted, mask, entries, word)
    a.label("pick_end")
    a.lw(OTHER, SP, RESULT)
    store(a, PRODUCT, OTHER)


def _collect(
    a: RiscV, table: int, entry: int, wanted: int, mask: int, entries: int, word: int
) -> None:
    """PRODUCT = the sixteen words of the entry that is wanted, after a look at each."""
    for to in PRODUCT:
        a.li(to, 0)
    a.li(entry, 0)
    a.label("pick_entry")
    a.xor(mask, entry, wanted)
    a.sltiu(mask, mask, 1)
    a.sub(mask, ZERO, mask)
    for i, to in enumerate(PRODUCT):
        a.lw(word, table, 4 * i)
        a.and_(word, word, mask)
        a.or_(to, to, word)
    a.addi(table, table, 64)
    a.addi(entry, entry, 1)
    a.b("ne", entry, entries, "pick_entry")


def choose(a: RiscV) -> None:
    """[RESULT] = [FIRST] if the digit of the last PICK was n or above, else [SECOND]."""
    first, second, result, mask, word, other = WORDS[:6]
    a.mv(first, FIRST)
    a.mv(second, SECOND)
    a.lw(result, SP, RESULT)
    a.lw(mask, SP, MASK)
    for i in range(8):
        a.lw(word, first, 4 * i)
        a.lw(other, second, 4 * i)
        a.xor(other, other, word)
        a.and_(other, other, mask)
        a.xor(word, word, other)
        a.sw(word, result, 4 * i)


def digit(a: RiscV) -> None:
    """DIGIT = the bits of [FIRST] at PLACE + NUMBER: four in a row, or five with 52 between them.

    TARGET says which: 1 or 52.
    """
    place, bits, shift, found, word = WORDS[:5]
    a.lw(place, SP, PLACE)
    a.add(place, place, NUMBER)
    a.srli(bits, TARGET, 5)
    a.addi(bits, bits, 4)
    a.li(shift, 0)
    a.li(found, 0)
    a.label("digit_bit")
    a.srli(word, place, 5)
    a.slli(word, word, 2)
    a.add(word, word, FIRST)
    a.lw(word, word)
    a.srl(word, word, place)  # by its lowest five bits
    a.andi(word, word, 1)
    a.sll(word, word, shift)
    a.or_(found, found, word)
    a.add(place, place, TARGET)
    a.addi(shift, shift, 1)
    a.b("ne", shift, bits, "digit_bit")
    a.sw(found, SP, DIGIT)


def reverse(a: RiscV) -> None:
    """[RESULT] = the octets of [FIRST], the last one first."""
    load(a, WORDS, FIRST)
    a.lw(OTHER, SP, RESULT)
    for i, word in enumerate(WORDS):
        for j in range(4):
            a.sb(word, OTHER, 31 - 4 * i - j)
            if j < 3:
                a.srli(word, word, 8)
