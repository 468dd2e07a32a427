"""P-256 field arithmetic in RV32IM code: Montgomery form, values below 2**256, maybe not below p.

There are no flags: a carry is what SLTU finds when a sum is below one of its terms. All is done
in registers, of which there are enough: eight words of an operand, sixteen of the product, four
others. Reduction follows from p = -1 modulo 2**96. MUL and MULHU of Hazard3 take as long for
whatever they multiply.
"""

from .riscv import RA, ZERO, RiscV

WORDS = tuple(range(8, 16))  # of an operand, and of the result
PRODUCT = tuple(range(16, 32))
LOW, CARRY, TEST, OTHER = 5, 6, 7, RA
POINTER = PRODUCT[15]  # to the second operand: the last word of the product comes last


def load(a: RiscV, words: tuple[int, ...], base: int, offset: int = 0) -> None:
    for i, word in enumerate(words):
        a.lw(word, base, offset + 4 * i)


def store(a: RiscV, words: tuple[int, ...], base: int, offset: int = 0) -> None:
    for i, word in enumerate(words):
        a.sw(word, base, offset + 4 * i)


def chain(
    a: RiscV, words: tuple[int, ...], terms: tuple[int, ...], negative: bool = False
) -> None:
    """Add terms to words, or take them off, with CARRY from one to the next and out of the last.

    A term may be the register ZERO, but not the first.
    """
    for i, (word, term) in enumerate(zip(words, terms, strict=True)):
        if negative:
            _subtract(a, word, term, i == 0)
            continue
        if term != ZERO:
            a.add(word, word, term)
            a.sltu(TEST if i else CARRY, word, term)
        if i:
            a.add(word, word, CARRY)
            a.sltu(CARRY, word, CARRY)
        if i and term != ZERO:
            a.add(CARRY, CARRY, TEST)


def _subtract(a: RiscV, word: int, term: int, first: bool) -> None:
    if first:
        a.sltu(CARRY, word, term)
        a.sub(word, word, term)
        return
    a.sltu(TEST, word, term)
    a.sub(word, word, term)
    a.sltu(LOW, word, CARRY)
    a.sub(word, word, CARRY)
    a.add(CARRY, TEST, LOW)


def _term(a: RiscV, word: int, x: int, y: int, first: bool, new: bool, out: int = CARRY) -> None:
    """word += x * y + CARRY, with what is above it to `out`.

    first: of its row: there is no carry yet
    new:   nothing is in the word yet
    """
    low = word if new else LOW
    a.mul(low, x, y)
    if not first:
        a.add(low, low, CARRY)
        a.sltu(TEST, low, CARRY)
    a.mulhu(CARRY, x, y)
    if not first:
        a.add(CARRY if not new else out, CARRY, TEST)
    if not new:
        a.add(word, word, low)
        a.sltu(TEST, word, low)
        a.add(out, CARRY, TEST)


def product(a: RiscV) -> None:
    """PRODUCT = WORDS * [POINTER], row by row."""
    for i in range(8):
        a.lw(OTHER, POINTER, 4 * i)
        for j in range(8):
            out = PRODUCT[i + 8] if j == 7 else CARRY
            _term(a, PRODUCT[i + j], WORDS[j], OTHER, j == 0, i == 0, out)


def square(a: RiscV) -> None:
    """PRODUCT = WORDS squared: each word times itself and times twice those above it.

    Twice the number has its words from 1 on in the upper half of the product, where each is
    needed until a word of the product takes its place; OTHER is -1 if it has a bit more.
    """
    twice = PRODUCT[8:]
    a.slli(twice[1], WORDS[1], 1)
    for j in range(2, 8):
        a.slli(twice[j], WORDS[j], 1)
        a.srli(TEST, WORDS[j - 1], 31)
        a.or_(twice[j], twice[j], TEST)
    a.srai(OTHER, WORDS[7], 31)
    for i in range(8):
        _term(a, PRODUCT[2 * i], WORDS[i], WORDS[i], True, i == 0)
        if i in range(1, 7):
            a.andi(twice[i + 1], twice[i + 1], -2)  # without the bit of the word below
        for j in range(i + 1, 8):
            _term(a, PRODUCT[i + j], WORDS[i], twice[j], False, i == 0)
        _end_row(a, i)


def _end_row(a: RiscV, i: int) -> None:
    """Add the carry of row i of a square, and the word times the bit above the others."""
    if i == 7:
        a.add(PRODUCT[15], PRODUCT[15], CARRY)
        return
    word, above = PRODUCT[i + 8 : i + 10]
    a.and_(TEST, WORDS[i], OTHER)
    if i == 0:
        a.add(word, CARRY, TEST)
        a.sltu(above, word, TEST)
        return
    a.add(CARRY, CARRY, TEST)
    a.sltu(TEST, CARRY, TEST)
    a.add(word, word, CARRY)
    a.sltu(LOW, word, CARRY)
    a.add(above, TEST, LOW)


def reduce(a: RiscV) -> None:
    """WORDS = PRODUCT / 2**256 modulo p, below 2**256 (Montgomery).

    p = 2**256 - 2**224 + 2**192 + 2**96 - 1, so Q, with PRODUCT + Q p = 0 modulo 2**256, has the
    words Q_k = PRODUCT_k + Q_(k-3) + Q_(k-6) - Q_(k-7) with carries, and word k of PRODUCT + Q p
    is PRODUCT_k + Q_(k-8) - Q_(k-7) + Q_(k-6) + Q_(k-3). All is added: -Q_j is ~Q_j + 1 - 2**32,
    of which there remains 1 at word 7 and -1 at word 15.
    """
    q = PRODUCT[:8]
    carry, spare = ZERO, LOW
    for k in range(3, 16):
        if k == 7:
            a.addi(carry, carry, 1)
        terms = [PRODUCT[k]] + [q[k - j] for j in (3, 6, 8) if 0 <= k - j < 8]
        inverted = q[k - 7] if 0 <= k - 7 < 8 else ZERO
        _column(a, q[k] if k < 8 else WORDS[k - 8], terms, inverted, carry, spare)
        carry, spare = spare, carry or CARRY
    a.sltiu(TEST, WORDS[7], 1)
    a.addi(WORDS[7], WORDS[7], -1)
    a.sub(carry, carry, TEST)
    _take_off(a, carry)


def _column(a: RiscV, to: int, terms: list[int], inverted: int, carry: int, out: int) -> None:
    """to = the sum of terms, of another one inverted and of a carry; what is above it to `out`."""
    a.add(to, terms[0], terms[1])
    a.sltu(out, to, terms[1])
    if inverted:
        a.xori(OTHER, inverted, -1)
        terms = [*terms, OTHER]
    for term in [*terms[2:], *([carry] if carry else [])]:
        a.add(to, to, term)
        a.sltu(TEST, to, term)
        a.add(out, out, TEST)


def _take_off(a: RiscV, bit: int) -> None:
    """WORDS -= bit * p, of a bit that says whether they are 2**256 too small."""
    q, mask, below = PRODUCT[:3]
    a.mv(q, bit)
    a.sub(mask, ZERO, q)
    a.sub(below, mask, q)
    chain(a, WORDS, (q, ZERO, ZERO, mask, mask, mask, below, ZERO))
