"""Memory that connections share: one user at a time, whoever is second gets an error."""


class Turn:
    """Whose turn it is."""

    def __init__(self):
        self._lock = _new_lock()

    def take(self):
        """Take it; OSError if somebody else has it."""
        if not self._lock.acquire(False):
            raise OSError("in use by another thread, or by what a callback has interrupted")

    def release(self):
        """Give it back."""
        self._lock.release()


class _Flag:
    """A lock where there are no threads: a callback alone may come in between."""

    def __init__(self):
        self._taken = False

    def acquire(self, blocking):
        """Return whether it was free."""
        free = not self._taken
        self._taken = True
        return free

    def release(self):
        """Set it free."""
        self._taken = False


def _new_lock():
    try:
        from _thread import allocate_lock
    except ImportError:
        return _Flag()
    return allocate_lock()
