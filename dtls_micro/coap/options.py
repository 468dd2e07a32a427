"""Options: their numbers' properties, their values (RFC 7252 sections 3.1, 3.2 and 5.10).

An option whose length is wrong, or that comes more often than it may, is treated like one
that is not known (sections 5.4.3 and 5.4.5): dropped if it is elective, refused if critical.
Known are those of RFC 7252, 7641 (Observe), 7959 (Block1, Block2, Size2), 7967 (No-Response)
and 9175 (Echo, Request-Tag).
"""

from micropython import const

# Number (2 bytes), least and most length, 1 if it may be repeated.
_PROXY_URI = const(35)
_LONGEST_URI = const(1034)
_KNOWN = (
    b"\x00\x01\x00\x08\x01"  # If-Match
    b"\x00\x03\x01\xff\x00"  # Uri-Host
    b"\x00\x04\x01\x08\x01"  # ETag
    b"\x00\x05\x00\x00\x00"  # If-None-Match
    b"\x00\x06\x00\x03\x00"  # Observe
    b"\x00\x07\x00\x02\x00"  # Uri-Port
    b"\x00\x08\x00\xff\x01"  # Location-Path
    b"\x00\x0b\x00\xff\x01"  # Uri-Path
    b"\x00\x0c\x00\x02\x00"  # Content-Format
    b"\x00\x0e\x00\x04\x00"  # Max-Age
    b"\x00\x0f\x00\xff\x01"  # Uri-Query
    b"\x00\x11\x00\x02\x00"  # Accept
    b"\x00\x14\x00\xff\x01"  # Location-Query
    b"\x00\x17\x00\x03\x00"  # Block2
    b"\x00\x1b\x00\x03\x00"  # Block1
    b"\x00\x1c\x00\x04\x00"  # Size2
    b"\x00\x23\x01\xff\x00"  # Proxy-Uri, whose most does not fit
    b"\x00\x27\x01\xff\x00"  # Proxy-Scheme
    b"\x00\x3c\x00\x04\x00"  # Size1
    b"\x00\xfc\x01\x28\x00"  # Echo
    b"\x01\x02\x00\x01\x00"  # No-Response
    b"\x01\x24\x00\x08\x01"  # Request-Tag
)


def understood(number: int, size: int, again: bool) -> bool:
    """Tell whether an option of `size` bytes is known and may be there, `again` if repeated."""
    for at in range(0, len(_KNOWN), 5):
        if _KNOWN[at] << 8 | _KNOWN[at + 1] == number:
            most = _LONGEST_URI if number == _PROXY_URI else _KNOWN[at + 3]
            return _KNOWN[at + 2] <= size <= most and (not again or _KNOWN[at + 4] == 1)
    return False


def uint(value: int) -> bytes:
    """Return a number in as few bytes as it needs: none for 0 (RFC 7252 section 3.2)."""
    if value < 0:
        raise ValueError("a number in an option is not negative")
    size = 0
    while value >> 8 * size:
        size += 1
    return value.to_bytes(size, "big") if size else b""


def number(value) -> int:
    """Return the number that uint() wrote."""
    return int.from_bytes(value, "big")
