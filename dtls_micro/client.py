"""The DTLS 1.2 client without I/O (RFC 6347): receive, datagram, read, write, close, and tick.

    datagram -> record.load     drops junk, replays, bad tags silently; content type and place
             -> reassembly.feed yields whole messages, in order
             -> handshake.step  table row -> handler; may begin a flight
             -> flight.fill     keeps it for retransmission, fragments to the path MTU
             -> record.seal     header, sequence number, encryption, in place
             -> datagram

    for each datagram that comes:   client.receive(it), then client.read() until None
    after every verb:               send client.datagram() until it is None
    when client.tick() is due:      client.tick(elapsed_ms)

receive() copies the datagram into the receive buffer and decrypts it there, so that bytes
from a socket can be given as they are; read() and datagram() return those buffers
themselves, cut to length. That is how a steady connection allocates nothing. What they
return is valid until the next verb; copy it to keep it. Of the port only random, sha256 and
aead are used here.
"""

from micropython import const

from .errors import DtlsError, Guard, PeerAlert, ProtocolError
from .extensions import host_name
from .flight import Flight
from .handshake import (
    CHANGE_CIPHER_SPEC,
    CLOSED,
    CONNECTED,
    FAILED,
    WAIT_CIPHER,
    WAIT_FINISHED,
    Handshake,
)
from .reassembly import Reassembly
from .record import USED_UP, Records
from .timer import Timer
from .verdict import verdict

_CHANGE_CIPHER_SPEC = const(20)  # content types
_ALERT = const(21)
_HANDSHAKE = const(22)
_APPLICATION_DATA = const(23)
_HELLO_REQUEST = const(0)
_FATAL = const(2)  # alert level
_CLOSE_NOTIFY = const(0)  # alerts
_INTERNAL_ERROR = const(80)
_OVERHEAD = const(37)  # header, explicit nonce and tag of the largest record
_BUFFERS = (bytes, bytearray, memoryview)
_LEAST_MTU = const(228)  # no path is taken for narrower after losses; OpenSSL's guess is that


class Client:
    """One connection. The handshake begins at once: datagram() has the ClientHello.

    port:                 the module or object of typings/dtls_port.pyi
    credential:           psk.Psk, ecdhe_psk.EcdhePsk or ecdhe.Ecdhe, which bring their key
                          exchange along
    server_name:          host name for the server to choose by (RFC 6066), or None
    rx_size:              bytes of the receive buffer, 128 or more; tells the server how
                          large its records may be
    mtu:                  bytes of the largest datagram that we send, 64 or more; below 128 a
                          ClientHello is fragmented, which servers with cookies refuse
    message_size:         bytes for reassembling handshake messages, 128 or more
    first_timeout_ms:     of a flight; 9000 for the profile of RFC 7925
    handshake_timeout_ms: after that the handshake is given up
    allow_legacy:         do without the extended master secret (RFC 7627)
    forged_limit:         forged records after which the connection ends
    keylog:               called with each line of an NSS key log; it reveals the connection
    """

    def __init__(
        self,
        port,
        credential,
        server_name=None,
        rx_size=1152,
        mtu=1152,
        message_size=1152,
        first_timeout_ms=1000,
        handshake_timeout_ms=120000,
        allow_legacy=False,
        forged_limit=1 << 20,
        keylog=None,
    ):
        if min(rx_size, message_size, 2 * mtu) < 128:
            raise ValueError("rx_size and message_size are 128 or more, mtu is 64 or more")
        if min(first_timeout_ms, handshake_timeout_ms, forged_limit) < 1:
            raise ValueError("time-outs and forged_limit are 1 or more")
        self.rx_size = rx_size
        self.mtu = self._path_mtu = mtu
        self._out = bytearray(mtu)
        self._out[0:] = b""
        self._guard = Guard(self._fail)
        self._whole = 0  # bytes of records that wait for datagram()
        self._ready = self.answered = False  # a datum waits for read(); the server is there
        self._doubt = None  # an error that nobody signed; true if nothing better comes
        self.alert = None  # number of the alert that ended the connection, whoever sent it
        self._timer = Timer(first_timeout_ms, handshake_timeout_ms)
        records = Records(rx_size, forged_limit)
        flight = Flight(self._timer)
        hs = Handshake(port, credential, records, flight, Reassembly(message_size))
        hs.record_size = rx_size - _OVERHEAD
        hs.allow_legacy = allow_legacy
        hs.keylog = keylog
        hs.server_name = host_name(server_name)
        self._hs = hs
        hs.start()

    @property
    def state(self) -> int:
        """A state of handshake.py; CONNECTED, CLOSED and FAILED are public."""
        return self._hs.state

    @property
    def suite(self):
        """IANA name of the suite, or None before the ServerHello."""
        return self._hs.suite and self._hs.suite[1]

    @property
    def peer(self):
        """Who the server says it is: SubjectPublicKeyInfo, with a PSK its identity hint; or None.

        It is proved when the state is CONNECTED, and not before.
        """
        return self._hs.peer

    def receive(self, datagram):
        """Take one UDP payload: any buffer, left as it is until read() returns None.

        Raises ProtocolError or PeerAlert, after which datagram() may have an alert to send.
        """
        if self._hs.state < CLOSED:
            self.answered = True
            self._ready = False
            self._hs.records.load(datagram)
            self._walk()

    def read(self):
        """Return the next application datum, or None."""
        if not self._ready:
            self._hs.records.reload()
            self._walk()
        if not self._ready:
            return None
        self._ready = False
        return self._hs.records.take_payload()

    def unread(self) -> bool:
        """Tell whether read() may have something that has been received already."""
        return self._ready or self._hs.records.datagram is not None

    def write(self, data):
        """Send one application datum, 0..room() bytes; send datagram() before the next."""
        if self._hs.state != CONNECTED:
            raise DtlsError("not connected")
        if not isinstance(data, _BUFFERS):
            raise TypeError("data is bytes")
        if self._whole:
            raise ValueError("send datagram() before the next write()")
        if len(data) > self.room():
            self._refuse(len(data))
        self._put(_APPLICATION_DATA, data)

    def _refuse(self, size):
        raise ValueError("%d bytes, but a datagram takes %d" % (size, self.room()))

    def room(self) -> int:
        """Return how many bytes one write() takes: what fits the MTU and the server; 0 if none."""
        if self._hs.state != CONNECTED:
            return 0
        records = self._hs.records
        return min(self.mtu - records.overhead(1), records.limit)

    def datagram(self):
        """Return the next datagram to send, or None."""
        self._out[self._whole :] = b""
        if self._whole:
            self._whole = 0
            return self._out
        if self._hs.state < CONNECTED:
            if self._hs.flight.fill(self._out, self._hs.records, self._path_mtu):
                return self._out
        return None

    def tick(self, elapsed_ms: int) -> int:
        """Let time pass; return for how long at most tick() can wait, -1 for ever.

        Raises HandshakeTimeout, or the error that was in doubt until now.
        """
        timer = self._timer
        again = timer.tick(elapsed_ms)
        over = timer.given_up()
        if again or over:
            error = self._doubt or verdict(self._hs, self.answered, over)
            if error:
                if isinstance(error, ProtocolError):
                    self._put(_ALERT, bytes((_FATAL, error.alert)))
                self._end(FAILED, error.alert)
                raise error
            self._hs.reassembly.too_long = 0
            if timer.expiries % 3 == 0:
                self._hs.reassembly.drop()  # a forged fragment may be in the way
            self._hs.flight.rewind()
            if timer.expiries > 1 and self._path_mtu > _LEAST_MTU:
                self._path_mtu = max(_LEAST_MTU, self._path_mtu // 2)
        return timer.left_ms()

    def close(self):
        """End the connection; datagram() has the close_notify."""
        try:
            if self._hs.state == CONNECTED:
                self._put(_ALERT, b"\1\0")  # warning, close_notify
        except DtlsError:  # no sequence number is left to say it with
            self._end(CLOSED, self.alert)
        finally:
            if self._hs.state < CLOSED:
                self._end(CLOSED, self.alert)

    # what follows is the way of a datagram

    def _walk(self):
        """Handle records up to the next application datum or the end of the datagram.

        Whatever goes wrong, out of memory too: nothing goes on after it.
        """
        with self._guard:
            self._walk_on()

    def _walk_on(self):
        while not self._ready:
            kind = self._hs.records.next_record()
            if kind < 0:
                return
            self._take(kind)

    def _fail(self, error):
        """End the connection for an error; say it to the server unless it has said it to us."""
        number = error.alert if isinstance(error, (PeerAlert, ProtocolError)) else _INTERNAL_ERROR
        try:
            if not isinstance(error, PeerAlert):
                self._put(_ALERT, bytes((_FATAL, number)))
        finally:
            self._end(FAILED, number)

    def _take(self, kind):
        hs = self._hs
        records = hs.records
        if kind == _APPLICATION_DATA:
            self._ready = hs.state == CONNECTED and records.end > records.start
            return
        payload = memoryview(records.buffer)[records.start : records.end]
        if kind == _ALERT:
            self._on_alert(payload, records.epoch)
        elif hs.state == CONNECTED:
            if kind == _HANDSHAKE and records.epoch and len(payload):
                if payload[0] == _HELLO_REQUEST and not self._whole:
                    self._put(_ALERT, b"\1\x64")  # warning, no_renegotiation
        elif kind == _HANDSHAKE:
            self._step(hs.reassembly.feed(payload, records.epoch))
            if hs.reassembly.repeated:
                hs.reassembly.repeated = False
                if hs.state in (WAIT_CIPHER, WAIT_FINISHED) and self._timer.may_repeat():
                    hs.flight.rewind()
        elif hs.state == WAIT_CIPHER and records.epoch == 0 and payload == b"\1":
            hs.step(CHANGE_CIPHER_SPEC, payload)
            self._step(hs.reassembly.release())

    def _step(self, messages):
        for message in messages:
            if self._hs.state < CONNECTED:
                self._hs.step(message[0], message)
                self._doubt = None
        if self._hs.state == CONNECTED:
            self._hs.reassembly.drop()

    def _on_alert(self, payload, epoch):
        """Handle an alert (RFC 5246 section 7.2); in epoch 0 anybody may have sent it."""
        if len(payload) != 2:
            return
        level, number = payload
        if epoch == 0:
            if level == _FATAL and self._hs.records.read_epoch == 0:
                self._doubt = PeerAlert(number)
        elif number == _CLOSE_NOTIFY and self._hs.state == CONNECTED:
            self.alert = number
            self.close()
        elif number == _CLOSE_NOTIFY or level == _FATAL:
            raise PeerAlert(number)

    def _put(self, kind, data):
        """Seal a record behind what already waits in the datagram, if it fits."""
        records = self._hs.records
        overhead = records.overhead(records.write_epoch)
        if self._whole and self._whole + overhead + len(data) > self.mtu:
            return
        if records.used_up():
            self._end(FAILED, None)
            raise DtlsError(USED_UP)
        self._append(kind, data)

    def _append(self, kind, data):
        self._out[self._whole :] = b""  # of a record that could not be ended
        records = self._hs.records
        at = records.begin(self._out, kind, records.write_epoch)
        self._out.extend(data)
        records.seal(self._out, at, records.write_epoch)
        self._whole = len(self._out)

    def _end(self, state, alert):
        """Leave nothing behind that a later connection could stumble over."""
        hs = self._hs
        hs.state = state
        self.alert = alert
        self._ready = False
        hs.wipe()
        hs.records.wipe()
        hs.reassembly.drop()
        hs.flight.close()
