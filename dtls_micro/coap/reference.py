"""Relative references and the options that stand for them (RFC 7252 sections 6.4 and 6.5)."""

from micropython import const

_LOCATION_PATH = const(8)
_URI_PATH = const(11)
_URI_QUERY = const(15)
_LOCATION_QUERY = const(20)
_MOST = const(255)  # bytes of a host, a segment or an argument
_DELETE = const(0x7F)
HEX = b"0123456789abcdef"
UNRESERVED = b"-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHOWN = UNRESERVED + b"!$'()*+,;=:@"  # as they are, in a path and in a query


def relative(path: str) -> list:
    """Return the options of a path with its query: "/a%20b?x=1&y"; "" and "/" have none."""
    if path.startswith("coap://") or path.startswith("coaps://"):
        raise ValueError("a path is wanted, and not a URI: /a/b?c=d")
    octets = path.encode()
    if b"#" in octets:
        raise ValueError("a URI to ask for has no fragment, so no #: write %23")
    options: "list[tuple]" = []
    at = octets.find(b"?") + 1
    _segments(octets, at - 1 if at else len(octets), options)
    while at:
        end = octets.find(b"&", at)
        options.append((_URI_QUERY, decoded(octets[at : end if end >= 0 else len(octets)])))
        at = end + 1
    return options


def _segments(path: bytes, end: int, options: list):
    """Add the Uri-Path options; "." and ".." are resolved (RFC 3986 section 5.2.4)."""
    dots = False
    at = 1 if path.startswith(b"/") else 0
    while at <= end:
        stop = path.find(b"/", at, end)
        if stop < 0:
            stop = end
        segment = decoded(path[at:stop])
        dots = segment in (b".", b"..")
        if dots and len(segment) == 2 and options:
            options.pop()
        if not dots:
            options.append((_URI_PATH, segment))
        at = stop + 1
    if dots:  # "/a/b/.." is "/a/"
        options.append((_URI_PATH, b""))
    if len(options) == 1 and not options[0][1]:
        options.pop()


def decoded(text: bytes) -> bytes:
    """Return a component without its percent-encoding."""
    for octet in text:
        if octet <= 32 or octet == _DELETE:
            raise ValueError("no blanks and control characters in a URI: write %20 for a space")
    if b"%" in text:
        parts = text.split(b"%")
        octets = bytearray(parts[0])
        for part in parts[1:]:
            digits = part[:2].lower()
            if len(digits) < 2 or digits.strip(HEX):
                raise ValueError("after a % in a URI come two hex digits; the sign itself is %25")
            octets.append(int(digits, 16))
            octets.extend(part[2:])
        text = bytes(octets)
    if len(text) > _MOST:
        raise ValueError("a host, a segment and an argument of a URI have at most 255 bytes")
    return text


def compose(options, location: bool = False) -> str:
    """Return path and query of options, "/a%20b?x=1" (section 6.5); others are passed over.

    location: take those of Location-Path and Location-Query.
    """
    path = query = ""
    for number, value in options:
        if number == (_LOCATION_PATH if location else _URI_PATH):
            path += "/" + _encoded(value, b"&")
        elif number == (_LOCATION_QUERY if location else _URI_QUERY):
            query += ("&" if query else "?") + _encoded(value, b"/?")
    return (path or "/") + query


def _encoded(value, shown: bytes) -> str:
    """Return octets as a component; those of `shown` too appear as they are."""
    text = ""
    for octet in value:
        plain = octet in _SHOWN or octet in shown
        text += chr(octet) if plain else "%%%02X" % octet
    return text
