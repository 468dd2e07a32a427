"""P-256 field arithmetic in ARMv6-M code: Montgomery form, values below 2**256, maybe not below p.

A product is three of 128 by 128 bits (Karatsuba, subtractive), each summed column by column,
as there is no multiplication longer than 32 bits: one of 32 by 32 to 64 takes four. Operands lie
on the stack, whose loads need no base register. Reduction follows from p = -1 modulo 2**96.
"""

from .thumb import SP, Thumb

A, B, DB, T, M = 0, 32, 64, 80, 144  # frame offsets, bytes
FRAME = 176
HIGH = (9, 10, 12, 14)


def mul32(a: Thumb, ra: int, rb: int, t0: int, t1: int, t2: int) -> None:
    """(t2, rb) = ra * rb, low and high; 17 cycles; all five registers are used up."""
    a.uxth(t0, ra)
    a.lsrs(ra, ra, 16)
    a.uxth(t1, rb)
    a.lsrs(rb, rb, 16)
    a.mov(t2, t0)
    a.muls(t2, t1)
    a.muls(t0, rb)
    a.muls(rb, ra)
    a.muls(t1, ra)
    a.lsls(ra, t0, 16)
    a.lsrs(t0, t0, 16)
    a.adds(t2, t2, ra)
    a.adcs(rb, t0)
    a.lsls(ra, t1, 16)
    a.lsrs(t1, t1, 16)
    a.adds(t2, t2, ra)
    a.adcs(rb, t1)


def comba4(a: Thumb, y: int, out: int) -> None:
    """8 words at out = 4 words in HIGH times 4 words at y."""
    c = [5, 6, 7]
    for k in range(7):
        first = True
        for i in range(max(0, k - 3), min(k, 3) + 1):
            a.mov(0, HIGH[i])
            a.ldr(1, SP, y + 4 * (k - i))
            if k == 0:
                mul32(a, 0, 1, 2, 3, c[0])
                a.mov(c[1], 1)
                continue
            mul32(a, 0, 1, 2, 3, 4)
            if k == 6:
                a.adds(c[0], c[0], 4)
                a.adcs(c[1], 1)
            elif first:
                a.movi(c[2], 0)
                a.adds(c[0], c[0], 4)
                a.adcs(c[1], 1)
                if k > 1:
                    a.adcs(c[2], c[2])
            else:
                a.movi(0, 0)
                a.adds(c[0], c[0], 4)
                a.adcs(c[1], 1)
                a.adcs(c[2], 0)
            first = False
        a.str_(c[0], SP, out + 4 * k)
        c = [c[1], c[2], c[0]]
        if k == 0:
            a.movi(c[1], 0)
    a.str_(c[0], SP, out + 28)


def copied_difference(a: Thumb, ptr: int, to: int) -> None:
    """Copy 8 words from [ptr] to sp+to; r0, r2, r4, r5 = |x1 - x0|, r3 = -1 if x1 < x0."""
    a.add_from_sp(3, to)
    a.ldm(ptr, 4, 5, 6, 7)
    a.stm(3, 4, 5, 6, 7)
    a.ldm(ptr, 0, 2)
    a.stm(3, 0, 2)
    a.subs(0, 0, 4)
    a.sbcs(2, 5)
    a.ldm(ptr, 4, 5)
    a.stm(3, 4, 5)
    a.sbcs(4, 6)
    a.sbcs(5, 7)
    a.sbcs(3, 3)
    for r in (0, 2, 4, 5):
        a.eors(r, 3)
    a.lsrs(6, 3, 31)
    a.movi(7, 0)
    a.adds(0, 0, 6)
    for r in (2, 4, 5):
        a.adcs(r, 7)


def combine(a: Thumb) -> None:
    """T += M at the middle, Karatsuba; r8 = mask of M's sign, whose words are inverted already."""
    for i in range(4):  # X in r4..r7
        a.ldr(4 + i, SP, T + 16 + 4 * i)
        a.ldr(0, SP, T + 32 + 4 * i)
        a.adds(4 + i, 4 + i, 0) if i == 0 else a.adcs(4 + i, 0)
        a.mov(HIGH[i], 4 + i)
    a.movi(3, 0)
    a.adcs(3, 3)  # cx
    for i in range(4):  # Y = X + L0..3
        a.ldr(0, SP, T + 4 * i)
        a.adds(4 + i, 4 + i, 0) if i == 0 else a.adcs(4 + i, 0)
    a.movi(0, 0)
    a.mov(1, 3)
    a.adcs(1, 0)  # cx + cy
    a.mov(2, 8)
    a.adds(0, 2, 2)  # carry of the negation: the mask's sign bit
    for i in range(4):
        a.ldr(0, SP, M + 4 * i)
        a.eors(0, 2)
        a.adcs(4 + i, 0)
        a.str_(4 + i, SP, T + 16 + 4 * i)
    a.movi(0, 0)
    a.adcs(1, 0)  # into the next four words: 0..3
    a.mov(4, HIGH[0])
    a.adds(4, 4, 1)
    for i in (1, 2, 3):
        a.mov(4 + i, HIGH[i])
        a.adcs(4 + i, 0)
    a.adcs(3, 0)  # cx + that carry
    for i in range(4):  # Z = X + H4..7
        a.ldr(1, SP, T + 48 + 4 * i)
        a.adds(4 + i, 4 + i, 1) if i == 0 else a.adcs(4 + i, 1)
    a.adcs(3, 0)
    for i in range(4):
        a.ldr(1, SP, M + 16 + 4 * i)
        a.eors(1, 2)
        a.adds(4 + i, 4 + i, 1) if i == 0 else a.adcs(4 + i, 1)
        a.str_(4 + i, SP, T + 32 + 4 * i)
    a.adcs(3, 2)  # with the mask as the words above M; not negative
    for i in range(4):
        a.ldr(4 + i, SP, T + 48 + 4 * i)
        a.adds(4 + i, 4 + i, 3) if i == 0 else a.adcs(4 + i, 0)
        a.str_(4 + i, SP, T + 48 + 4 * i)


def reduce(a: Thumb) -> None:
    """Montgomery reduction of T (16 words); 8 words below 2**256 to [r11].

    p = -1 mod 2**96, so Q, with T + Q p = 0 mod 2**256, is Q_k = T_k + Q_(k-3) + Q_(k-6) - Q_(k-7)
    with carries; then word j of the result is T_(8+j) + Q_j + Q_(j+2) - Q_(j+1) + Q_(j+5).
    """
    a.add_from_sp(7, T)
    a.ldm(7, 0, 1, 2, 3, 4, 5)
    a.adds(3, 3, 0)
    a.adcs(4, 1)
    a.adcs(5, 2)
    a.mov(HIGH[1], 5)
    a.ldr(6, SP, T + 24)
    a.ldr(7, SP, T + 28)
    a.adcs(6, 3)
    a.adcs(7, 4)
    a.movi(2, 0)
    a.movi(5, 0)
    a.adcs(5, 2)
    a.adds(6, 6, 0)
    a.adcs(7, 1)
    a.adcs(5, 2)
    a.subs(7, 7, 0)
    a.sbcs(5, 2)
    a.mov(HIGH[0], 4)
    a.mov(HIGH[2], 6)
    a.mov(HIGH[3], 7)
    a.str_(3, SP, T + 12)
    # r5 = carry, -1..2, into word 8; r0 = Q0, r1 = Q1, r3 = Q3
    q = {k + 4: r for k, r in enumerate(HIGH)}

    def get(k: int, to: int) -> None:
        if k in q:
            a.mov(to, q[k])
        else:
            a.ldr(to, SP, T + 4 * k)

    # the lower four words in r0, r1, r2, r3
    a.asrs(6, 5, 31)
    a.mov(7, 0)  # Q0
    a.add_from_sp(4, T + 32)
    a.ldm(4, 0, 1, 2, 3)
    a.adds(0, 0, 5)
    a.adcs(1, 6)
    a.adcs(2, 6)
    a.adcs(3, 6)
    a.movi(4, 0)
    a.adcs(6, 4)
    a.mov(5, 6)

    def chain(ks: tuple[int | None, ...], first: int, negative: bool = False) -> None:
        for i, k in enumerate(ks):
            if k is not None and not (first == 0 and k == 0):
                get(k, 7)
            r = 7 if k is not None else 4
            if i == 0:
                a.subs(0, 0, r) if negative else a.adds(0, 0, r)
            else:
                a.sbcs(i, r) if negative else a.adcs(i, r)
        a.sbcs(5, 4) if negative else a.adcs(5, 4)

    chain((0, 1, 2, 3), 0)
    chain((2, 3, 4, 5), 1)
    chain((5, 6, 7, None), 1)
    chain((1, 2, 3, 4), 1, True)
    a.add_from_sp(7, T + 32)
    a.stm(7, 0, 1, 2, 3)
    # the upper four; r5 = carry, small and signed
    a.asrs(6, 5, 31)
    a.ldm(7, 0, 1, 2, 3)
    a.adds(0, 0, 5)
    a.adcs(1, 6)
    a.adcs(2, 6)
    a.adcs(3, 6)
    a.adcs(6, 4)
    a.mov(5, 6)
    chain((4, 5, 6, 7), 1)
    chain((6, 7, None, None), 1)
    chain((5, 6, 7, None), 1, True)
    # V = r + r5 * 2**256 < 2**256 + p, so r5 is 0 or 1: subtract r5 * p
    a.rsbs(6, 5)  # mask
    a.mov(7, 11)
    # lower: memory, upper: r0..r3, needed first below; keep them high
    for i in range(4):
        a.mov(HIGH[i], i)
    for i in range(4):
        a.ldr(i, SP, T + 32 + 4 * i)
    a.subs(0, 0, 6)
    a.sbcs(1, 6)
    a.sbcs(2, 6)
    a.sbcs(3, 4)
    a.stm(7, 0, 1, 2, 3)
    for i in range(4):
        a.mov(i, HIGH[i])
    a.sbcs(0, 4)
    a.sbcs(1, 4)
    a.sbcs(2, 5)
    a.sbcs(3, 6)
    a.stm(7, 0, 1, 2, 3)


def multiply(a: Thumb) -> None:
    """[r11] = [r1] * [r2] / 2**256 mod p, in the frame."""
    a.mov(8, 1)
    a.mov(1, 2)
    copied_difference(a, 1, B)
    a.add_from_sp(6, DB)
    a.stm(6, 0, 2, 4, 5)
    a.mov(1, 8)
    a.mov(8, 3)
    copied_difference(a, 1, A)
    for i, r in enumerate((0, 2, 4, 5)):
        a.mov(HIGH[i], r)
    a.mov(0, 8)
    a.eors(3, 0)
    a.mvns(3, 3)
    a.mov(8, 3)  # M is subtracted when signs are equal
    comba4(a, DB, M)
    for half in (0, 16):
        load_high(a, A + half)
        comba4(a, B + half, T + 2 * half)


def load_high(a: Thumb, at: int) -> None:
    a.add_from_sp(3, at)
    a.ldm(3, 4, 5, 6, 7)
    for i in range(4):
        a.mov(HIGH[i], 4 + i)


def square32(a: Thumb, ra: int, t: int, u: int, x: int) -> None:
    """(u, ra) = ra * ra, low and high; 10 cycles; t and x are used up."""
    a.uxth(t, ra)
    a.lsrs(ra, ra, 16)
    a.mov(u, t)
    a.muls(u, u)
    a.muls(t, ra)
    a.muls(ra, ra)
    a.lsls(x, t, 17)
    a.lsrs(t, t, 15)
    a.adds(u, u, x)
    a.adcs(ra, t)


def comba4_square(a: Thumb, out: int) -> None:
    """8 words at out = 4 words in HIGH, squared."""
    c = [5, 6, 7]
    for k in range(7):
        first = True
        for i in range(max(0, k - 3), k // 2 + 1):
            j = k - i
            a.mov(1, HIGH[i])
            if i == j:
                square32(a, 1, 2, 4 if k else c[0], 0)
                if k == 0:
                    a.mov(c[1], 1)
                    continue
            else:
                a.mov(0, HIGH[j])
                mul32(a, 0, 1, 2, 3, 4)
            for _ in range(1 if i == j else 2):
                if k == 6:
                    a.adds(c[0], c[0], 4)
                    a.adcs(c[1], 1)
                elif first:
                    a.movi(c[2], 0)
                    a.adds(c[0], c[0], 4)
                    a.adcs(c[1], 1)
                    a.adcs(c[2], c[2])
                else:
                    a.movi(0, 0)
                    a.adds(c[0], c[0], 4)
                    a.adcs(c[1], 1)
                    a.adcs(c[2], 0)
                first = False
        a.str_(c[0], SP, out + 4 * k)
        c = [c[1], c[2], c[0]]
        if k == 0:
            a.movi(c[1], 0)
    a.str_(c[0], SP, out + 28)


def square(a: Thumb) -> None:
    """[r11] = [r1] * [r1] / 2**256 mod p, in the frame."""
    copied_difference(a, 1, A)
    for i, r in enumerate((0, 2, 4, 5)):
        a.mov(HIGH[i], r)
    a.movi(0, 0)
    a.mvns(0, 0)
    a.mov(8, 0)  # M is subtracted
    comba4_square(a, M)
    for half in (0, 16):
        load_high(a, A + half)
        comba4_square(a, T + 2 * half)
