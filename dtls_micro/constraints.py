"""Name constraints of a CA, for the certificates below it (RFC 5280 section 4.2.1.10)."""

from micropython import const

from .der import Der, DerError
from .distinguished import attributes
from .names import DNS_NAME, IP_ADDRESS, dns_name

_PERMITTED = const(0xA0)
_EXCLUDED = const(0xA1)
_RFC822_NAME = const(0x81)
_DIRECTORY_NAME = const(0xA4)
_EMAIL_ADDRESS = b"*\x86H\x86\xf7\r\x01\t\x01"
MOST_WORK = const(2000)  # comparisons of a name with a subtree, for one handshake
_MOST_ATTRIBUTES = const(32)  # of one distinguished name, when it is compared
_TEXT = (0x0C, 0x13, 0x16, 0x1A)  # UTF8String, PrintableString, IA5String, VisibleString
_EMPTY = 2  # bytes of a Name without attributes


def permits(constraints, certificate, work) -> bool:
    """Tell whether all names of a certificate are within the constraints of a CA above it.

    constraints: contents of NameConstraints; DerError if they are malformed
    work: [comparisons that are left], counted down, a long name counts more; with none left
    nothing is permitted
    A name of a form for which there is a constraint that is not understood is not permitted.
    """
    for tag, name in _names(certificate):
        listed = found = False
        for kind, base_tag, base in _subtrees(constraints):
            work[0] -= 1 + (len(base) + len(name)) // 64
            if work[0] < 0:
                return False
            if base_tag != tag:
                continue
            within = _within(tag, base, name, kind == _EXCLUDED)
            if kind == _EXCLUDED:
                if within:
                    return False
            else:
                listed = True
                found = found or within
        if listed and not found:
            return False
    return True


def check_form(constraints):
    """Raise DerError unless these are well-formed NameConstraints, contents."""
    count = 0
    for _, tag, base in _subtrees(constraints):
        count += 1
        if tag == DNS_NAME and len(base) and not dns_name(base):
            raise DerError("a constraint that is no host name")
        if tag == IP_ADDRESS and not _is_network(base):
            raise DerError("a constraint that is no network")
    if not count:
        raise DerError("NameConstraints without a constraint")


def _names(certificate):
    """Yield (tag of GeneralName, contents) of all names that constraints are about."""
    subject = certificate.subject
    if len(subject) > _EMPTY:
        yield _DIRECTORY_NAME, subject
        for _, oid, _, value in attributes(subject):
            if oid == _EMAIL_ADDRESS:
                yield _RFC822_NAME, value
    if certificate.alt_names is not None:
        r = Der(certificate.alt_names)
        while r.more():
            tag = r.peek()
            yield tag, r.take(tag)


def _subtrees(constraints):
    """Yield (permitted or excluded, tag, contents) of each GeneralSubtree."""
    r = Der(constraints)
    for kind in (_PERMITTED, _EXCLUDED):
        if r.peek() != kind:
            continue
        subtrees = r.enter(kind)
        while True:  # one at least
            subtree = subtrees.enter()
            tag = subtree.peek()
            base = subtree.take(tag)
            subtree.end()  # minimum is 0 and maximum absent
            yield kind, tag, base
            if not subtrees.more():
                break
    r.end()


def _within(tag: int, base, name, excluded: bool) -> bool:
    """Tell whether a name is in a subtree; in doubt say what leads to a refusal."""
    if tag == DNS_NAME:
        return _host_within(base, bytes(name), excluded)
    if tag == IP_ADDRESS:
        return _address_within(base, name)
    if tag == _DIRECTORY_NAME:
        return _directory_within(base, name, excluded)
    return excluded


def _host_within(base, name: bytes, excluded: bool) -> bool:
    wildcard = name[:2] == b"*."
    host = dns_name(name[2:] if wildcard else name)
    if not host:
        return excluded
    base = dns_name(base)
    if not base or host == base or host.endswith(b"." + base):
        return True
    return excluded and wildcard and base.partition(b".")[2] == host


def _is_network(base) -> bool:
    """Tell whether a base is an address and a mask, whose ones come first (RFC 4632)."""
    size = len(base) // 2
    if len(base) not in (8, 32):
        return False
    mask = int.from_bytes(base[size:], "big")
    inverse = (1 << 8 * size) - 1 - mask
    return not inverse & inverse + 1


def _address_within(base, name) -> bool:
    size = len(name)
    if len(base) != 2 * size:
        return False
    for i in range(size):
        if (base[i] ^ name[i]) & base[size + i]:
            return False
    return True


def _directory_within(base, name, excluded: bool) -> bool:
    """Tell whether the first RDNs of a name are those of the base (section 7.1).

    RDNs of several attributes are compared in the order in which these stand, and where they
    then differ, that is a doubt.
    """
    ours = list(_bounded(base))
    theirs = list(_bounded(name))
    doubt = excluded and (_has_sets(ours) or _has_sets(theirs))
    if len(theirs) < len(ours):
        return doubt
    for i in range(len(ours)):
        if ours[i][:2] != theirs[i][:2] or not _same(ours[i], theirs[i], excluded):
            return doubt
    if ours and len(theirs) > len(ours) and theirs[len(ours)][0] == ours[-1][0]:
        return doubt  # the last RDN has more attributes than that of the base
    return True


def _has_sets(listed) -> bool:
    """Tell whether a listed name has an RDN of several attributes."""
    return bool(listed) and listed[-1][0] + 1 != len(listed)


def _bounded(name):
    count = 0
    for attribute in attributes(name):
        count += 1
        if count > _MOST_ATTRIBUTES:
            raise DerError("a name of more than 32 attributes")
        yield attribute


def _same(ours, theirs, excluded: bool) -> bool:
    """Tell whether two values are equal: case and spaces do not count, where they are ASCII."""
    if ours[2:] == theirs[2:]:
        return True
    a = _folded(ours[2], ours[3])
    b = _folded(theirs[2], theirs[3])
    if not a or not b:
        return excluded
    return a == b


def _folded(tag: int, value) -> bytes:
    """Return ASCII text in lower case with single spaces, b"" for anything else."""
    if tag not in _TEXT:
        return b""
    for byte in value:
        if byte > 127:
            return b""
    return b" ".join(bytes(value).lower().split())
