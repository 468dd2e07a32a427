"""Send a word to a DTLS server that knows our pre-shared key, and print its answer.

The server, at a desk:  openssl s_server -dtls1_2 -nocert -psk_identity sensor -psk KEY_IN_HEX
settings.toml on the board: CIRCUITPY_WIFI_SSID, CIRCUITPY_WIFI_PASSWORD, DTLS_HOST, and KEY_IN_HEX
as DTLS_PSK_KEY; CIRCUITPY_PYSTACK_SIZE = 4096 as well with CircuitPython 9.
"""

import os
from binascii import unhexlify

import dtls_micro
from dtls_micro.psk import Psk

key = unhexlify(os.getenv("DTLS_PSK_KEY"))
server = (os.getenv("DTLS_HOST"), 4433)

with dtls_micro.connect(server, Psk("sensor", key), timeout=30) as connection:
    connection.send(b"hello\n")
    print(connection.recv(1024))
