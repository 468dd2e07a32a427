"""Files on flash: whole whatever happens, and the device's credentials in them."""

import os
from binascii import hexlify

import dtls_port
from expect import raises

from dtls_micro import credentials, files
from dtls_micro.credentials import Credentials

_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_PATH = _HERE + "/file-%s.tmp" % hexlify(dtls_port.random(4)).decode()


class Cut(Exception):
    """The power has gone."""


class Flash:
    """os and open() in memory, whose power goes at the n-th operation that changes something."""

    def __init__(self, fat):
        self.files = {}
        self.left = -1
        self.fat = fat

    def step(self):
        if self.left == 0:
            raise Cut()
        self.left -= 1

    def open(self, path, mode):
        if "w" in mode:
            self.step()
            self.files[path] = b""
        elif path not in self.files:
            raise OSError(2)
        return Handle(self, path)

    def rename(self, old, new):
        self.step()
        if old not in self.files or (self.fat and new in self.files):
            raise OSError(17)
        self.files[new] = self.files.pop(old)

    def stat(self, path):
        if path not in self.files:
            raise OSError(2)

    def remove(self, path):
        if path not in self.files:
            raise OSError(2)
        self.step()
        del self.files[path]


class Handle:
    def __init__(self, flash, path):
        self.flash = flash
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def read(self):
        return self.flash.files[self.path]

    def write(self, octets):
        half = len(octets) // 2
        for part in (octets[:half], octets[half:]):
            self.flash.step()
            self.flash.files[self.path] += part


def _on(flash, found, work, *arguments):
    """Do something on the flash, append its result; tell whether the power went."""
    files.os, files.open = flash, flash.open
    try:
        found.append(work(*arguments))
        return False
    except Cut:
        return True
    finally:
        files.os = os
        del files.open


def _moment(fat, moment):
    """Have the power go at an operation; tell whether it came so far, and check the rest."""
    flash = Flash(fat)
    found = []
    _on(flash, found, files.write, "a", b"old", 1)
    flash.left = moment
    gone = _on(flash, found, files.write, "a", b"new", 1)
    flash.left = -1
    _on(flash, found, files.read, "a", 1)
    assert found[-1] == b"new" or (gone and found[-1] == b"old"), (fat, moment, found)
    _on(flash, found, files.write, "a", b"next", 1)  # it goes on after it
    _on(flash, found, files.read, "a", 1)
    assert found[-1] == b"next" and list(flash.files) == ["a"], (fat, moment)
    return gone


def test_the_power_goes_at_any_moment():
    for fat, wanted in ((False, 4), (True, 7)):
        moments = 0
        while _moment(fat, moments):
            moments += 1
        assert moments == wanted, moments


def test_the_only_copy_is_not_removed():
    flash = Flash(True)
    flash.files["a.old"] = files.framed(b"good", 1)  # the power went between two renames
    found = []

    def stuck(old, new):
        raise OSError(5)

    flash.rename = stuck
    _on(flash, found, raises, OSError, files.write, "a", b"new", 1)
    _on(flash, found, files.read, "a", 1)
    assert found[-1] == b"good"


def test_what_cannot_be_read_is_not_replaced():
    flash = Flash(False)
    found = []
    mine = Credentials()
    _on(flash, found, files.write, "a", b"old", 1)

    def broken(path, mode):
        raise OSError(5)

    before = dict(flash.files)
    flash.open = broken
    _on(flash, found, raises, OSError, files.write, "a", b"new", 1)
    _on(flash, found, raises, OSError, files.read, "a", 1)
    _on(flash, found, raises, OSError, credentials.write, "a", mine)
    assert flash.files == before and len(found) == 4


def test_nothing_is_written_that_is_there():
    flash = Flash(False)
    found = []
    _on(flash, found, files.write, "a", b"same", 1)
    flash.left = 0
    assert not _on(flash, found, files.write, "a", b"same", 1)
    assert found == [True, False]


class Worn(Handle):
    def write(self, octets):
        self.flash.files[self.path] = octets[:-1] + b"?"


def test_what_is_read_back_wrong_does_not_replace():
    flash = Flash(False)
    found = []
    _on(flash, found, files.write, "a", b"old", 1)
    flash.open = lambda path, mode: (Worn if "w" in mode else Handle)(flash, path)
    _on(flash, found, raises, OSError, files.write, "a", b"new", 1)
    _on(flash, found, files.read, "a", 1)
    assert found[-1] == b"old"


def test_damage_is_told():
    good = files.framed(b"body", 3)
    files.remove(_PATH)
    raises(OSError, files.read, _PATH, 3)
    for octets in [good[:i] for i in range(len(good))] + [
        good[:i] + bytes((good[i] ^ 1,)) + good[i + 1 :] for i in range(len(good))
    ]:
        with open(_PATH, "wb") as file:
            file.write(octets)
        raises(ValueError, files.read, _PATH, 3)
    assert files.write(_PATH, b"body", 3) and files.read(_PATH, 3) == b"body"
    raises(ValueError, files.read, _PATH, 4)
    files.remove(_PATH)


def test_credentials_go_round():
    mine = Credentials()
    assert credentials.decode(mine.encode()).encode() == b""
    mine.identity, mine.key, mine.private_key = b"dev1", bytes(16), bytes(range(32))
    mine.server_key = b"spki"
    mine.certificates, mine.pins, mine.anchors = [b"a" * 700, b"b"], [bytes(32)] * 2, [b"c"]
    files.remove(_PATH)
    assert credentials.write(_PATH, mine) and not credentials.write(_PATH, mine)
    found = credentials.read(_PATH)
    assert found.encode() == mine.encode() and found.certificates == mine.certificates
    assert (found.identity, found.key, found.pins) == (b"dev1", bytes(16), [bytes(32)] * 2)
    mine.identity = b"other"
    raises(OSError, credentials.write, _PATH, mine)
    assert credentials.read(_PATH).identity == b"dev1"
    assert credentials.write(_PATH, mine, force=True)
    assert credentials.read(_PATH).identity == b"other"
    with open(_PATH, "wb") as file:
        file.write(b"damaged")
    raises(OSError, credentials.write, _PATH, mine)
    assert credentials.write(_PATH, mine, force=True)
    files.remove(_PATH)


def test_cut_credentials_are_refused():
    mine = Credentials()
    mine.identity, mine.key = b"dev1", bytes(16)
    body = mine.encode()
    for size in range(1, len(body)):
        if size != 7:  # the end of the identity
            raises(ValueError, credentials.decode, body[:size])
    assert credentials.decode(b"\x63\0\1x" + body).identity == b"dev1"  # of a later version
