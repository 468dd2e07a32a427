"""Entropy of the RP2040's ring oscillator, tested for health (NIST SP 800-90B section 4.4).

The oscillator's random bit is sampled one at a time. Python takes some microseconds between two
samples, hundreds of the oscillator's periods; half a bit of entropy is assumed of each. 64
bytes of samples, the firmware's own random bytes and a counter become 32 bytes by SHA-256.

Not yet run on silicon.
"""

import os
from hashlib import sha256

from micropython import const

_RANDOM_BIT = const(0x4006001C)  # RP2040 datasheet section 2.17.8
_SAMPLES = const(64)  # bytes
_REPETITIONS = const(61)  # 1 + 30 / 0.5: once in 2**30 of that many equal samples
_WINDOW = const(1024)  # samples
_MOST_EQUAL = const(810)  # of a window: once in 2**30
_KINDS = const(9)  # of bytes among the samples, at least: fewer are not met in 2**80 times


class RingOscillator:
    """memory: machine.mem32, or a model of it."""

    def __init__(self, memory=None):
        if memory is None:
            from machine import mem32 as memory
        self._memory = memory
        self._count = 0
        self._last = -1
        self._same = 0  # samples that were equal, up to the last one
        self._left = _WINDOW  # samples of the window that are to come
        self._ones = 0  # samples of the window
        self._started = False
        self.failed = False

    def random(self, n: int) -> bytes:
        """Return n bytes; OSError for ever once the samples have failed a test."""
        self._must(not self.failed)
        if not self._started:
            for _ in range(_WINDOW // 8):
                self._octet()
            self._started = True
        out = b""
        while len(out) < n:
            samples = bytes([self._octet() for _ in range(_SAMPLES)])
            self._must(len(set(samples)) >= _KINDS)  # a short period has no bias
            digest = sha256(samples)
            digest.update(os.urandom(32))
            self._count += 1
            digest.update(self._count.to_bytes(4, "big"))
            out += digest.digest()
        return out[:n]

    def _octet(self) -> int:
        octet = 0
        for _ in range(8):
            bit = self._memory[_RANDOM_BIT] & 1
            self._test(bit)
            octet = octet << 1 | bit
        return octet

    def _test(self, bit: int):
        """Repetition count test, and the adaptive proportion test for both values of a bit."""
        if bit == self._last:
            self._same += 1
        else:
            self._last = bit
            self._same = 1
        self._ones += bit
        self._left -= 1
        if self._same >= _REPETITIONS:
            self._must(False)
        if not self._left:
            self._must(_WINDOW - _MOST_EQUAL < self._ones < _MOST_EQUAL)
            self._left = _WINDOW
            self._ones = 0

    def _must(self, good: bool):
        if not good:
            self.failed = True
            raise OSError("the ring oscillator is not random: switch the board off and on")
