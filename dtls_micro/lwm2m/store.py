"""Accounts in files, so that a working set is never lost.

Two files (../files.py): NAME has the set that has registered, NAME.trial the one that a
bootstrap has brought and that has not registered yet. A power cut at any moment leaves each of
them whole, old or new:

    Finish               stage():   write NAME.trial
    it has registered    confirm(): write NAME, remove NAME.trial
    it cannot register   discard(): remove NAME.trial

What a management server writes to object 1 goes to NAME too, see base.Base for how often.
What is damaged is as if it were not there; `damaged` tells of it.
"""

from micropython import const

from .. import files
from . import accounts

_VERSION = const(1)


class FileStore:
    """A set of accounts under a name, "lwm2m.dtls" say."""

    def __init__(self, name: str = "lwm2m.dtls"):
        self._name = name
        self._trial = name + ".trial"
        self.damaged = None  # why a file was not used, text

    def load(self):
        """Return (accounts, on trial): what is to be used, (None, False) without any."""
        for name in (self._trial, self._name):
            try:
                return accounts.decode(files.read(name, _VERSION)), name is self._trial
            except ValueError as error:
                self.damaged = str(error)
            except OSError:
                continue  # it is not there
        return None, False

    def stage(self, tree):
        """Keep a new set beside the one that has worked, unless they are the same; or OSError."""
        octets = accounts.encode(tree)
        if self._is_proven(octets):
            files.remove(self._trial)
        else:
            files.write(self._trial, octets, _VERSION)

    def _is_proven(self, octets) -> bool:
        try:
            return files.read(self._name, _VERSION) == octets
        except (OSError, ValueError):
            return False  # there is none

    def confirm(self, tree):
        """Keep a set as the one that works; it is written only if it has changed."""
        files.write(self._name, accounts.encode(tree), _VERSION)
        files.remove(self._trial)

    def discard(self):
        """Forget the new set."""
        files.remove(self._trial)


class MemoryStore:
    """For who bootstraps at every start."""

    def __init__(self):
        self._trial = self._proven = None
        self.damaged = None

    def load(self):
        """As FileStore."""
        octets = self._trial or self._proven
        return (accounts.decode(octets) if octets else None), self._trial is not None

    def stage(self, tree):
        """As FileStore."""
        self._trial = accounts.encode(tree)

    def confirm(self, tree):
        """As FileStore."""
        self._proven = accounts.encode(tree)
        self._trial = None

    def discard(self):
        """As FileStore."""
        self._trial = None
