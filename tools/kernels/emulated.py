"""A function of machine code in unicorn, of whatever core: emulate.py, emulate_rv32.py."""

import subprocess
import tempfile
from collections.abc import MutableSequence
from pathlib import Path

from unicorn import UC_HOOK_CODE, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, Uc

_CODE = 0x10000000
_DATA = 0x20000000
_APART = 0x4000  # bytes for each argument
_STACK = _DATA + 0x20000
_STOP = _CODE + 0x1F000
_SIZE = 0x20000
_OF_CALLER = 0x5A000000  # in a register that a function must give back as it was


def mpy_of(source: Path, architecture: str, mpy_cross: str) -> bytes:
    """Return the .mpy that mpy-cross makes."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "kernel.mpy"
        command = [mpy_cross, "-march=" + architecture, "-o", str(made), str(source)]
        subprocess.run(command, check=True)
        return made.read_bytes()


class Emulated:
    """A function of machine code in the emulator.

    cycles:  of the last call; instructions, unless a core knows better
    trace:   to this, a list or an array, is added the place of every instruction, and the address
             of all that it reads and writes in memory; or None
    """

    # Unicorn's numbers of the registers for arguments and the result, and of those to keep
    _arguments: tuple[int, ...]
    _kept: tuple[int, ...]
    _stack: int
    _return: int
    _thumb = 0  # what is added to the address of code

    def __init__(self, code: bytes):
        self._uc = self._machine()
        self._uc.mem_map(_CODE, _SIZE)
        self._uc.mem_map(_DATA, _SIZE)
        self._uc.mem_write(_CODE, code)
        words = [int.from_bytes(code[i : i + 2], "little") for i in range(0, len(code), 2)]
        self._costs, self._conditional = self._prepare(words)
        self._branch = -1  # place behind the conditional branch that ran last
        self._unaligned = 0  # address of a word that no core would have read
        self.cycles = 0
        self.trace: MutableSequence[int] | None = None
        self._uc.hook_add(UC_HOOK_CODE, self._step)
        self._uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._access)

    def _machine(self) -> Uc:
        """Return the emulator of the core."""
        raise NotImplementedError

    def _prepare(self, words: list[int]) -> tuple[list[int], list[bool]]:
        """Return what each instruction costs, and whether it costs more if it branches."""
        return [1] * len(words), [False] * len(words)

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
        """Run with up to four arguments as inline assembler has them; what is writable is changed.

        `bytes` lie at an odd address, as constants in a ROMFS may. ValueError where the core has a
        fault: words must be aligned, for LDM and STM of the M33 too. And if a register of the
        caller is not what it was.
        """
        uc = self._uc
        self.cycles = 0
        self._unaligned = 0
        self._branch = -1
        places = self._lay_out(arguments)
        uc.emu_start(_CODE | self._thumb, _STOP)
        if self._unaligned:
            raise ValueError(f"a word at {self._unaligned:x}, which is not aligned")
        for register, value in self._of_caller().items():
            if uc.reg_read(register) != value:
                raise ValueError(f"register {register} of the caller was changed")
        for argument in arguments:
            if isinstance(argument, bytearray | memoryview):
                argument[:] = uc.mem_read(places[id(argument)], len(argument))
        return uc.reg_read(self._arguments[0])

    def _of_caller(self) -> dict[int, int]:
        """Return what registers hold before and after a call."""
        found = {register: _OF_CALLER + i for i, register in enumerate(self._kept)}
        return {**found, self._stack: _STACK}

    def _lay_out(
        self, arguments: tuple[bytes | bytearray | memoryview | int, ...]
    ) -> dict[int, int]:
        """Set the registers, and put the arguments into memory; return where they are, by id."""
        uc = self._uc
        for register, value in self._of_caller().items():
            uc.reg_write(register, value)
        uc.reg_write(self._return, _STOP | self._thumb)
        places: dict[int, int] = {}
        for register, argument in zip(self._arguments, arguments, strict=False):
            if not isinstance(argument, int):
                if id(argument) not in places:
                    odd = isinstance(argument, bytes)
                    places[id(argument)] = _DATA + _APART * len(places) + odd
                    uc.mem_write(places[id(argument)], bytes(argument))
                uc.reg_write(register, places[id(argument)])
            else:
                uc.reg_write(register, argument)
        return places

    def left(self) -> bytes:
        """Return what the last call left below the stack."""
        return bytes(self._uc.mem_read(_STACK - _APART, _APART))
