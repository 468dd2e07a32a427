"""The kernel of GHASH of dtls_micro/crypto/gcm_bulk.py in viper, for any native code."""
# ruff: noqa: F821  (names of viper)

import micropython


@micropython.viper
def run(state: ptr8, buf: ptr8, where: int):
    """Hash the blocks: see gcm_bulk.py."""
    words = ptr32(uint(state) + 48)  # y + block, and H, with the lowest octet last in each word
    octets = ptr8(words)
    at = where & 0xFFFF
    i = 0
    while i < 4:
        words[4 + i] = int(_word(uint(state) + 16 + 4 * i))
        i += 1
    blocks = where >> 16
    while blocks:
        i = 0
        while i < 16:
            state[i] ^= buf[at]
            at += 1
            i += 1
        i = 0
        while i < 4:
            words[i] = int(_word(uint(state) + 4 * i))
            i += 1
        _multiply(words, 0, 0, 0, 0)
        i = 0
        while i < 16:
            state[i] = octets[i ^ 3]
            i += 1
        blocks -= 1
    i = 0
    while i < 8:
        words[i] = 0
        i += 1


@micropython.viper
def _word(x: ptr8) -> uint:
    return uint(x[0]) << 24 | uint(x[1]) << 16 | uint(x[2]) << 8 | uint(x[3])


@micropython.viper
def _multiply(words: ptr32, z0: uint, z1: uint, z2: uint, z3: uint):
    """y = y * H by Horner's rule: z = z * x + H for each bit of y, the highest power first."""
    h0 = uint(words[4])
    h1 = uint(words[5])
    h2 = uint(words[6])
    h3 = uint(words[7])
    one = uint(1)
    over = uint(0xE1) << 24  # x**128 = x**7 + x**2 + x + 1, with x**0 to the left
    word = 3
    while word >= 0:
        y = uint(words[word])
        i = 32
        while i:
            last = z3 & one
            z3 = z3 >> 1 | (z2 & one) << 31
            z2 = z2 >> 1 | (z1 & one) << 31
            z1 = z1 >> 1 | (z0 & one) << 31
            z0 = z0 >> 1 ^ over & uint(0) - last
            bit = uint(0) - (y & one)
            z0 ^= h0 & bit
            z1 ^= h1 & bit
            z2 ^= h2 & bit
            z3 ^= h3 & bit
            y >>= 1
            i -= 1
        word -= 1
    words[0] = int(z0)
    words[1] = int(z1)
    words[2] = int(z2)
    words[3] = int(z3)
