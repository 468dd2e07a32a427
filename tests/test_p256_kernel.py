"""The programs of P-256 on a kernel of Python's integers, on both Pythons."""

from dtls_port import sha256
from p256_kernel_check import (
    SCALARS,
    check_again,
    check_aliases,
    check_curve,
    check_field,
    check_invert,
    check_pick,
    check_scalars,
    check_turn,
    check_wipe,
    reference,
)


def test_the_reference_does_what_it_checks():
    check_field(reference, 3)
    check_aliases(reference)
    check_turn(reference)
    check_wipe(reference)
    check_pick(reference)
    check_again(reference)
    check_invert(reference)


def test_curve():
    check_curve(reference, sha256)


def test_scalars_at_the_edges():
    check_scalars(reference, SCALARS[:8])
