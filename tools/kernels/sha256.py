"""The kernel of SHA-256 in ARMv6-M code: see ports/native/hmac_kernel.py.

The state is at a word's address; the data may lie at any. Letters are those of FIPS 180-4
section 6.2.2. `a` and `e`, which are rotated, are in low registers. The other six are in high
ones, and it is their roles that move on: with three rounds in a row they are where they were. 64
rounds are one and three times 21, so a block begins with the last of the three.

Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, where b ^ c is the a ^ b of the round before. Rotations
by 2, 13, 22 make a chain: by 9 and add, by 11 and add, by 2.

The constants lie between the code, maybe at an address that no 4 divides, so they are read in
halves.
"""

from .thumb import LR, PC, SP, Thumb

_A, _E, _SUM, _X, _Y, _A_B, _W, _K = range(8)  # registers of a round; _A_B is b ^ c first
_WORDS = 256  # bytes of the frame: W of one block, and then
_ARENA, _FROM, _STATE, _DATA, _SIZE, _BITS, _MASK, _TABLE, _RETURN, _FRAME = range(
    _WORDS, _WORDS + 40, 4
)
_BLOCK = 64
_LENGTH = 56  # of the last block, where it has the length of all


def build() -> Thumb:
    """Return the body of the function, whose frame saves r4 to r7."""
    a = Thumb()
    for high in (8, 9, 10, 11):
        a.mov(4, high)
        a.push(4)
    a.add_sp(-_FRAME)
    a.mov(_K, PC)
    a.b("begin")
    a.table(_constants())
    a.label("begin")
    for place in (_ARENA, _FROM, _STATE):
        a.str_(0, SP, place)
    for register, place in ((1, _DATA), (2, _SIZE), (3, _MASK), (_K, _TABLE)):
        a.str_(register, SP, place)
    a.cmpi(3, 0)
    a.b("hash", "eq")
    a.bl("take")
    a.bl("compress")
    a.b("end")
    _hash(a)
    a.label("end")
    a.bl("zero")
    a.add_sp(_FRAME)
    for high in (11, 10, 9, 8):
        a.pop(4)
        a.mov(high, 4)
    a.b("out")
    for name, routine in (("take", _take), ("zero", _zero), ("compress", _compress)):
        a.label(name)
        routine(a)
    a.label("out")
    return a


def _hash(a: Thumb) -> None:
    """Do for each of the two passes: a copy of its state takes in the message and its end."""
    a.label("hash")
    a.ldr(0, SP, _FROM)
    a.mov(1, 0)
    a.addi(1, 64)
    a.str_(1, SP, _STATE)
    for _ in range(2):
        a.ldm(0, 4, 5, 6, 7)
        a.stm(1, 4, 5, 6, 7)
    a.str_(0, SP, _FROM)
    a.ldr(2, SP, _SIZE)
    a.addi(2, _BLOCK)
    a.lsls(2, 2, 3)
    a.str_(2, SP, _BITS)
    a.label("more")
    a.ldr(2, SP, _SIZE)
    a.subi(2, _BLOCK)
    a.b("last", "cc")
    a.str_(2, SP, _SIZE)
    a.bl("take")
    a.bl("compress")
    a.b("more")
    a.label("last")
    _end(a)
    a.ldr(1, SP, _ARENA)
    a.ldr(0, SP, _FROM)
    a.subs(0, 0, 1)
    a.cmpi(0, 64)
    a.b("end", "eq")
    a.ldr(1, SP, _STATE)  # the first digest is the second message
    a.str_(1, SP, _DATA)
    a.str_(0, SP, _SIZE)
    a.b("hash")


def _end(a: Thumb) -> None:
    """Take in what is less than a block, and what follows it (FIPS 180-4 section 5.1.1)."""
    a.bl("zero")
    a.ldr(1, SP, _DATA)
    a.ldr(2, SP, _SIZE)
    a.add_from_sp(3, 0)
    a.movi(5, 0)
    a.movi(7, 3)
    a.label("octet")
    a.mov(6, 5)
    a.eors(6, 7)  # the first octet of a word is the highest
    a.cmp(5, 2)
    a.b("padding", "eq")
    a.ldrb(4, 1)
    a.strb_at(4, 3, 6)
    a.addi(1, 1)
    a.addi(5, 1)
    a.b("octet")
    a.label("padding")
    a.movi(4, 0x80)
    a.strb_at(4, 3, 6)
    a.cmpi(2, _LENGTH)
    a.b("room", "cc")
    a.bl("compress")
    a.bl("zero")
    a.label("room")
    a.ldr(0, SP, _BITS)
    a.str_(0, SP, _BLOCK - 4)
    a.bl("compress")


def _constants() -> bytes:
    """Return K: 32 bits behind the point of the cube roots of the first 64 primes."""
    primes = [n for n in range(2, 312) if all(n % m for m in range(2, n))]
    return b"".join((_cube_root(p << 96) & 0xFFFFFFFF).to_bytes(4, "little") for p in primes)


def _cube_root(n: int) -> int:
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= n else (low, middle)
    return low


def _take(a: Thumb) -> None:
    """W = the 16 words of the next block and the mask, the first octet of each the highest."""
    a.ldr(0, SP, _MASK)
    a.ldr(1, SP, _DATA)
    a.add_from_sp(2, 0)
    a.add_from_sp(3, 64)
    a.label("word")
    for i, register in enumerate((4, 5, 6, 7)):
        a.ldrb(register, 1, i)
    for register in (5, 6, 7):
        a.lsls(4, 4, 8)
        a.orrs(4, register)
    a.eors(4, 0)
    a.addi(1, 4)
    a.stm(2, 4)
    a.cmp(2, 3)
    a.b("word", "ne")
    a.str_(1, SP, _DATA)
    a.bx(LR)


def _zero(a: Thumb) -> None:
    """Zero the words, and what registers hold of them."""
    a.add_from_sp(0, 0)
    a.add_from_sp(1, _WORDS)
    for register in (2, 3, 4, 5, 6, 7):
        a.movi(register, 0)
    a.mov(12, 2)
    a.label("zeros")
    a.stm(0, 4, 5, 6, 7)
    a.cmp(0, 1)
    a.b("zeros", "ne")
    a.bx(LR)


def _compress(a: Thumb) -> None:
    """Do the 64 rounds on W, and add what comes out to the state."""
    a.mov(0, LR)
    a.str_(0, SP, _RETURN)
    _spread(a)
    bcd, fgh = [8, 9, 10], [11, 12, LR]
    order = [_A, *bcd, _E, *fgh]
    a.ldr(_SUM, SP, _STATE)
    for i, register in enumerate(order):
        a.ldr(_X, _SUM, 4 * i)
        a.rev(_X, _X)
        a.mov(register, _X)
    a.mov(_A_B, bcd[0])
    a.mov(_X, bcd[1])
    a.eors(_A_B, _X)
    a.ldr(_K, SP, _TABLE)
    a.add_from_sp(_W, 0)
    a.b("last of three")
    a.label("three")
    for i in range(3):
        bcd, fgh = [bcd[2], *bcd[:2]], [fgh[2], *fgh[:2]]
        if i == 2:
            a.label("last of three")
        _round(a, bcd, fgh)
    a.add_from_sp(_X, _WORDS)
    a.cmp(_W, _X)
    a.b("all", "eq")
    a.b("three")
    a.label("all")
    bcd, fgh = [bcd[2], *bcd[:2]], [fgh[2], *fgh[:2]]
    a.ldr(_SUM, SP, _STATE)
    for i, register in enumerate([_A, *bcd, _E, *fgh]):
        a.mov(_X, register)
        a.ldr(_Y, _SUM, 4 * i)
        a.rev(_Y, _Y)
        a.adds(_X, _X, _Y)
        a.rev(_X, _X)
        a.str_(_X, _SUM, 4 * i)
    a.ldr(_X, SP, _RETURN)
    a.bx(_X)


def _spread(a: Thumb) -> None:
    """Fill the other 48 words: W16 = W0 + s0(W1) + W9 + s1(W14)."""
    a.add_from_sp(3, 0)
    for register, by in ((4, 11), (5, 7), (6, 2), (7, 17)):
        a.movi(register, by)
    a.label("spread")
    for i in range(0, 12, 4):  # s0 rotates by 7 and 18, s1 by 17 and 19
        for word, first, second, shift, result in ((4, 4, 5, 3, 1), (56, 6, 7, 10, 2)):
            a.ldr(0, 3, word + i)
            a.mov(result, 0)
            a.rors_by(result, first)
            a.eors(result, 0)
            a.rors_by(result, second)
            a.lsrs(0, 0, shift)
            a.eors(result, 0)
        a.adds(1, 1, 2)
        for word in (0, 36):
            a.ldr(0, 3, word + i)
            a.adds(1, 1, 0)
        a.str_(1, 3, 64 + i)
    a.addi(3, 12)
    a.add_from_sp(0, 192)
    a.cmp(3, 0)
    a.b("spread", "ne")


def _round(a: Thumb, bcd: list[int], fgh: list[int]) -> None:
    """T1 = h + S1(e) + Ch(e, f, g) + K + W, T2 = S0(a) + Maj(a, b, c).

    The new `e` is d + T1 and the new `a` is T1 + T2; the old ones take the places of h and d.
    """
    b, _, d = bcd
    f, g, h = fgh
    _chain(a, _SUM, _E, _X, (14, 5, 6))
    a.mov(_X, f)
    a.mov(_Y, g)
    a.eors(_X, _Y)
    a.ands(_X, _E)
    a.eors(_X, _Y)
    a.adds(_SUM, _SUM, _X)
    a.add(_SUM, h)
    a.ldrh(_X, _K, 0)
    a.ldrh(_Y, _K, 2)
    a.lsls(_Y, _Y, 16)
    a.adds(_SUM, _SUM, _X)
    a.adds(_SUM, _SUM, _Y)
    a.addi(_K, 4)
    a.ldm(_W, _X)
    a.adds(_SUM, _SUM, _X)
    a.mov(h, _E)
    a.mov(_E, d)
    a.adds(_E, _E, _SUM)
    a.mov(_X, b)
    a.mov(_Y, _A)
    a.eors(_Y, _X)
    a.ands(_A_B, _Y)
    a.eors(_A_B, _X)
    a.adds(_SUM, _SUM, _A_B)
    a.mov(_A_B, _Y)
    _chain(a, _X, _A, _Y, (9, 11, 2))
    a.mov(d, _A)
    a.adds(_A, _SUM, _X)


def _chain(a: Thumb, result: int, value: int, by: int, rotations: tuple[int, int, int]) -> None:
    """result = the sum of three rotations of the value; `by` is overwritten."""
    a.mov(result, value)
    for i, rotation in enumerate(rotations):
        if i:
            a.eors(result, value)
        a.movi(by, rotation)
        a.rors_by(result, by)
