"""A UDP socket of lwip, MicroPython's network stack on boards: see typings/dtls_port.pyi.

recv() keeps datagrams apart; readinto() would join them or lose one. On the ESP32 an empty
datagram marks a socket as closed by the peer, so one is made anew on the same port, which for
that is chosen here (RFC 6335: 49152 and up), at random.

Not yet run on silicon.
"""

import errno
import os
import select
import socket as _socket

_FULL = (errno.EAGAIN, errno.ENOMEM, errno.ENOBUFS)
_FIRST_PORT = 0xC000
_DRAWS = 8
_ECONNREFUSED = errno.ECONNREFUSED
_EBADF = errno.EBADF


class socket:  # noqa: N801  (a verb of the port)
    """A UDP socket to one peer, (host, port)."""

    def __init__(self, address):
        self.refused = False  # the peer's host said that nothing listens there
        self._poller = select.poll()
        self._address = _socket.getaddrinfo(address[0], address[1], 0, _socket.SOCK_DGRAM)[0][-1]
        for tries in range(_DRAWS, 0, -1):
            octets = os.urandom(2)
            self._port = _FIRST_PORT | octets[0] << 8 & 0x3F00 | octets[1]
            try:
                self._open()
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE or tries == 1:
                    raise

    def _open(self):
        self._socket = self.pollable = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        try:
            self._socket.bind(("0.0.0.0", self._port))
            self._socket.connect(self._address)
            self._socket.setblocking(False)
            self._poller.register(self._socket, select.POLLIN)
        except OSError:
            self._socket.close()
            raise

    def send(self, datagram):
        """Send one datagram; a full queue drops it, as a network does."""
        try:
            self._socket.send(datagram)
        except OSError as error:
            if error.errno == _ECONNREFUSED:
                self.refused = True  # of an earlier one
            elif error.errno not in _FULL:
                raise

    def receive(self, size: int):
        """Return one datagram, cut to `size` bytes, or None."""
        try:
            datagram = self._socket.recv(size) or self._socket.recv(size)
        except OSError as error:
            if error.errno == _EBADF:
                raise
            if error.errno == _ECONNREFUSED:
                self.refused = True
            return None
        if not datagram:  # twice: it stays so
            self._poller.unregister(self._socket)
            self._socket.close()
            self._open()
            return None
        self.refused = False
        return datagram

    def wait(self, ms: int) -> bool:
        """Wait until a datagram is there, for `ms` at most (-1: for ever)."""
        for _ in self._poller.ipoll(ms):
            return True
        return False

    def close(self):
        """Close the socket."""
        self._socket.close()


def readable(s):
    """Return an awaitable that ends when a datagram is there."""
    import asyncio

    yield asyncio.core._io_queue.queue_read(s._socket)
