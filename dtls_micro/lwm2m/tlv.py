"""TLV, the binary format of LwM2M (OMA LwM2M core 1.1 section 7.4.3)."""

import struct

from micropython import const

# Types of identifiers: the two upper bits of an element.
_OBJECT_INSTANCE = const(0)
_RESOURCE_INSTANCE = const(1)
_MULTIPLE_RESOURCE = const(2)
_RESOURCE = const(3)

_LEVELS = b"\x01\x03\x02\x02"  # how many parts has the path of what an element is part of
_WIDE_IDENTIFIER = const(0x20)
_INLINE_LENGTH = const(7)
_SIZES = (1, 2, 4, 8)  # of integers
_TO_INSTANCE = const(2)  # parts of a path
_TO_RESOURCE = const(3)
NO_INSTANCE = 65535  # reserved by the core specification; here: the client chooses one


def decode(data, base, kind) -> list:
    """Return [(path, value)] of a payload for the path `base`, which has 1 to 4 parts.

    kind: function (object, resource) that returns a letter, or None if it knows of none: then
          the value is the bytes as they are
    The value is None for an instance without resources, and for a multiple resource without
    instances. Resources of an object that are in no instance (Create, or an object that has
    one) have the instance NO_INSTANCE.
    ValueError for a payload that is malformed, or that is not for `base`.
    """
    _check_base(base)
    view = memoryview(data)
    records: list = []
    if len(view):
        # The first element tells what all are parts of: the base, or what is above it.
        level = _LEVELS[view[0] >> 6]
        above = (base + (NO_INSTANCE,) if len(base) < _TO_INSTANCE else base)[:level]
        if len(above) < level:
            raise ValueError("not for the path")
        _read(view, above, kind, records)
    elif len(base) == _TO_INSTANCE:
        records.append((base, None))
    elif len(base) > _TO_INSTANCE:
        raise ValueError("empty")
    for path, _ in records:
        if path[: len(base)] != base:
            raise ValueError("not for the path")
    return records


def _check_base(base):
    if not base:
        raise ValueError("TLV has no root")


def _read(view, above, kind, records):
    """Append what elements hold; calls itself for the levels below, twice at most.

    above: path of what they are parts of: of an object, an instance or a resource
    """
    if not len(view):
        records.append((above, None))
    at = 0
    while at < len(view):
        form, number, start, end = _header(view, at)
        if _LEVELS[form] != len(above) or number == NO_INSTANCE and form == _OBJECT_INSTANCE:
            raise ValueError("element %d/%d" % (form, number))
        path = above + (number,)
        if form == _OBJECT_INSTANCE or form == _MULTIPLE_RESOURCE:
            _read(view[start:end], path, kind, records)
        else:
            value = _value(kind(path[0], path[2]), bytes(view[start:end]))
            records.append((path, value))
        at = end


def _header(view, at: int) -> tuple:
    """Return type and identifier of an element, and where its value begins and ends."""
    first = view[at]
    behind = at + (3 if first & _WIDE_IDENTIFIER else 2)
    start = behind + (first >> 3 & 3)
    end = start
    if start <= len(view):
        size = first & _INLINE_LENGTH if start == behind else _uint(view, behind, start)
        end = start + size
    # Slicing past the end is silent: this is the only check.
    if not start <= end <= len(view) or start > len(view):
        raise ValueError("truncated, at %d" % at)
    return first >> 6, _uint(view, at + 1, behind), start, end


def _uint(view, start: int, end: int) -> int:
    return int.from_bytes(bytes(view[start:end]), "big")


def _value(kind, octets: bytes):
    """Return the value of a resource."""
    size = len(octets)
    if kind is None or kind == "o":
        return octets
    if kind == "s":
        return octets.decode()
    if kind == "f" and (size == 4 or size == 8):
        return struct.unpack(">f" if size == 4 else ">d", octets)[0]
    if kind == "l" and size == 4:
        return struct.unpack(">HH", octets)
    if kind == "b" and octets in (b"\x00", b"\x01"):
        return octets[0] == 1
    if kind in "itu" and size in _SIZES:
        value = int.from_bytes(octets, "big")
        return value - (1 << 8 * size) if kind != "u" and octets[0] & 0x80 else value
    raise ValueError("%d bytes for kind %s" % (size, kind))


def encode(records, base) -> bytes:
    """Return the payload of [(path, kind, value)] for the path `base`.

    records: sorted by path; the value None as decode() returns it
    """
    _check_base(base)
    # Elements that are not yet whole, the outermost first: path and what is inside.
    level = _TO_RESOURCE if len(base) > _TO_RESOURCE else _TO_INSTANCE
    unfinished = [(base[:level], bytearray())]
    for path, kind, value in records:
        least = _TO_INSTANCE if value is None else _TO_RESOURCE
        if path[: len(base)] != base or not least <= len(path) <= least + 1:
            raise ValueError("not for the path")
        above = path if value is None else path[:-1]
        while above[: len(unfinished[-1][0])] != unfinished[-1][0]:
            _finish(unfinished)
        while len(unfinished[-1][0]) < len(above):
            unfinished.append((above[: len(unfinished[-1][0]) + 1], bytearray()))
        if value is not None:
            form = _RESOURCE if len(path) == _TO_RESOURCE else _RESOURCE_INSTANCE
            _put(unfinished[-1][1], form, path[-1], _octets(kind, value))
    while len(unfinished) > 1:
        _finish(unfinished)
    return bytes(unfinished[0][1])


def _finish(unfinished):
    """Put the innermost element into the one around it."""
    path, inside = unfinished.pop()
    form = _OBJECT_INSTANCE if len(path) == _TO_INSTANCE else _MULTIPLE_RESOURCE
    _put(unfinished[-1][1], form, path[-1], inside)


def _put(out: bytearray, form: int, number: int, octets):
    """Append an element."""
    wide = 2 if number > 255 else 1
    size = len(octets)
    width = 0
    while size >> 8 * width and (width or size > _INLINE_LENGTH):
        width += 1
    first = form << 6 | (wide - 1) << 5 | width << 3
    out.append(first if width else first | size)
    out.extend(number.to_bytes(wide, "big"))
    if width:
        out.extend(size.to_bytes(width, "big"))
    out.extend(octets)


def _octets(kind: str, value) -> bytes:
    """Return a value in as few bytes as it takes."""
    if kind == "s":
        return value.encode()
    if kind == "o":
        return value
    if kind == "b":
        return b"\x01" if value else b"\x00"
    if kind == "l":
        return struct.pack(">HH", *value)
    if kind == "f":
        return _float(value)
    signed = 0 if kind == "u" else 1
    for size in _SIZES:
        rest = value >> 8 * size - signed
        if rest == 0 or signed and rest == -1:
            return (value & (1 << 8 * size) - 1).to_bytes(size, "big")
    raise ValueError("out of range")


def _float(value) -> bytes:
    """Return 4 bytes if they hold all of the value, else 8."""
    try:
        octets = struct.pack(">f", value)
    except OverflowError:  # CPython's; MicroPython makes it infinite
        octets = b"\x00\x00\x00\x00"
    same = struct.unpack(">f", octets)[0] == value or value != value
    return octets if same else struct.pack(">d", value)
