"""The pseudorandom function of TLS 1.2 (RFC 5246 section 5), P_SHA256."""

from micropython import const

from dtls_micro.crypto.hmac import Hmac

_SIZE = const(32)


def prf(sha256, secret, label: bytes, seed, size: int) -> bytearray:
    """Return `size` bytes of P_SHA256(secret, label + seed) (RFC 5246 section 5)."""
    hmac = Hmac(sha256, secret)
    output = expand(hmac, label, seed, size)
    hmac.wipe()
    return output


def expand(hmac, label: bytes, seed, size: int) -> bytearray:
    """Return what prf() does; `hmac` is of the secret, and may serve several times."""
    output = bytearray(size)
    a = hmac.digest(label, seed)  # A(1)
    at = 0
    while True:
        output[at : at + _SIZE] = hmac.digest(a, label, seed)[: size - at]
        at += _SIZE
        if at >= size:
            break
        a = hmac.digest(a)
    return output
