"""An assembler for the ARMv6-M instructions that the kernels need, as calls.

    a = Thumb(); a.ldr(0, SP, 8); a.adds(1, 1, 0); a.code() -> bytes

Registers are numbers; 13 is SP. Labels are names; branches are resolved by code().
"""

SP, LR, PC = 13, 14, 15
_CONDITIONS = {"eq": 0, "ne": 1, "cs": 2, "cc": 3, "mi": 4, "pl": 5, "hi": 8, "ls": 9,
               "ge": 10, "lt": 11, "gt": 12, "le": 13}  # fmt: skip


class Thumb:
    """Instructions, in order."""

    def __init__(self) -> None:
        self._words: list[int | tuple[str, str, int]] = []
        self._labels: dict[str, int] = {}

    def _put(self, word: int) -> None:
        assert 0 <= word < 0x10000, hex(word)
        self._words.append(word)

    def label(self, name: str) -> None:
        assert name not in self._labels, name
        self._labels[name] = len(self._words)

    def _low(self, *registers: int) -> None:
        assert all(0 <= r < 8 for r in registers), registers

    # moves
    def movi(self, d: int, value: int) -> None:
        self._low(d)
        assert 0 <= value < 256
        self._put(0x2000 | d << 8 | value)

    def mov(self, d: int, m: int) -> None:
        """Any registers; the flags stay."""
        self._put(0x4600 | (d & 8) << 4 | m << 3 | d & 7)

    def add(self, d: int, m: int) -> None:
        """d += m; any registers; the flags stay."""
        self._put(0x4400 | (d & 8) << 4 | m << 3 | d & 7)

    # arithmetic on low registers; sets flags
    def adds(self, d: int, n: int, m: int) -> None:
        self._low(d, n, m)
        self._put(0x1800 | m << 6 | n << 3 | d)

    def subs(self, d: int, n: int, m: int) -> None:
        self._low(d, n, m)
        self._put(0x1A00 | m << 6 | n << 3 | d)

    def addi(self, d: int, value: int) -> None:
        self._low(d)
        assert 0 <= value < 256
        self._put(0x3000 | d << 8 | value)

    def subi(self, d: int, value: int) -> None:
        self._low(d)
        assert 0 <= value < 256
        self._put(0x3800 | d << 8 | value)

    def cmpi(self, d: int, value: int) -> None:
        self._low(d)
        self._put(0x2800 | d << 8 | value)

    def cmp(self, n: int, m: int) -> None:
        self._two(10, n, m)

    def _two(self, op: int, d: int, m: int) -> None:
        self._low(d, m)
        self._put(0x4000 | op << 6 | m << 3 | d)

    def ands(self, d: int, m: int) -> None:
        self._two(0, d, m)

    def eors(self, d: int, m: int) -> None:
        self._two(1, d, m)

    def lsls_by(self, d: int, m: int) -> None:
        self._two(2, d, m)

    def lsrs_by(self, d: int, m: int) -> None:
        self._two(3, d, m)

    def adcs(self, d: int, m: int) -> None:
        self._two(5, d, m)

    def sbcs(self, d: int, m: int) -> None:
        self._two(6, d, m)

    def rors_by(self, d: int, m: int) -> None:
        self._two(7, d, m)

    def rsbs(self, d: int, m: int) -> None:
        """d = 0 - m"""
        self._two(9, d, m)

    def orrs(self, d: int, m: int) -> None:
        self._two(12, d, m)

    def muls(self, d: int, m: int) -> None:
        self._two(13, d, m)

    def bics(self, d: int, m: int) -> None:
        self._two(14, d, m)

    def mvns(self, d: int, m: int) -> None:
        self._two(15, d, m)

    def uxth(self, d: int, m: int) -> None:
        self._low(d, m)
        self._put(0xB280 | m << 3 | d)

    def uxtb(self, d: int, m: int) -> None:
        self._low(d, m)
        self._put(0xB2C0 | m << 3 | d)

    def rev(self, d: int, m: int) -> None:
        self._low(d, m)
        self._put(0xBA00 | m << 3 | d)

    def lsls(self, d: int, m: int, n: int) -> None:
        self._low(d, m)
        assert 0 < n < 32
        self._put(n << 6 | m << 3 | d)

    def lsrs(self, d: int, m: int, n: int) -> None:
        self._low(d, m)
        assert 0 < n <= 32
        self._put(0x0800 | (n & 31) << 6 | m << 3 | d)

    def asrs(self, d: int, m: int, n: int) -> None:
        self._low(d, m)
        assert 0 < n <= 32
        self._put(0x1000 | (n & 31) << 6 | m << 3 | d)

    # memory
    def ldr(self, t: int, n: int, offset: int = 0) -> None:
        self._low(t)
        assert offset % 4 == 0
        if n == SP:
            assert 0 <= offset < 1024
            self._put(0x9800 | t << 8 | offset >> 2)
        else:
            self._low(n)
            assert 0 <= offset < 128
            self._put(0x6800 | offset >> 2 << 6 | n << 3 | t)

    def str_(self, t: int, n: int, offset: int = 0) -> None:
        self._low(t)
        assert offset % 4 == 0
        if n == SP:
            assert 0 <= offset < 1024
            self._put(0x9000 | t << 8 | offset >> 2)
        else:
            self._low(n)
            assert 0 <= offset < 128
            self._put(0x6000 | offset >> 2 << 6 | n << 3 | t)

    def ldrb(self, t: int, n: int, offset: int = 0) -> None:
        self._low(t, n)
        assert 0 <= offset < 32
        self._put(0x7800 | offset << 6 | n << 3 | t)

    def strb_at(self, t: int, n: int, m: int) -> None:
        """The octet at n + m = t"""
        self._low(t, n, m)
        self._put(0x5400 | m << 6 | n << 3 | t)

    def ldrh(self, t: int, n: int, offset: int = 0) -> None:
        self._low(t, n)
        assert 0 <= offset < 64 and offset % 2 == 0
        self._put(0x8800 | offset >> 1 << 6 | n << 3 | t)

    def ldm(self, n: int, *registers: int) -> None:
        """Ascending, and n moves on."""
        self._low(n, *registers)
        assert n not in registers and list(registers) == sorted(registers)
        self._put(0xC800 | n << 8 | sum(1 << r for r in registers))

    def stm(self, n: int, *registers: int) -> None:
        self._low(n, *registers)
        assert n not in registers and list(registers) == sorted(registers)
        self._put(0xC000 | n << 8 | sum(1 << r for r in registers))

    def push(self, *registers: int) -> None:
        self._put(0xB400 | sum(0x100 if r == LR else 1 << r for r in registers))

    def pop(self, *registers: int) -> None:
        self._put(0xBC00 | sum(0x100 if r == PC else 1 << r for r in registers))

    def add_sp(self, value: int) -> None:
        """sp += value, a multiple of 4"""
        while value:
            step = max(-508, min(508, value))
            self._put(0xB000 | (0x80 if step < 0 else 0) | abs(step) >> 2)
            value -= step

    def add_from_sp(self, d: int, offset: int) -> None:
        self._low(d)
        assert 0 <= offset < 1024 and offset % 4 == 0
        self._put(0xA800 | d << 8 | offset >> 2)

    # control
    def b(self, label: str, condition: str = "") -> None:
        self._words.append((condition, label, 0))

    def bl(self, label: str) -> None:
        self._words.append(("bl", label, 0))
        self._words.append(("bl", label, 1))

    def jump(self, m: int) -> None:
        """Skip r_m octets of what follows."""
        self._put(0x4487 | m << 3)  # ADD to PC, which is two instructions ahead
        self._put(0xBF00)  # NOP

    def bx(self, m: int) -> None:
        self._put(0x4700 | m << 3)

    def table(self, octets: bytes) -> None:
        """Put octets between the instructions, whole words."""
        for i in range(0, len(octets), 2):
            self._put(int.from_bytes(octets[i : i + 2], "little"))

    def size(self) -> int:
        return 2 * len(self._words)

    def code(self) -> bytes:
        """Return the machine code."""
        out = [
            word if isinstance(word, int) else self._branch(at, *word)
            for at, word in enumerate(self._words)
        ]
        return b"".join(word.to_bytes(2, "little") for word in out)

    def _branch(self, at: int, kind: str, label: str, part: int) -> int:
        """Return a branch, or one of the two parts of a BL."""
        delta = self._labels[label] - at + part - 2
        if kind == "bl":
            assert -(1 << 21) <= delta < 1 << 21
            return 0xF800 | delta & 0x7FF if part else 0xF000 | delta >> 11 & 0x7FF
        if kind:
            assert -128 <= delta < 128, (label, delta)
            return 0xD000 | _CONDITIONS[kind] << 8 | delta & 0xFF
        assert -1024 <= delta < 1024, (label, delta)
        return 0xE000 | delta & 0x7FF
