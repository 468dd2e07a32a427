"""The port to MicroPython on RP2040 and RP2350: see typings/dtls_port.pyi.

p256 is made when it is first asked for, so a program with pre-shared keys loads no curve.

Not yet run on silicon; the arithmetic runs in an emulated Cortex-M0, M33 and RISC-V in the tests.
"""

import sys
from hashlib import sha256
from time import gmtime, ticks_ms  # noqa: F401
from time import ticks_diff as elapsed  # noqa: F401

import aead_firmware
from udp_lwip import readable, socket  # noqa: F401

_FIRST_YEAR = 2024  # a clock that says less was not set
_made = {}


def random(n: int) -> bytes:
    """Return `n` bytes of tested entropy; OSError if the chip's source fails."""
    if "random" not in _made:
        if _is_rp2350():
            from rp2350_trng import fill as source
        else:
            from ring_oscillator import RingOscillator

            source = RingOscillator().random
        _made["random"] = source
    return _made["random"](n)


def utc():
    """Return (year, month, day, hour, minute, second), or None while the clock is not set."""
    now = gmtime()[:6]
    return now if now[0] >= _FIRST_YEAR else None


def aead(kind: str, key):
    """Return the AEAD of a suite: see typings/dtls_port.pyi."""
    return aead_firmware.aead(kind, key, _octets, _ghash)


def hmac(key):
    """Return HMAC-SHA256 with a key: see typings/dtls_port.pyi."""
    if "hmac" not in _made:
        _made["hmac"] = _hmac()
    kind, parts = _made["hmac"]
    return kind(*parts, key)


def _hmac():
    """Return a class and its first arguments; the kernel has not been timed on the RP2350."""
    if _is_rp2350():
        from dtls_micro.crypto.hmac import Hmac

        return Hmac, (sha256,)
    from hmac_kernel import Hmac
    from sha256_thumb import run

    return Hmac, (run, sha256)


def _octets():
    """Return the kernel for octets that this core can run."""
    if _is_arm():
        from octets_thumb import run
    else:
        from octets_viper import run
    return run


def _ghash():
    if _is_arm():
        from ghash_thumb import run
    else:
        from ghash_viper import run
    return run


def _is_arm() -> bool:
    return "RISCV" not in sys.implementation._machine


def _is_rp2350() -> bool:
    return "RP2350" in sys.implementation._machine


def __getattr__(name: str):
    if name != "p256":
        raise AttributeError(name)
    if name not in _made:
        from dtls_micro.crypto.p256_kernel import P256

        _made[name] = P256(_curve())
    return _made[name]


def _curve():
    """Return the kernel of P-256 that this core can run."""
    if not _is_arm():
        from p256_rv32 import run
    elif _is_rp2350():
        from p256_m33 import run
    else:
        from p256_thumb import run
    return run
