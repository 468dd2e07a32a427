"""Distinguished names: a subject or an issuer (RFC 5280 section 4.1.2.4)."""

from micropython import const

from .der import Der, DerError

_SEQUENCE = const(0x30)  # tags
_SET = const(0x31)

_COMMON_NAME = b"\x55\x04\x03"
_LONGEST_TEXT = 64  # characters


def attributes(name):
    """Yield (number of the RDN, its type, tag of its value, value) for each attribute of a Name.

    name: whole DER of a Name; DerError if it is not well-formed
    """
    outer = Der(name)
    rdns = outer.enter(_SEQUENCE)
    outer.end()
    number = 0
    while rdns.more():
        rdn = rdns.enter(_SET)
        if not rdn.more():
            raise DerError("an empty RelativeDistinguishedName")
        while rdn.more():
            attribute = rdn.enter()
            oid = attribute.oid()
            tag = attribute.peek()
            value = attribute.take(tag)
            attribute.end()
            yield number, oid, tag, value
        number += 1


def common_name(name) -> str:
    """Return the last common name of a Name, for texts only."""
    text = "without a common name"
    for _, oid, _, value in attributes(name):
        if oid == _COMMON_NAME:
            text = printable(value)
    return text


def printable(value) -> str:
    """Return at most 64 characters of what a peer sent: what is not printable ASCII is "?"."""
    return "".join([chr(b) if 31 < b < 127 else "?" for b in value[:_LONGEST_TEXT]])
