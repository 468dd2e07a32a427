"""The network of config.py, waited for: a router may need longer to start than the board."""

import time

import config
import dtls_wifi


def join():
    """Join the network, however long that takes."""
    _until_done(dtls_wifi.connect, config.SSID, config.PASSWORD)


def set_clock():
    """Ask for the time until somebody tells it."""
    _until_done(dtls_wifi.set_time, config.TIME_SERVER)


def _until_done(work, *arguments):
    while True:
        try:
            return work(*arguments)
        except OSError as error:
            print("will try again:", error)
        time.sleep(config.RETRY_S)
