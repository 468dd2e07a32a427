"""A blocking, timed or non-blocking socket over the client, with the names of `socket`."""

from errno import EAGAIN, ETIMEDOUT

from micropython import const

from .errors import DtlsError
from .handshake import CLOSED, CONNECTED
from .transport import Transport

_LONGEST = const(500000)  # seconds; the millisecond clocks of boards wrap


def connect(address, credential, port=None, timeout=None, **options):
    """Return a DtlsSocket after its handshake.

    address:    (host, UDP port)
    credential: psk.Psk, ecdhe_psk.EcdhePsk or ecdhe.Ecdhe
    port:       a platform's module; None takes the `dtls_port` on the import path
    timeout:    seconds for the handshake, and afterwards for each send() and recv(): None
                waits for ever, 0 not at all, and the handshake then has handshake_timeout_ms
    options:    of client.Client
    Raises OSError; errors.HandshakeTimeout, PeerAlert and ProtocolError are OSErrors too.
    """
    if timeout:
        options.setdefault("handshake_timeout_ms", milliseconds(timeout))
    s = DtlsSocket(address, credential, port, **options)
    try:
        s.do_handshake()
    except BaseException:
        s.close()
        raise
    s.settimeout(timeout)
    return s


def milliseconds(seconds) -> int:
    """Return a time-out as the client wants it: -1 for None, 0 for 0, else 1 or more."""
    if seconds is None:
        return -1
    if seconds < 0:
        raise ValueError("a time-out is 0 or more seconds, or None")
    if seconds > _LONGEST:
        return _LONGEST * 1000
    return max(1, int(seconds * 1000)) if seconds else 0


class DtlsSocket:
    """A connection; the handshake is made by do_handshake() or by the first send() or recv().

    Non-blocking use: register `pollable` with select.poll(), poll for no longer than
    pending_ms(), then call do_handshake() or recv(), which raise OSError(EAGAIN) when there
    is nothing yet.
    """

    def __init__(self, address, credential, port=None, **options):
        if port is None:
            import dtls_port as port
        self.transport = Transport(address, credential, port, options)
        self.client = self.transport.client
        self.socket = self.transport.socket
        self.timeout_ms = -1

    @property
    def pollable(self):
        """What select.poll() takes; another one after an empty datagram on the ESP32."""
        return self.socket.pollable

    def settimeout(self, seconds):
        """Set how long send() and recv() wait: None for ever, 0 not at all."""
        self.timeout_ms = milliseconds(seconds)

    def setblocking(self, flag):
        """Wait for ever, or not at all."""
        self.timeout_ms = -1 if flag else 0

    def fileno(self) -> int:
        """Return the descriptor of the UDP socket."""
        return self.socket.fileno()

    def pending_ms(self) -> int:
        """Send what is due; return ms until the socket wants to be called again, -1 for never."""
        left = self.transport.exchange()
        return 0 if self.client.unread() else left

    def do_handshake(self):
        """Make the handshake, or go on with it."""
        self._wait(False)

    def send(self, data) -> int:
        """Send one datum as one datagram; return its length. See Client.room()."""
        self.do_handshake()
        self.transport.flush()
        self.client.write(data)
        self.transport.flush()
        return len(data)

    def recv(self, size: int) -> bytes:
        """Return the next datum, cut to `size` bytes like a UDP socket does; b"" at the end."""
        datum = self._wait(True)
        return bytes(memoryview(datum)[:size]) if datum else b""

    def recv_into(self, buffer) -> int:
        """Put the next datum into `buffer`, cut to fit; return how many bytes, 0 at the end."""
        datum = self._wait(True)
        if not datum:
            return 0
        size = min(len(datum), len(buffer))
        memoryview(buffer)[:size] = memoryview(datum)[:size]
        return size

    def close(self):
        """Send close_notify and close the socket."""
        self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _wait(self, reading: bool):
        """Work until there is a datum or, not reading, the handshake is made; return the datum.

        The end of the connection is None to a reader and an error otherwise.
        """
        transport = self.transport
        port = transport.port
        begin = port.ticks_ms()
        tried = False
        while True:
            datum = transport.read() if reading else None
            state = self.client.state
            if datum is not None or state == (CLOSED if reading else CONNECTED):
                return datum
            if state >= CLOSED:
                raise DtlsError("the connection is closed")
            wait = transport.exchange()
            if self.client.state != state:
                continue
            if self.timeout_ms >= 0:
                left = self.timeout_ms - port.elapsed(port.ticks_ms(), begin)
                if left <= 0 and tried:
                    if self.timeout_ms:
                        raise OSError(ETIMEDOUT, "timed out")
                    raise OSError(EAGAIN, "nothing there yet")
                if wait < 0 or left < wait:
                    wait = max(left, 0)
            tried = True
            if self.socket.wait(wait):
                transport.take()
