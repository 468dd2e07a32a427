"""Comparison in constant time."""

from dtls_micro.crypto.compare import equal, equal_at


def test_equal_is_equality():
    for a in (b"", b"a", b"abcdefgh", bytes(range(256))):
        assert equal(a, bytearray(a))
        assert not equal(a, a + b"\x00")
        assert not equal(a + b"\x00", a)
        for i in range(len(a)):
            for bit in range(8):
                other = bytearray(a)
                other[i] ^= 1 << bit
                assert not equal(a, other)


def test_equal_at_looks_at_its_part_only():
    assert equal_at(b"xxabcxx", 2, b"abcdef", 3)
    assert not equal_at(b"xxabcxx", 2, b"abcdef", 4)
    assert not equal_at(b"xxabcxx", 1, b"abcdef", 3)


def test_every_byte_is_looked_at():
    """A difference at the front must not end the comparison."""

    class Counting:
        def __init__(self):
            self.reads = 0

        def __getitem__(self, index):
            self.reads += 1
            return 0

    for tag in (bytes(16), b"\x01" + bytes(15), bytes(15) + b"\x01"):
        counting = Counting()
        equal_at(counting, 0, tag, 16)
        assert counting.reads == 16
