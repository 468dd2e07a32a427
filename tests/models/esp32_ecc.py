"""The ECC multiplier of an ESP32 with its gates, as machine.mem32 shows it, with faults at will.

It is silent, reads as 0 and takes nothing, while it has no clock or power or is in reset. Words
from 2**31 up read as negative numbers, as MicroPython's mem32 does on 32-bit boards.
"""

from dtls_micro.crypto import p256
from dtls_micro.crypto.multiply import of_point

_DONE, _CLEAR, _CONFIG, _K, _X, _Y, _END = 0x0C, 0x18, 0x1C, 0x100, 0x120, 0x140, 0x160


class Ecc:
    """chip: a row of ecc_esp32.CHIPS; turns: how often it is polled until it is done

    fault: None, "silent" (never done), "flag" (always done), "idle" (done, but it did nothing),
    "y" (a point off the curve), "large" (x + p, where that has 32 bytes, else all ones),
    "other" (another point of the curve), "deaf" (memory keeps what it was), "zero"
    faulty: which multiplications, counted from 0, have the fault; None: all
    """

    def __init__(self, chip, random, fault=None, faulty=None, turns=3, clocked=False):
        self.base, self.clock, self.clock_bit, self.reset, self.reset_bit = chip[:5]
        self.power, self.ecdsa = chip[5:]
        self.words = {
            self.clock: 0xA5A5A500 & ~self.clock_bit | (self.clock_bit if clocked else 0)
        }
        if self.reset != self.clock:
            self.words[self.reset] = 0x5A5A5A00 | self.reset_bit
        if self.power:
            self.words[self.power] = 5
        if self.ecdsa:
            self.words[self.ecdsa] = 3
        self.random = random
        self.fault = fault
        self.faulty = faulty
        self.turns = turns
        self.count = 0
        self.scalars = []
        self.masked = 0  # depth of disabled interrupts
        self.irq = self._disable, self._enable
        self._left = 0
        self._clear_block()

    def _disable(self):
        self.masked += 1
        return self.masked - 1

    def _enable(self, state):
        self.masked = state

    def _clear_block(self):
        for at in range(0, _END, 4):
            self.words[self.base + at] = 0
        self.words[self.base + _CONFIG] = 1 << 31
        self._left = 0

    def _runs(self) -> bool:
        return (
            self.words[self.clock] & self.clock_bit != 0
            and not self.words[self.reset] & self.reset_bit
            and not (self.power and self.words[self.power] & 5)
            and not (self.ecdsa and self.words[self.ecdsa] & 2)
        )

    def _is_faulty(self, *faults) -> bool:
        return self.fault in faults and (self.faulty is None or self.count in self.faulty)

    def __getitem__(self, address):
        word = self.words[address]  # KeyError: nothing is there
        if self.base <= address < self.base + _END:
            if not self._runs():
                return 0
            if address == self.base + _DONE:
                word = self._poll()
        return word - (1 << 32) if word >> 31 else word

    def _poll(self) -> int:
        if self._left > 0 and not self._is_faulty("silent"):
            self._left -= 1
            if self._left == 0:
                self._multiply()
                self.words[self.base + _DONE] = 1
                self.words[self.base + _CONFIG] &= ~1
        return 1 if self._is_faulty("flag") else self.words[self.base + _DONE]

    def __setitem__(self, address, word):
        word &= 0xFFFFFFFF
        if not self.base <= address < self.base + _END:
            assert address in self.words, "a register that there is not"
            assert self.masked, "changed while others may change it"
            self.words[address] = word
            if address == self.reset and word & self.reset_bit:
                self._clear_block()
            return
        if not self._runs():
            return
        at = address - self.base
        if at == _CLEAR:
            self.words[self.base + _DONE] = 0
        elif at == _CONFIG:
            self.words[address] = word
            if word & 1:
                self._left = self.turns
        elif at >= _K and self._is_faulty("deaf"):
            return
        elif at >= _K:
            assert self._left == 0 or self._is_faulty("silent"), "written while it works"
            self.words[address] = word
        else:
            raise AssertionError("a register that is not for writing")

    def number(self, at: int) -> int:
        """Return one of its three numbers."""
        return sum(self.words[self.base + at + 4 * i] << 32 * i for i in range(8))

    def _store(self, at: int, number: int):
        for i in range(8):
            self.words[self.base + at + 4 * i] = number >> 32 * i & 0xFFFFFFFF

    def _multiply(self):
        assert self.words[self.base + _CONFIG] & 0x1FC == 4, "not P-256, multiply"
        k, x, y = self.number(_K), self.number(_X), self.number(_Y)
        self.scalars.append(k)
        if not 0 < k < p256.CURVE.n or self._is_faulty("zero"):
            x = y = 0
        elif not self._is_faulty("idle"):
            k += self._is_faulty("other")
            x, y = of_point(p256.CURVE, k, x, y, self.random)
        if self._is_faulty("y"):
            y ^= 4
        if self._is_faulty("large"):
            x = min(x + p256.CURVE.p, (1 << 256) - 1)
        self._store(_X, x)
        self._store(_Y, y)
        self.count += 1
