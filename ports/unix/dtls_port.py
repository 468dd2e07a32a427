"""The port to MicroPython's unix build: see typings/dtls_port.pyi."""

import errno
import os
import select
import socket as _socket
from hashlib import sha256  # noqa: F401  (of the port)
from time import gmtime, ticks_ms  # noqa: F401
from time import ticks_diff as elapsed  # noqa: F401

from cryptolib import aes

_EAGAIN = errno.EAGAIN
_ECONNREFUSED = errno.ECONNREFUSED
_EBADF = errno.EBADF
_ENOBUFS = errno.ENOBUFS
_ECB = 1


def random(n: int) -> bytes:
    """Return `n` bytes of the system's entropy."""
    data = os.urandom(n)
    if len(data) != n:
        raise OSError("the system has no entropy")
    return data


def utc():
    """Return (year, month, day, hour, minute, second) of the system's clock, UTC."""
    return gmtime()[:6]


def aead(kind: str, key):
    """Return the AEAD of a suite: see typings/dtls_port.pyi."""
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    block = aes(key, _ECB)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm import Gcm

        return Gcm(block)
    from dtls_micro.crypto.ccm import Ccm

    return Ccm(block, 8 if kind == "AES_128_CCM_8" else 16)


class socket:  # noqa: N801  (a verb of the port)
    """A UDP socket to one peer.

    recv() keeps datagrams apart; readinto() would join them or lose one (its stream layer
    reads until the buffer is full), so it is not used although it allocates less.
    """

    def __init__(self, address):
        self.refused = False  # the peer's host said that nothing listens there
        found = _socket.getaddrinfo(address[0], address[1], 0, _socket.SOCK_DGRAM)[0]
        self._socket = _socket.socket(found[0], _socket.SOCK_DGRAM)
        self._socket.connect(found[-1])
        self._socket.setblocking(False)
        self.pollable = self._socket
        self._poller = select.poll()
        self._poller.register(self._socket, select.POLLIN)

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
            except OSError as error:
                if error.errno != _EAGAIN and error.errno != _ECONNREFUSED:
                    raise

    def receive(self, size: int):
        """Return one datagram, cut to `size` bytes, or None."""
        try:
            datagram = self._socket.recv(size)
        except OSError as error:  # what a router says can be forged: it ends nothing
            if error.errno == _EBADF:
                raise
            self._note(error)
            return None
        self.refused = False
        return datagram

    def _note(self, error) -> bool:
        """Take in an error; tell whether it may be of an earlier datagram."""
        if error.errno == _ECONNREFUSED:
            self.refused = True
        return error.errno != _EAGAIN and error.errno != _ENOBUFS

    def wait(self, ms: int) -> bool:
        """Wait until a datagram is there, for `ms` at most (-1: for ever)."""
        for _ in self._poller.ipoll(ms):
            return True
        return False

    def close(self):
        """Close the socket."""
        self._socket.close()

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._socket.fileno()


def readable(s):
    """Return an awaitable that ends when a datagram is there."""
    import asyncio

    yield asyncio.core._io_queue.queue_read(s._socket)
