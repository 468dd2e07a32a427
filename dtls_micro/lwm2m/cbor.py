"""CBOR, as much as SenML needs of it (RFC 8949).

Left out are tags, strings in chunks, and simple values other than false, true, null and
undefined.
"""

import struct

from micropython import const

# Major types (section 3.1).
_UNSIGNED = const(0)
_NEGATIVE = const(1)
_BYTES = const(2)
_TEXT = const(3)
_ARRAY = const(4)
_MAP = const(5)
_SIMPLE = const(7)

_HALF = const(25)
_SINGLE = const(26)
_DOUBLE = const(27)
_INDEFINITE = const(31)
_BREAK = const(0xFF)
_INFINITE = const(0x7C00)  # of halves
_REBIAS = const(0x1C000)  # 127 - 15, the biases of exponents, at the place of a half's
_DEEPEST = const(4)
_SIMPLES = (False, True, None, None)  # from 20 on; the last is undefined


def decode(data):
    """Return the value of one item that is all of the data.

    Maps are dict, whose keys are int or str; arrays are list, 4 levels of both at most.
    ValueError for what is malformed, or left out here.
    """
    view = memoryview(data)
    value, end = _item(view, 0, _DEEPEST)
    if end != len(view):
        raise ValueError("bytes behind the item")
    return value


def _item(view, at: int, depth: int) -> tuple:
    """Return a value and the place behind it; calls itself for `depth` levels at most."""
    major, detail, number, at = _head(view, at)
    if major <= _NEGATIVE:
        return (-1 - number if major else number), at
    if major <= _TEXT:
        octets = bytes(_take(view, at, number))
        return (octets.decode() if major == _TEXT else octets), at + number
    if major == _SIMPLE:
        return _simple(view, detail, number, at), at
    if major > _MAP or not depth:
        raise ValueError("tag or depth, at %d" % at)
    return _container(view, at, number, major == _MAP, depth - 1)


def _head(view, at: int) -> tuple:
    """Return major type, detail, number and the place behind: -1 for an indefinite length."""
    first = _take(view, at, 1)[0]
    major = first >> 5
    detail = first & 31
    at += 1
    if detail < 24:
        return major, detail, detail, at
    if detail == _INDEFINITE and (major == _ARRAY or major == _MAP):
        return major, detail, -1, at
    if detail > _DOUBLE:
        raise ValueError("head %d" % first)
    size = 1 << detail - 24
    return major, detail, int.from_bytes(bytes(_take(view, at, size)), "big"), at + size


def _take(view, at: int, size: int):
    """Return `size` bytes. Slicing past the end is silent: this is the only check."""
    if size > len(view) - at:
        raise ValueError("truncated, at %d" % at)
    return view[at : at + size]


def _simple(view, detail: int, number: int, at: int):
    """Return the float or the simple value whose head ends at `at`."""
    if detail == _DOUBLE:
        return struct.unpack(">d", bytes(view[at - 8 : at]))[0]
    if detail == _SINGLE:
        return struct.unpack(">f", bytes(view[at - 4 : at]))[0]
    if detail == _HALF:
        return _half(number)
    if 20 <= detail < 24:
        return _SIMPLES[detail - 20]
    raise ValueError("simple value %d" % number)


def _half(bits: int) -> float:
    """Return the float of 16 bits (section 3.3 and appendix D)."""
    exponent = bits >> 10 & 31
    mantissa = bits & 1023
    if exponent == 31:
        value = float("nan") if mantissa else float("inf")
    elif exponent:
        value = (mantissa + 1024) * 2.0 ** (exponent - 25)
    else:
        value = mantissa * 2.0**-24
    return -value if bits & 0x8000 else value


def _container(view, at: int, count: int, is_map: bool, depth: int) -> tuple:
    """Return an array or a map of `count` items or pairs, -1 for up to a break."""
    found: list = []
    pairs = {}
    while count:
        if count < 0 and _take(view, at, 1)[0] == _BREAK:
            at += 1
            break
        value, at = _item(view, at, depth)
        if is_map:
            key = value
            if not isinstance(key, (int, str)) or isinstance(key, bool) or key in pairs:
                raise ValueError("key before %d" % at)
            pairs[key], at = _item(view, at, depth)
        else:
            found.append(value)
        count -= 1
    return (pairs if is_map else found), at


def encode(value) -> bytes:
    """Return a value as the core deterministic encoding has it (section 4.2.1).

    value: int of 64 bits, float, str, bytes, bool, None, or list or dict of them
    """
    if value is None or isinstance(value, bool):
        return b"\xf6" if value is None else b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _number(_NEGATIVE, -1 - value) if value < 0 else _number(_UNSIGNED, value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        octets = value.encode()
        return _number(_TEXT, len(octets)) + octets
    if isinstance(value, list):
        return _number(_ARRAY, len(value)) + b"".join([encode(one) for one in value])
    if isinstance(value, dict):
        pairs = sorted([(encode(key), encode(value[key])) for key in value])
        return _number(_MAP, len(value)) + b"".join([key + one for key, one in pairs])
    return _number(_BYTES, len(value)) + value


def _number(major: int, number: int) -> bytes:
    """Return a head."""
    if number < 24:
        return bytes([major << 5 | number])
    for detail in range(24, 28):
        size = 1 << detail - 24
        if not number >> 8 * size:
            return bytes([major << 5 | detail]) + number.to_bytes(size, "big")
    raise ValueError("more than 64 bits")


def _float(value: float) -> bytes:
    """Return the shortest float that is the same."""
    if value != value:
        return b"\xf9\x7e\x00"
    try:
        single = struct.pack(">f", value)
    except OverflowError:  # CPython's; MicroPython makes it infinite
        single = b"\x00\x00\x00\x00"
    if struct.unpack(">f", single)[0] != value:
        return b"\xfb" + struct.pack(">d", value)
    size = abs(value)
    if size < 2.0**-14:  # a half without a leading one
        bits = int(size * 2.0**24)
    else:
        bits = (single[0] & 0x7F) << 11 | single[1] << 3 | single[2] >> 5
        bits = min(bits - _REBIAS, _INFINITE)
    if _half(bits) != size:
        return b"\xfa" + single
    return bytes([0xF9, bits >> 8 | single[0] & 0x80, bits & 255])
