"""A DTLS 1.2 echo server with a pre-shared key on tinydtls (DTLSSocket).

usage: tinydtls_server.py PORT SUITES psk IDENTITY KEY_HEX
"""

import socket
import sys

from DTLSSocket import dtls


class Server:
    """tinydtls knows addresses as IPv6 only, so 127.0.0.1 is ::ffff:127.0.0.1 here."""

    def __init__(self, port: int, identity: bytes, key: bytes):
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.bind(("::ffff:127.0.0.1", port))
        self._data = None
        self._dtls = dtls.DTLS(
            read=self._on_data,
            write=self._on_send,
            event=self._on_event,
            pskId=identity,
            pskStore={identity: key},
        )

    def _on_data(self, _, data):
        self._data = bytes(data)
        return len(data)

    def _on_send(self, address, datagram):
        return self._socket.sendto(datagram, (address[0], address[1], 0, 0))

    def _on_event(self, level, code):
        print("event %d %#x" % (level, code), flush=True)

    def serve(self):
        """Serve for ever."""
        print("listening", flush=True)
        while True:
            datagram, address = self._socket.recvfrom(4096)
            session = dtls.Session(*address)
            self._data = None
            self._dtls.handleMessage(session, datagram)
            if self._data is not None:
                self._dtls.write(session, self._data)


if __name__ == "__main__":
    Server(int(sys.argv[1]), sys.argv[4].encode(), bytes.fromhex(sys.argv[5])).serve()
