"""A DTLS 1.2 echo server with a pre-shared key on MicroPython's own `tls` module.

usage: micropython micropython_tls_server.py PORT SUITES psk IDENTITY KEY_HEX

Pre-shared keys came with MicroPython 1.29 (`SSLContext.server_psk_keys`); of our suites it
has GCM. It serves one client, as the socket is connected to the first address it hears of.
"""

import binascii
import select
import socket
import sys

import tls

_ATTEMPTS = 5  # ClientHellos without a cookie, the first and repeated ones


def context(identity: bytes, key: bytes):
    """Return a server's context for one key."""
    made = tls.SSLContext(tls.PROTOCOL_DTLS_SERVER)
    made.server_psk_keys = {identity: key}
    made.set_ciphers(["TLS-PSK-WITH-AES-128-GCM-SHA256"])
    return made


def accept(made, port: int):
    """Return the connection of the first client."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(socket.getaddrinfo("127.0.0.1", port, 0, socket.SOCK_DGRAM)[0][-1])
    print("listening")
    _, address = s.recvfrom(1, socket.MSG_PEEK)
    s.connect(address)
    for _ in range(_ATTEMPTS):
        try:
            return made.wrap_socket(s, server_side=True, client_id=bytes(address))
        except OSError as error:  # of the HelloVerifyRequest too: begin again
            print("handshake", error)
    raise OSError("no handshake")


def serve(connection):
    """Send back every datum until the client closes.

    A blocking read would wait until its buffer is full, whatever the datagrams are.
    """
    buffer = bytearray(4096)
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    connection.setblocking(False)
    while True:
        poller.poll(-1)
        size = connection.readinto(buffer)
        if size == 0:
            return
        if size:
            connection.write(buffer[:size])


if __name__ == "__main__":
    if not hasattr(tls.SSLContext(tls.PROTOCOL_DTLS_SERVER), "server_psk_keys"):
        print("no PSK in this MicroPython's tls")
        sys.exit(1)
    made = context(sys.argv[4].encode(), binascii.unhexlify(sys.argv[5]))
    serve(accept(made, int(sys.argv[1])))
