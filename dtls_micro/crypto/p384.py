"""ECDH, and ECDSA verification, on P-384 (SP 800-186 section 3.2.1.4): see p256.py."""

from dtls_micro.crypto import ecdsa, multiply
from dtls_micro.crypto.modular import random_below
from dtls_micro.crypto.weierstrass import Curve

# fmt: off
CURVE = Curve(
    48,
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
# fmt: on


def keypair(random):
    """Return a new (private, public): 48 bytes, and 97 bytes 04 || X || Y."""
    d = random_below(random, CURVE.n, CURVE.size)
    x, y = multiply.of_point(CURVE, d, CURVE.x, CURVE.y, random)
    return d.to_bytes(CURVE.size, "big"), CURVE.octets(x, y)


def shared(private, peer, random) -> bytes:
    """Return the ECDH secret, 48 bytes; ValueError unless `peer` is a point of the curve.

    private: as keypair() makes it    peer: the other's public key, 97 bytes
    """
    x, y = CURVE.point(peer)
    x, _ = multiply.of_point(CURVE, int.from_bytes(private, "big"), x, y, random)
    return x.to_bytes(CURVE.size, "big")


def verify(public, digest, signature) -> bool:
    """Tell whether a signature is good; False too for an invalid key or signature.

    public: 04 || X || Y, 97 bytes    digest: any length    signature: r || s, 96 bytes
    """
    return ecdsa.verify(CURVE, public, digest, signature)
