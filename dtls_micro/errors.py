"""Exceptions. Each one means that the connection is over and a new one must be made.

Trouble with a single record or datagram is not an error: it is dropped in silence
(RFC 6347 section 4.1.2.7). All are OSErrors, so a program that survives a lost network
survives these too. `ValueError` is kept for mistakes of our caller.
"""


class DtlsError(OSError):
    """The connection is over; `alert` is the alert number of RFC 5246 section 7.2, or None."""

    alert: "int | None" = None


class ProtocolError(DtlsError):
    """The peer broke the protocol; `alert` is the fatal alert that we send."""

    alert: int

    def __init__(self, alert: int, text: str):
        super().__init__(text)
        self.alert = alert


class PeerAlert(DtlsError):
    """The peer ended the connection with the fatal alert `alert`; we send nothing."""

    def __init__(self, alert: int):
        text = "the server sent fatal alert %d" % alert
        if alert == 40:  # handshake_failure
            text += ": no common suite, or it wants a certificate"
        elif alert in (20, 51, 115):  # bad_record_mac, decrypt_error, unknown_psk_identity
            text += ": key or identity differs"
        elif 42 <= alert <= 46 or alert == 48:  # bad_certificate to unknown_ca
            text += ": it refuses our certificate"
        super().__init__(text)
        self.alert = alert


class HandshakeTimeout(DtlsError):
    """The handshake was not done in its time; the text says what may be wrong."""


class Guard:
    """`with` it, what is raised goes to handle(error) and on; `except` takes larger frames."""

    def __init__(self, handle):
        self._handle = handle

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            self._handle(error)
