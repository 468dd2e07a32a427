"""A port for measuring in MicroPython's wasm runtime, which has neither sockets nor AES.

Nothing here is safe: its entropy is a counter, so that a measurement can be repeated.
"""

from hashlib import sha256  # noqa: F401  (of the port)

_count = 0


def random(n):
    global _count
    _count += 1
    return bytes([_count & 255]) * n


def aead(kind, key):
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    from dtls_micro.crypto.aes import Aes

    block = Aes(key)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm import Gcm

        return Gcm(block)
    from dtls_micro.crypto.ccm import Ccm

    return Ccm(block, 8 if kind == "AES_128_CCM_8" else 16)
