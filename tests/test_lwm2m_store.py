"""Accounts survive a power cut at any file operation: the old set or the new one, whole."""

import os
from binascii import hexlify

import dtls_port
from lwm2m_fakes import bootstrap_security, security, server

from dtls_micro import files
from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.store import FileStore

NAME = "lwm2m_store_%s.tmp" % hexlify(dtls_port.random(4)).decode()
OLD = accounts.of(bootstrap_security(), security(1), server(1))
NEW = accounts.of(bootstrap_security(), security(2), server(2), security(3), server(3))


class PowerCut(BaseException):
    """The power has gone: nobody hears of it."""


class Disk:
    """Stands for `os` and `open` of files.py, and fails at operation number `cut`."""

    def __init__(self, cut, replaces=True):
        self.left = cut
        self.replaces = replaces  # rename() replaces, as POSIX's; FAT's does not

    def _step(self):
        self.left -= 1
        if self.left < 0:
            raise PowerCut

    def rename(self, old, new):
        self._step()
        if not self.replaces and exists(new):
            raise OSError(17)
        os.rename(old, new)

    def remove(self, path):
        self._step()
        os.remove(path)

    def stat(self, path):
        return os.stat(path)

    def open(self, path, mode="rb"):
        if "w" not in mode:
            return open(path, mode)
        self._step()
        return File(self, path)


class File:
    """A file whose last bytes are lost if the power goes while it is written."""

    def __init__(self, disk, path):
        self._disk = disk
        self._path = path
        open(path, "wb").close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def write(self, octets):
        with open(self._path, "wb") as file:
            file.write(octets[: len(octets) // 2])
        self._disk._step()
        with open(self._path, "wb") as file:
            file.write(octets)


def exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def clean():
    for name in (NAME, NAME + ".trial"):
        files.remove(name)


def interrupted(action, cut, replaces):
    """Do it with a disk that fails; tell whether it came to its end."""
    disk = Disk(cut, replaces)
    files.os = disk
    files.open = disk.open
    try:
        action()
    except PowerCut:
        return False
    finally:
        files.os = os
        del files.open
    return True


def number_of(tree):
    return [one.ssid for _, one in tree.instances(1)]


def every_cut(before, action, allowed):
    """Cut the power at each operation of an action; the set that is read then is allowed."""
    seen = []
    for replaces in (True, False):
        for cut in range(40):
            clean()
            before()
            done = interrupted(action, cut, replaces)
            store = FileStore(NAME)
            tree, trial = store.load()
            found = (number_of(tree) if tree else None, trial)
            assert found in allowed, (cut, replaces, found)
            seen.append(found)
            # The next start works, whatever is left over.
            store.stage(NEW)
            assert number_of(store.load()[0]) == [2, 3]
            store.confirm(NEW)
            tree, trial = FileStore(NAME).load()
            assert (number_of(tree), trial) == ([2, 3], False)
            if done:
                break
        else:
            raise AssertionError("it never ended")
    clean()
    return seen


def test_nothing_is_there_at_first():
    clean()
    assert FileStore(NAME).load() == (None, False)


def test_a_power_cut_while_the_first_set_is_staged():
    seen = every_cut(clean, lambda: FileStore(NAME).stage(OLD), [(None, False), ([1], True)])
    assert len(seen) > 5 and (None, False) in seen


def test_a_power_cut_while_a_new_set_is_staged():
    def before():
        FileStore(NAME).confirm(OLD)

    allowed = [([1], False), ([2, 3], True)]
    seen = every_cut(before, lambda: FileStore(NAME).stage(NEW), allowed)
    assert ([1], False) in seen and ([2, 3], True) in seen


def test_a_power_cut_while_a_new_set_is_confirmed():
    def before():
        FileStore(NAME).confirm(OLD)
        FileStore(NAME).stage(NEW)

    allowed = [([2, 3], True), ([2, 3], False)]
    every_cut(before, lambda: FileStore(NAME).confirm(NEW), allowed)


def test_a_power_cut_while_a_new_set_is_discarded():
    def before():
        FileStore(NAME).confirm(OLD)
        FileStore(NAME).stage(NEW)

    allowed = [([2, 3], True), ([1], False)]
    every_cut(before, lambda: FileStore(NAME).discard(), allowed)


def test_a_damaged_file_is_told_of_and_the_old_set_used():
    clean()
    store = FileStore(NAME)
    store.confirm(OLD)
    store.stage(NEW)
    with open(NAME + ".trial", "rb") as file:
        octets = bytearray(file.read())
    octets[20] ^= 1
    with open(NAME + ".trial", "wb") as file:
        file.write(octets)
    tree, trial = store.load()
    assert (number_of(tree), trial) == ([1], False)
    assert "damaged" in store.damaged
    clean()


def test_nothing_is_written_that_has_not_changed():
    clean()
    FileStore(NAME).confirm(OLD)
    disk = Disk(1000)
    files.os = disk
    files.open = disk.open
    try:
        FileStore(NAME).confirm(OLD)
    finally:
        files.os = os
        del files.open
    opened = 1000 - disk.left
    assert opened <= 3, opened  # it looks whether there are leftovers, and opens nothing to write
    clean()


def test_every_value_of_an_account_is_kept():
    tree = accounts.of(
        bootstrap_security(),
        security(7, hold_off=5, usage=3, server_name="name", suites={0: 0xC0A8, 1: 0xC0AE}),
        server(7, pmin=1, pmax=2, binding="UQ", retries=3, retry_timer=4, storing=False),
    )
    again = accounts.decode(accounts.encode(tree))
    assert accounts.encode(again) == accounts.encode(tree)
    ((one, there),) = accounts.pairs(again)
    assert (one.suites, one.usage, one.server_name, one.hold_off) == (
        {0: 0xC0A8, 1: 0xC0AE},
        3,
        "name",
        5,
    )
    assert (there.pmin, there.pmax, there.binding, there.retries, there.storing) == (
        1,
        2,
        "UQ",
        3,
        False,
    )


def test_accounts_that_are_cut_are_told():
    octets = accounts.encode(OLD)
    for size in range(len(octets)):
        try:
            accounts.decode(octets[:size])
        except ValueError:
            continue
        raise AssertionError("%d bytes of accounts were taken" % size)
