"""SHA-384 and SHA-512: known answers, and hashlib where it has them."""

import hashlib

from vector_files import octets

from dtls_micro.crypto.sha512 import sha384, sha512

# FIPS 180-4's examples: the messages "abc" and the one of two blocks
_TWO_BLOCKS = (
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
    b"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
)
# fmt: off
_ANSWERS = (
    (sha384, b"abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"),
    (sha384, _TWO_BLOCKS,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
     "fcc7c71a557e2db966c3e9fa91746039"),
    (sha512, b"abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
    (sha512, _TWO_BLOCKS,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"),
    (sha512, b"",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
)
# fmt: on


def _digest(factory, data) -> bytes:
    hasher = factory()
    hasher.update(data)
    return hasher.digest()


def test_known_answers():
    for factory, message, expected in _ANSWERS:
        assert _digest(factory, message) == octets(expected), message


def test_lengths_around_the_padding_are_those_of_hashlib():
    """On MicroPython, whose hashlib has no SHA-512, the sum over all lengths stands for it."""
    data = bytes(i * 7 & 255 for i in range(260))
    sizes = (0, 1, 110, 111, 112, 113, 127, 128, 129, 238, 239, 240, 241, 255, 256, 257, 260)
    for factory, name, expected in (
        (sha384, "sha384", "3bd15f7fd7225107"),
        (sha512, "sha512", "f920c4f7d4aa5e01"),
    ):
        together = factory()
        for size in sizes:
            result = _digest(factory, data[:size])
            if hasattr(hashlib, name):
                assert result == getattr(hashlib, name)(data[:size]).digest(), size
            together.update(result)
        assert together.digest()[:8] == octets(expected)


def test_data_may_come_in_parts_and_after_a_digest():
    data = bytes(range(256)) * 2
    for size in (1, 63, 127, 128, 129, 300):
        hasher = sha512()
        for at in range(0, len(data), size):
            hasher.update(memoryview(data)[at : at + size])
            assert hasher.digest() == _digest(sha512, data[: at + size]), (size, at)


def test_an_update_with_nothing_changes_nothing():
    hasher = sha384()
    hasher.update(b"")
    hasher.update(bytearray(b"abc"))
    hasher.update(b"")
    assert hasher.digest() == octets(_ANSWERS[0][2])
    assert hasher.digest_size == 48
