"""A client with its socket and its clock: what blocking.py and aio.py share."""

from micropython import const

from .client import Client
from .errors import HandshakeTimeout
from .handshake import CONNECTED

_AT_ONCE = const(8)  # datagrams taken before time is let pass: a flight


class Transport:
    """`address` is (host, port); `port` is the platform's dtls_port module."""

    def __init__(self, address, credential, port, options):
        if isinstance(address, str) or len(address) < 2 or not 0 < address[1] < 65536:
            raise ValueError("an address is (host, UDP port)")
        if getattr(credential, "named", False):  # who checks names wants the one that we call
            options.setdefault("server_name", address[0])
        self.client = Client(port, credential, **options)
        self.port = port
        self.socket = port.socket(address)
        self._then = None  # the clock starts with the first exchange()
        self._trouble = None  # why the last datagram could not be sent

    def exchange(self) -> int:
        """Send what is due, let time pass; return ms until this must be done again, or -1.

        Answers that are there already are taken first, for a program that comes back late; 0
        means that there were some.
        """
        self.flush()
        now = self.port.ticks_ms()
        if self._then is None:
            self._then = now
        taken = 0
        while taken < _AT_ONCE and self.client.state < CONNECTED and self.take():
            taken += 1
        elapsed = max(0, self.port.elapsed(now, self._then))
        self._then = now
        try:
            left = self.client.tick(elapsed)
            return 0 if taken else left
        except HandshakeTimeout as error:
            said = self._trouble
            if self.socket.refused:
                said = "nothing listens on that port"
                if not self.client.answered:
                    raise HandshakeTimeout("the host says that " + said)
            if said:
                raise HandshakeTimeout("%s; the network said: %s" % (error, said))
            raise error
        finally:
            self.flush()

    def read(self):
        """Return the next datum or None; send what that leads to."""
        try:
            return self.client.read()
        finally:
            self.flush()

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
        datagram = self.client.datagram()
        while datagram is not None:
            self._send(datagram)
            datagram = self.client.datagram()

    def _send(self, datagram):
        try:
            self.socket.send(datagram)
            self._trouble = None
        except OSError as error:
            # Lost like any other; if it is too long for the path, the MTU falls after losses.
            if self.client.state == CONNECTED:
                raise
            self._trouble = error

    def close(self):
        """Say close_notify if there is somebody to say it to; free the socket."""
        self.client.close()
        try:
            self.flush()
        finally:
            self.socket.close()
