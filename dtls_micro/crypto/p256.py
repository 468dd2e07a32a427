"""ECDH and ECDSA on P-256 (SP 800-186 section 3.2.1.3), on Python's integers.

This module is what a port has as `p256`, unless its chip can do better. Keys, points and
signatures are octets. Python's integers are not constant-time, and copies of them stay in
memory until it is used again. What is done about it: secrets meet multiplications with a regular
pattern and random coordinates (multiply.py), and inversions only times a random number.
`random`, the port's entropy, serves that as well: random(n) -> n bytes.
"""

from dtls_micro.crypto import ecdsa, multiply
from dtls_micro.crypto.modular import inverse, random_below
from dtls_micro.crypto.weierstrass import Curve

_SIZE = 32

CURVE = Curve(
    _SIZE,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _scalar(private) -> int:
    """Return a private key as a number; ValueError unless it is 32 bytes and 1..n-1."""
    d = int.from_bytes(private, "big")
    if len(private) != _SIZE or not 0 < d < CURVE.n:
        raise ValueError("not a private key of P-256")
    return d


def keypair(random):
    """Return a new (private, public): 32 bytes, and 65 bytes 04 || X || Y."""
    private = random_below(random, CURVE.n, _SIZE).to_bytes(_SIZE, "big")
    return private, public(private, random)


def public(private, random) -> bytes:
    """Return the public key, 65 bytes, of a private key of 32."""
    x, y = multiply.of_base(CURVE, _scalar(private), random)
    return CURVE.octets(x, y)


def shared(private, peer, random) -> bytes:
    """Return the ECDH secret, 32 bytes (RFC 8422 section 5.10).

    peer: the other's public key, 65 bytes; ValueError unless it is a point of the curve
    """
    d = _scalar(private)
    x, y = CURVE.point(peer)
    x, y = multiply.of_point(CURVE, d, x, y, random)
    return x.to_bytes(_SIZE, "big")


def sign(private, digest, sha256, random) -> bytes:
    """Return the ECDSA signature r || s, 64 bytes, that RFC 6979 prescribes with HMAC-SHA256.

    digest: any length    sha256: the port's factory    random: changes the time, not the result
    """
    from dtls_micro.crypto.rfc6979 import nonces  # few clients sign

    n = CURVE.n
    d = _scalar(private)
    e = ecdsa.leftmost(digest, _SIZE)
    for k in nonces(sha256, private, e, n):
        r = multiply.of_base(CURVE, k, random)[0] % n
        blind = random_below(random, n, _SIZE)
        s = inverse(k * blind % n, n) * (e * blind + d * blind % n * r) % n
        if r and s:
            break
    return r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")


def verify(public, digest, signature) -> bool:
    """Tell whether a signature is good; False too for an invalid key or signature.

    public: 04 || X || Y, 65 bytes    digest: any length    signature: r || s, 64 bytes
    """
    return ecdsa.verify(CURVE, public, digest, signature)
