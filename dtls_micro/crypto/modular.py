"""Numbers modulo a prime, on Python's integers: an inverse, and one at random."""

EXTRA = 8  # bytes of entropy beyond the modulus, which leave a bias below 2**-64


def inverse(a: int, m: int) -> int:
    """Return the inverse of `a` modulo the prime `m`, 0..m-1; 0 if `a` is a multiple of `m`.

    Extended Euclid: on MicroPython a sixth of the time of a power. It takes as many turns as
    `a` makes it take, so who inverts a secret first multiplies it by a random number.
    """
    r, s = m, a % m
    u, v = 0, 1
    while s:
        q, t = divmod(r, s)
        r, s = s, t
        u, v = v, u - q * v
    return u % m


def random_below(random, m: int, size: int) -> int:
    """Return a number 1..m-1.

    random: random(n) -> n bytes of the port's entropy    size: bytes of `m`
    """
    return below(random(size + EXTRA), m)


def below(octets, m: int) -> int:
    """Return a number 1..m-1 of random octets (FIPS 186-5 appendix A.2.1, extra random bits).

    octets: as many as `m` has, and EXTRA more
    """
    return 1 + int.from_bytes(octets, "big") % (m - 1)
