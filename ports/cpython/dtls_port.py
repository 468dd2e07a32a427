"""The port to CPython: see typings/dtls_port.pyi. For desks and tests; AES is the portable one."""

import errno
import os
import select
import socket as _socket
import time
from hashlib import sha256  # noqa: F401  (of the port)


def random(n: int) -> bytes:
    """Return `n` bytes of the system's entropy."""
    return os.urandom(n)


def utc():
    """Return (year, month, day, hour, minute, second) of the system's clock, UTC."""
    return time.gmtime()[:6]


def aead(kind: str, key):
    """Return the AEAD of a suite: see typings/dtls_port.pyi."""
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    from dtls_micro.crypto.aes import Aes

    block = Aes(key)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm import Gcm

        return Gcm(block)
    from dtls_micro.crypto.ccm import Ccm

    return Ccm(block, 8 if kind == "AES_128_CCM_8" else 16)


def ticks_ms() -> int:
    """Return milliseconds of a clock that never goes back."""
    return time.monotonic_ns() // 1000000


def elapsed(now: int, then: int) -> int:
    """Return the milliseconds from `then` to `now`."""
    return now - then


class socket:  # noqa: N801  (a verb of the port)
    """A UDP socket to one peer, (host, port)."""

    def __init__(self, address):
        self.refused = False  # the peer's host said that nothing listens there
        self._came = self._loop = None  # of who waits in asyncio
        host, port = address[:2]
        found = _socket.getaddrinfo(host, port, type=_socket.SOCK_DGRAM)[0]
        self._socket = _socket.socket(found[0], found[1], found[2])
        self._socket.setblocking(False)
        self.pollable = self._socket
        self._socket.connect(found[4])

    def send(self, datagram):
        """Send one datagram; a full queue drops it, as a network does.

        The system may answer with what became of an earlier one, so it is tried twice.
        """
        try:
            self._socket.send(datagram)
        except OSError as error:
            if not self._note(error):
                return
            try:
                self._socket.send(datagram)
            except (ConnectionRefusedError, BlockingIOError):
                return

    def receive(self, size: int):
        """Return one datagram, cut to `size` bytes, or None."""
        try:
            datagram = self._socket.recv(size)
        except OSError as error:  # what a router says can be forged: it ends nothing
            if error.errno == errno.EBADF:
                raise
            self._note(error)
            return None
        self.refused = False
        return datagram

    def _note(self, error) -> bool:
        """Take in an error; tell whether it may be of an earlier datagram."""
        if error.errno == errno.ECONNREFUSED:
            self.refused = True
        return error.errno not in (errno.EAGAIN, errno.ENOBUFS)

    def wait(self, ms: int) -> bool:
        """Wait until a datagram is there, for `ms` at most (-1: for ever)."""
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        return bool(poller.poll(None if ms < 0 else ms))

    def close(self):
        """Close the socket; whoever waits for it goes on."""
        if self._came:
            self._loop.remove_reader(self.fileno())
            self._wake()
        self._socket.close()

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._socket.fileno()

    async def readable(self):
        """Return when a datagram is there, or the socket is closed."""
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._came = came = self._loop.create_future()
        self._loop.add_reader(self.fileno(), self._wake)
        try:
            await came
        finally:
            if self._came is came:  # and not of a task that has begun to wait meanwhile
                self._came = None
                if self.fileno() >= 0:
                    self._loop.remove_reader(self.fileno())

    def _wake(self):
        if self._came and not self._came.done():
            self._came.set_result(None)


def readable(s):
    """Return an awaitable that ends when a datagram is there."""
    return s.readable()
