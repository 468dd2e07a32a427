"""Plain text: one resource (OMA LwM2M core 1.1 section 7.4.1 and appendix C)."""

from binascii import a2b_base64, b2a_base64

from micropython import const

_LONGEST_INTEGER = const(20)  # in digits, of one with 64 bits and its sign
_DIGITS = b"0123456789"
_IN_FLOAT = b"0123456789+-.eE"
_IN_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decode(data, base, kind) -> list:
    """Return [(base, value)] of a payload for `base`, the path of a resource or its instance.

    kind: see tlv.decode()
    ValueError for a payload that is malformed.
    """
    check_one(base)
    octets = bytes(data)
    return [(base, _value(kind(base[0], base[2]), octets))]


def check_one(base):
    """Raise ValueError unless it is the path of one value."""
    if len(base) < 3:
        raise ValueError("a format for one value")


def _value(kind, octets: bytes):
    if kind is None:
        return octets
    text = octets.decode()
    if kind == "s":
        return text
    if kind == "o":
        return unbase64(octets)
    if kind == "l":
        return link(text)
    if kind == "b":
        if text != "0" and text != "1":
            raise ValueError("not a boolean")
        return text == "1"
    if kind != "f":
        return integer(octets, kind)
    _only(_IN_FLOAT, octets)
    return finite(float(text))


def integer(octets: bytes, kind: str) -> int:
    """Return the number of decimal digits, with a "-" in front or without."""
    digits = octets[1:] if octets[:1] == b"-" else octets
    _only(_DIGITS, digits)
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError("too many digits")
    return in_range(int(octets.decode()), kind)


def _only(allowed: bytes, octets: bytes):
    for octet in octets:
        if octet not in allowed:
            raise ValueError("character %d" % octet)


def in_range(value: int, kind: str) -> int:
    """Return the number; ValueError if it has more than 64 bits, or a sign that it has not."""
    rest = value >> (64 if kind == "u" else 63)
    if rest != 0 and (kind == "u" or rest != -1):
        raise ValueError("out of range")
    return value


def finite(value: float) -> float:
    """Return the number; ValueError if it is infinite or none."""
    if value - value != 0:
        raise ValueError("not finite")
    return value


def link(text: str) -> tuple:
    """Return the numbers of an object link: of "3:0"."""
    numbers = tuple([integer(part.encode(), "u") for part in text.split(":")])
    if len(numbers) != 2 or max(numbers) > 65535 or "-" in text:
        raise ValueError("not an object link")
    return numbers


def unbase64(octets: bytes) -> bytes:
    """Return what Base64 with its padding stands for (RFC 4648 section 4)."""
    padding = 2 if octets[-2:] == b"==" else 1 if octets[-1:] == b"=" else 0
    _only(_IN_BASE64, octets[: len(octets) - padding])
    if len(octets) % 4:
        raise ValueError("a part of Base64")
    return a2b_base64(octets)


def encode(records, base) -> bytes:
    """Return the payload of [(base, kind, value)]."""
    check_one(base)
    ((path, kind, value),) = records
    if path != base or value is None:
        raise ValueError("not the value of the path")
    if kind == "o":
        return b2a_base64(value)[:-1]
    if kind == "l":
        text = "%d:%d" % value
    elif kind == "b":
        text = "1" if value else "0"
    elif kind == "f":
        text = str(finite(float(value)))
    else:
        text = value if kind == "s" else "%d" % in_range(value, kind)
    return text.encode()
