"""CCM in two calls of AES: on the reference kernel, and on MicroPython on the one in viper."""

import sys

from ccm_bulk_check import (
    KEY,
    Modes,
    check_ccm,
    check_forgeries,
    check_kernel,
    check_side_by_side,
    check_torn,
    reference,
)

from dtls_micro.crypto.ccm_bulk import CcmBulk


def test_ccm_on_the_reference():
    check_kernel(reference)
    check_ccm(reference, sizes=(0, 1, 16, 64, 80, 81, 193))
    check_forgeries(reference)
    check_torn(reference)

    def make(run, number):
        key = bytes([octet ^ number for octet in KEY])
        return CcmBulk(Modes(key, 1), Modes(key, 2), 16, run)

    check_side_by_side(make, reference)


def test_limits():
    bulk = CcmBulk(_None(), _None(), 8, reference)
    for aad, size in ((0xFF00, 0), (0, 0x10000)):
        try:
            bulk.seal(bytearray(12), bytearray(aad), bytearray(size + 8), 0, size)
        except ValueError:
            continue
        raise AssertionError((aad, size))
    assert bulk.open(bytearray(12), bytearray(0), bytearray(0x10008), 0, 0x10008) == -1


class _None:
    def encrypt(self, src, dst):
        raise NotImplementedError


if sys.implementation.name == "micropython":

    def test_the_kernel_in_viper_with_cryptolib():
        import cryptolib
        import micropython

        sys.path.append("ports/native")
        from octets_viper import run

        def aes(key, mode):
            return cryptolib.aes(key, mode, bytes(16)) if mode == 2 else cryptolib.aes(key, mode)

        check_kernel(run)
        check_ccm(run, aes)
        check_forgeries(run, aes)
        bulk = CcmBulk(aes(bytes(16), 1), aes(bytes(16), 2), 8, run)
        nonce, aad, buf = bytearray(12), bytearray(13), bytearray(300)
        micropython.heap_lock()
        bulk.seal(nonce, aad, buf, 21, 85)
        size = bulk.open(nonce, aad, buf, 21, 93)
        bulk.seal(nonce, aad, buf, 21, 285)
        micropython.heap_unlock()
        assert size == 64
