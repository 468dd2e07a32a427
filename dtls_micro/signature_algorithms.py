"""Signature algorithms of certificates, as TLS SignatureScheme codes.

RFC 5758 section 3 (ECDSA), RFC 4055 (RSA), RFC 8446 section 4.2.3 (the codes).
"""

_SHA256 = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
_SHA384 = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
_SHA512 = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03"
_RSASSA_PSS = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
_MGF1 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
_NULL = b"\x05\x00"

# fmt: off
_PLAIN = (  # whole AlgorithmIdentifier
    (b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",                 0x0403),
    (b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",                 0x0503),
    (b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",                 0x0603),
    (b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",     0x0401),
    (b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",     0x0501),
    (b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",     0x0601),
)
_PSS = (  # hash, bytes of the salt
    (_SHA256, 32, 0x0804),
    (_SHA384, 48, 0x0805),
    (_SHA512, 64, 0x0806),
)
# fmt: on


def scheme(algorithm) -> int:
    """Return the code for an AlgorithmIdentifier, whole DER; 0 for one that is not known.

    All is compared as a whole: parameters are exactly what the standard wants.
    """
    for known, code in _PLAIN:
        if algorithm == known:
            return code
    for oid, salt, code in _PSS:
        if algorithm == _pss(oid, salt, b"") or algorithm == _pss(oid, salt, _NULL):
            return code
    return 0


def _pss(oid: bytes, salt: int, null: bytes) -> bytes:
    """Return an RSASSA-PSS AlgorithmIdentifier (RFC 4055 section 3.1).

    The hash and that of MGF1 are the same, and so is the length of hash and salt. Parameters
    of a hash are NULL, or absent (section 2.1).
    """
    sha = _tagged(0x30, oid + null)
    mask = _tagged(0x30, _MGF1 + sha)
    length = _tagged(0x02, bytes([salt]))
    parts = _tagged(0xA0, sha) + _tagged(0xA1, mask) + _tagged(0xA2, length)
    return _tagged(0x30, _RSASSA_PSS + _tagged(0x30, parts))


def _tagged(tag: int, contents: bytes) -> bytes:
    return bytes([tag, len(contents)]) + contents
