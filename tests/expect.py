"""What the tests of both Pythons need of a test framework: raises(), and numbers that repeat."""


def raises(kind, function, *arguments, **options):
    """Call the function; return the exception of class `kind` that it must raise."""
    try:
        function(*arguments, **options)
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


def refused(alert, function, *arguments):
    """Call the function, which must raise a ProtocolError with this alert."""
    from dtls_micro.errors import ProtocolError

    error = raises(ProtocolError, function, *arguments)
    assert error.alert == alert, "alert %d, not %d: %s" % (error.alert, alert, error)
    return error


class Numbers:
    """Pseudo-random numbers, the same on every Python for the same seed."""

    def __init__(self, seed: int):
        self._state = seed * 2654435761 + 12345

    def below(self, limit: int) -> int:
        """Return a number from 0 to limit - 1; `limit` is 2**31 at most."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        return (self._state >> 33) % limit

    def octets(self, n: int) -> bytes:
        """Return `n` bytes."""
        return bytes([self.below(256) for _ in range(n)])

    def shuffled(self, items) -> list:
        """Return the items in another order."""
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items
