"""URIs and the options that stand for them (RFC 7252 sections 6.1 to 6.4, RFC 3986)."""

from micropython import const

from .reference import HEX, UNRESERVED, decoded, relative

_URI_HOST = const(3)
_MOST = const(255)  # bytes of a host
_COAP = const(5683)  # ports
_COAPS = const(5684)
_DELETE = const(0x7F)
_ZERO = const(0x30)


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
    if not good or address.strip(HEX + b":.") or zone.strip(UNRESERVED):
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
    host = decoded(text.lower())
    for octet in host:
        if octet <= 32 or octet == _DELETE:
            raise ValueError("a host has no blanks, not as %20 either")
    try:
        host.decode()
    except UnicodeError:
        raise ValueError("what stands percent-encoded in a host is UTF-8")
    return host
