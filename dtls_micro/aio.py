"""The asyncio twin of blocking.py, for asyncio of CPython and of MicroPython."""

import asyncio

from .errors import DtlsError
from .handshake import CLOSED, CONNECTED
from .transport import Transport


async def connect(address, credential, port=None, **options):
    """Return an AioSocket after its handshake; arguments and errors as in blocking.connect().

    Time-outs beyond the handshake's own are asyncio.wait_for()'s.
    """
    s = AioSocket(address, credential, port, **options)
    try:
        await s.do_handshake()
    except BaseException:
        s.transport.close()
        raise
    return s


class AioSocket:
    """A connection; one task may wait in recv() while others send."""

    def __init__(self, address, credential, port=None, **options):
        if port is None:
            import dtls_port as port
        self.transport = Transport(address, credential, port, options)
        self.client = self.transport.client
        self.socket = self.transport.socket

    async def do_handshake(self):
        """Make the handshake."""
        while self.client.state != CONNECTED:
            if self.client.state >= CLOSED:
                raise DtlsError("the connection is closed")
            await self._step()

    async def send(self, data) -> int:
        """Send one datum as one datagram; return its length. See Client.room()."""
        self.transport.flush()
        self.client.write(data)
        self.transport.flush()
        return len(data)

    async def recv(self, size: int) -> bytes:
        """Return the next datum, cut to `size` bytes like a UDP socket does; b"" at the end."""
        while True:
            datum = self.transport.read()
            if datum is not None:
                return bytes(memoryview(datum)[:size])
            if self.client.state == CLOSED:
                return b""
            if self.client.state > CLOSED:
                raise DtlsError("the connection is closed")
            await self._step()

    async def close(self):
        """Send close_notify and close the socket."""
        self.transport.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.transport.close()

    async def _step(self):
        """Wait for a datagram or for the retransmission timer."""
        transport = self.transport
        left = transport.exchange()
        if transport.take():
            await asyncio.sleep(0)  # other tasks live on under a flood
            return
        readable = transport.port.readable(transport.socket)
        if left < 0:
            await readable
            return
        try:
            await asyncio.wait_for(readable, left / 1000)
        except asyncio.TimeoutError:
            return
