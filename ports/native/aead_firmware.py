"""The AEADs of MicroPython boards: the firmware's AES, and a kernel for octets."""

from cryptolib import aes
from micropython import const

from dtls_micro.crypto.ccm_bulk import CcmBulk  # now, and not within a handshake

_ECB = const(1)
_CBC = const(2)


def aead(kind: str, key, octets, ghash):
    """Return the AEAD of a suite: see typings/dtls_port.pyi.

    octets: function that returns `run` of octets_thumb or octets_viper; asked for CCM and GCM
    ghash:  function that returns `run` of ghash_thumb or ghash_viper; asked for GCM
    """
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm_bulk import GcmBulk

        return GcmBulk(aes(key, _ECB), octets(), ghash())
    tag_length = 8 if kind == "AES_128_CCM_8" else 16
    return CcmBulk(aes(key, _ECB), aes(key, _CBC, bytes(16)), tag_length, octets())
