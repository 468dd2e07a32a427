"""Channels of plain UDP: `coap://`, for blocking.py and aio.py. Nothing is protected."""

from errno import ECONNREFUSED

from micropython import const

_SIZE = const(1152)  # bytes of the largest datagram (RFC 7252 section 4.6); others are dropped


class UdpChannel:
    """A UDP socket of the port to (host, port)."""

    def __init__(self, port, address):
        self._socket = port.socket(address)

    def send(self, datagram):
        """Send one datagram."""
        self._socket.send(datagram)

    def receive(self, ms: int):
        """Return a datagram, or None if none comes within `ms`, -1 for ever."""
        datagram = None
        if self._socket.wait(ms):  # first, because to look in vain costs a buffer
            datagram = self._socket.receive(_SIZE + 1)
        if self._socket.refused:
            raise OSError(ECONNREFUSED, "the host says that nothing listens on that port")
        return datagram if datagram and len(datagram) <= _SIZE else None

    def close(self):
        """Close the socket."""
        self._socket.close()


class AioUdpChannel(UdpChannel):
    """The same for asyncio."""

    def __init__(self, port, address):
        super().__init__(port, address)
        self._readable = port.readable

    async def receive(self):
        """Return a datagram, or None for none yet."""
        datagram = super().receive(0)
        if datagram is None:
            await self._readable(self._socket)
        return datagram

    async def close(self):
        """Close the socket."""
        super().close()
