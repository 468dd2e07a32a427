"""Entropy of the RP2040's ring oscillator, tested for health (NIST SP 800-90B section 4.4).

The oscillator's random bit is sampled one at a time. Python takes some microseconds between two
samples, many of the oscillator's periods; half a bit of entropy is assumed of each. The 1024
samples of the start-up test, 512 bits of entropy then, and the firmware's own random bytes are
the seed of a state. SHA-256 moves it on: for each 32 bytes it takes in 64 new samples and more of
the firmware's, and it does not tell what was given out before.

Not yet run on silicon.
"""

import os
from hashlib import sha256

from micropython import const

_RANDOM_BIT = const(0x4006001C)  # RP2040 datasheet section 2.17.8
_SAMPLES = const(8)  # bytes of them for 32 bytes
_REPETITIONS = const(61)  # 1 + 30 / 0.5: once in 2**30 of that many equal samples
_WINDOW = const(1024)  # samples
_MOST_EQUAL = const(810)  # of a window: once in 2**30
_KINDS = const(9)  # of bytes in a window, at least: a short period has no bias


class RingOscillator:
    """memory: machine.mem32, or a model of it."""

    def __init__(self, memory=None):
        if memory is None:
            from machine import mem32 as memory
        self._memory = memory
        self._last = -1
        self._same = 0  # samples that were equal, up to the last one
        self._ones = 0  # samples of the window
        self._window = bytearray(_WINDOW // 8)
        self._filled = 0  # bytes of the window
        self._state = None  # 32 bytes, once it is seeded
        self.failed = False

    def random(self, n: int) -> bytes:
        """Return n bytes; OSError for ever once the samples have failed a test."""
        self._must(not self.failed)
        if self._state is None:
            self._stir(_WINDOW // 8)
        out = b""
        while len(out) < n:
            self._stir(_SAMPLES)
            out += sha256(b"out" + self._state).digest()
            self._state = sha256(b"on" + self._state).digest()
        return out[:n]

    def _stir(self, count: int):
        """Take `count` bytes of samples into the state, if they pass the tests."""
        mixed = sha256(self._state or b"")
        mixed.update(self._sampled(count))
        mixed.update(os.urandom(32))
        self._state = mixed.digest()

    def _sampled(self, count: int) -> bytearray:
        """Return `count` bytes of samples that pass the tests.

        Loops on variables of their own, for the time that calls take.
        """
        memory = self._memory
        last = self._last
        same = self._same
        octets = bytearray(count)
        for at in range(count):
            ones = octet = 0
            for _ in range(8):
                bit = memory[_RANDOM_BIT] & 1
                if bit == last:
                    same += 1
                    if same >= _REPETITIONS:
                        self._must(False)
                else:
                    last = bit
                    same = 1
                ones += bit
                octet = octet << 1 | bit
            octets[at] = octet
            self._fill(octet, ones)
        self._last = last
        self._same = same
        return octets

    def _fill(self, octet: int, ones: int):
        """Test each whole window: adaptive proportion for both values of a bit, and no period.

        Without memory for that the window stays as it was, to be filled and tested again.
        """
        ones += self._ones
        self._window[self._filled] = octet
        filled = self._filled + 1
        if filled == len(self._window):
            self._must(_WINDOW - _MOST_EQUAL < ones < _MOST_EQUAL)
            self._must(len(set(self._window)) >= _KINDS)
            filled = ones = 0
        self._filled = filled
        self._ones = ones

    def _must(self, good: bool):
        if not good:
            self.failed = True
            raise OSError("the ring oscillator is not random: switch the board off and on")
