"""The kernel in RV32IMC code: an interpreter of programs of field operations.

See crypto/p256_programs.py. It is the body of a function of MicroPython's inline assembler,
which adds nothing but the return; the arguments are in a0 (program), a1 (arena) and a2 (digit).
"""

from .elements_rv32 import (
    DIGIT,
    FIRST,
    LIMIT,
    MASK,
    NUMBER,
    PLACE,
    PUBLIC,
    RESULT,
    SECOND,
    TARGET,
    addsub,
    choose,
    digit,
    pick,
    reverse,
)
from .field_rv32 import OTHER, TEST, WORDS, load, product, reduce, square, store
from .invert_rv32 import SIZE, invert
from .p256 import OPERATIONS
from .riscv import ARGUMENTS, KEPT, SP, ZERO, RiscV

PROGRAM, START, ARENA, COUNT = 24, 28, 32, 36
SAVED = 40
PAIRS = SAVED + 4 * len(KEPT)  # of INVERT
WHOLE = -(-(PAIRS + SIZE) // 16) * 16  # SP stays a multiple of 16


def build() -> RiscV:
    """Return the code."""
    a = RiscV()
    _begin(a)
    _fetch(a)
    for operation, work, then in (
        ("pick", lambda: pick(a), "next"),
        ("choose", lambda: choose(a), "next"),
        ("digit", lambda: digit(a), "next"),
        ("again", lambda: _again(a), "next"),
        ("reverse", lambda: reverse(a), "next"),
        ("add", lambda: addsub(a, False), "put"),
        ("sub", lambda: addsub(a, True), "put"),
        ("invert", lambda: invert(a, PAIRS), "put"),
        ("mul", lambda: _products(a), "put"),
    ):
        a.label(operation)
        work()
        a.j(then)
    a.label("end")
    _end(a)
    return a


def _begin(a: RiscV) -> None:
    """Save registers and take the arguments."""
    program, arena, argument, part = ARGUMENTS
    a.addi(SP, SP, -WHOLE)
    store(a, KEPT, SP, SAVED)
    a.sw(program, SP, PROGRAM)
    a.sw(program, SP, START)
    a.sw(arena, SP, ARENA)
    a.andi(part, argument, 255)
    a.sw(part, SP, PLACE)
    a.srli(part, argument, 8)
    a.andi(part, part, 255)
    a.sw(part, SP, LIMIT)
    a.srli(part, argument, 16)
    a.sw(part, SP, PUBLIC)
    a.j("next")


def _fetch(a: RiscV) -> None:
    """Put WORDS where the result shall be; then fetch a step, and go to what does it."""
    program, operation, arena, result = WORDS[:4]
    a.label("put")
    a.lw(OTHER, SP, RESULT)
    store(a, WORDS, OTHER)
    a.label("next")
    a.lw(program, SP, PROGRAM)
    for i, r in enumerate((operation, TARGET, FIRST, NUMBER)):
        a.lbu(r, program, i)  # octets: the constants of a ROMFS lie anywhere
    a.addi(program, program, 4)
    a.sw(program, SP, PROGRAM)
    a.lw(arena, SP, ARENA)
    for to, number in ((FIRST, FIRST), (SECOND, NUMBER), (result, TARGET)):
        a.slli(to, number, 5)
        a.add(to, to, arena)
    a.sw(result, SP, RESULT)
    a.slli(operation, operation, 2)
    a.jump(operation, OTHER)
    for name in OPERATIONS:
        a.j(name)


def _products(a: RiscV) -> None:
    """WORDS = [FIRST] * [SECOND], or [FIRST] squared NUMBER times, and reduced."""
    load(a, WORDS, FIRST)
    a.li(TEST, 1)
    a.sw(TEST, SP, COUNT)
    product(a)
    a.j("reduce")
    a.label("sqr")
    load(a, WORDS, FIRST)
    a.sw(NUMBER, SP, COUNT)
    a.label("square")
    square(a)
    a.label("reduce")
    reduce(a)
    a.lw(TEST, SP, COUNT)
    a.addi(TEST, TEST, -1)
    a.sw(TEST, SP, COUNT)
    a.b("ne", TEST, ZERO, "square")  # what it squares is in WORDS


def _again(a: RiscV) -> None:
    """PLACE goes down by TARGET; from LIMIT up the program starts over."""
    place, limit, start = WORDS[:3]
    a.lw(place, SP, PLACE)
    a.sub(place, place, TARGET)
    a.sw(place, SP, PLACE)
    a.lw(limit, SP, LIMIT)
    a.b("lt", place, limit, "next")
    a.lw(start, SP, START)
    a.sw(start, SP, PROGRAM)


def _end(a: RiscV) -> None:
    """Leave no digit in the frame, which has no words of elements, and return 0."""
    for secret in (DIGIT, MASK):
        a.sw(ZERO, SP, secret)
    load(a, KEPT, SP, SAVED)
    a.addi(SP, SP, WHOLE)
    a.li(ARGUMENTS[0], 0)
