"""The port to MicroPython on the ESP32 family: see typings/dtls_port.pyi.

hashlib and cryptolib are the chip's own hardware, inside the firmware. p256 is made when it is
first asked for: on the block for curves of C2, C6 and H2, else in viper.

Not yet run on silicon.
"""

import os
from hashlib import sha256  # noqa: F401  (of the port)
from time import gmtime, ticks_ms  # noqa: F401
from time import ticks_diff as elapsed  # noqa: F401

import aead_firmware
from udp_lwip import readable, socket  # noqa: F401

_FIRST_YEAR = 2024  # a clock that says less was not set
_made = {}
entropy_is_fed = False  # set it if another source of noise is on: Bluetooth, the SAR ADC


def random(n: int) -> bytes:
    """Return `n` bytes of the chip's generator, which is one only while the radio is on.

    OSError while it is off: then the generator repeats (ESP-IDF, "Random Number Generation").
    """
    if not entropy_is_fed:
        import network

        if not network.WLAN(network.STA_IF).active() and not network.WLAN(network.AP_IF).active():
            raise OSError("no entropy while the radio is off: switch WiFi on first")
    data = os.urandom(n)
    if len(data) != n:
        raise OSError("the chip gave no entropy")
    return data


def utc():
    """Return (year, month, day, hour, minute, second), or None while the clock is not set."""
    now = gmtime()[:6]
    return now if now[0] >= _FIRST_YEAR else None


def aead(kind: str, key):
    """Return the AEAD of a suite: see typings/dtls_port.pyi."""
    return aead_firmware.aead(kind, key, _octets, _ghash)


def _octets():
    """Return the kernel for octets."""
    from octets_viper import run

    return run


def _ghash():
    from ghash_viper import run

    return run


def __getattr__(name: str):
    if name != "p256":
        raise AttributeError(name)
    if name not in _made:
        _made[name] = _p256()
    return _made[name]


def _p256():
    """Return P-256 on the block for curves, if the chip and the board's files have it."""
    from p256_viper import run

    from dtls_micro.crypto.p256_kernel import P256

    software = P256(run)
    try:
        from ecc_esp32 import for_this_chip
    except ImportError:
        return software
    return for_this_chip(software) or software
