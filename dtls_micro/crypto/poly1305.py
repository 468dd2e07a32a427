"""Poly1305 (RFC 8439 section 2.5), over numbers modulo p = 2**130 - 5.

A number is held in 13 limbs of 10 bits, the lowest first. Bounds: with a block added a limb is
below 2**11 + 2**8 and one of 5 * r below 5 * 2**10, so 13 products with a carry stay below 2**28.
The carry out of the top limb, a sum without fives, is below 2**15; five times that, added to
limb 0, gives limb 1 less than 2**8 above its 10 bits.
"""

from micropython import const

_BLOCK = const(16)
_LIMBS = const(13)
_MASK = const(0x3FF)
_BITS = const(10)


class Poly1305:
    """One authenticator, used again for message after message, each with a key of its own."""

    def __init__(self):
        self._h = [0] * _LIMBS
        self._r = [0] * _LIMBS
        self._wrapped = [0] * (_LIMBS - 1)  # 5 * r12, 5 * r11 ... 5 * r1
        self._s = bytearray(_BLOCK)
        self._pad = bytearray(_BLOCK)

    def start(self, key):
        """Begin a message with the one-time key, the first 32 bytes of `key`."""
        pad = self._pad
        for i in range(_BLOCK):
            pad[i] = key[i]
            self._s[i] = key[_BLOCK + i]
        for i in (3, 7, 11, 15):  # "clamping", RFC 8439 section 2.5
            pad[i] &= 15
        for i in (4, 8, 12):
            pad[i] &= 252
        h = self._h
        for i in range(_LIMBS):
            h[i] = 0
        self._add(pad, 0, 0)
        self._r[0] = h[0]
        for i in range(1, _LIMBS):
            self._r[i] = h[i]
            self._wrapped[_LIMBS - 1 - i] = 5 * h[i]
        for i in range(_LIMBS):
            h[i] = 0

    def update(self, buf, start: int, end: int, top: int = 1):
        """Absorb buf[start:end], padded with zeros to whole blocks (RFC 8439 section 2.8).

        top: the bit above each block; 0 for a last, shorter block whose 1 is in `buf`
        """
        while start + _BLOCK <= end:
            self._add(buf, start, top)
            self._multiply()
            start += _BLOCK
        if start < end:
            pad = self._pad
            for i in range(_BLOCK):
                pad[i] = buf[start + i] if start + i < end else 0
            self._add(pad, 0, top)
            self._multiply()

    def lengths(self, aad_size: int, size: int):
        """Absorb the closing block of the AEAD: both lengths in bytes."""
        pad = self._pad
        for i in range(_BLOCK):
            pad[i] = 0
        for i in range(4):
            pad[i] = aad_size >> 8 * i & 255
            pad[8 + i] = size >> 8 * i & 255
        self.update(pad, 0, _BLOCK)

    def _add(self, buf, at: int, top: int):
        """Add the block at buf[at], a little-endian number, with `top` as bit 128."""
        h = self._h
        for i in (0, 4, 8):
            b = buf[at + 1]
            c = buf[at + 2]
            d = buf[at + 3]
            h[i] += buf[at] | (b & 3) << 8
            h[i + 1] += b >> 2 | (c & 15) << 6
            h[i + 2] += c >> 4 | (d & 63) << 4
            h[i + 3] += d >> 6 | buf[at + 4] << 2
            at += 5
        h[12] += buf[at] | top << 8

    def _multiply(self):
        """Multiply h by r modulo p: limb i is the sum of hj * qj, with the carry.

        q0 is limb i of r; every turn hands qj on to the next j. 2**130 = 5, so a limb of r that
        wrapped around comes fivefold.
        """
        h = self._h
        h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12 = h
        q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12 = self._wrapped
        i = carry = 0
        for q0 in self._r:
            carry += h0 * q0 + h1 * q1 + h2 * q2 + h3 * q3 + h4 * q4 + h5 * q5 + h6 * q6
            carry += h7 * q7 + h8 * q8 + h9 * q9 + h10 * q10 + h11 * q11 + h12 * q12
            h[i] = carry & _MASK
            carry >>= _BITS
            i += 1
            q12 = q11
            q11 = q10
            q10 = q9
            q9 = q8
            q8 = q7
            q7 = q6
            q6 = q5
            q5 = q4
            q4 = q3
            q3 = q2
            q2 = q1
            q1 = q0
        carry = 5 * carry + h[0]
        h[0] = carry & _MASK
        h[1] += carry >> _BITS

    def _carry(self, carry: int) -> int:
        """Add `carry` to h, make all limbs shorter than 10 bits; return what is above 2**130."""
        h = self._h
        for i in range(_LIMBS):
            carry += h[i]
            h[i] = carry & _MASK
            carry >>= _BITS
        return carry

    def finish(self, tag):
        """Write the 16 bytes of the authenticator to `tag`."""
        h = self._h
        # the second time at most 5 is added to a small number, so nothing comes out
        self._carry(5 * self._carry(0))
        # h + 5 has bit 130 exactly when h is p or more: then taking p away is adding 5
        above = 5
        for i in range(_LIMBS):
            above = h[i] + above >> _BITS
        self._carry(5 * above)
        s = self._s
        i = bits = size = carry = 0
        for at in range(_BLOCK):
            if size < 8:
                bits |= h[i] << size
                size += _BITS
                i += 1
            carry += (bits & 255) + s[at]
            tag[at] = carry & 255
            carry >>= 8
            bits >>= 8
            size -= 8

    def wipe(self):
        """Zero the last one-time key and what came of it."""
        for secret in (self._h, self._r, self._wrapped, self._s, self._pad):
            for i in range(len(secret)):
                secret[i] = 0
