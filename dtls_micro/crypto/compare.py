"""Comparison of secrets in a time that depends on their length only."""


def equal_at(buf, at: int, tag, size: int) -> bool:
    """Tell whether buf[at:at+size] and tag[:size] are the same; allocates nothing."""
    difference = 0
    for i in range(size):
        difference |= buf[at + i] ^ tag[i]
    return difference == 0


def equal(a, b) -> bool:
    """Tell whether two buffers hold the same bytes; their lengths are no secret."""
    return len(a) == len(b) and equal_at(a, 0, b, len(b))
