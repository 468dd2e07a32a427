"""Readings of the board's temperature, told to a CoAP server.

The session stays open: the handshake is paid once, and each reading costs two datagrams.
"""

import time

import config
import dtls_wifi
import sensor

from dtls_micro import coap


def tell(credential):
    """Tell the server for ever; after an error, connect anew."""
    while True:
        try:
            _tell(credential)
        except OSError as error:
            print("will try again: %s: %s" % (config.SERVER, error))
        time.sleep(config.RETRY_S)
        dtls_wifi.keep_up()


def _tell(credential):
    """Send readings until an error."""
    with coap.connect(config.SERVER, credential, timeout=config.TIMEOUT_S) as server:
        print("connected to", config.SERVER)
        while True:
            reading = "%.1f" % sensor.temperature()
            answer = server.put(config.PATH, reading, content_format=0)
            said = coap.text(answer.code)
            print(reading, "->", said if answer.ok else "%s of %s" % (said, config.PATH))
            time.sleep(config.INTERVAL_S)
