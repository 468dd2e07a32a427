"""Codes of methods and responses (RFC 7252 section 12.1, RFC 8132): class * 32 + detail."""

GET = 1
POST = 2
PUT = 3
DELETE = 4
FETCH = 5
PATCH = 6
IPATCH = 7


def ok(code: int) -> bool:
    """Tell whether a response code is one of success: class 2."""
    return code >> 5 == 2


def text(code: int) -> str:
    """Return a code as it is written: 0x45 is "2.05"."""
    return "%d.%02d" % (code >> 5, code & 31)
