"""The pseudorandom function of TLS 1.2 (RFC 5246 section 5), P_SHA256."""

from micropython import const

from dtls_micro.crypto.hmac import Hmac

_SIZE = const(32)


def prf(sha256, secret, label: bytes, seed, size: int) -> bytearray:
    """Return `size` bytes of P_SHA256(secret, label + seed) (RFC 5246 section 5)."""
    hmac = Hmac(sha256, secret)
    output = bytearray(size)
    a = hmac.digest(label, seed)  # A(1)
    for at in range(0, size, _SIZE):
        part = hmac.digest(a, label, seed)
        for i in range(min(_SIZE, size - at)):
            output[at + i] = part[i]
        a = hmac.digest(a)
    hmac.wipe()
    return output
