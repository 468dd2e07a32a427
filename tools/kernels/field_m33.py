"""The product of P-256's field for cores with UMAAL (Cortex-M33 of the RP2350, M4, M7).

The 512-bit product is made row by row: UMAAL multiplies a word of one operand with one of the
other and adds two words, the one that lies there and the carry, which never overflows 64 bits.
Eight words of the product stay in registers. A square is the product of a number with itself.
"""

from .field import T
from .thumb import SP, Thumb

_WINDOW = [0, 3, 4, 5, 6, 7, 8, 9]  # r1 and r2 point to the operands, r11 to the result
_CARRY, _WORD, _OTHER = 10, 12, 14


class Thumb2(Thumb):
    """With the instructions of 32 bits that the product needs; any registers but SP and PC."""

    def umaal(self, low: int, high: int, n: int, m: int) -> None:
        """(high, low) = n * m + high + low"""
        self._put(0xFBE0 | n)
        self._put(low << 12 | high << 8 | 0x60 | m)

    def ldr_w(self, t: int, n: int, offset: int) -> None:
        self._put(0xF8D0 | n)
        self._put(t << 12 | offset)

    def str_w(self, t: int, n: int, offset: int) -> None:
        self._put(0xF8C0 | n)
        self._put(t << 12 | offset)

    def movi_w(self, d: int, value: int) -> None:
        assert 0 <= value < 256
        self._put(0xF04F)
        self._put(d << 8 | value)


def product(a: Thumb2) -> None:
    """16 words at T of the frame = [r1] * [r2]."""
    window = list(_WINDOW)
    for r in window:
        a.movi_w(r, 0)
    for i in range(8):
        a.ldr_w(_WORD, 1, 4 * i)
        a.movi_w(_CARRY, 0)
        for j in range(8):
            a.ldr_w(_OTHER, 2, 4 * j)
            a.umaal(window[j], _CARRY, _WORD, _OTHER)
        a.str_w(window[0], SP, T + 4 * i)
        a.mov(window[0], _CARRY)
        window = window[1:] + window[:1]
    for i in range(8):
        a.str_w(window[i], SP, T + 32 + 4 * i)
