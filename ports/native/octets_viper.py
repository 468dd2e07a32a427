"""The kernel for octets of dtls_micro/crypto/ccm_bulk.py in viper, for any native code."""

import micropython


@micropython.viper
def run(buf: ptr8, where: int, other: ptr8, what: int) -> int:  # noqa: F821
    """Do what ccm_bulk.py says; return 0 but for DIFFER and WRONG."""
    start = where & 0xFFFF
    end = start + (where >> 16)
    at = what & 255
    copy = what >> 8 & 255
    operation = what >> 16
    difference = 0
    if operation == 2:  # MOVE
        while start < end:
            buf[start] = other[at]
            start += 1
            at += 1
    elif operation == 3:  # DIFFER
        while start < end:
            difference |= buf[start] ^ other[at]
            start += 1
            at += 1
    elif operation == 1:  # OPEN
        while start < end:
            octet = buf[start] ^ other[at]
            buf[start] = octet
            other[copy] = octet
            start += 1
            at += 1
            copy += 1
    elif operation == 4:  # TAKE
        while start < end:
            other[copy] = buf[start]
            start += 1
            copy += 1
    elif operation == 0:  # SEAL
        while start < end:
            octet = buf[start]
            other[copy] = octet
            buf[start] = octet ^ other[at]
            start += 1
            at += 1
            copy += 1
    elif operation == 5:  # HEAD
        _head(buf, where, other, at)
    else:  # TAG, WRONG
        at = 112
        while start < end:
            octet = other[at] ^ other[at + 112]
            difference |= buf[start] ^ octet
            if operation == 6:
                buf[start] = octet
            start += 1
            at += 1
        if operation == 6:
            difference = 0
    return difference


@micropython.viper
def _head(aad: ptr8, where: int, scratch: ptr8, flags: int):  # noqa: F821
    """Fill chain and stream; what is at 224 and 240 is the chaining value and A_0."""
    words = ptr32(scratch)  # noqa: F821
    i = 0
    while i < 4:
        words[i] = words[i + 56] ^ words[i + 60]
        i += 1
    scratch[0] ^= flags ^ scratch[240]
    scratch[14] ^= where >> 8 & 255
    scratch[15] ^= where & 255
    while i < 28:
        words[i] = 0
        i += 1
    while i < 56:
        words[i] = words[60 + (i & 3)]
        i += 1
    i = 1
    while i < 7:
        scratch[127 + 16 * i] = i
        i += 1
    where >>= 16
    if where:
        scratch[17] = where
        i = 0
        while i < where:
            scratch[18 + i] = aad[i]
            i += 1
