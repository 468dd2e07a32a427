"""HMAC on a kernel for SHA-256, on the one in Python; test_kernel_sha256.py has the other."""

from hmac_kernel_check import (
    check_sizes,
    check_vectors,
    check_wipe,
    check_wycheproof,
    reference,
)
from vector_files import sampled


def test_sizes():
    check_sizes(reference, (0, 1, 23, 24, 55, 56, 63, 64, 65, 119, 120, 128, 199))


def test_vectors():
    check_vectors(reference)
    assert check_wycheproof(reference, 20) == sampled(174, 20)


def test_wipe():
    check_wipe(reference)
