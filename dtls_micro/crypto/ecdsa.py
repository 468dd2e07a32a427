"""Verification of ECDSA signatures (FIPS 186-5 section 6.4.2). Nothing here is secret."""

from dtls_micro.crypto.modular import inverse


def leftmost(digest, size: int) -> int:
    """Return the leftmost `size` bytes of a digest, of any length, as a number.

    The orders of P-256 and P-384 fill their bytes, so whole bytes are what the standard takes.
    """
    return int.from_bytes(digest[:size], "big")


def verify(curve, public, digest, signature) -> bool:
    """Tell whether a signature is good; False too for an invalid key or signature.

    public: 04 || X || Y    digest: any length    signature: r || s, of curve.size bytes each
    """
    size = curve.size
    n = curve.n
    if len(signature) != 2 * size:
        return False
    r = int.from_bytes(signature[:size], "big")
    s = int.from_bytes(signature[size:], "big")
    if not (0 < r < n and 0 < s < n):
        return False
    try:
        point = curve.point(public)
    except ValueError:
        return False
    s = inverse(s, n)
    x, _, z = _sum(curve, leftmost(digest, size) * s % n, r * s % n, point)
    if not z:
        return False
    zz = z * z % curve.p
    while r < curve.p:  # x modulo n is wanted, and x may be r + n
        if (r * zz - x) % curve.p == 0:
            return True
        r += n
    return False


def _digits(k: int, size: int) -> bytearray:
    """Return the digits of `k`, least first: 0, or odd modulo 32, followed by four zeros.

    A digit above 15 means itself less 32, so that one in six digits is not 0 (wNAF).
    """
    digits = bytearray(8 * size + 1)
    at = 0
    while k:
        digit = k & 31
        if digit & 1:
            digits[at] = digit
            k = (k >> 5) + (digit >> 4)
            at += 5
        else:
            k >>= 1
            at += 1
    return digits


def _sum(curve, k: int, m: int, point):
    """Return k times the base point plus m times another, Jacobian (Straus, Shamir)."""
    terms = (
        (_digits(k, curve.size), curve.odd_multiples(curve.x, curve.y)),
        (_digits(m, curve.size), curve.odd_multiples(point[0], point[1])),
    )
    x, y, z = 1, 1, 0
    for at in range(8 * curve.size, -1, -1):
        x, y, z = curve.double(x, y, z)
        for digits, points in terms:
            digit = digits[at]
            if digit > 15:
                x2, y2 = points[31 - digit >> 1]
                x, y, z = curve.add(x, y, z, x2, curve.p - y2)
            elif digit:
                x2, y2 = points[digit >> 1]
                x, y, z = curve.add(x, y, z, x2, y2)
    return x, y, z
