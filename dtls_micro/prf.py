"""The pseudorandom function of TLS 1.2 (RFC 5246 section 5), P_SHA256."""

from dtls_micro.crypto.hmac import hmac


def prf(port, secret, label: bytes, seed, size: int) -> bytearray:
    """Return `size` bytes of P_SHA256(secret, label + seed) (RFC 5246 section 5)."""
    keyed = hmac(port, secret)
    try:
        return expand(keyed, label, seed, size)
    finally:
        keyed.wipe()


def expand(hmac, label: bytes, seed, size: int) -> bytearray:
    """Return what prf() does; `hmac` is of the secret, and may serve several times."""
    seed = label + seed
    a = hmac.digest(seed)  # A(1)
    output = bytearray(hmac.digest(a, seed))
    while len(output) < size:
        a = hmac.digest(a)
        output += hmac.digest(a, seed)
    output[size:] = b""
    return output
