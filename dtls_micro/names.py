"""The name of a server, compared with the subjectAltName of its certificate (RFC 9525)."""

from micropython import const

from .der import Der

DNS_NAME = const(0x82)  # tags of GeneralName (RFC 5280 section 4.2.1.6)
IP_ADDRESS = const(0x87)

_LONGEST_NAME = const(253)
_LONGEST_LABEL = const(63)
_WILDCARD = b"*."


def matches(alt_names, name: bytes) -> bool:
    """Tell whether one of the names is that of the server.

    alt_names: contents of GeneralNames    name: of a host, or an address as text, ASCII
    An address is compared with iPAddress only, a host with dNSName only, and neither with
    the common name (RFC 9525 section 6.3). A wildcard stands for one whole label, the first.
    """
    octets = address(name)
    host = b"" if octets else dns_name(name[:-1] if name[-1:] == b"." else name)
    r = Der(alt_names)
    while r.more():
        tag = r.peek()
        value = r.take(tag)
        if octets:
            if tag == IP_ADDRESS and value == octets:
                return True
        elif host and tag == DNS_NAME and _matches_host(value, host):
            return True
    return False


def _matches_host(value, host: bytes) -> bool:
    if len(value) > _LONGEST_NAME:
        return False
    presented = bytes(value)
    if presented[:2] != _WILDCARD:
        return dns_name(presented) == host
    rest = dns_name(presented[2:])
    first, _, others = host.partition(b".")
    return b"." in rest and rest == others


def dns_name(name) -> bytes:
    """Return a host name in lower case; b"" if it is not one.

    Labels are of letters, digits, "-" and "_"; a wildcard is none of them.
    """
    name = bytes(name[: _LONGEST_NAME + 1]).lower()
    if len(name) > _LONGEST_NAME:
        return b""
    for label in name.split(b"."):
        if not 0 < len(label) <= _LONGEST_LABEL or label[0] == 0x2D or label[-1] == 0x2D:
            return b""
        for c in label:
            if not (0x61 <= c <= 0x7A or 0x30 <= c <= 0x39 or c in b"-_"):
                return b""
    return name


def address(text: bytes) -> bytes:
    """Return the 4 or 16 bytes of an IPv4 or IPv6 address in text; b"" for anything else."""
    if b":" not in text:
        return _ipv4(text)
    head, gap, tail = text.partition(b"::")
    left = _groups(head, not gap)
    right = _groups(tail, True)
    if left is None or right is None:
        return b""
    missing = 16 - len(left) - len(right)
    if missing < 2 if gap else missing:
        return b""
    return left + bytes(missing) + right


def _ipv4(text: bytes) -> bytes:
    parts = text.split(b".")
    if len(parts) != 4:
        return b""
    numbers = []
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            return b""
        if len(part) > 1 and part[:1] == b"0":
            return b""  # some read it as octal
        numbers.append(int(part))
    return bytes(numbers)


def _groups(text: bytes, last: bool):
    """Return the bytes of groups of hexadecimal digits between colons, None if they are not.

    last: they end the address, so that an IPv4 address may be the last of them
    """
    octets = b""
    groups = text.split(b":") if text else []
    for i in range(len(groups)):
        group = groups[i]
        if last and b"." in group and i == len(groups) - 1:
            part = _ipv4(group)
            if not part:
                return None
        else:
            if not 0 < len(group) <= 4:
                return None
            for c in group.lower():
                if c not in b"0123456789abcdef":
                    return None
            part = int(group, 16).to_bytes(2, "big")
        octets += part
    return octets if len(octets) <= 16 else None
