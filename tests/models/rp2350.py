"""The RP2350's TRNG and SHA-256 blocks as machine.mem32 shows them, with faults at will.

Words from 2**31 up read as negative numbers, as MicroPython's mem32 does.
"""

_RESET, _RESET_DONE, _RESET_CLEAR = 0x40020000, 0x40020008, 0x40023000


def signed(word: int) -> int:
    """Return a word as mem32 does."""
    word &= 0xFFFFFFFF
    return word - (1 << 32) if word >> 31 else word


class Block:
    """What both have: it is silent until it is taken out of reset.

    stays_reset: the fault that it does not come out
    """

    bit = base = 0

    def __init__(self):
        self.in_reset = True
        self.stays_reset = False

    def __getitem__(self, address):
        if address == _RESET_DONE:
            return 0 if self.in_reset else self.bit
        at = address - self.base
        assert 0 <= at < 0x200, "a register that there is not"
        return signed(0 if self.in_reset else self.read(at))

    def __setitem__(self, address, word):
        word &= 0xFFFFFFFF
        if address == _RESET_CLEAR:
            assert word == self.bit, "the reset of others"
            self.in_reset = self.stays_reset
            return
        at = address - self.base
        assert 0 <= at < 0x200, "a register that there is not"
        if not self.in_reset:
            self.write(at, word)


class Trng(Block):
    """bits: bits(n) -> n bytes, what the oscillator gives

    faults: what happens at the next blocks of 24 bytes, one each, None for nothing:
    "autocorrelation", "equal words", "equal bits", "late" (an error after the block was read),
    "silent", "others" (who change the settings), "same" (as the block before), "ones"
    deaf: it takes no settings
    """

    bit, base = 1 << 25, 0x400F0000

    def __init__(self, bits, faults=(), deaf=False):
        super().__init__()
        self.bits = bits
        self.faults = list(faults)
        self.deaf = deaf
        self.blocks = 0
        self.soft_resets = 0
        self._data = bytes(24)
        self._reset()
        # as the firmware leaves it, and a reset may or may not change that
        self.source, self.bypass, self.config, self.spacing = 1, 15, 2, 0

    def _reset(self):
        self.status = self.source = self._polls = 0
        self._busy = 3  # writes that are lost until the reset is over
        self._fault = None

    def read(self, at: int) -> int:
        if at == 0x104:
            self._collect()
            return self.status
        if 0x114 <= at < 0x12C:
            assert self.status & 1, "read before it is valid"
            i = at - 0x114
            if i == 20:
                self._polls = 0
                self.status = 4 if self._fault == "late" else 0
            return int.from_bytes(self._data[i : i + 4], "little")
        return {0x10C: self.config, 0x130: self.spacing, 0x138: self.bypass}[at]

    def _collect(self):
        if not self.source or self.status & 2 or self._fault == "silent":
            return
        self._polls += 1
        if self._polls != 5:
            return
        assert self.bypass == 0 or self._fault == "others", "collects untested bits"
        self._fault = fault = self.faults.pop(0) if self.faults else None
        self.blocks += 1
        if fault != "same":
            self._data = b"\xff" * 24 if fault == "ones" else self.bits(24)
        errors = {"autocorrelation": 2, "equal words": 4, "equal bits": 8, "silent": -1}
        self.status |= errors.get(fault, 1)
        if fault == "silent":
            self.status = 0
        if fault == "others":
            self.spacing, self.bypass = 0, 15

    def write(self, at: int, word: int):
        if at == 0x140:
            self.soft_resets += 1
            self._reset()
        elif at == 0x108:
            self.status &= ~word | 2  # autocorrelation stays until a reset
            if not self.status:
                self._polls = 0
        elif self._busy:
            self._busy -= 1
        elif at == 0x12C:
            self.source = word & 1
        elif at == 0x10C:
            self.config = word & 3
        elif at == 0x130:
            self.spacing = 0 if self.deaf else word
        elif at == 0x138:
            self.bypass = word & 15
        else:
            raise AssertionError("a register that is not for writing")


class Sha(Block):
    """compress: (state, block of 64 bytes) -> state, tuples of 8 words

    fault: None, "never ready", "never valid", "early" (it missed a word), "wrong first",
           "wrong last" (of the words of the sum)
    after: blocks until the fault
    """

    bit, base = 1 << 17, 0x400F8000
    _BEGIN = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A)
    _BEGIN += (0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)

    def __init__(self, compress, fault=None, after=0):
        super().__init__()
        self.compress = compress
        self.fault = fault
        self.after = after
        self.blocks = 0
        self.control = 0x1206
        self._words = []
        self._busy = 0
        self._error = 0
        self.state = self._BEGIN

    def _has(self, fault) -> bool:
        return self.fault == fault and self.blocks >= self.after

    def read(self, at: int) -> int:
        if at == 0:
            ready = not self._busy and not self._has("never ready")
            valid = not self._busy and not self._words and not self._has("never valid")
            self._busy = max(0, self._busy - 1)
            return 0x1200 | ready << 1 | valid << 2 | self._error << 4
        assert not self._busy and not self._words, "the sum is not valid"
        i = (at - 8) // 4
        return self.state[i] ^ self._has({0: "wrong first", 7: "wrong last"}.get(i, ""))

    def write(self, at: int, word: int):
        if at == 0:
            assert word & 0x1200 == 0x1200, "bytes in the wrong order"
            if word & 0x10:
                self._error = 0
            if word & 1:
                self.state = self._BEGIN
                self._words = []
        elif at == 4:
            if self._busy or self._has("early"):
                self._error = 1
            self._words.append(word)
            if len(self._words) == 16:
                block = b"".join([w.to_bytes(4, "little") for w in self._words])
                self.state = self.compress(self.state, block)
                self.blocks += 1
                self._words = []
                self._busy = 2
        else:
            raise AssertionError("a register that is not for writing")
