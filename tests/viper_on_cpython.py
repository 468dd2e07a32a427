"""Viper code on CPython, and what it does: for kernels whose time must not tell secrets.

Viper makes native code of each operation alone, and its operations on words take as long for any
operands, but for divisions, which are refused. So the operations that run, and the addresses that
are read and written, tell whether time depends on what is computed. What viper wraps to a word is
not wrapped here: a kernel that counts on it computes something else, which its own checks tell.
"""

import ast
import sys
from array import array
from pathlib import Path
from types import SimpleNamespace

_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
_APART = 16  # bits of an address within a buffer


class Viper:
    """The functions of a file; `run` is called like any other.

    trace:  an array to which operations and addresses are added, or None
    """

    def __init__(self, path: Path):
        self.trace: array | None = None
        self._buffers: list[bytearray] = []
        self._names = {
            "__name__": path.stem,
            "micropython": SimpleNamespace(viper=self._viper),
            "ptr8": lambda x: self._pointer(x, 1),
            "ptr16": lambda x: self._pointer(x, 2),
            "ptr32": lambda x: self._pointer(x, 4),
            "uint": lambda x: (x.address if isinstance(x, _Pointer) else x) & 0xFFFFFFFF,
        }
        self._path = str(path)
        source = path.read_text().replace("import micropython\n", "\n")
        if any(isinstance(node, _DIVISIONS) for node in ast.walk(ast.parse(source))):
            raise ValueError(f"{path} divides, which takes as long as its operands want")
        exec(compile(source, self._path, "exec"), self._names)

    def run(self, *arguments):
        """Call the kernel, and list what it does if there is a trace."""
        self._buffers = [self._names[name] for name in self._names if self._is_buffer(name)]
        if self.trace is None:
            return self._names["run"](*arguments)
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            return self._names["run"](*arguments)
        finally:
            sys.settrace(before)

    def _is_buffer(self, name: str) -> bool:
        return isinstance(self._names[name], bytearray)

    def _call(self, frame, _event, _argument):
        if frame.f_code.co_filename != self._path:
            return None
        frame.f_trace_lines = False  # a line may have branches in it
        frame.f_trace_opcodes = True
        return self._operation

    def _operation(self, frame, event, _argument):
        if event == "opcode":
            self.trace.append(frame.f_lasti)
        return self._operation

    def _viper(self, function):
        kinds = [*function.__annotations__.items()]
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        makers = {names.index(name): make for name, make in kinds if name != "return"}

        def call(*arguments):
            return function(*[makers.get(i, _same)(x) for i, x in enumerate(arguments)])

        return call

    def _pointer(self, x, size: int):
        if isinstance(x, _Pointer):
            return _Pointer(self, x.address, size)
        if isinstance(x, int):
            return _Pointer(self, x, size)
        if not any(buffer is x for buffer in self._buffers):
            self._buffers.append(x)
        numbers = [id(buffer) for buffer in self._buffers]
        return _Pointer(self, (numbers.index(id(x)) + 1) << _APART, size)

    def place(self, address: int) -> tuple[bytearray, int]:
        """Return a buffer, and the place in it."""
        if self.trace is not None:
            self.trace.append(address)
        return self._buffers[(address >> _APART) - 1], address & (1 << _APART) - 1


class _Pointer:
    """ptr8, ptr16 or ptr32."""

    def __init__(self, viper: Viper, address: int, size: int):
        self.address = address
        self._viper = viper
        self._size = size

    def __getitem__(self, index: int) -> int:
        buffer, at = self._viper.place(self.address + index * self._size)
        return int.from_bytes(buffer[at : at + self._size], "little")

    def __setitem__(self, index: int, value: int) -> None:
        buffer, at = self._viper.place(self.address + index * self._size)
        size = self._size
        assert at + size <= len(buffer)
        buffer[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def _same(x):
    return x
