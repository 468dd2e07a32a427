"""One X.509 certificate, taken apart where it lies (RFC 5280 section 4.1)."""

from micropython import const

from .certificate_extensions import read_extensions
from .der import Der, DerError
from .distinguished import attributes

_INTEGER = const(0x02)  # tags
_SEQUENCE = const(0x30)

_VERSION = const(0xA0)  # tags
_ISSUER_UNIQUE_ID = const(0x81)
_SUBJECT_UNIQUE_ID = const(0x82)
_EXTENSIONS = const(0xA3)
_UTC_TIME = const(0x17)
_GENERALIZED_TIME = const(0x18)
_ZULU = const(0x5A)  # "Z"
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Certificate:
    """The fields of a certificate; DerError if it is malformed. Nothing is verified.

    Views of `whole`, the DER: tbs, algorithm, issuer, subject, spki (each with its header),
    serial, signature (contents).
    version: 1..3    not_before, not_after: (year, month, day, hour, minute, second), UTC
    Of extensions, None or False where there is none:
    ca, path_len: basicConstraints; ca_critical: whether it is critical
    key_usage:    its bytes, of which the first bit is digitalSignature
    purposes:     the OIDs of extKeyUsage, contents
    alt_names:    GeneralNames, contents    alt_names_critical: whether that is critical
    constraints:  NameConstraints, contents
    unknown:      OID of the first critical extension that is not understood
    """

    def __init__(self, data):
        self.whole = memoryview(data)
        all_of_it = Der(data)
        outer = all_of_it.enter()
        all_of_it.end()
        self.tbs = outer.whole(_SEQUENCE)
        self.algorithm = outer.whole(_SEQUENCE)
        self.signature = outer.octets()
        outer.end()
        tbs = Der(self.tbs).enter()
        self.version = _version(tbs)
        self.serial = tbs.integer()
        if tbs.whole(_SEQUENCE) != self.algorithm:
            raise DerError("two different signature algorithms")
        self.issuer = _name(tbs)
        self._set_validity(tbs.enter())
        self.subject = _name(tbs)
        self.spki = _key(tbs)
        for tag in (_ISSUER_UNIQUE_ID, _SUBJECT_UNIQUE_ID):
            if self.version > 1 and tbs.peek() == tag:
                tbs.take(tag)
        read_extensions(self, tbs.enter(_EXTENSIONS) if tbs.more() else None)
        tbs.end()

    def _set_validity(self, validity):
        self.not_before = _time(validity)
        self.not_after = _time(validity)
        validity.end()

    @property
    def self_issued(self) -> bool:
        """Tell whether issuer and subject have the same name (RFC 5280 section 3.2)."""
        return self.issuer == self.subject


def _version(tbs) -> int:
    if tbs.peek() != _VERSION:
        return 1
    explicit = tbs.enter(_VERSION)
    number = explicit.take(_INTEGER)
    explicit.end()
    if len(number) != 1 or number[0] not in (1, 2):
        raise DerError("an unknown version")
    return number[0] + 1


def _name(tbs) -> memoryview:
    name = tbs.whole(_SEQUENCE)
    for _ in attributes(name):
        pass
    return name


def _key(tbs) -> memoryview:
    key = tbs.whole(_SEQUENCE)
    info = Der(key).enter()
    algorithm = info.enter()
    algorithm.oid()
    if algorithm.more():
        algorithm.take(algorithm.peek())
    algorithm.end()
    info.octets()
    info.end()
    return key


def _time(validity):
    """Return the next Time as 6 numbers (section 4.1.2.5).

    A GeneralizedTime may be before 2050: that binds issuers only.
    """
    tag = validity.peek()
    size = 2 if tag == _UTC_TIME else 4  # digits of the year
    text = validity.take(_UTC_TIME if tag == _UTC_TIME else _GENERALIZED_TIME)
    if len(text) != size + 11 or text[-1] != _ZULU:
        raise DerError("a time that is not as it must be")
    year = _digits(text, 0, size)
    if size == 2:
        year += 1900 if year >= 50 else 2000
    month, day, hour, minute, second = [
        _digits(text, at, at + 2) for at in range(size, size + 10, 2)
    ]
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] + leap):
        raise DerError("a date that does not exist")
    if hour > 23 or minute > 59 or second > 59:
        raise DerError("a time of day that does not exist")
    return year, month, day, hour, minute, second


def _digits(text, start: int, end: int) -> int:
    number = 0
    for byte in text[start:end]:
        if not 0x30 <= byte <= 0x39:
            raise DerError("a time that is not as it must be")
        number = number * 10 + byte - 0x30
    return number
