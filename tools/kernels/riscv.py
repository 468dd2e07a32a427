"""An assembler for the instructions of RV32IMC that the kernel needs, as calls.

    a = RiscV(); a.lw(8, SP, 16); a.add(8, 8, 9); a.code() -> bytes

Registers are numbers, x0 to x31. What has a compressed form of two octets gets it. Labels are
names; jumps and branches, which always take four octets, are resolved by code().
"""

ZERO, RA, SP = 0, 1, 2
ARGUMENTS = (10, 11, 12, 13)  # a0 is the result, too
KEPT = (RA, 8, 9, *range(18, 28))  # what a function gives back as it was: ra, s0 to s11
_BRANCHES = {"eq": 0, "ne": 1, "lt": 4, "ge": 5, "ltu": 6, "geu": 7}


def _short(*registers: int) -> bool:
    """Tell whether they are among the eight that most compressed forms can name."""
    return all(8 <= r < 16 for r in registers)


class RiscV:
    """Instructions, in order."""

    def __init__(self) -> None:
        self._code = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str, bool]] = []  # place, label, whether on a condition

    def _put(self, word: int) -> None:
        assert 0 <= word < 1 << 32 and word & 3 == 3, hex(word)
        self._code += word.to_bytes(4, "little")

    def _put_short(self, word: int) -> None:
        assert 0 <= word < 1 << 16 and word & 3 != 3, hex(word)
        self._code += word.to_bytes(2, "little")

    def label(self, name: str) -> None:
        assert name not in self._labels, name
        self._labels[name] = len(self._code)

    # of two registers
    def _of_two(self, above: int, kind: int, d: int, n: int, m: int) -> None:
        assert all(0 <= r < 32 for r in (d, n, m))
        self._put(above << 25 | m << 20 | n << 15 | kind << 12 | d << 7 | 0x33)

    def add(self, d: int, n: int, m: int) -> None:
        if d == m:
            n, m = m, n
        if d == n and m:
            self._put_short(0x9002 | d << 7 | m << 2)
        else:
            self._of_two(0, 0, d, n, m)

    def mv(self, d: int, n: int) -> None:
        assert d and n
        self._put_short(0x8002 | d << 7 | n << 2)

    def _in_place(self, short: int, above: int, kind: int, d: int, n: int, m: int) -> None:
        """One that has a compressed form where d is n."""
        if d == n and _short(d, m):
            self._put_short(short | d - 8 << 7 | m - 8 << 2)
        else:
            self._of_two(above, kind, d, n, m)

    def sub(self, d: int, n: int, m: int) -> None:
        self._in_place(0x8C01, 0x20, 0, d, n, m)

    def xor(self, d: int, n: int, m: int) -> None:
        self._in_place(0x8C21, 0, 4, d, n, m)

    def or_(self, d: int, n: int, m: int) -> None:
        self._in_place(0x8C41, 0, 6, d, n, m)

    def and_(self, d: int, n: int, m: int) -> None:
        self._in_place(0x8C61, 0, 7, d, n, m)

    def sll(self, d: int, n: int, m: int) -> None:
        self._of_two(0, 1, d, n, m)

    def srl(self, d: int, n: int, m: int) -> None:
        self._of_two(0, 5, d, n, m)

    def sltu(self, d: int, n: int, m: int) -> None:
        """d = 1 if n < m, else 0"""
        self._of_two(0, 3, d, n, m)

    def mul(self, d: int, n: int, m: int) -> None:
        self._of_two(1, 0, d, n, m)

    def mulhu(self, d: int, n: int, m: int) -> None:
        self._of_two(1, 3, d, n, m)

    # of a register and a number
    def _of_one(self, opcode: int, kind: int, d: int, n: int, value: int) -> None:
        assert -2048 <= value < 2048 and 0 <= d < 32 and 0 <= n < 32
        self._put((value & 0xFFF) << 20 | n << 15 | kind << 12 | d << 7 | opcode)

    def _put_small(self, short: int, d: int, value: int) -> None:
        """A compressed form with six bits of a number."""
        self._put_short(short | (value >> 5 & 1) << 12 | d << 7 | (value & 31) << 2)

    def li(self, d: int, value: int) -> None:
        assert d and -32 <= value < 32
        self._put_small(0x4001, d, value)

    def addi(self, d: int, n: int, value: int) -> None:
        if d == n and value and -32 <= value < 32:
            self._put_small(0x0001, d, value)
        else:
            self._of_one(0x13, 0, d, n, value)

    def andi(self, d: int, n: int, value: int) -> None:
        if d == n and _short(d) and -32 <= value < 32:
            self._put_small(0x8801, d - 8, value)
        else:
            self._of_one(0x13, 7, d, n, value)

    def xori(self, d: int, n: int, value: int) -> None:
        self._of_one(0x13, 4, d, n, value)

    def sltiu(self, d: int, n: int, value: int) -> None:
        self._of_one(0x13, 3, d, n, value)

    def slli(self, d: int, n: int, bits: int) -> None:
        assert 0 < bits < 32
        if d == n:
            self._put_small(0x0002, d, bits)
        else:
            self._of_one(0x13, 1, d, n, bits)

    def srli(self, d: int, n: int, bits: int) -> None:
        assert 0 < bits < 32
        if d == n and _short(d):
            self._put_small(0x8001, d - 8, bits)
        else:
            self._of_one(0x13, 5, d, n, bits)

    def srai(self, d: int, n: int, bits: int) -> None:
        assert 0 < bits < 32
        self._of_one(0x13, 5, d, n, 0x400 | bits)

    # memory
    def lw(self, t: int, n: int, offset: int = 0) -> None:
        assert offset % 4 == 0
        if n == SP and 0 <= offset < 256:
            place = (offset & 0x20) << 7 | (offset & 0x1C) << 2 | (offset & 0xC0) >> 4
            self._put_short(0x4002 | place | t << 7)
        elif _short(t, n) and 0 <= offset < 128:
            self._put_short(0x4000 | _near(offset) | n - 8 << 7 | t - 8 << 2)
        else:
            self._of_one(0x03, 2, t, n, offset)

    def sw(self, t: int, n: int, offset: int = 0) -> None:
        assert offset % 4 == 0
        if n == SP and 0 <= offset < 256:
            self._put_short(0xC002 | (offset & 0x3C) << 7 | (offset & 0xC0) << 1 | t << 2)
        elif _short(t, n) and 0 <= offset < 128:
            self._put_short(0xC000 | _near(offset) | n - 8 << 7 | t - 8 << 2)
        else:
            self._store(2, t, n, offset)

    def lbu(self, t: int, n: int, offset: int) -> None:
        self._of_one(0x03, 4, t, n, offset)

    def sb(self, t: int, n: int, offset: int) -> None:
        self._store(0, t, n, offset)

    def _store(self, kind: int, t: int, n: int, offset: int) -> None:
        assert 0 <= offset < 2048
        low = (offset & 31) << 7
        self._put(offset >> 5 << 25 | t << 20 | n << 15 | kind << 12 | low | 0x23)

    # control
    def b(self, condition: str, n: int, m: int, label: str) -> None:
        """Go to the label if n and m compare so; it is at most 4 kB away."""
        self._jumps.append((len(self._code), label, True))
        self._put(m << 20 | n << 15 | _BRANCHES[condition] << 12 | 0x63)

    def j(self, label: str) -> None:
        self._jumps.append((len(self._code), label, False))
        self._put(0x6F)

    def jump(self, n: int, scratch: int) -> None:
        """Skip as many octets of what follows as n says."""
        begin = len(self._code)
        self._put(0x17 | scratch << 7)  # AUIPC: its own address
        self.add(scratch, scratch, n)
        self._of_one(0x67, 0, ZERO, scratch, len(self._code) + 4 - begin)

    def code(self) -> bytes:
        """Return the machine code."""
        out = bytearray(self._code)
        for at, label, conditional in self._jumps:
            delta = self._labels[label] - at
            word = int.from_bytes(out[at : at + 4], "little")
            word |= _branch(delta) if conditional else _jump(delta)
            out[at : at + 4] = word.to_bytes(4, "little")
        return bytes(out)


def _near(offset: int) -> int:
    """Return the bits of an offset of 0..124 from one of the eight registers."""
    return (offset & 0x38) << 7 | (offset & 4) << 4 | (offset & 0x40) >> 1


def _branch(delta: int) -> int:
    assert -4096 <= delta < 4096 and delta % 2 == 0, delta
    high = (delta >> 12 & 1) << 31 | (delta >> 5 & 63) << 25
    return high | (delta >> 1 & 15) << 8 | (delta >> 11 & 1) << 7


def _jump(delta: int) -> int:
    assert -(1 << 20) <= delta < 1 << 20 and delta % 2 == 0, delta
    high = (delta >> 20 & 1) << 31 | (delta >> 1 & 0x3FF) << 21
    return high | (delta >> 11 & 1) << 20 | (delta >> 12 & 255) << 12
