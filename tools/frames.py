"""How many words the frame of each function takes: of more than 11 MicroPython takes heap.

A frame of a bytecode function lies on the C stack if its locals and its value stack, and three
words for each `try`, `with` or `for` inside another, are 11 words at most (py/vm.h,
VM_MAX_STATE_ON_STACK). Larger frames are allocated, which costs a search of the heap, tens of
thousands of cycles on a chip, for every call.

python -m tools.frames MODULE.py ...    prints the larger ones
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from .wasm import find_tool

MOST = 11
_WORDS_OF_A_HANDLER = 3


class _Reader:
    def __init__(self, octets: bytes):
        self.octets = octets
        self.at = 4  # behind the header

    def number(self) -> int:
        value = 0
        while True:
            octet = self.octets[self.at]
            self.at += 1
            value = value << 7 | octet & 127
            if octet < 128:
                return value

    def name(self) -> str:
        length = self.number()
        if length & 1:
            return "(known to the firmware)"
        start = self.at
        self.at += (length >> 1) + 1
        return self.octets[start : self.at - 1].decode()

    def skip_object(self) -> None:
        kind = self.octets[self.at]
        self.at += 1
        if kind == 10:  # a tuple
            for _ in range(self.number()):
                self.skip_object()
        elif kind >= 5:
            length = self.number() + (kind in (5, 6))  # a zero behind str and bytes
            self.at += length


def _signature(octets: bytes) -> int:
    """Return the words of a frame, of the prelude that begins a function (py/bc.h)."""
    first = octets[0]
    stack = first >> 3 & 15
    handlers = first >> 2 & 1
    shift = 0
    at = 0
    while octets[at] & 128:
        at += 1
        stack |= (octets[at] & 0x30) << 2 * shift
        handlers |= (octets[at] & 0x02) << shift
        shift += 1
    return stack + 1 + _WORDS_OF_A_HANDLER * handlers


def frames(compiled: bytes) -> list[tuple[str, int]]:
    """Return (name, words) of each function in a .mpy."""
    reader = _Reader(compiled)
    names, objects = reader.number(), reader.number()
    table = [reader.name() for _ in range(names)]
    for _ in range(objects):
        reader.skip_object()
    found: list[tuple[str, int]] = []

    def function() -> None:
        header = reader.number()
        start = reader.at
        reader.at += header >> 3
        if header & 3 == 0:
            body = _Reader(reader.octets[start : reader.at])
            words = _signature(body.octets)
            body.at = 0
            while body.octets[body.at] & 128:
                body.at += 1
            body.at += 1
            body.number()  # sizes of the tables that follow
            found.append((table[body.number()], words))
        if header & 4:
            for _ in range(reader.number()):
                function()

    function()
    return found


def of(source: Path) -> list[tuple[str, int]]:
    """Return (name, words) of each function of a module."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "module.mpy"
        command = [find_tool("mpy-cross"), "-O3", "-o", str(made), str(source)]
        subprocess.run(command, check=True)
        return frames(made.read_bytes())


if __name__ == "__main__":
    for word in sys.argv[1:]:
        for name, words in of(Path(word)):
            if words > MOST:
                print(f"{word} {name} {words}")
