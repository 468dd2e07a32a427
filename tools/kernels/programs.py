"""The programs of dtls_micro/crypto/p256_programs.py, as they are written.

PROGRAMS has them by name; FIRST is what they say about themselves there.
"""

FIRST = """Programs of field operations that make up P-256, for a kernel of the port.

A kernel is a function run(program, arena, place) of machine code. The arena is memory for
field elements of 32 bytes, the first octet the lowest, in Montgomery form (times 2**256); a
program is steps of four octets: operation, number of the result, of the first and of the
second operand. Elements are below 2**256 and maybe not below p; time and addresses do not
depend on their values.

    END                   return
    MUL, ADD, SUB d a b   d = a * b / 2**256, a + b, a - b modulo p
    SQR d a n             d = a, squared n times over
    DIGIT d a b           the digit = bits of the element a, and of those behind it, at place + b:
                          four in a row for d = 1, five with d = 52 from one to the next
    PICK d t n            d and d + 1 = one of the n (a power of two) points at t: of a digit of n
                          and above number digit - n, else number n - 1 - digit
    CHOOSE d a b          d = a if the digit of the last PICK was n or above, else b
    INVERT d a m          d = 1 / a modulo the odd element m, 0 if there is none; it takes as long
                          as `a` makes it take, so `a` is public
    REVERSE d a           d = the octets of `a`, the last one first
    AGAIN d               place -= d, and if it is not below the limit the program starts over;
                          the limit is what the argument has in its bits 8 to 15

Where bit 16 of the argument is set, digits are public, and PICK reads one entry, not all.
"""

END = 0
MUL = 1
SQR = 2
ADD = 3
SUB = 4
PICK = 5
CHOOSE = 6
DIGIT = 7
INVERT = 8
AGAIN = 9
REVERSE = 10

# Elements of the arena.
ONE = 0
X = 1  # the sum, Jacobian
Y = 2
Z = 3
PX = 4  # the point to add, affine
PY = 5
NY = 6  # its negative
T1 = 7  # up to T6
T2 = 8
T3 = 9
T4 = 10
T5 = 11
T6 = 12
ZERO = 13
SQUARED = 14  # 2**512 modulo p, which brings into Montgomery form
RAW = 15  # 1, which brings out of it
TABLE = 16  # eight points
RATIOS = 32  # seven
SIGNS = 39  # of the scalar, 256 from bit 1 on: two elements
COLUMNS = 41  # of the one for the comb, 260 from bit 1 on: two elements
COMB = 43  # of the base point: twice 16 points
B = 107  # of the curve
MODULUS = 108  # p as it is
ORDER = 109  # n as it is
DOUBLE = bytes(
    (SQR, T1, Z, 1)
    + (SQR, T2, Y, 1)
    + (MUL, T3, X, T2)
    + (SUB, T4, X, T1)
    + (ADD, T5, X, T1)
    + (MUL, T4, T4, T5)
    + (ADD, T5, T4, T4)
    + (ADD, T4, T4, T5)
    + (ADD, Z, Y, Z)
    + (SQR, Z, Z, 1)
    + (SUB, Z, Z, T2)
    + (SUB, Z, Z, T1)
    + (ADD, T3, T3, T3)
    + (ADD, T3, T3, T3)
    + (SQR, X, T4, 1)
    + (SUB, X, X, T3)
    + (SUB, X, X, T3)
    + (SUB, T3, T3, X)
    + (MUL, Y, T4, T3)
    + (ADD, T2, T2, T2)
    + (SQR, T2, T2, 1)
    + (ADD, T2, T2, T2)
    + (SUB, Y, Y, T2)
)
ADD_POINT = bytes(  # the sum and (PX, PY)
    (SQR, T1, Z, 1)
    + (MUL, T2, T1, Z)
    + (MUL, T1, T1, PX)
    + (MUL, T2, T2, PY)
    + (SUB, T1, T1, X)
    + (SUB, T2, T2, Y)
    + (MUL, Z, Z, T1)
    + (SQR, T3, T1, 1)
    + (MUL, T4, T3, T1)
    + (MUL, T3, T3, X)
    + (SQR, X, T2, 1)
    + (SUB, X, X, T3)
    + (SUB, X, X, T3)
    + (SUB, X, X, T4)
    + (SUB, T3, T3, X)
    + (MUL, T3, T3, T2)
    + (MUL, T4, T4, Y)
    + (SUB, Y, T3, T4)
)


def _pick(table: int, entries: int, digit: tuple[int, ...]) -> bytes:
    """Return the steps that put a table's point for the digit into (PX, PY)."""
    return bytes(
        (DIGIT, *digit) + (PICK, PX, table, entries) + (SUB, NY, ZERO, PY) + (CHOOSE, PY, PY, NY)
    )


_WINDOW = _pick(TABLE, 8, (1, SIGNS, 1))
_COMB = _pick(COMB, 16, (52, COLUMNS, 1))
_UPPER_COMB = _pick(COMB + 32, 16, (52, COLUMNS, 27))

# T1 = Z to the power p - 2 (Fermat): p - 2 is, from the top, 32 ones, 31 zeros, a one, 96 zeros,
# 94 ones, 0, 1.
INVERT_Z = bytes(
    (SUB, T6, Z, ZERO)
    + (SQR, T1, T6, 1)
    + (MUL, T1, T1, T6)  # 2 ones
    + (SQR, T2, T1, 2)
    + (MUL, T2, T2, T1)  # 4
    + (SQR, T3, T2, 4)
    + (MUL, T3, T3, T2)  # 8
    + (SQR, T4, T3, 8)
    + (MUL, T4, T4, T3)  # 16
    + (SQR, T5, T4, 16)
    + (MUL, T5, T5, T4)  # 32
    + (SQR, PX, T5, 32)
    + (MUL, PX, PX, T6)  # 32 ones, 31 zeros, a one
    + (SQR, PX, PX, 128)
    + (MUL, PX, PX, T5)  # 96 zeros, and 32 of the ones
    + (SQR, PX, PX, 32)
    + (MUL, PX, PX, T5)  # 64
    + (SQR, PX, PX, 16)
    + (MUL, PX, PX, T4)  # 80
    + (SQR, PX, PX, 8)
    + (MUL, PX, PX, T3)  # 88
    + (SQR, PX, PX, 4)
    + (MUL, PX, PX, T2)  # 92
    + (SQR, PX, PX, 2)
    + (MUL, PX, PX, T1)  # 94
    + (SQR, PX, PX, 2)
    + (MUL, T1, PX, T6)
)


BEGIN = bytes(  # the sum = (PX, PY), with a Z that is given: nobody can foresee coordinates
    (SQR, T1, Z, 1) + (MUL, X, PX, T1) + (MUL, T1, T1, Z) + (MUL, Y, PY, T1)
)
FIRST_WINDOW = _WINDOW + BEGIN
WINDOW = 4 * DOUBLE + _WINDOW + ADD_POINT + bytes((AGAIN, 4, 0, 0))
ONE_POINT = _WINDOW + ADD_POINT
FIRST_OF_COMB = _UPPER_COMB + BEGIN + _COMB + ADD_POINT
COMB_STEP = DOUBLE + _UPPER_COMB + ADD_POINT + _COMB + ADD_POINT + bytes((AGAIN, 1, 0, 0))
INVERT_PUBLIC = bytes(  # T1 = 1 / Z
    (INVERT, T1, Z, MODULUS) + (MUL, T2, SQUARED, SQUARED) + (MUL, T1, T1, T2)
)
AFFINE = bytes(  # with 1 / Z in T1
    (SQR, T2, T1, 1)
    + (MUL, X, X, T2)
    + (MUL, T2, T2, T1)
    + (MUL, Y, Y, T2)
    + (MUL, X, X, RAW)
    + (MUL, Y, Y, RAW)
)
LOAD = bytes(  # T1 = 0 modulo p, if it is a point of the curve: x**3 - 3 x + b - y**2
    (REVERSE, PX, PX, 0)
    + (REVERSE, PY, PY, 0)
    + (MUL, PX, PX, SQUARED)
    + (MUL, PY, PY, SQUARED)
    + (SQR, T1, PX, 1)
    + (MUL, T1, T1, PX)
    + (SUB, T1, T1, PX)
    + (SUB, T1, T1, PX)
    + (SUB, T1, T1, PX)
    + (ADD, T1, T1, B)
    + (SQR, T2, PY, 1)
    + (SUB, T1, T1, T2)
)
COMPARE = bytes(  # T1 = 0 modulo p, if it was x of the sum
    (REVERSE, T1, T1, 0)
    + (MUL, T1, T1, SQUARED)
    + (SQR, T2, Z, 1)
    + (MUL, T1, T1, T2)
    + (SUB, T1, T1, X)
)
WIPE = b"".join(  # what is secret: in the arena, and in the kernel's own memory
    bytes((SUB, number, ZERO, ZERO)) for number in (*range(X, ZERO), *range(SIGNS, COMB))
) + bytes((MUL, T1, ZERO, ZERO) + (DIGIT, 1, ZERO, 0))
TWICE = bytes(  # (X, Y) = 2 P and (T5, T6) = P, both with the same Z
    (SUB, TABLE, PX, ZERO)
    + (SUB, TABLE + 1, PY, ZERO)
    + (ADD, Z, PY, PY)
    + (MUL, T1, Z, PY)
    + (ADD, T2, T1, T1)
    + (MUL, T5, PX, T2)
    + (MUL, T6, T1, T2)
    + (SUB, T3, PX, ONE)
    + (ADD, T4, PX, ONE)
    + (MUL, T3, T3, T4)
    + (ADD, T4, T3, T3)
    + (ADD, T3, T3, T4)
    + (SQR, X, T3, 1)
    + (SUB, X, X, T5)
    + (SUB, X, X, T5)
    + (SUB, T4, T5, X)
    + (MUL, Y, T3, T4)
    + (SUB, Y, Y, T6)
)


def _next_multiple(x: int, y: int, to: int, ratio: int) -> bytes:
    """Return the steps that add 2 P to (x, y), which has its Z (Meloni's co-Z addition)."""
    return bytes(
        (SUB, ratio, X, x)
        + (SQR, T1, ratio, 1)
        + (SUB, T2, Y, y)
        + (MUL, T3, x, T1)
        + (MUL, X, X, T1)
        + (SUB, T4, X, T3)
        + (MUL, Y, Y, T4)
        + (SQR, to, T2, 1)
        + (SUB, to, to, T3)
        + (SUB, to, to, X)
        + (SUB, T4, X, to)
        + (MUL, to + 1, T2, T4)
        + (SUB, to + 1, to + 1, Y)
        + (MUL, Z, Z, ratio)
    )


def _make_affine(x: int, ratio: int) -> bytes:
    """Return the steps that take a multiple to Z = 1, with the inverse of its Z in Z."""
    return bytes(
        (SQR, T1, Z, 1)
        + (MUL, x, x, T1)
        + (MUL, T1, T1, Z)
        + (MUL, x + 1, x + 1, T1)
        + (MUL, Z, Z, ratio)
    )


def _chain() -> bytes:
    """Return the steps from P to 3 P .. 15 P, each with a Z of its own, that of the last in Z."""
    steps = TWICE
    x = T5
    for i in range(7):
        steps += _next_multiple(x, x + 1, TABLE + 2 + 2 * i, RATIOS + i)
        x = TABLE + 2 + 2 * i
    return steps


def _table() -> bytes:
    """Return the steps to the affine table, with 1 / Z in T1: one inversion serves all."""
    steps = bytes((SUB, Z, T1, ZERO))
    for i in range(6, -1, -1):
        steps += _make_affine(TABLE + 2 + 2 * i, RATIOS + i)
    return steps


PROGRAMS = {
    "LOAD": LOAD,
    "CHAIN": _chain(),
    "TABLE": _table(),
    "FIRST_WINDOW": FIRST_WINDOW,
    "WINDOW": WINDOW,
    "ONE_DOUBLE": DOUBLE,
    "ONE_POINT": ONE_POINT,
    "FIRST_OF_COMB": FIRST_OF_COMB,
    "COMB_STEP": COMB_STEP,
    "INVERT_Z": INVERT_Z,
    "INVERT_PUBLIC": INVERT_PUBLIC,
    "INVERT_SCALAR": bytes((REVERSE, T1, T1, 0) + (INVERT, T2, T1, ORDER)),
    "NEGATE": bytes((SUB, PY, ZERO, PY)),
    "COMPARE": COMPARE,
    "AFFINE": AFFINE,
    "WIPE": WIPE,
}
