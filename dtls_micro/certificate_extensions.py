"""The extensions of a certificate that are understood (RFC 5280 section 4.2)."""

from micropython import const

from .constraints import check_form
from .der import Der, DerError

_BOOLEAN = const(0x01)  # tags
_INTEGER = const(0x02)
_OCTET_STRING = const(0x04)
_SEQUENCE = const(0x30)

_MOST_EXTENSIONS = const(32)  # each is compared with all before
_MOST_PATH_LEN = const(127)  # no chain is longer
_LAST_GENERAL_NAME = const(8)  # registeredID

_ID_CE = b"\x55\x1d"  # 2.5.29
_KEY_USAGE = const(15)
_SUBJECT_ALT_NAME = const(17)
_BASIC_CONSTRAINTS = const(19)
_NAME_CONSTRAINTS = const(30)
_CERTIFICATE_POLICIES = const(32)
_POLICY_CONSTRAINTS = const(36)
_EXT_KEY_USAGE = const(37)
_QUALIFIERS = (  # id-qt-cps, id-qt-unotice
    b"\x2b\x06\x01\x05\x05\x07\x02\x01",
    b"\x2b\x06\x01\x05\x05\x07\x02\x02",
)


def read_extensions(certificate, explicit):
    """Set the attributes of a Certificate that come from extensions.

    explicit: Der of what [3] holds, None without extensions
    """
    certificate.ca = certificate.ca_critical = certificate.alt_names_critical = False
    certificate.path_len = certificate.key_usage = certificate.purposes = None
    certificate.alt_names = certificate.constraints = certificate.unknown = None
    if explicit is None:
        return
    if certificate.version != 3:
        raise DerError("extensions, but not version 3")
    extensions = explicit.enter()
    explicit.end()
    seen: "list[memoryview]" = []
    while extensions.more():
        oid, critical, value = _extension(extensions.enter())
        if oid in seen or len(seen) == _MOST_EXTENSIONS:
            raise DerError("an extension twice, or more than 32")
        seen.append(oid)
        read = _READERS.get(oid[2]) if len(oid) == 3 and oid[:2] == _ID_CE else None
        if read is not None:
            read(certificate, critical, value)
            value.end()
        elif critical and certificate.unknown is None:
            certificate.unknown = oid
    if not seen:
        raise DerError("an empty list of extensions")


def _extension(r):
    """Return the OID, whether it is critical, and a Der of the value."""
    oid = r.oid()
    critical = r.peek() == _BOOLEAN
    if critical and not r.boolean():
        raise DerError("a default value is encoded")
    value = r.take(_OCTET_STRING)
    r.end()
    return oid, critical, Der(value)


def _basic_constraints(certificate, critical, value):
    """BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL }"""
    r = value.enter()
    if r.peek() == _BOOLEAN:
        if not r.boolean():
            raise DerError("a default value is encoded")
        certificate.ca = True
    certificate.ca_critical = critical
    if r.peek() == _INTEGER:
        number = r.integer()
        if number[0] > 127:
            raise DerError("a negative pathLenConstraint")
        certificate.path_len = number[0] if len(number) == 1 else _MOST_PATH_LEN
    r.end()


def _key_usage(certificate, critical, value):
    _, certificate.key_usage = value.bit_string()


def _ext_key_usage(certificate, critical, value):
    certificate.purposes = value.take(_SEQUENCE)
    r = Der(certificate.purposes)
    r.oid()  # one at least
    while r.more():
        r.oid()


def _subject_alt_name(certificate, critical, value):
    certificate.alt_names = value.take(_SEQUENCE)
    certificate.alt_names_critical = critical
    r = Der(certificate.alt_names)
    while True:  # one at least
        tag = r.peek()
        if tag & 0xDF not in range(0x80, 0x81 + _LAST_GENERAL_NAME):
            raise DerError("no GeneralName")
        r.take(tag)
        if not r.more():
            return


def _name_constraints(certificate, critical, value):
    certificate.constraints = value.take(_SEQUENCE)
    check_form(certificate.constraints)


def _certificate_policies(certificate, critical, value):
    """Any policy will do, so that only the form matters (section 6.1.1, input c and d).

    Where it is critical, its qualifiers must be known ones (section 4.2.1.4).
    """
    r = value.enter()
    while True:  # one at least
        policy = r.enter()
        policy.oid()
        if critical and policy.more():
            qualifiers = policy.enter()
            while qualifiers.more():
                if qualifiers.enter().oid() not in _QUALIFIERS:
                    certificate.unknown = _ID_CE + bytes([_CERTIFICATE_POLICIES])
        if not r.more():
            return


def _policy_constraints(certificate, critical, value):
    """It may make policies matter, so it is refused even where an issuer forgot "critical"."""
    value.take(_SEQUENCE)
    certificate.unknown = _ID_CE + bytes([_POLICY_CONSTRAINTS])


_READERS = {
    _KEY_USAGE: _key_usage,
    _SUBJECT_ALT_NAME: _subject_alt_name,
    _BASIC_CONSTRAINTS: _basic_constraints,
    _NAME_CONSTRAINTS: _name_constraints,
    _CERTIFICATE_POLICIES: _certificate_policies,
    _POLICY_CONSTRAINTS: _policy_constraints,
    _EXT_KEY_USAGE: _ext_key_usage,
}
