"""URIs and the options that stand for them (RFC 7252 sections 6.1 to 6.5, RFC 3986)."""

from micropython import const

_URI_HOST = const(3)
_LOCATION_PATH = const(8)
_URI_PATH = const(11)
_URI_QUERY = const(15)
_LOCATION_QUERY = const(20)
_MOST = const(255)  # bytes of a host, a segment or an argument
_COAP = const(5683)  # ports
_COAPS = const(5684)
_DELETE = const(0x7F)
_ZERO = const(0x30)
_HEX = b"0123456789abcdef"
_UNRESERVED = b"-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHOWN = _UNRESERVED + b"!$'()*+,;=:@"  # as they are, in a path and in a query


def split(uri: str) -> tuple:
    """Return (secure, host, port, options) of an absolute URI: section 6.4.

    host:     name or address as a resolver wants it: no brackets, "fe80::1%eth0"
    options:  (number, bytes): Uri-Host if the host is a name, Uri-Path, Uri-Query. Uri-Port is
              not among them, as it is for a port other than that the request goes to.
    ValueError says what is wrong. Whether what looks like an IPv6 address is one, the resolver
    finds out.
    """
    scheme, found, rest = uri.partition("://")
    scheme = scheme.lower()
    if not found or scheme not in ("coap", "coaps"):
        raise ValueError("a URI begins with coap:// or coaps://")
    end = len(rest)
    for mark in "/?#":
        at = rest.find(mark)
        if 0 <= at < end:
            end = at
    options = relative(rest[end:])
    host, is_name, port = _authority(rest[:end].encode())
    if is_name:
        host = _name(host)
        options.insert(0, (_URI_HOST, host))
    secure = scheme == "coaps"
    return secure, host.decode(), port or (_COAPS if secure else _COAP), options


def _authority(text: bytes) -> tuple:
    """Return the host, whether it is a name, and the port, 0 if none is given."""
    if b"@" in text:
        raise ValueError("a CoAP URI has no user: no @ before the path")
    if text[:1] == b"[":
        host, found, port = text[1:].partition(b"]")
        if not found or port[:1] not in (b"", b":"):
            host = b""
        return _ipv6(host), False, _port(port[1:])
    host, _, port = text.partition(b":")
    if b":" in port:
        raise ValueError("an IPv6 address in a URI stands in brackets: [2001:db8::1]")
    if not host:
        raise ValueError("the URI has no host: write one behind the ://")
    return host, not _is_ipv4(host), _port(port)


def _port(text: bytes) -> int:
    if not text:
        return 0
    if not (text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError("the port of a URI is a number from 1 to 65535")
    return int(text)


def _ipv6(text: bytes) -> bytes:
    """Return an address in lower case with its zone (RFC 6874), as in "fe80::1%25eth0"."""
    address, found, zone = text.partition(b"%")
    if zone[:2] == b"25":  # "%" escaped; many write it as it is
        zone = zone[2:]
    address = address.lower()
    good = b":" in address and len(text) <= _MOST and (not found or zone)
    if not good or address.strip(_HEX + b":.") or zone.strip(_UNRESERVED):
        raise ValueError("an IPv6 address in a URI looks like [2001:db8::1] or [fe80::1%25eth0]")
    return address + b"%" + zone if found else address


def _is_ipv4(host: bytes) -> bool:
    parts = host.split(b".")
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            return False
        if len(part) > 1 and part[0] == _ZERO:
            return False  # for RFC 3986 it is a name
    return len(parts) == 4


def _name(text: bytes) -> bytes:
    host = _decoded(text.lower())
    for octet in host:
        if octet <= 32 or octet == _DELETE:
            raise ValueError("a host has no blanks, not as %20 either")
    try:
        host.decode()
    except UnicodeError:
        raise ValueError("what stands percent-encoded in a host is UTF-8")
    return host


def relative(path: str) -> list:
    """Return the options of a path with its query: "/a%20b?x=1&y"; "" and "/" have none."""
    octets = path.encode()
    if b"#" in octets:
        raise ValueError("a URI to ask for has no fragment, so no #: write %23")
    options: "list[tuple]" = []
    at = octets.find(b"?") + 1
    _segments(octets, at - 1 if at else len(octets), options)
    while at:
        end = octets.find(b"&", at)
        options.append((_URI_QUERY, _decoded(octets[at : end if end >= 0 else len(octets)])))
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
        segment = _decoded(path[at:stop])
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


def _decoded(text: bytes) -> bytes:
    """Return a component without its percent-encoding."""
    for octet in text:
        if octet <= 32 or octet == _DELETE:
            raise ValueError("no blanks and control characters in a URI: write %20 for a space")
    if b"%" in text:
        parts = text.split(b"%")
        octets = bytearray(parts[0])
        for part in parts[1:]:
            digits = part[:2].lower()
            if len(digits) < 2 or digits.strip(_HEX):
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
