"""A sensor that tells a CoAP server the board's temperature; the server's key is pinned.

The board knows the SHA-256 of the server's public key, and needs no CA and no clock.
"""

import time

import config
import dtls_wifi
import sensor

from dtls_micro import coap, credentials
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.pin import PinnedKey


def main():
    """Report for ever; after an error, connect anew."""
    mine = credentials.read(config.CREDENTIALS)
    credential = Ecdhe(PinnedKey(*mine.pins), client(mine))
    dtls_wifi.connect(config.SSID, config.PASSWORD)
    while True:
        try:
            report(credential)
        except OSError as error:
            print("will try again:", error)
        time.sleep(config.RETRY_S)
        dtls_wifi.keep_up()


def client(mine):
    """Return our own certificate, if the credentials have one."""
    if not mine.certificates:
        return None
    from dtls_micro.client_key import ClientCertificate

    return ClientCertificate(mine.certificates, mine.private_key)


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
