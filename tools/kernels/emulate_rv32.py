"""Machine code in unicorn's RISC-V of 32 bits: instructions are counted, not cycles."""

from pathlib import Path

from unicorn import UC_ARCH_RISCV, UC_MODE_RISCV32, Uc
from unicorn.riscv_const import UC_RISCV_REG_X0

from .emulated import Emulated, mpy_of
from .riscv import ARGUMENTS, KEPT, RA, SP

_EXIT = bytes.fromhex("8280")  # c.jr ra: all that asm_rv32 adds
_GP_TP = (3, 4)  # of the system


def compiled_rv32(source: Path, code: bytes, mpy_cross: str) -> bytes:
    """Return the function in the .mpy that mpy-cross makes for RV32IMC, which holds `code`."""
    data = mpy_of(source, "rv32imc", mpy_cross)
    begin = data.index(code)
    function = data[begin : begin + len(code) + len(_EXIT)]
    if function[-len(_EXIT) :] != _EXIT:
        raise ValueError("this is not what asm_rv32 makes of the code")
    return function


def _numbers(registers: tuple[int, ...]) -> tuple[int, ...]:
    """Return unicorn's numbers of registers."""
    return tuple(UC_RISCV_REG_X0 + r for r in registers)


class Rv32(Emulated):
    """A function for RV32IMC."""

    _arguments = _numbers(ARGUMENTS)
    _stack, _return = _numbers((SP, RA))
    _kept = _numbers((*KEPT[1:], *_GP_TP))

    def _machine(self) -> Uc:
        return Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)

    def left(self) -> bytes:
        """Return what the last call left below the stack and in the caller's registers."""
        registers = [self._uc.reg_read(UC_RISCV_REG_X0 + r) for r in range(5, 32)]
        return super().left() + b"".join(r.to_bytes(4, "little") for r in registers)
