"""A sensor that tells a CoAP server the board's temperature, by a pre-shared key.

The session stays open: the handshake is paid once, and each reading costs two datagrams.
"""

import time

import config
import dtls_wifi
import sensor

from dtls_micro import coap, credentials
from dtls_micro.psk import Psk


def main():
    """Report for ever; after an error, connect anew."""
    mine = credentials.read(config.CREDENTIALS)
    credential = Psk(mine.identity, mine.key)
    dtls_wifi.connect(config.SSID, config.PASSWORD)
    while True:
        try:
            report(credential)
        except OSError as error:
            print("will try again:", error)
        time.sleep(config.RETRY_S)
        dtls_wifi.keep_up()


def report(credential):
    """Send readings until an error."""
    with coap.connect(config.SERVER, credential, timeout=config.TIMEOUT_S) as server:
        print("connected to", config.SERVER)
        while True:
            reading = "%.1f" % sensor.temperature()
            answer = server.put(config.PATH, reading, content_format=0)
            print(reading, "->", coap.text(answer.code))
            time.sleep(config.INTERVAL_S)


if __name__ == "__main__":
    main()
