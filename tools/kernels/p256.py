"""The kernel: an interpreter of programs of field operations, see crypto/p256_programs.py.

It is the body of a function of MicroPython's inline assembler, whose frame saves r4 to r7; the
arguments are in r0 (program), r1 (arena) and r2 (digit).
"""

from . import field
from .elements import addsub, reverse
from .field import FRAME, multiply, square
from .field_m33 import Thumb2, product
from .invert import invert
from .thumb import SP, Thumb

PROGRAM, ARENA, PLACE, COUNT = FRAME, FRAME + 4, FRAME + 8, FRAME + 12
MASK, PARAM, LIMIT, START = FRAME + 16, FRAME + 20, FRAME + 24, FRAME + 28
PUBLIC = FRAME + 32
WHOLE = FRAME + 36
OPERATIONS = (
    "end",
    "mul",
    "sqr",
    "add",
    "sub",
    "pick",
    "choose",
    "digit",
    "invert",
    "again",
    "reverse",
)


def build(with_umaal: bool = False) -> Thumb:
    """Return the code, for ARMv6-M or for cores that have UMAAL."""
    a: Thumb = Thumb2() if with_umaal else Thumb()
    for r in (8, 9, 10, 11):
        a.mov(4, r)
        a.push(4)
    a.add_sp(-WHOLE)
    a.str_(1, SP, ARENA)
    a.uxtb(3, 2)
    a.str_(3, SP, PLACE)
    a.lsrs(3, 2, 8)
    a.uxtb(3, 3)
    a.str_(3, SP, LIMIT)
    a.lsrs(2, 2, 16)
    a.str_(2, SP, PUBLIC)
    a.mov(4, 0)
    a.str_(4, SP, START)
    a.b("fetch")
    a.label("next")
    a.ldr(4, SP, PROGRAM)
    a.label("fetch")
    for i, r in enumerate((5, 3, 1, 2)):  # octets: the constants of a ROMFS lie anywhere
        a.ldrb(r, 4, i)
    a.addi(4, 4)
    a.str_(4, SP, PROGRAM)
    a.ldr(6, SP, ARENA)
    a.mov(12, 2)
    for r in (2, 1, 3):
        a.lsls(r, r, 5)
        a.adds(r, r, 6)
    a.mov(11, 3)
    a.lsls(5, 5, 2)
    a.jump(5)
    for operation in OPERATIONS:
        a.bl(operation)
    a.label("add")
    addsub(a, False)
    a.bl("next")
    a.label("sub")
    addsub(a, True)
    a.bl("next")
    a.label("pick")
    pick(a)
    a.bl("next")
    a.label("choose")
    choose(a)
    a.bl("next")
    a.label("digit")
    digit(a)
    a.bl("next")
    a.label("invert")
    invert(a)
    a.bl("next")
    a.label("again")
    again(a)
    a.bl("next")
    a.label("reverse")
    reverse(a)
    a.bl("next")
    _products(a)
    a.label("end")
    a.movi(3, 0)
    a.str_(3, SP, MASK)  # these two are of the last digit
    a.str_(3, SP, PARAM)
    a.add_sp(WHOLE)
    for r in (11, 10, 9, 8):
        a.pop(4)
        a.mov(r, 4)
    a.movi(0, 0)
    return a


def _products(a: Thumb) -> None:
    """[r11] = [r1] * [r2], or [r1] squared r12 times, and reduced."""
    a.label("mul")
    a.movi(3, 1)
    a.str_(3, SP, COUNT)
    if isinstance(a, Thumb2):
        a.b("product")
    else:
        multiply(a)
        a.bl("reduce")
    a.label("sqr")
    a.mov(3, 12)
    a.str_(3, SP, COUNT)
    a.label("square")
    if isinstance(a, Thumb2):
        a.mov(2, 1)
        a.label("product")
        product(a)
    else:
        square(a)
        a.label("reduce")
        field.combine(a)
    field.reduce(a)
    a.ldr(3, SP, COUNT)
    a.subi(3, 1)
    a.b("more", "ne")
    a.bl("next")
    a.label("more")
    a.str_(3, SP, COUNT)
    a.mov(1, 11)
    a.bl("square")


def again(a: Thumb) -> None:
    """PLACE goes down by the number of the result; from LIMIT up the program starts over."""
    a.ldr(3, SP, PROGRAM)
    a.subi(3, 4)
    a.ldrb(3, 3, 1)
    a.ldr(2, SP, PLACE)
    a.subs(2, 2, 3)
    a.str_(2, SP, PLACE)
    a.ldr(3, SP, LIMIT)
    a.cmp(2, 3)
    a.b("again_no", "lt")
    a.ldr(3, SP, START)
    a.str_(3, SP, PROGRAM)
    a.label("again_no")


def pick(a: Thumb) -> None:
    """[r11], 64 bytes, = the entry for the digit of the r12 entries at [r1].

    All are read, unless digits are public: no address depends on which is wanted.
    """
    a.mov(2, 12)
    a.ldr(0, SP, PARAM)
    a.mov(4, 0)
    a.ands(4, 2)
    a.subi(4, 1)
    a.asrs(4, 4, 31)  # -1 if the digit is below n
    a.str_(4, SP, MASK)
    a.eors(0, 4)
    a.subi(2, 1)
    a.ands(0, 2)
    a.mov(8, 0)
    a.mov(3, 11)
    a.ldr(4, SP, PUBLIC)
    a.cmpi(4, 0)
    a.b("pick_clear", "eq")
    a.lsls(0, 0, 6)
    a.adds(1, 1, 0)
    for _ in range(4):
        a.ldm(1, 4, 5, 6, 7)
        a.stm(3, 4, 5, 6, 7)
    a.bl("next")
    a.label("pick_clear")
    a.movi(4, 0)
    a.movi(5, 0)
    a.movi(6, 0)
    a.movi(7, 0)
    for _ in range(4):
        a.stm(3, 4, 5, 6, 7)
    a.movi(0, 0)
    a.mov(9, 0)  # number of the entry
    a.label("pick_entry")
    a.mov(0, 8)
    a.mov(2, 9)
    a.eors(0, 2)  # 0 if wanted
    a.subi(0, 1)
    a.asrs(0, 0, 31)  # mask: -1 if wanted
    a.mov(3, 11)
    for _ in range(8):
        a.ldm(1, 4, 5)
        a.ands(4, 0)
        a.ands(5, 0)
        a.ldr(6, 3, 0)
        a.ldr(7, 3, 4)
        a.orrs(4, 6)
        a.orrs(5, 7)
        a.stm(3, 4, 5)
    a.addi(2, 1)
    a.mov(9, 2)
    a.mov(0, 12)
    a.subs(0, 2, 0)
    a.b("pick_entry", "ne")


def choose(a: Thumb) -> None:
    """[r11] = [r1] if the digit of the last PICK was n or above, else [r2]."""
    a.ldr(0, SP, MASK)
    a.mvns(0, 0)
    a.mov(3, 11)
    for _ in range(4):
        a.ldm(1, 4, 5)
        a.ldm(2, 6, 7)
        a.eors(4, 6)
        a.eors(5, 7)
        a.ands(4, 0)
        a.ands(5, 0)
        a.eors(4, 6)
        a.eors(5, 7)
        a.stm(3, 4, 5)


def digit(a: Thumb) -> None:
    """PARAM = the bits of [r1] at PLACE + r12: four in a row, or five with 52 between them.

    The number of the result says which: 1 or 52.
    """
    a.ldr(2, SP, PLACE)
    a.mov(3, 12)
    a.adds(2, 2, 3)  # place of the bit
    a.ldr(3, SP, PROGRAM)
    a.subi(3, 4)
    a.ldrb(3, 3, 1)  # what lies between
    a.lsrs(4, 3, 5)
    a.addi(4, 4)  # bits
    a.movi(5, 0)  # shift of the bit within the digit
    a.movi(0, 0)
    a.label("digit_bit")
    a.lsrs(6, 2, 5)
    a.lsls(6, 6, 2)
    a.adds(6, 6, 1)
    a.ldr(6, 6, 0)
    a.movi(7, 31)
    a.ands(7, 2)
    a.lsrs_by(6, 7)
    a.movi(7, 1)
    a.ands(6, 7)
    a.lsls_by(6, 5)
    a.orrs(0, 6)
    a.adds(2, 2, 3)
    a.addi(5, 1)
    a.subi(4, 1)
    a.b("digit_bit", "ne")
    a.str_(0, SP, PARAM)
