"""The radio, the clock and the sleep of MicroPython's boards, for dtls_wifi.py.

Not yet run on silicon.
"""

import time

import network
from micropython import const

_LOOK_MS = const(100)
_EPOCH_2000 = const(946684800)  # seconds from 1970 to the epoch of most boards
_station = network.WLAN(network.STA_IF)


def is_up() -> bool:
    """Tell whether the board is in a network and has an address."""
    return _station.isconnected()


def join(ssid, password, timeout_s):
    """Try once to join a network; OSError if that fails."""
    _station.active(True)
    _leave()
    _station.connect(ssid, password)
    begin = time.ticks_ms()
    while not _station.isconnected():
        if time.ticks_diff(time.ticks_ms(), begin) > timeout_s * 1000:
            _leave()
            raise OSError("no WiFi: is the network there, and the password right?")
        time.sleep_ms(_LOOK_MS)


def _leave():
    try:
        _station.disconnect()
    except OSError:
        return  # it was not connected


def set_clock(seconds: int):
    """Set the clock to so many seconds since 1970, UTC."""
    import machine

    if time.gmtime(0)[0] == 2000:
        seconds -= _EPOCH_2000
    year, month, day, hour, minute, second, weekday = time.gmtime(seconds)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


def deep_sleep(seconds):
    """Sleep deeply: the board starts anew after so many seconds, so this does not return."""
    import machine

    _station.active(False)
    machine.deepsleep(int(seconds * 1000))
