"""Channels of DTLS: `coaps://`, for blocking.py and aio.py.

The one module of coap/ that knows DTLS; only connection.py imports it.
"""

from micropython import const

from ..errors import DtlsError
from ..handshake import CLOSED

_OVERHEAD = const(37)  # header, explicit nonce and tag of the largest record


class DtlsChannel:
    """A connected blocking.DtlsSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.send_size = socket.client.room()
        self.receive_size = socket.client.rx_size - _OVERHEAD

    def send(self, datagram):
        """Send one datagram."""
        transport = self.socket.transport
        transport.flush()
        transport.client.write(datagram)
        transport.flush()

    def receive(self, ms: int):
        """Return a datagram, or None if none comes within `ms`, -1 for ever."""
        datagram = self._read()
        if datagram is None:
            transport = self.socket.transport
            left = transport.exchange()
            if left < 0 or 0 <= ms < left:
                left = ms
            if transport.socket.wait(left) and transport.take():
                datagram = self._read()
        return datagram

    def _read(self):
        datagram = self.socket.transport.read()
        if datagram is None and self.socket.client.state >= CLOSED:
            raise DtlsError("the peer has closed the connection")
        return datagram

    def close(self):
        """Close the connection."""
        self.socket.close()


class AioDtlsChannel(DtlsChannel):
    """A connected aio.AioSocket."""

    async def receive(self):
        """Return a datagram."""
        datagram = await self.socket.recv(self.socket.client.rx_size)
        if not datagram and self.socket.client.state >= CLOSED:
            raise DtlsError("the peer has closed the connection")
        return datagram

    async def close(self):
        """Close the connection."""
        await self.socket.close()
