"""SHA-256's compression function (FIPS 180-4 section 6.2.2), for a model of hardware."""

_MASK = 0xFFFFFFFF


def _primes(count: int):
    found = []
    n = 2
    while len(found) < count:
        if all(n % p for p in found):
            found.append(n)
        n += 1
    return found


def _fraction_of_cube_root(n: int) -> int:
    """Return the first 32 bits after the point."""
    n <<= 96
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        if middle * middle * middle <= n:
            low = middle
        else:
            high = middle
    return low & _MASK


_K = tuple([_fraction_of_cube_root(p) for p in _primes(64)])


def _turned(x: int, a: int, b: int, c: int, shifted: int = 0) -> int:
    """Return x turned right by a xor by b xor by c, of which the last is shifted if so asked."""
    twice = x | x << 32
    return (twice >> a ^ twice >> b ^ (x if shifted else twice) >> c) & _MASK


def compress(state, block):
    """Return the state, 8 words, after a block of 64 bytes."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for t in range(16, 64):
        low = _turned(w[t - 15], 7, 18, 3, shifted=1)
        high = _turned(w[t - 2], 17, 19, 10, shifted=1)
        w.append((high + w[t - 7] + low + w[t - 16]) & _MASK)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        t1 = h + _turned(e, 6, 11, 25) + (e & f ^ ~e & g) + _K[t] + w[t]
        t2 = _turned(a, 2, 13, 22) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
    return tuple([(x + y) & _MASK for x, y in zip(state, (a, b, c, d, e, f, g, h))])
