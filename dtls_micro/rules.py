"""What the certificates of a path must be (RFC 5280 section 6.1), signatures aside.

Each function returns None, or a fault: the alert for the server, and the end of a sentence
that begins with the certificate.
"""

from micropython import const

from .der import Der
from .distinguished import printable
from .names import matches

_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2
_UNSUPPORTED_CERTIFICATE = const(43)
_CERTIFICATE_EXPIRED = const(45)

_DIGITAL_SIGNATURE = const(0x80)  # first byte of keyUsage
_KEY_CERT_SIGN = const(0x04)
_MOST_SERIAL_BYTES = const(20)
_EMPTY = const(2)  # bytes of a Name without attributes
_SERVER_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x01"
_ANY_PURPOSE = b"\x55\x1d\x25\x00"


def leaf_fault(leaf, name: bytes):
    """Return the fault of a server's own certificate, or None.

    anyExtendedKeyUsage is not taken for serverAuth: section 4.2.1.12 leaves that to us.
    """
    if _lacks(leaf.key_usage, _DIGITAL_SIGNATURE):
        return _UNSUPPORTED_CERTIFICATE, "its keyUsage does not have digitalSignature"
    if leaf.purposes is not None and not _has(leaf.purposes, _SERVER_AUTH):
        return _UNSUPPORTED_CERTIFICATE, "its extKeyUsage does not have serverAuth"
    if leaf.constraints is not None and not leaf.ca:
        return _BAD_CERTIFICATE, "it has nameConstraints, but is no CA"
    if len(leaf.subject) == _EMPTY and not leaf.alt_names_critical:
        return _BAD_CERTIFICATE, "it has no subject, and no critical subjectAltName"
    if leaf.alt_names is None:
        return _BAD_CERTIFICATE, "it has no subjectAltName, where the server's name must be"
    if not matches(leaf.alt_names, name):
        text = "its subjectAltName does not have %s; wrong server, or give its name"
        return _BAD_CERTIFICATE, text % printable(name)
    return None


def issuer_fault(issuer, below: int):
    """Return the fault of a CA that has `below` others between it and the leaf, or None.

    Others that are self-issued are not counted (section 6.1.4, l).
    """
    if not (issuer.ca and issuer.ca_critical):
        return _BAD_CERTIFICATE, "it is no CA: critical basicConstraints do not say so"
    if issuer.path_len is not None and below > issuer.path_len:
        return _BAD_CERTIFICATE, "more CAs are below it than its pathLenConstraint allows"
    if _lacks(issuer.key_usage, _KEY_CERT_SIGN):
        return _BAD_CERTIFICATE, "its keyUsage does not have keyCertSign"
    purposes = issuer.purposes
    if purposes is not None and not (_has(purposes, _SERVER_AUTH) or _has(purposes, _ANY_PURPOSE)):
        return _UNSUPPORTED_CERTIFICATE, "it is no CA for servers: see its extKeyUsage"
    if len(issuer.subject) == _EMPTY:
        return _BAD_CERTIFICATE, "it is a CA without a name"
    return None


def common_fault(certificate, now, floor):
    """Return the fault that a leaf and a CA may have, or None.

    now: the time in UTC as 6 numbers, or None without a clock; then floor: a time that is over
    """
    if certificate.version != 3:
        return _UNSUPPORTED_CERTIFICATE, "it is of version %d, not 3" % certificate.version
    if certificate.unknown is not None:
        text = "it has a critical extension that is not known here, OID " + _hex(
            certificate.unknown
        )
        return _UNSUPPORTED_CERTIFICATE, text
    if (now or floor) > certificate.not_after:
        text = "it expired on %s, and now it is %s at least"
        return _CERTIFICATE_EXPIRED, text % (_date(certificate.not_after), _date(now or floor))
    if now is not None and now < certificate.not_before:
        text = "it begins on %s, and the device's clock says %s: is that right?"
        return _CERTIFICATE_EXPIRED, text % (_date(certificate.not_before), _date(now))
    return None


def serial_fault(certificate):
    """Return the fault of a serial number that is not 1..2**159 - 1 (section 4.1.2.2), or None.

    Trust anchors are spared: there are old ones with 0.
    """
    serial = certificate.serial
    if serial[0] > 127 or len(serial) > _MOST_SERIAL_BYTES or serial == b"\x00":
        return _BAD_CERTIFICATE, "its serial number is negative, zero or longer than 20 bytes"
    return None


def _lacks(key_usage, bit: int) -> bool:
    """Tell whether there is a keyUsage, and the bit of its first byte is not set."""
    return key_usage is not None and not (len(key_usage) and key_usage[0] & bit)


def _has(purposes, wanted: bytes) -> bool:
    """Tell whether an OID, contents, is among KeyPurposeIds."""
    r = Der(purposes)
    while r.more():
        if r.oid() == wanted:
            return True
    return False


def _date(when) -> str:
    return "%04d-%02d-%02d" % when[:3]


def _hex(data) -> str:
    return "".join(["%02x" % byte for byte in data])
