"""Encryption of one AES block (FIPS 197), for boards without a cipher of their own.

Two tables of 256 bytes are all it keeps beside the round keys. Time depends on secrets only
through memory that is looked up, so it is constant where RAM and flash have no cache.
"""

from micropython import const

_BLOCK = const(16)

_SBOX = (
    b"\x63\x7c\x77\x7b\xf2\x6b\x6f\xc5\x30\x01\x67\x2b\xfe\xd7\xab\x76"
    b"\xca\x82\xc9\x7d\xfa\x59\x47\xf0\xad\xd4\xa2\xaf\x9c\xa4\x72\xc0"
    b"\xb7\xfd\x93\x26\x36\x3f\xf7\xcc\x34\xa5\xe5\xf1\x71\xd8\x31\x15"
    b"\x04\xc7\x23\xc3\x18\x96\x05\x9a\x07\x12\x80\xe2\xeb\x27\xb2\x75"
    b"\x09\x83\x2c\x1a\x1b\x6e\x5a\xa0\x52\x3b\xd6\xb3\x29\xe3\x2f\x84"
    b"\x53\xd1\x00\xed\x20\xfc\xb1\x5b\x6a\xcb\xbe\x39\x4a\x4c\x58\xcf"
    b"\xd0\xef\xaa\xfb\x43\x4d\x33\x85\x45\xf9\x02\x7f\x50\x3c\x9f\xa8"
    b"\x51\xa3\x40\x8f\x92\x9d\x38\xf5\xbc\xb6\xda\x21\x10\xff\xf3\xd2"
    b"\xcd\x0c\x13\xec\x5f\x97\x44\x17\xc4\xa7\x7e\x3d\x64\x5d\x19\x73"
    b"\x60\x81\x4f\xdc\x22\x2a\x90\x88\x46\xee\xb8\x14\xde\x5e\x0b\xdb"
    b"\xe0\x32\x3a\x0a\x49\x06\x24\x5c\xc2\xd3\xac\x62\x91\x95\xe4\x79"
    b"\xe7\xc8\x37\x6d\x8d\xd5\x4e\xa9\x6c\x56\xf4\xea\x65\x7a\xae\x08"
    b"\xba\x78\x25\x2e\x1c\xa6\xb4\xc6\xe8\xdd\x74\x1f\x4b\xbd\x8b\x8a"
    b"\x70\x3e\xb5\x66\x48\x03\xf6\x0e\x61\x35\x57\xb9\x86\xc1\x1d\x9e"
    b"\xe1\xf8\x98\x11\x69\xd9\x8e\x94\x9b\x1e\x87\xe9\xce\x55\x28\xdf"
    b"\x8c\xa1\x89\x0d\xbf\xe6\x42\x68\x41\x99\x2d\x0f\xb0\x54\xbb\x16"
)

# the product of each byte by x in GF(2**8) (FIPS 197 section 4.2.1)
_DOUBLE = bytes((x << 1) ^ (0x11B if x > 127 else 0) for x in range(256))


def _expand(key):
    """Return the round keys one after the other, a bytearray (FIPS 197 section 5.2)."""
    size = len(key)
    words = bytearray(_BLOCK * (size // 4 + 7))
    words[:size] = key
    rcon = 1
    for at in range(size, len(words), 4):
        a = words[at - 4]
        b = words[at - 3]
        c = words[at - 2]
        d = words[at - 1]
        if at % size == 0:
            a, b, c, d = _SBOX[b] ^ rcon, _SBOX[c], _SBOX[d], _SBOX[a]
            rcon = _DOUBLE[rcon]
        elif size == 32 and at % size == _BLOCK:
            a, b, c, d = _SBOX[a], _SBOX[b], _SBOX[c], _SBOX[d]
        words[at] = words[at - size] ^ a
        words[at + 1] = words[at + 1 - size] ^ b
        words[at + 2] = words[at + 2 - size] ^ c
        words[at + 3] = words[at + 3 - size] ^ d
    return words


def _zero(data: bytearray):
    for i in range(len(data)):
        data[i] = 0


class Aes:
    """AES-128 or AES-256, by the length of the key: 16 or 32 bytes; ValueError for others."""

    def __init__(self, key):
        if len(key) not in (16, 32):
            raise ValueError("an AES key has 16 or 32 bytes")
        words = _expand(key)
        # one buffer a round, so that encrypt() unpacks it at once
        keys = [words[i : i + _BLOCK] for i in range(0, len(words), _BLOCK)]
        _zero(words)
        self._last = keys.pop()
        self._final = keys.pop()
        self._keys = keys

    def encrypt(self, src, dst):
        """Encrypt 16 bytes of `src` into `dst`, which may be the same buffer.

        Straight-line code on locals: loops over the state would take twice the time. Pairs are
        assigned at once, never more, which would make MicroPython allocate a tuple.
        """
        box = _SBOX
        double = _DOUBLE
        s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 = src
        for k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15 in self._keys:
            # AddRoundKey, SubBytes and ShiftRows, row after row
            s0, s4 = box[s0 ^ k0], box[s4 ^ k4]
            s8, s12 = box[s8 ^ k8], box[s12 ^ k12]
            t = box[s1 ^ k1]
            s1, s5 = box[s5 ^ k5], box[s9 ^ k9]
            s9, s13 = box[s13 ^ k13], t
            s2, s10 = box[s10 ^ k10], box[s2 ^ k2]
            s6, s14 = box[s14 ^ k14], box[s6 ^ k6]
            t = box[s15 ^ k15]
            s15, s11 = box[s11 ^ k11], box[s7 ^ k7]
            s7, s3 = box[s3 ^ k3], t
            # MixColumns
            t = s0 ^ s1 ^ s2 ^ s3
            u = s3 ^ s0
            s0, s1 = s0 ^ t ^ double[s0 ^ s1], s1 ^ t ^ double[s1 ^ s2]
            s2, s3 = s2 ^ t ^ double[s2 ^ s3], s3 ^ t ^ double[u]
            t = s4 ^ s5 ^ s6 ^ s7
            u = s7 ^ s4
            s4, s5 = s4 ^ t ^ double[s4 ^ s5], s5 ^ t ^ double[s5 ^ s6]
            s6, s7 = s6 ^ t ^ double[s6 ^ s7], s7 ^ t ^ double[u]
            t = s8 ^ s9 ^ s10 ^ s11
            u = s11 ^ s8
            s8, s9 = s8 ^ t ^ double[s8 ^ s9], s9 ^ t ^ double[s9 ^ s10]
            s10, s11 = s10 ^ t ^ double[s10 ^ s11], s11 ^ t ^ double[u]
            t = s12 ^ s13 ^ s14 ^ s15
            u = s15 ^ s12
            s12, s13 = s12 ^ t ^ double[s12 ^ s13], s13 ^ t ^ double[s13 ^ s14]
            s14, s15 = s14 ^ t ^ double[s14 ^ s15], s15 ^ t ^ double[u]
        self._finish(dst, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)

    def _finish(self, dst, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15):
        """Do the last round, which has no MixColumns, into `dst`."""
        box = _SBOX
        k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15 = self._final
        last = self._last
        dst[0] = box[s0 ^ k0] ^ last[0]
        dst[1] = box[s5 ^ k5] ^ last[1]
        dst[2] = box[s10 ^ k10] ^ last[2]
        dst[3] = box[s15 ^ k15] ^ last[3]
        dst[4] = box[s4 ^ k4] ^ last[4]
        dst[5] = box[s9 ^ k9] ^ last[5]
        dst[6] = box[s14 ^ k14] ^ last[6]
        dst[7] = box[s3 ^ k3] ^ last[7]
        dst[8] = box[s8 ^ k8] ^ last[8]
        dst[9] = box[s13 ^ k13] ^ last[9]
        dst[10] = box[s2 ^ k2] ^ last[10]
        dst[11] = box[s7 ^ k7] ^ last[11]
        dst[12] = box[s12 ^ k12] ^ last[12]
        dst[13] = box[s1 ^ k1] ^ last[13]
        dst[14] = box[s6 ^ k6] ^ last[14]
        dst[15] = box[s11 ^ k11] ^ last[15]

    def wipe(self):
        """Zero the round keys."""
        for key in self._keys:
            _zero(key)
        _zero(self._final)
        _zero(self._last)
