"""Deterministic secrets for ECDSA signatures (RFC 6979), with HMAC-SHA256."""

from dtls_micro.crypto.hmac import Hmac

_SIZE = 32


def nonces(sha256, private, digest: int, n: int):
    """Yield numbers 1..n-1 for `k` of ECDSA, the same for the same key and digest (section 3.2).

    private: 32 bytes    digest: as a number of 256 bits    n: the order, of 256 bits too

    The first is good, unless r or s comes out as 0: then take the next.
    """
    seed = (digest % n).to_bytes(_SIZE, "big")
    key = bytes(_SIZE)
    value = b"\x01" * _SIZE
    for step in (b"\x00", b"\x01"):
        key = _hmac(sha256, key, value, step, private, seed)
        value = _hmac(sha256, key, value)
    while True:
        value = _hmac(sha256, key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < n:
            yield k
        key = _hmac(sha256, key, value, b"\x00")
        value = _hmac(sha256, key, value)


def _hmac(sha256, key, *parts) -> bytes:
    hmac = Hmac(sha256, key)
    mac = hmac.digest(*parts)
    hmac.wipe()
    return mac
