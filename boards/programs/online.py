"""The network of config.py, waited for: a router may need longer to start than the board."""

import time

import config
import dtls_port
import dtls_wifi

_MOST = 64  # times RETRY_S between two questions for the time


def join():
    """Join the network, however long that takes."""
    _until_done(1, dtls_wifi.connect, config.SSID, config.PASSWORD)


def set_clock():
    """Ask for the time until somebody tells it, ever more seldom (RFC 4330 section 10).

    A clock that is set already, as a computer's is, is left as it is.
    """
    if dtls_port.utc() is None:
        _until_done(_MOST, _set_time)


def _set_time():
    if not dtls_wifi.keep_up():
        raise OSError("the network is lost")
    try:
        dtls_wifi.set_time(config.TIME_SERVER)
    except OSError as error:
        raise OSError("the time server %s: %s" % (config.TIME_SERVER, error))


def _until_done(most, work, *arguments):
    times = 1
    while True:
        try:
            return work(*arguments)
        except OSError as error:
            print("will try again:", error)
        time.sleep(times * config.RETRY_S)
        times = min(2 * times, most)
