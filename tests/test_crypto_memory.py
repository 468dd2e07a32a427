"""seal() and open() allocate nothing: on MicroPython they run with the heap locked."""

import sys

import micropython

from dtls_micro.crypto.aes import Aes
from dtls_micro.crypto.ccm import Ccm
from dtls_micro.crypto.gcm import Gcm

_MICROPYTHON = sys.implementation.name == "micropython"
_KEY = bytes(range(32))


def _nothing():
    """Stand in for the heap's lock on CPython, which has none."""


_lock = getattr(micropython, "heap_lock", _nothing)
_unlock = getattr(micropython, "heap_unlock", _nothing)


def _seal(aead, nonce, aad, buf, size: int):
    """Seal with the heap locked; an allocation raises MemoryError."""
    _lock()
    try:
        aead.seal(nonce, aad, buf, 0, size)
    finally:
        _unlock()


def _open(aead, nonce, aad, buf, size: int) -> int:
    """Open with the heap locked."""
    _lock()
    try:
        return aead.open(nonce, aad, buf, 0, size)
    finally:
        _unlock()


def _round_trips(aead):
    nonce = bytearray(b"\xff" * 12)
    aad = bytearray(b"\xff" * 13)
    for size in (0, 1, 16, 64, 65, 300):
        buf = bytearray(b"\xff" * size + bytes(aead.tag_length))
        _seal(aead, nonce, aad, buf, size)
        buf[-1] ^= 1
        record = bytearray(buf)
        assert _open(aead, nonce, aad, record, len(record)) == -1
        buf[-1] ^= 1
        assert _open(aead, nonce, aad, buf, len(buf)) == size
        assert buf[:size] == b"\xff" * size


class _Allocating:
    tag_length = 0

    def seal(self, nonce, aad, buf, start, end):
        return bytearray(end)


def test_the_lock_does_catch_an_allocation():
    if not _MICROPYTHON:
        return
    try:
        _seal(_Allocating(), None, None, None, 16)
    except MemoryError:
        return
    raise AssertionError("bytearray(16) passed a locked heap")


def test_ccm():
    _round_trips(Ccm(Aes(_KEY[:16]), 8))
    _round_trips(Ccm(Aes(_KEY), 16))


def test_gcm():
    _round_trips(Gcm(Aes(_KEY[:16])))


def test_chacha20_poly1305():
    from dtls_micro.crypto.chachapoly import ChaChaPoly

    _round_trips(ChaChaPoly(_KEY))


def test_the_block_cipher_of_micropython_fits():
    """cryptolib's object has the shape of Aes, and gives the same records."""
    if not _MICROPYTHON:
        return
    from cryptolib import aes  # type: ignore[import-not-found]

    for make in (Gcm, lambda block: Ccm(block, 8)):
        native = make(aes(_KEY[:16], 1))
        _round_trips(native)
        ours = bytearray(80)
        theirs = bytearray(80)
        make(Aes(_KEY[:16])).seal(bytearray(12), bytearray(13), ours, 0, 64)
        native.seal(bytearray(12), bytearray(13), theirs, 0, 64)
        assert ours == theirs
        native.wipe()
