"""Exceptions of CoAP. The endpoint lives on after each of them, unlike after a DtlsError.

A response of class 4 or 5 is no error but a Message to look at.
"""


class CoapError(OSError):
    """A request came to nothing: refused with a Reset, or a transfer that went wrong."""


class TimedOut(CoapError):
    """No acknowledgement or no response in its time (RFC 7252 section 4.2)."""


class FormatError(CoapError):
    """A message that cannot be read (RFC 7252 section 3); a peer's never comes to the user."""
