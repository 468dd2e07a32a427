"""Machine code in unicorn's Cortex-M0 and M33; the former with the cycles of a Cortex-M0+.

These are of its TRM, section 3.3: loads and stores take 2 cycles, LDM, STM and PUSH 1 and one for
each register, POP with PC 3 more, a branch 2 if it is taken, BL 3, BX 2, everything else 1, MULS
too: code in RAM without wait states, as MicroPython loads it. Of the M33, whose manual tells no
cycles, the instructions are counted.
"""

import subprocess
import tempfile
from collections.abc import MutableSequence
from pathlib import Path

from unicorn import (
    UC_ARCH_ARM,
    UC_HOOK_CODE,
    UC_HOOK_MEM_READ,
    UC_HOOK_MEM_WRITE,
    UC_MODE_MCLASS,
    UC_MODE_THUMB,
    Uc,
)
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_R3,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M33,
)

_CODE = 0x10000000
_DATA = 0x20000000
_APART = 0x4000  # bytes for each argument
_STACK = _DATA + 0x20000
_STOP = _CODE + 0x1F000
_ARGUMENTS = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3)
_ENTRY = bytes.fromhex("f2b5")  # push {r1, r4-r7, lr}: so begins what asm_thumb makes
_EXIT = bytes.fromhex("f2bd")


def compiled(source: Path, code: bytes | None, mpy_cross: str) -> bytes:
    """Return the function in the .mpy that mpy-cross makes for ARMv6-M, which holds `code`.

    Without `code` it is the only one.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "kernel.mpy"
        command = [mpy_cross, "-march=armv6m", "-o", str(made), str(source)]
        subprocess.run(command, check=True)
        data = made.read_bytes()
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


class CortexM0:
    """A function of machine code in the emulator.

    cycles:  of the last call; instructions of a Cortex-M33
    trace:   to this, a list or an array, is added the place of every instruction, and the address
             of all that it reads and writes in memory; or None
    """

    _model = UC_CPU_ARM_CORTEX_M0

    def __init__(self, code: bytes):
        self._uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._uc.ctl_set_cpu_model(self._model)
        self._uc.mem_map(_CODE, 0x20000)
        self._uc.mem_map(_DATA, 0x20000)
        self._uc.mem_write(_CODE, code)
        words = [int.from_bytes(code[i : i + 2], "little") for i in range(0, len(code), 2)]
        self._costs, self._conditional = self._prepare(words)
        self._branch = -1  # place behind the conditional branch that ran last
        self._unaligned = 0  # address of a word that no core would have read
        self.cycles = 0
        self.trace: MutableSequence[int] | None = None
        self._uc.hook_add(UC_HOOK_CODE, self._step)
        self._uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._access)

    def _prepare(self, words: list[int]) -> tuple[list[int], list[bool]]:
        """Return what each instruction costs, and whether it costs more if it branches."""
        return [_cost(word) for word in words], [word >> 12 == 13 for word in words]

    def _step(self, _uc: Uc, address: int, _size: int, _data: object) -> None:
        at = (address - _CODE) // 2
        if self._branch >= 0 and at != self._branch:
            self.cycles += 1
        self._branch = at + 1 if self._conditional[at] else -1
        self.cycles += self._costs[at]
        if self.trace is not None:
            self.trace.append(at)

    def _access(
        self, uc: Uc, _kind: int, address: int, size: int, _value: int, _data: object
    ) -> None:
        if address % size:
            self._unaligned = address
            uc.emu_stop()
        if self.trace is not None:
            self.trace.append(address)

    def __call__(self, *arguments: bytes | bytearray | memoryview | int) -> int:
        """Run with up to four arguments as asm_thumb has them; what is writable is changed.

        `bytes` lie at an odd address, as constants in a ROMFS may. ValueError where the core has a
        fault: words must be aligned, for LDM and STM of the M33 too.
        """
        uc = self._uc
        self.cycles = 0
        self._unaligned = 0
        self._branch = -1
        uc.reg_write(UC_ARM_REG_SP, _STACK)
        uc.reg_write(UC_ARM_REG_LR, _STOP | 1)
        places: dict[int, int] = {}
        for register, argument in zip(_ARGUMENTS, arguments, strict=False):
            if not isinstance(argument, int):
                if id(argument) not in places:
                    odd = isinstance(argument, bytes)
                    places[id(argument)] = _DATA + _APART * len(places) + odd
                    uc.mem_write(places[id(argument)], bytes(argument))
                uc.reg_write(register, places[id(argument)])
            else:
                uc.reg_write(register, argument)
        uc.emu_start(_CODE | 1, _STOP)
        if self._unaligned:
            raise ValueError(f"a word at {self._unaligned:x}, which is not aligned")
        for argument in arguments:
            if isinstance(argument, bytearray | memoryview):
                argument[:] = uc.mem_read(places[id(argument)], len(argument))
        return uc.reg_read(UC_ARM_REG_R0)


class CortexM33(CortexM0):
    """The same for cores with Thumb-2 and the DSP extension."""

    _model = UC_CPU_ARM_CORTEX_M33

    def _prepare(self, words: list[int]) -> tuple[list[int], list[bool]]:
        return [1] * len(words), [False] * len(words)
