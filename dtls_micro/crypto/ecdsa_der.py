"""ECDSA signatures between their two forms: r || s, and DER's ECDSA-Sig-Value (RFC 3279).

Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
"""

from micropython import const

_SEQUENCE = const(0x30)
_INTEGER = const(0x02)
_LARGEST = const(60)  # bytes of r and s, for which every length still is one byte


def decode(der, size: int) -> bytes:
    """Return r || s, `size` bytes each, 1..60; ValueError for anything that is not DER.

    Refused are numbers that are negative, have a needless leading zero or more than `size`
    bytes, lengths in any but the shortest form, and bytes left over. Whether r and s are in
    their range is left to who verifies.
    """
    _check_size(size)
    if len(der) < 2 or len(der) > 2 + 2 * (_LARGEST + 3):
        raise ValueError("no ECDSA-Sig-Value has this length")
    if der[0] != _SEQUENCE or der[1] != len(der) - 2:
        raise ValueError("not one SEQUENCE")
    r, at = _integer(der, 2, size)
    s, at = _integer(der, at, size)
    if at != len(der):
        raise ValueError("more than two INTEGERs")
    return r + s


def _integer(der, at: int, size: int):
    """Return the `size` bytes of the INTEGER at `at`, and the offset behind it."""
    if at + 2 > len(der) or der[at] != _INTEGER:
        raise ValueError("not an INTEGER")
    start = at + 2
    end = start + der[at + 1]
    if end == start or end > len(der):
        raise ValueError("wrong length of an INTEGER")
    if der[start] > 127:
        raise ValueError("negative")
    if der[start] == 0 and end - start > 1:
        start += 1
        if der[start] < 128:
            raise ValueError("needless zero")
    if end - start > size:
        raise ValueError("INTEGER too large")
    return bytes(size - (end - start)) + bytes(der[start:end]), end


def encode(signature) -> bytes:
    """Return DER from r || s, each half of `signature` and 1..60 bytes; ValueError otherwise."""
    size = len(signature) // 2
    _check_size(size)
    if len(signature) != 2 * size:
        raise ValueError("r and s have the same size")
    body = _tagged(signature, 0, size) + _tagged(signature, size, 2 * size)
    return bytes([_SEQUENCE, len(body)]) + body


def _tagged(data, start: int, end: int) -> bytes:
    """Return data[start:end], a number without sign, as an INTEGER."""
    while start < end - 1 and data[start] == 0:
        start += 1
    number = bytes(data[start:end])
    if number[0] > 127:
        number = b"\x00" + number
    return bytes([_INTEGER, len(number)]) + number


def _check_size(size: int):
    if not 0 < size <= _LARGEST:
        raise ValueError("size of r and s out of range")
