"""GCM on kernels: on the reference ones, and on MicroPython on those in viper."""

import sys

from ccm_bulk_check import KEY, Modes, check_side_by_side
from ccm_bulk_check import reference as octets
from gcm_bulk_check import check_gcm, check_kernel, check_limits, check_vectors, reference

from dtls_micro.crypto.gcm_bulk import GcmBulk


def test_gcm_on_the_reference():
    check_gcm(octets, reference, sizes=(0, 1, 16, 64, 112, 113, 241))
    check_limits(octets, reference)

    def make(run, number):
        key = bytes([octet ^ number for octet in KEY])
        return GcmBulk(Modes(key, 1), run, reference)

    check_side_by_side(make, octets)


def test_wycheproof_on_the_reference():
    assert check_vectors(octets, reference, 1) == 67


if sys.implementation.name == "micropython":

    def test_the_kernels_in_viper_with_cryptolib():
        import cryptolib
        import micropython

        sys.path.append("ports/native")
        import ghash_viper
        from octets_viper import run

        def aes(key, mode):
            return cryptolib.aes(key, mode)

        ghash = ghash_viper.run
        for name in dir(ghash_viper):  # memory that sessions on two cores would share
            assert not isinstance(getattr(ghash_viper, name), bytearray), name
        check_kernel(ghash)
        check_gcm(run, ghash, aes)
        check_limits(run, ghash, aes)
        assert check_vectors(run, ghash, 1, aes) == 67
        bulk = GcmBulk(aes(bytes(16), 1), run, ghash)
        nonce, aad, buf = bytearray(12), bytearray(13), bytearray(300)
        micropython.heap_lock()
        bulk.seal(nonce, aad, buf, 21, 85)
        size = bulk.open(nonce, aad, buf, 21, 101)
        bulk.seal(nonce, aad, buf, 21, 284)
        micropython.heap_unlock()
        assert size == 64
