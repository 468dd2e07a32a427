"""Machine code in unicorn's Cortex-M0 and M33; the former with the cycles of a Cortex-M0+.

These are of its TRM, section 3.3: loads and stores take 2 cycles, LDM, STM and PUSH 1 and one for
each register, POP with PC 3 more, a branch 2 if it is taken, BL 3, BX 2, everything else 1, MULS
too: code in RAM without wait states, as MicroPython loads it. Of the M33, whose manual tells no
cycles, the instructions are counted.
"""

from pathlib import Path

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_R3,
    UC_ARM_REG_R4,
    UC_ARM_REG_R5,
    UC_ARM_REG_R6,
    UC_ARM_REG_R7,
    UC_ARM_REG_R8,
    UC_ARM_REG_R9,
    UC_ARM_REG_R10,
    UC_ARM_REG_R11,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M33,
)

from .emulated import Emulated, mpy_of

_ENTRY = bytes.fromhex("f2b5")  # push {r1, r4-r7, lr}: so begins what asm_thumb makes
_EXIT = bytes.fromhex("f2bd")


def compiled(source: Path, code: bytes | None, mpy_cross: str) -> bytes:
    """Return the function in the .mpy that mpy-cross makes for ARMv6-M, which holds `code`.

    Without `code` it is the only one.
    """
    data = mpy_of(source, "armv6m", mpy_cross)
    if code is None:
        return data[data.index(_ENTRY) : data.rindex(_EXIT) + len(_EXIT)]
    begin = data.index(code) - len(_ENTRY)
    end = data.index(_EXIT, begin + len(code)) + len(_EXIT)
    if data[begin : begin + 2] != _ENTRY or end != begin + len(code) + 4:
        raise ValueError("this is not what asm_thumb makes of the code")
    return data[begin:end]


def _cost(word: int) -> int:
    """Return the cycles of an instruction that does not branch."""
    if word >> 11 in (9, *range(12, 20)) or word >> 12 == 5:
        return 2
    if word >> 12 == 12:
        return 1 + (word & 255).bit_count()
    if word & 0xFE00 == 0xB400:
        return 1 + (word & 511).bit_count()
    if word & 0xFE00 == 0xBC00:
        return 1 + (word & 255).bit_count() + (3 if word & 256 else 0)
    if word >> 11 == 30:  # BL, whose second half is not counted again
        return 3
    if word >> 11 == 28 or word & 0xFF00 == 0x4700 or word & 0xFF87 == 0x4487:
        return 2
    return 1


class CortexM0(Emulated):
    """A function for Cortex-M0+."""

    _model = UC_CPU_ARM_CORTEX_M0
    _arguments = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3)
    _stack, _return, _thumb = UC_ARM_REG_SP, UC_ARM_REG_LR, 1
    _kept = (
        *(UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6, UC_ARM_REG_R7),
        *(UC_ARM_REG_R8, UC_ARM_REG_R9, UC_ARM_REG_R10, UC_ARM_REG_R11),
    )

    def _machine(self) -> Uc:
        uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        uc.ctl_set_cpu_model(self._model)
        return uc

    def _prepare(self, words: list[int]) -> tuple[list[int], list[bool]]:
        return [_cost(word) for word in words], [word >> 12 == 13 for word in words]


class CortexM33(CortexM0):
    """The same for cores with Thumb-2 and the DSP extension."""

    _model = UC_CPU_ARM_CORTEX_M33

    def _prepare(self, words: list[int]) -> tuple[list[int], list[bool]]:
        return Emulated._prepare(self, words)
