"""Entropy of the RP2040's ring oscillator, tested for health (NIST SP 800-90B section 4.4).

The oscillator's random bit is sampled one at a time. Python takes some microseconds between two
samples, many of the oscillator's periods; half a bit of entropy is assumed of each. The 1024
samples of the start-up test, 512 bits of entropy then, and the firmware's own random bytes are
the seed of a state. For each request SHA-256 takes 32 new samples and 16 of the firmware's bytes
into it; then it is the key of AES-256 in counter mode, whose first 32 bytes are the next state,
and what follows is given out. So no later state tells what was given out before. Who knows a
state knows what comes next up to these samples, 16 bits a request, and the firmware's bytes.

Two threads may ask at once: each goes on from a state of its own.

Not yet run on silicon.
"""

import os
from hashlib import sha256

from cryptolib import aes
from micropython import const

_RANDOM_BIT = const(0x4006001C)  # RP2040 datasheet section 2.17.8
_SAMPLES = const(4)  # bytes of them for a request
_REPETITIONS = const(7)  # bytes of equal samples, 56 to 63 of them: once in 2**28 bytes
_WINDOW = const(128)  # bytes of samples
_MOST_EQUAL = const(810)  # of the 1024 samples of a window: once in 2**30
_KINDS = const(9)  # of bytes in a window, at least: a short period has no bias
_ECB = const(1)
_BLOCK = const(16)
_STATE = const(32)  # bytes
_MOST = const(96)  # bytes for one state
_ONES = b"\x00\x01\x01\x02\x01\x02\x02\x03\x01\x02\x02\x03\x02\x03\x03\x04"


class RingOscillator:
    """memory: machine.mem32, or a model of it."""

    def __init__(self, memory=None):
        if memory is None:
            from machine import mem32 as memory
        self._memory = memory
        self._last = -1  # the byte before, if all its samples were equal
        self._same = 0  # how many such there were
        self._ones = 0  # samples of the window
        self._window = bytearray(_WINDOW)
        self._filled = 0  # bytes of the window
        self._state = None  # 32 bytes, once it is seeded
        self._counters = bytearray(_STATE + _MOST)  # blocks 0, 1, ...
        for at in range(0, len(self._counters), _BLOCK):
            self._counters[at] = at
        self.failed = False

    def random(self, n: int) -> bytes:
        """Return n bytes; OSError for ever once the samples have failed a test."""
        out = self._some(min(n, _MOST))
        while len(out) < n:
            out += self._some(min(n - len(out), _MOST))
        return out

    def _some(self, n: int) -> bytes:
        self._must(not self.failed)
        state = self._stirred(_WINDOW if self._state is None else _SAMPLES)
        whole = (_STATE + n + _BLOCK - 1) // _BLOCK * _BLOCK
        stream = aes(state, _ECB).encrypt(self._counters[:whole])
        self._state = stream[:_STATE]
        return stream[_STATE : _STATE + n]

    def _stirred(self, count: int) -> bytes:
        """Return the state with `count` bytes of samples, if they pass the tests.

        A few of them with the rest are one block of SHA-256.
        """
        mixed = (self._state or b"") + self._sampled(count) + os.urandom(16)
        return sha256(mixed).digest()

    def _sampled(self, count: int) -> bytearray:
        """Return `count` bytes of samples that pass the tests."""
        memory = self._memory
        octets = bytearray(count)
        for at in range(count):
            octet = 0
            for _ in range(8):
                octet = octet << 1 | memory[_RANDOM_BIT] & 1
            octets[at] = octet
            self._test(octet)
        return octets

    def _test(self, octet: int):
        """Test for repetition, and each whole window for adaptive proportion and a period.

        Adaptive proportion is for both values of a bit. Without memory for the test of a window
        that stays as it was, to be filled and tested again.
        """
        if octet != self._last:
            self._same = 0
        if octet == 0 or octet == 255:
            self._last = octet
            self._same += 1
            self._must(self._same < _REPETITIONS)
        else:
            self._last = -1
        ones = self._ones + _ONES[octet >> 4] + _ONES[octet & 15]
        self._window[self._filled] = octet
        filled = self._filled + 1
        if filled == _WINDOW:
            self._must(8 * _WINDOW - _MOST_EQUAL < ones < _MOST_EQUAL)
            self._must(len(set(self._window)) >= _KINDS)
            filled = ones = 0
        self._filled = filled
        self._ones = ones

    def _must(self, good: bool):
        if not good:
            self.failed = True
            raise OSError("the ring oscillator is not random: switch the board off and on")
