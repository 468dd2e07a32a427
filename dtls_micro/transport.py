"""A client with its socket and its clock: what blocking.py and aio.py share."""

from .client import Client
from .errors import HandshakeTimeout
from .handshake import CONNECTED

_EMSGSIZE = (90, 40, 122, 10040)  # Linux, BSD and macOS, lwIP, Windows


class Transport:
    """`address` is (host, port); `port` is the platform's dtls_port module."""

    def __init__(self, address, credential, port, options):
        self.client = Client(port, credential, **options)
        self.port = port
        self.socket = port.socket(address)
        self._then = port.ticks_ms()

    def exchange(self) -> int:
        """Send what is due, let time pass; return ms until this must be done again, or -1."""
        self.flush()
        now = self.port.ticks_ms()
        elapsed = self.port.elapsed(now, self._then)
        self._then = now
        try:
            left = self.client.tick(elapsed)
        except HandshakeTimeout as error:
            if self.socket.refused:
                raise HandshakeTimeout("the host says that nothing listens on that port")
            raise error
        finally:
            self.flush()
        return left

    def take(self) -> bool:
        """Receive a datagram if there is one; tell whether there was."""
        datagram = self.socket.receive(self.client.rx_size)
        if datagram is None:
            return False
        try:
            self.client.receive(datagram)
        finally:
            self.flush()
        return True

    def flush(self):
        """Send all datagrams that wait."""
        while True:
            datagram = self.client.datagram()
            if datagram is None:
                return
            try:
                self.socket.send(datagram)
            except OSError as error:
                # Too long for the path: lost like any other, and the MTU falls after losses.
                if self.client.state == CONNECTED or error.args[0] not in _EMSGSIZE:
                    raise

    def close(self):
        """Say close_notify if there is somebody to say it to; free the socket."""
        self.client.close()
        try:
            self.flush()
        finally:
            self.socket.close()
