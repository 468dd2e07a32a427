"""Kernels in viper do the same, at the same addresses, whatever the secrets are."""

import hashlib
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
        viper.trace = array("I")
        viper.run(*(x(fill) if callable(x) else x for x in arguments))
        found.add(hashlib.sha256(viper.trace).digest())
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


_BIT = "digit |= (bits[place >> 3] >> (place & 7) & 1) << i"
LEAKS = {
    "an early exit": ("        entry += 1\n", "        entry += n if entry == number else 1\n"),
    "an address": ("    while entry < n:\n", "    entry = number\n    while entry <= number:\n"),
    "a branch": (_BIT, "if bits[place >> 3] >> (place & 7) & 1:\n            digit |= 1 << i"),
    "a branch within a line": (
        _BIT, "digit |= 1 << i if bits[place >> 3] >> (place & 7) & 1 else 0"
    ),
    "an operation left out": (_BIT, _BIT + "\n        digit and digit * digit"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_seen(tmp_path, name):
    whole = (NATIVE / "p256_viper.py").read_text()
    assert whole.count(LEAKS[name][0]) == 1
    path = tmp_path / "p256_viper.py"
    path.write_text(whole.replace(*LEAKS[name]))
    fills = (bytes(32 * 110), b"\xff" * (32 * 110), Random(9)(32 * 110))
    found = traces(Viper(path), fills, p256_programs.FIRST_WINDOW, bytearray, 0)
    assert len(found) > 1


def test_a_division_is_refused(tmp_path):
    path = tmp_path / "divides.py"
    path.write_text("@micropython.viper\ndef run(a: int) -> int:\n    return 1000 // a\n")
    with pytest.raises(ValueError):
        Viper(path)


def of_octets(path, operation):
    """Return the traces for octets that are all equal, that all differ, and of both kinds."""
    return traces(
        Viper(path), (0, 255, 0x5A, 7), lambda x: bytearray([x]) * 200, 5 | 40 << 16,
        lambda x: bytearray([x & 7]) * 20 + bytearray([x & 15]) * 236, operation << 16,
    )  # fmt: skip


def test_octets():
    for operation in range(8):
        assert len(of_octets(NATIVE / "octets_viper.py", operation)) == 1


def test_a_comparison_that_ends_early_is_seen(tmp_path):
    line = "            difference |= buf[start] ^ other[at]\n"
    whole = (NATIVE / "octets_viper.py").read_text()
    assert whole.count(line) == 1
    path = tmp_path / "octets_viper.py"
    path.write_text(whole.replace(line, line + "            end = start if difference else end\n"))
    assert len(of_octets(path, 3)) > 1


def test_ghash():
    viper = Viper(NATIVE / "ghash_viper.py")
    found = traces(
        viper, (0, 255, 0x5A), lambda x: bytearray([x] * 32 + [0] * 48),
        lambda x: bytearray([x]) * 40, 5 | 2 << 16,
    )  # fmt: skip
    assert len(found) == 1
