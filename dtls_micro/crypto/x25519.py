"""Diffie-Hellman on Curve25519 (RFC 7748), on Python's integers.

It makes the same steps whatever the secret is: two points are swapped by index, not by a
branch. Python's integers are not constant-time; so the points get random coordinates, and the
last inversion has a random number in it. Copies of secrets stay in memory until it is used again.
"""

from micropython import const

from dtls_micro.crypto.compare import equal
from dtls_micro.crypto.modular import inverse, random_below

_SIZE = const(32)
_A24 = const(121665)  # (486662 - 2) / 4
_P = 2**255 - 19
# Between multiplications 2p will do: it fills its words, and MicroPython divides faster by that.
_2P = 2**256 - 38
_BASE = b"\x09" + bytes(31)


def keypair(random):
    """Return a new (private, public), 32 bytes each; random(n) is the port's entropy."""
    private = random(_SIZE)
    return private, _multiple(private, _BASE, random)


def shared(private, public, random) -> bytes:
    """Return the shared secret, 32 bytes, of a private key and the other's public key.

    Both are 32 bytes. ValueError if the secret would be 0, as for the points of small order
    (RFC 7748 section 6.1); any other 32 bytes are a public key, their top bit ignored.
    """
    secret = _multiple(private, public, random)
    if equal(secret, bytes(_SIZE)):
        raise ValueError("a public key of small order")
    return secret


def _multiple(private, public, random) -> bytes:
    """Return X25519(private, public), the Montgomery ladder of RFC 7748 section 5."""
    if len(private) != _SIZE or len(public) != _SIZE:
        raise ValueError("a key of X25519 has 32 bytes")
    p = _2P
    k = int.from_bytes(private, "little") & (1 << 255) - 8 | 1 << 254
    x1 = (int.from_bytes(public, "little") & (1 << 255) - 1) % _P
    low = random_below(random, _P, _SIZE), 0
    z = random_below(random, _P, _SIZE)
    high = x1 * z % p, z
    last = 0
    for at in range(254, -1, -1):
        bit = k >> at & 1
        swap = bit ^ last
        last = bit
        (x2, z2), (x3, z3) = (low, high)[swap], (high, low)[swap]
        a, b = x2 + z2, x2 - z2
        da, cb = (x3 - z3) * a % p, (x3 + z3) * b % p
        aa, bb = a * a % p, b * b % p
        e = aa - bb
        t = da - cb
        low = aa * bb % p, (aa + _A24 * e) * e % p
        t = t * t % p
        t, u = t * x1 % p, da + cb
        high = u * u % p, t
    x, z = (low, high)[last]
    return (x * inverse(z, _P) % _P).to_bytes(_SIZE, "little")
