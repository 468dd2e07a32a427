"""The window that refuses records seen before (RFC 6347 section 4.1.2.6).

check() comes before decryption and changes nothing; update() comes after the record has
proved authentic, so a forged record cannot move the window. A 48-bit sequence number is
two halves of 24 bits, which are small ints on every board.
"""

from micropython import const

_SIZE = const(64)  # records
_HALF = const(0x1000000)


class Window:
    """The last 64 sequence numbers: a ring of bits that is indexed by number modulo 64."""

    def __init__(self):
        self.high = 0
        self.low = -1  # before the first number
        self._seen = bytearray(_SIZE // 8)

    def _ahead(self, high: int, low: int) -> int:
        """How far the number lies beyond the newest, held within what matters."""
        halves = high - self.high
        if halves > 1:
            return _SIZE
        if halves < -1:
            return -_SIZE
        return halves * _HALF + low - self.low

    def check(self, high: int, low: int) -> bool:
        """Tell whether the number is new and not too old."""
        if high == self.high and low > self.low:
            return True
        ahead = self._ahead(high, low)
        return ahead > 0 or (ahead > -_SIZE and not self._seen[low >> 3 & 7] >> (low & 7) & 1)

    def update(self, high: int, low: int):
        """Mark the number of an authentic record."""
        if high == self.high and low == self.low + 1:
            self.low = low
        else:
            self._move(high, low)
        self._seen[low >> 3 & 7] |= 1 << (low & 7)

    def _move(self, high: int, low: int):
        """Have the window end with a number, if that is newer."""
        ahead = self._ahead(high, low)
        if ahead > 0:
            self._forget(low - min(ahead, _SIZE) + 1, low)
            self.high = high
            self.low = low

    def _forget(self, number: int, end: int):
        """Take the marks from numbers that were skipped."""
        while number < end:
            self._seen[number >> 3 & 7] &= ~(1 << (number & 7))
            number += 1
