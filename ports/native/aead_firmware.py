"""The AEADs of MicroPython boards: the firmware's AES, and a kernel for octets."""

from cryptolib import aes
from micropython import const

_ECB = const(1)
_CBC = const(2)


def aead(kind: str, key, kernel):
    """Return the AEAD of a suite: see typings/dtls_port.pyi.

    kernel: function that returns `run` of octets_thumb or octets_viper; asked for CCM only
    """
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm import Gcm

        return Gcm(aes(key, _ECB))
    from dtls_micro.crypto.ccm_bulk import CcmBulk

    tag_length = 8 if kind == "AES_128_CCM_8" else 16
    return CcmBulk(aes(key, _ECB), aes(key, _CBC, bytes(16)), tag_length, kernel())
