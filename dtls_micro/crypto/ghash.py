"""GHASH (NIST SP 800-38D section 6.4), with a table of 16 multiples of the hash key.

A block of 128 bits, the coefficient of x**0 first, is held in five limbs of 28 bits from left
to right; the last limb leaves its lower 12 bits free. So no int reaches 2**28, and multiplying
by x**4 is a shift to the right by four bits.
"""

from micropython import const

_BLOCK = const(16)


class Ghash:
    """The hash under `key`, the 16-byte encryption of the zero block (SP 800-38D's H)."""

    def __init__(self, key):
        self._y = [0, 0, 0, 0, 0]
        self._pad = bytearray(_BLOCK)
        self._add(key, 0)
        # table[n] is H times the polynomial whose coefficients are the bits of n, x**0 first.
        # It is not reduced: 131 bits fit into the five limbs.
        table = [[0, 0, 0, 0, 0] for _ in range(16)]
        power = table[8]
        power[:] = self._y
        for n in (4, 2, 1):
            carry = 0
            for i in range(5):
                table[n][i] = carry << 27 | power[i] >> 1
                carry = power[i] & 1
            power = table[n]
        for n in range(16):
            for i in range(5):
                table[n][i] = table[n & 8][i] ^ table[n & 4][i] ^ table[n & 2][i] ^ table[n & 1][i]
        self._table = table
        self.start()

    def start(self):
        """Forget what was hashed."""
        for i in range(5):
            self._y[i] = 0

    def update(self, buf, start: int, end: int):
        """Hash buf[start:end], padded with zeros to whole blocks."""
        while start + _BLOCK <= end:
            self._add(buf, start)
            self._multiply()
            start += _BLOCK
        if start < end:
            pad = self._pad
            for i in range(_BLOCK):
                pad[i] = buf[start + i] if start + i < end else 0
            self._add(pad, 0)
            self._multiply()

    def lengths(self, aad_size: int, size: int):
        """Hash the closing block: both lengths (bytes, below 2**26), which it holds in bits."""
        pad = self._pad
        for i in range(_BLOCK):
            pad[i] = 0
        count = aad_size
        for at in (4, 12):
            pad[at] = count >> 21
            pad[at + 1] = count >> 13 & 255
            pad[at + 2] = count >> 5 & 255
            pad[at + 3] = (count & 31) << 3
            count = size
        self.update(pad, 0, _BLOCK)

    def _add(self, buf, at: int):
        """Add the block at buf[at] to y."""
        y = self._y
        for i in (0, 2):
            middle = buf[at + 3]
            y[i] ^= buf[at] << 20 | buf[at + 1] << 12 | buf[at + 2] << 4 | middle >> 4
            y[i + 1] ^= (middle & 15) << 24 | buf[at + 4] << 16 | buf[at + 5] << 8 | buf[at + 6]
            at += 7
        y[4] ^= buf[at] << 20 | buf[at + 1] << 12

    def result(self, out):
        """Write y to the 16 bytes of `out`."""
        y = self._y
        at = 0
        for i in (0, 2):
            left = y[i]
            right = y[i + 1]
            out[at] = left >> 20
            out[at + 1] = left >> 12 & 255
            out[at + 2] = left >> 4 & 255
            out[at + 3] = (left & 15) << 4 | right >> 24
            out[at + 4] = right >> 16 & 255
            out[at + 5] = right >> 8 & 255
            out[at + 6] = right & 255
            at += 7
        out[at] = y[4] >> 20
        out[at + 1] = y[4] >> 12 & 255

    def _multiply(self):
        """Multiply y by H.

        Horner's rule over the seven nibbles of a limb, highest power first, all five limbs at
        a time: the table rows p..t of limbs 0..4 are added one limb further right each.
        """
        table = self._table
        y0, y1, y2, y3, y4 = self._y
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = 0
        for shift in (0, 4, 8, 12, 16, 20, 24):
            p0, p1, p2, p3, p4 = table[y0 >> shift & 15]
            q0, q1, q2, q3, q4 = table[y1 >> shift & 15]
            r0, r1, r2, r3, r4 = table[y2 >> shift & 15]
            s0, s1, s2, s3, s4 = table[y3 >> shift & 15]
            t0, t1, t2, t3, t4 = table[y4 >> shift & 15]
            a9 = (a8 & 15) << 24 ^ a9 >> 4
            a8 = (a7 & 15) << 24 ^ a8 >> 4 ^ t4
            a7 = (a6 & 15) << 24 ^ a7 >> 4 ^ t3 ^ s4
            a6 = (a5 & 15) << 24 ^ a6 >> 4 ^ t2 ^ s3 ^ r4
            a5 = (a4 & 15) << 24 ^ a5 >> 4 ^ t1 ^ s2 ^ r3 ^ q4
            a4 = (a3 & 15) << 24 ^ a4 >> 4 ^ t0 ^ s1 ^ r2 ^ q3 ^ p4
            a3 = (a2 & 15) << 24 ^ a3 >> 4 ^ s0 ^ r1 ^ q2 ^ p3
            a2 = (a1 & 15) << 24 ^ a2 >> 4 ^ r0 ^ q1 ^ p2
            a1 = (a0 & 15) << 24 ^ a1 >> 4 ^ q0 ^ p1
            a0 = a0 >> 4 ^ p0
        self._reduce(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9)

    def _reduce(self, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9):
        """Set y to the product in these ten limbs, modulo x**128 + x**7 + x**2 + x + 1."""
        # x**128 = 1 + x + x**2 + x**7. Limb 9 begins at x**252 = x**128 * x**124, twelve bits
        # into limb 4; so do the others, five limbs to the left, and run over into the next one.
        # Limb 9 does not: a product ends at x**254.
        a4 ^= a9 >> 12 ^ a9 >> 13 ^ a9 >> 14 ^ a9 >> 19
        a3 ^= a8 >> 12 ^ a8 >> 13 ^ a8 >> 14 ^ a8 >> 19
        a4 ^= (a8 & 0xFFF) << 16 ^ (a8 & 0x1FFF) << 15 ^ (a8 & 0x3FFF) << 14 ^ (a8 & 0x7FFFF) << 9
        a2 ^= a7 >> 12 ^ a7 >> 13 ^ a7 >> 14 ^ a7 >> 19
        a3 ^= (a7 & 0xFFF) << 16 ^ (a7 & 0x1FFF) << 15 ^ (a7 & 0x3FFF) << 14 ^ (a7 & 0x7FFFF) << 9
        a1 ^= a6 >> 12 ^ a6 >> 13 ^ a6 >> 14 ^ a6 >> 19
        a2 ^= (a6 & 0xFFF) << 16 ^ (a6 & 0x1FFF) << 15 ^ (a6 & 0x3FFF) << 14 ^ (a6 & 0x7FFFF) << 9
        a0 ^= a5 >> 12 ^ a5 >> 13 ^ a5 >> 14 ^ a5 >> 19
        a1 ^= (a5 & 0xFFF) << 16 ^ (a5 & 0x1FFF) << 15 ^ (a5 & 0x3FFF) << 14 ^ (a5 & 0x7FFFF) << 9
        rest = a4 & 0xFFF  # x**128 .. x**139
        y = self._y
        y[0] = a0 ^ rest << 16 ^ rest << 15 ^ rest << 14 ^ rest << 9
        y[1] = a1
        y[2] = a2
        y[3] = a3
        y[4] = a4 ^ rest

    def wipe(self):
        """Zero the table, which tells the hash key."""
        self.start()
        for row in self._table:
            for i in range(5):
                row[i] = 0
