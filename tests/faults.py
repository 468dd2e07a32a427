"""Ports that break: a call of hash, AEAD or entropy raises."""

from scripted_server import Port


class Fault(Exception):
    """What a broken chip raises."""


class BreakingPort(Port):
    """A port whose call number `place`, of hash, AEAD or entropy, raises `error`."""

    def __init__(self, place, error):
        Port.__init__(self)
        self.calls = 0
        self._place = place
        self._error = error
        self._random, self._sha256, self._aead = self.random, self.sha256, self.aead
        self.random, self.sha256, self.aead = self._one, self._two, self._three

    def _count(self):
        self.calls += 1
        if self.calls == self._place:
            raise self._error

    def _one(self, n):
        self._count()
        return self._random(n)

    def _two(self):
        self._count()
        return self._sha256()

    def _three(self, kind, key):
        self._count()
        aead = self._aead(kind, key)
        return BreakingAead(aead, self._count)


class BreakingAead:
    """An AEAD whose calls count too."""

    def __init__(self, aead, count):
        self._aead = aead
        self._count = count
        self.tag_length = aead.tag_length

    def seal(self, nonce, aad, buf, start, end):
        self._count()
        self._aead.seal(nonce, aad, buf, start, end)

    def open(self, nonce, aad, buf, start, end):
        self._count()
        return self._aead.open(nonce, aad, buf, start, end)

    def wipe(self):
        self._aead.wipe()
