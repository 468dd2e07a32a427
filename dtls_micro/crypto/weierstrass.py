"""Points of y**2 = x**3 - 3*x + b over a prime field, as P-256 and P-384 are (SP 800-186).

A point is either affine, (x, y), or Jacobian: (x, y, z) stands for (x / z**2, y / z**3), and
z = 0 for the point at infinity. Coordinates are 0..p-1. What counts here is the number of
reductions: on MicroPython `%` takes three times as long as the product before it, so sums of
products are reduced once.

The time of Python's integers depends on their values, so nothing here is constant-time. A
caller with a secret scalar starts from a random z: then no coordinate can be foreseen.
"""

from dtls_micro.crypto.modular import inverse

_UNCOMPRESSED = 4  # first byte of a point (SEC 1 section 2.3.3)


class Curve:
    """A curve of prime order `n` with the base point (x, y); `size` is that of a coordinate."""

    def __init__(self, size: int, p: int, n: int, b: int, x: int, y: int):
        self.size = size
        self.p = p
        self.n = n
        self.b = b
        self.x = x
        self.y = y

    def point(self, octets):
        """Return (x, y) from 04 || X || Y (SEC 1 section 2.3.4); ValueError if it is no point.

        The order is prime, so every point of the curve is in the group of the base point.
        """
        size = self.size
        p = self.p
        if len(octets) != 1 + 2 * size or octets[0] != _UNCOMPRESSED:
            raise ValueError("not an uncompressed point")
        x = int.from_bytes(octets[1 : 1 + size], "big")
        y = int.from_bytes(octets[1 + size :], "big")
        if x >= p or y >= p or (y * y - (x * x - 3) * x - self.b) % p:
            raise ValueError("not a point of the curve")
        return x, y

    def octets(self, x: int, y: int) -> bytes:
        """Return an affine point as 04 || X || Y."""
        size = self.size
        return bytes([_UNCOMPRESSED]) + x.to_bytes(size, "big") + y.to_bytes(size, "big")

    def scaled(self, x: int, y: int, z: int):
        """Return (x * z**2, y * z**3).

        This gives an affine point the coordinate z, or makes a Jacobian point affine whose z
        has this inverse.
        """
        p = self.p
        zz = z * z % p
        return x * zz % p, zz * z % p * y % p

    def affine(self, x: int, y: int, z: int):
        """Return (x, y) of a Jacobian point that is not at infinity."""
        return self.scaled(x, y, inverse(z, self.p))

    def double(self, x: int, y: int, z: int):
        """Return twice a Jacobian point; infinity stays at infinity."""
        p = self.p
        zz = z * z % p
        u = 2 * y * y % p
        v = u + u
        s = x * v % p
        m = 3 * (x - zz) * (x + zz) % p
        x3 = (m * m - s - s) % p
        return x3, (m * (s - x3) - u * v) % p, 2 * y * z % p

    def add(self, x1: int, y1: int, z1: int, x2: int, y2: int):
        """Return the sum of a Jacobian and an affine point, whatever they are."""
        if not z1:
            return x2, y2, 1
        p = self.p
        zz = z1 * z1 % p
        h = (x2 * zz - x1) % p
        r = (zz * z1 % p * y2 - y1) % p
        if not h:
            return (1, 1, 0) if r else self.double(x1, y1, z1)
        hh = h * h % p
        hhh = hh * h % p
        v = x1 * hh % p
        x3 = (r * r - hhh - v - v) % p
        return x3, (r * (v - x3) - y1 * hhh) % p, h * z1 % p

    def odd_multiples(self, x: int, y: int):
        """Return the affine points 1P, 3P, 5P .. 15P of P = (x, y).

        2P is added again and again, and brought to the z of each sum on the way, which makes
        the additions cheap (Meloni's co-Z addition). One inverse serves all eight.
        """
        p = self.p
        z = 2 * y
        u = z * y % p
        v = u + u
        x1, y1 = x * v % p, u * v % p  # P, with the z of 2P
        m = 3 * (x - 1) * (x + 1) % p
        x2 = (m * m - x1 - x1) % p
        y2 = (m * (x1 - x2) - y1) % p
        points = [(x, y)]
        ratios = []
        for _ in range(7):
            d = x2 - x1
            dd = d * d % p
            r = y2 - y1
            x1, x2 = x1 * dd % p, x2 * dd % p
            y2 = (x2 - x1) * y2 % p
            x1 = (r * r - x1 - x2) % p
            y1 = (r * (x2 - x1) - y2) % p
            z = z * d % p
            points.append((x1, y1))
            ratios.append(d)
        z = inverse(z, p)
        for i in range(7, 0, -1):
            x1, y1 = points[i]
            points[i] = self.scaled(x1, y1, z)
            z = z * ratios.pop() % p
        return points
