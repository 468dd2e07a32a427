"""The radio, the clock and the sleep of a CircuitPython board, for dtls_wifi.py.

Not yet run on silicon.
"""

import time

import wifi


def is_up() -> bool:
    """Tell whether the board is in a network and has an address."""
    radio = wifi.radio
    return bool(radio.enabled and radio.connected and radio.ipv4_address)


def join(ssid, password, timeout_s):
    """Try once to join a network; OSError if that fails."""
    wifi.radio.enabled = True
    try:
        wifi.radio.connect(ssid, password, timeout=timeout_s)
    except RuntimeError as error:
        raise OSError(str(error))


def set_clock(seconds: int):
    """Set the clock to so many seconds since 1970, UTC."""
    import rtc

    rtc.RTC().datetime = time.localtime(seconds)


def deep_sleep(seconds):
    """Sleep deeply: the board starts anew after so many seconds, so this does not return."""
    import alarm

    wake = alarm.time.TimeAlarm(monotonic_time=time.monotonic() + seconds)
    alarm.exit_and_deep_sleep_until_alarms(wake)
