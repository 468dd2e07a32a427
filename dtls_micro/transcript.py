"""Hash of all handshake messages so far (RFC 5246 section 7.4.9).

It is read at up to three points: for the session hash (RFC 7627 section 3), which is also
what CertificateVerify signs, and for the two Finished messages. MicroPython's hashes have
no copy() and are closed by digest(), so one hash is kept for each reading still to come.
Without a CertificateVerify the first two points are one, so two readings are enough.
"""


class Transcript:
    """`sha256` makes a hash; `readings` is how many different points will be read."""

    def __init__(self, sha256, readings: int):
        self._hashes = [sha256() for _ in range(readings)]
        self._digest: "bytes | None" = None

    def update(self, message):
        """Add a whole message: its 12-byte header as if unfragmented, then its body."""
        for running in self._hashes:
            running.update(message)
        self._digest = None

    def digest(self) -> bytes:
        """Return the hash of everything so far, 32 bytes."""
        if self._digest is None:
            self._digest = self._hashes.pop().digest()
        return self._digest
