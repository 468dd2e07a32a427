"""SHA-256 in the RP2350's own block at 400f8000 (RP2350 data sheet), a factory like hashlib's.

    from rp2350_sha256 import Sha256 as sha256

Does it pay? No, as far as figures can tell without the chip, so no port uses it by itself. The
block takes 57 cycles for 64 bytes, but has to get them as 16 words, of which each costs some
hundreds of cycles of bytecode: together more than the 9000 cycles or less that hashlib's C
takes. There is one block for the three hashes of a transcript, and hashes are a few percent
of a handshake. It is of use to who feeds it by DMA, or wants a second implementation.

Not yet run on silicon.
"""

import struct
from hashlib import sha256 as _software

from micropython import const

_RESETS = const(0x40020000)
_RESET_DONE = const(0x40020008)
_CLEAR = const(0x3000)  # from a register to where its bits are cleared
_SHA_BIT = const(1 << 17)  # of RESETS

_CONTROL = const(0x400F8000)
_INPUT = const(0x400F8004)
_SUM = const(0x400F8008)  # 8 words, the first the highest

_START = const(0x1211)  # bytes swapped, DMA of words, the error cleared, begin
_READY = const(2)
_VALID = const(4)
_TOO_EARLY = const(0x10)  # a word came while it was busy

_BLOCK = const(64)
_POLLS = const(1000)  # it is busy for 57 cycles, which is less than one poll


class Sha256:
    """A hash: update(data), then digest() once.

    The first object has the block until its digest(); one that is made meanwhile is hashlib's.
    An object that gets no digest() must be given up by release(). What the block got is kept
    as well, in RAM: on any fault it goes to hashlib, and the block is not used again.

    memory: machine.mem32 or the like
    """

    owner = None
    broken = False

    def __init__(self, memory=None):
        self._software = None
        self._kept = bytearray()
        self._fed = 0
        if Sha256.owner or Sha256.broken:
            self._software = _software()
            return
        if memory is None:
            from machine import mem32 as memory
        self._memory = memory
        Sha256.owner = self
        try:
            _begin(memory)
        except OSError:
            self._give_up()

    def update(self, data):
        """Add bytes."""
        if self._software:
            self._software.update(data)
            return
        self._kept += data
        self._feed(self._kept)

    def digest(self) -> bytes:
        """Return the 32 bytes and close the object."""
        if not self._software:
            result = self._finish()
            self.release()
            if result:
                return result
        return self._software.digest()

    def release(self):
        """Let another object have the block."""
        if Sha256.owner is self:
            Sha256.owner = None

    def _give_up(self):
        """Go on in software, with what is kept."""
        Sha256.broken = True
        self.release()
        self._software = _software()
        self._software.update(self._kept)
        self._kept = None

    def _finish(self):
        """Return the digest, or None after a fault."""
        kept = self._kept
        length = len(kept)
        tail = kept[self._fed :] + b"\x80" + bytes((_BLOCK - 9 - length) % _BLOCK)
        tail += struct.pack(">Q", 8 * length)
        self._fed = 0
        self._feed(tail)
        if self._software:
            return None
        words = [self._memory[_SUM + 4 * i] & 0xFFFFFFFF for i in range(8)]
        return struct.pack(">8I", *words)

    def _feed(self, data):
        """Hash the whole blocks of `data` from self._fed on; after a fault, turn to software."""
        try:
            while self._fed + _BLOCK <= len(data):
                _put_block(self._memory, data, self._fed)
                self._fed += _BLOCK
        except OSError:
            self._give_up()


def _begin(memory):
    """Take the block out of reset, and see whether it knows the hash of nothing."""
    memory[_RESETS + _CLEAR] = _SHA_BIT
    _await(memory, _RESET_DONE, _SHA_BIT)
    memory[_CONTROL] = _START
    _put_block(memory, b"\x80" + bytes(_BLOCK - 1), 0)
    if memory[_SUM] & 0xFFFFFFFF != 0xE3B0C442 or memory[_SUM + 28] & 0xFFFFFFFF != 0x7852B855:
        raise OSError("SHA-256: wrong")
    memory[_CONTROL] = _START


def _put_block(memory, data, at: int):
    """Hash 64 bytes, until the sum is there."""
    _await(memory, _CONTROL, _READY)
    for word in struct.unpack_from("<16I", data, at):
        memory[_INPUT] = word
    if _await(memory, _CONTROL, _VALID) & _TOO_EARLY:
        raise OSError("SHA-256: it missed a word")


def _await(memory, register: int, bit: int) -> int:
    """Return the register when the bit is set; OSError if it will not be."""
    for _ in range(_POLLS):
        value = memory[register]
        if value & bit:
            return value
    raise OSError("SHA-256: no answer")
