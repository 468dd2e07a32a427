"""The kernel of HMAC in Thumb as mpy-cross puts it into a .mpy, in an emulated Cortex-M0."""

import hashlib
import os
from pathlib import Path

import pytest
from hmac_kernel_check import Hmac, check_sizes, check_vectors, check_wipe, check_wycheproof
from runtimes import need_module

from tools.figures import FIRMWARE
from tools.kernels.sha256 import build
from tools.wasm import find_tool

SOURCE = Path(__file__).resolve().parent.parent / "ports/rp2/sha256_thumb.py"


@pytest.fixture(scope="module")
def kernel():
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.kernels.emulate import CortexM0, compiled

    return CortexM0(compiled(SOURCE, build().code(), find_tool("mpy-cross")))


def test_hmac(kernel):
    check_sizes(kernel, [*range(200), 1000])
    check_vectors(kernel)
    assert check_wycheproof(kernel, 1) == 174
    check_wipe(kernel)


def test_a_message_may_lie_anywhere_and_the_arena_may_not(kernel):
    """The emulator puts bytes at an odd address."""
    message = bytes(range(100))
    aligned, odd = bytearray(128), bytearray(128)
    kernel(aligned, bytearray(message), 100, 0)
    kernel(odd, message, 100, 0)
    assert aligned == odd != bytearray(128)
    with pytest.raises(ValueError, match="not aligned"):
        kernel(bytes(128), message, 100, 0)


def test_nothing_before_or_behind_the_arena_is_touched(kernel):
    arena = bytearray(os.urandom(64) + bytes(64) + b"\xa5" * 64)
    kernel(arena, os.urandom(70), 70, 0)
    assert arena[128:] == b"\xa5" * 64
    before = bytes(arena)
    kernel(arena, bytes(64), 64, 0x36363636)
    assert arena[32:] == before[32:] and arena[:32] != before[:32]


def test_the_stack_keeps_nothing(kernel):
    """64 words of a block of secrets, and what comes of them."""
    secret = b"\xc3" * 64
    kernel(bytearray(128), secret, 64, 0x36363636)
    below = kernel.left()
    assert b"\xf5" * 4 not in below and b"\xc3" * 4 not in below


def test_the_trace_depends_on_sizes_alone(kernel):
    for size in (20, 60, 100):
        traces = set()
        for fill in (b"\0", b"\xff", b"\x5a", b"\x80"):
            kernel.trace = []
            kernel(bytearray(fill * 128), bytearray(fill * size), size, 0)
            kernel(bytearray(fill * 128), bytearray(fill * 64), 64, 0x5C5C5C5C)
            traces.add(hashlib.sha256(repr(kernel.trace).encode()).digest())
        assert len(traces) == 1
    kernel.trace = None


def test_a_block_costs_less_than_the_firmware_takes(kernel):
    cycles = []
    for size in (640, 704):
        kernel(bytearray(128), bytes(size), size, 0)
        cycles.append(kernel.cycles)
    assert 4000 < cycles[1] - cycles[0] < FIRMWARE["SHA-256, a block"]


def test_the_class_takes_the_kernel_as_it_is(kernel):
    """A state in the middle of the arena is what the second block of a key goes to."""
    hmac = Hmac(kernel, hashlib.sha256, b"key")
    assert bytes(hmac._arena[:32]) != bytes(hmac._arena[32:64]) and not any(hmac._arena[64:])
