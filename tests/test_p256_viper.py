"""The kernel of P-256 in viper; only MicroPython has that."""

import sys

if sys.implementation.name == "micropython":
    from dtls_port import random, sha256
    from p256_kernel_check import (
        check_again,
        check_aliases,
        check_curve,
        check_field,
        check_invert,
        check_pick,
        check_scalars,
        check_turn,
        check_wipe,
        check_wycheproof,
    )

    sys.path.append("ports/native")
    from p256_viper import run

    def test_field():
        check_field(run, 200)
        check_aliases(run)
        check_turn(run)
        check_wipe(run)
        check_pick(run)
        check_again(run)
        check_invert(run)

    def test_curve():
        check_curve(run, sha256)

    def test_scalars_at_the_edges():
        check_scalars(run)

    def test_wycheproof():
        assert check_wycheproof(run, random, 1) == 355 + 262
