"""The kernel for octets of dtls_micro/crypto/ccm_bulk.py in viper, for any native code."""

import micropython


@micropython.viper
def run(buf: ptr8, where: int, other: ptr8, what: int) -> int:  # noqa: F821
    """Do what ccm_bulk.py says; return 0 but for DIFFER."""
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
    else:  # SEAL
        while start < end:
            octet = buf[start]
            other[copy] = octet
            buf[start] = octet ^ other[at]
            start += 1
            at += 1
            copy += 1
    return difference
