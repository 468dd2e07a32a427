"""Entropy of the RP2350: the TRNG block at 400f0000, with its own tests on (RP2350 data sheet).

The block samples a ring oscillator, drops equal pairs of bits (von Neumann), and watches three
things: 32 equal bits on end, two equal words of 16 bits on end, and autocorrelation. All three
must be silent. How much entropy a bit has is not known here, so 48 bytes are hashed to 32.

The firmware reads the same block for its own random numbers, with the tests off: a sample
during which the settings changed is thrown away.

Not yet run on silicon.
"""

from hashlib import sha256

from micropython import const

_RESETS = const(0x40020000)
_RESET_DONE = const(0x40020008)
_CLEAR = const(0x3000)  # from a register to where its bits are cleared
_TRNG_BIT = const(1 << 25)  # of RESETS

_BASE = const(0x400F0000)
_STATUS = const(0x104)  # registers
_STATUS_CLEAR = const(0x108)
_CONFIG = const(0x10C)
_DATA = const(0x114)  # 6 words; reading the last begins anew
_SOURCE = const(0x12C)
_SPACING = const(0x130)
_BYPASS = const(0x138)
_SOFT_RESET = const(0x140)

_VALID = const(1)  # bits of the status
_ERRORS = const(2 | 4 | 8)  # autocorrelation, equal words, equal bits

_CHAIN = const(0)  # the shortest of four oscillators
_CYCLES = const(1000)  # between two samples: about 5 ms for a block of 24 bytes at 150 MHz
_WORDS = const(6)
_POLLS = const(50000)  # each a microsecond at least
_TRIES = const(4)


def fill(n: int, memory=None) -> bytes:
    """Return `n` bytes; OSError if the block is silent or fails its tests.

    memory: machine.mem32 or the like
    """
    if memory is None:
        from machine import mem32 as memory
    data = b""
    last = None
    _start(memory)
    try:
        while len(data) < n:
            first = _block(memory)
            second = _block(memory)
            if first == second or first == last:
                raise OSError("TRNG: it repeats itself")
            last = second
            data += sha256(first + second).digest()
    finally:
        memory[_BASE + _SOURCE] = 0
    return data[:n]


def _start(memory):
    """Take the block out of reset, and give it our settings; OSError if it does not take them.

    The settings are written until they stay, because the reset takes a while.
    """
    memory[_RESETS + _CLEAR] = _TRNG_BIT
    _await(memory, _RESET_DONE, _TRNG_BIT)
    memory[_BASE + _SOFT_RESET] = 1
    for _ in range(_POLLS):
        memory[_BASE + _SOURCE] = 0
        memory[_BASE + _CONFIG] = _CHAIN
        memory[_BASE + _BYPASS] = 0
        memory[_BASE + _SPACING] = _CYCLES
        if _is_ours(memory):
            break
    else:
        raise OSError("TRNG: it takes no settings")
    memory[_BASE + _STATUS_CLEAR] = -1
    memory[_BASE + _SOURCE] = 1


def _is_ours(memory) -> bool:
    return (
        memory[_BASE + _SPACING] == _CYCLES
        and memory[_BASE + _BYPASS] == 0
        and memory[_BASE + _CONFIG] == _CHAIN
    )


def _block(memory) -> bytes:
    """Return 24 bytes that passed the tests; OSError if there are none after a few tries.

    A test also fails on good bits now and then, so one failure is no reason to give up.
    """
    for _ in range(_TRIES):
        status = _await(memory, _BASE + _STATUS, _VALID | _ERRORS)
        if not status & _ERRORS:
            words = [memory[_BASE + _DATA + 4 * i] & 0xFFFFFFFF for i in range(_WORDS)]
            memory[_BASE + _STATUS_CLEAR] = _VALID
            late = memory[_BASE + _STATUS] & _ERRORS
            if _is_ours(memory) and not late and words.count(words[0]) < _WORDS:
                return b"".join([word.to_bytes(4, "little") for word in words])
        _start(memory)  # autocorrelation stops the block until it is reset
    raise OSError("TRNG: the oscillator fails its tests")


def _await(memory, register: int, bits: int) -> int:
    """Return the register when any of the bits is set; OSError if none will be."""
    for _ in range(_POLLS):
        value = memory[register]
        if value & bits:
            return value
    raise OSError("TRNG: no answer")
