"""Kernels in viper: their lines and their addresses are the same whatever the secrets are."""

from array import array
from pathlib import Path

import ccm_bulk_check
import gcm_bulk_check
import pytest
from p256_kernel_check import Random, check_field, check_pick
from viper_on_cpython import Viper

from dtls_micro.crypto import p256_programs

NATIVE = Path(__file__).resolve().parent.parent / "ports/native"
SECRET = ("WINDOW", "COMB_STEP", "FIRST_WINDOW", "FIRST_OF_COMB", "INVERT_Z", "AFFINE",
          "LOAD", "CHAIN", "TABLE")  # fmt: skip


@pytest.fixture(scope="module")
def p256():
    return Viper(NATIVE / "p256_viper.py")


def test_what_is_traced_computes_what_the_kernels_compute(p256):
    check_field(p256.run, 3)
    check_pick(p256.run)
    octets = Viper(NATIVE / "octets_viper.py").run
    ccm_bulk_check.check_kernel(octets)
    gcm_bulk_check.check_kernel(Viper(NATIVE / "ghash_viper.py").run)


def traces(viper, fills, *arguments):
    """Return what was done for each of the fillings; `arguments` makes the arguments of one."""
    found = set()
    for fill in fills:
        viper.trace = array("Q")
        viper.run(*(x(fill) if callable(x) else x for x in arguments))
        found.add(viper.trace.tobytes())
    viper.trace = None
    return found


@pytest.mark.parametrize("name", SECRET)
def test_programs_of_p256(p256, name):
    fills = (bytes(32 * 110), b"\xff" * (32 * 110), Random(9)(32 * 110))
    for place in (0, 1, 15):
        program = getattr(p256_programs, name)
        found = traces(p256, fills, program, bytearray, place | place << 8)
        assert len(found) == 1


def test_what_is_public_may_be_seen(p256):
    fills = (bytes(32 * 110), Random(9)(32 * 110))
    assert len(traces(p256, fills, p256_programs.WINDOW, bytearray, 0x10000)) == 2
    values = (b"\1" + bytes(32 * 110 - 1), b"\3" * 32 * 110)
    program = bytes((8, 0, 1, 2)) + bytes(4)  # INVERT
    assert len(traces(p256, values, program, bytearray, 0)) == 2


def test_octets():
    viper = Viper(NATIVE / "octets_viper.py")
    for operation in range(5):
        found = traces(
            viper, (0, 255, 0x5A), lambda x: bytearray([x]) * 200, 5 | 40 << 16,
            lambda x: bytearray([x ^ 7]) * 224, operation << 16,
        )  # fmt: skip
        assert len(found) == 1


def test_ghash():
    viper = Viper(NATIVE / "ghash_viper.py")
    found = traces(
        viper, (0, 255, 0x5A), lambda x: bytearray([x] * 32 + [0] * 48),
        lambda x: bytearray([x]) * 40, 5 | 2 << 16,
    )  # fmt: skip
    assert len(found) == 1
