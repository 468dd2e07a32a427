"""The handshake: a table of states, and the handlers that every key exchange shares.

A full handshake, ours on the left (RFC 6347 section 4.2.4):

    ClientHello             ->
                            <-  HelloVerifyRequest      (or none)
    ClientHello with cookie ->
                            <-  ServerHello
                            <-  (the key exchange's own messages)
                            <-  ServerHelloDone
    ClientKeyExchange       ->
    ChangeCipherSpec        ->
    Finished                ->
                            <-  ChangeCipherSpec
                            <-  Finished

A key exchange adds the rows from WAIT_KEYS to WAIT_CIPHER. step() is the one place that
assigns `state` on the way; client.py ends it with CLOSED or FAILED.
"""

from binascii import hexlify

from micropython import const

from .crypto.compare import equal
from .crypto.hmac import hmac, wipe
from .errors import ProtocolError
from .extensions import get_extensions, put_extensions
from .messages import get_hello_verify_request, get_server_hello, put_client_hello
from .prf import expand, prf
from .protection import Protection
from .transcript import Transcript

_WAIT_HELLO = const(0)
WAIT_KEYS = const(1)  # states 2 to 9 belong to the key exchange
WAIT_CIPHER = const(10)
WAIT_FINISHED = const(11)
CONNECTED = const(12)
CLOSED = const(13)
FAILED = const(14)

_SERVER_HELLO = const(2)  # handshake messages
_HELLO_VERIFY_REQUEST = const(3)
_CLIENT_HELLO = const(1)
_FINISHED = const(20)
CHANGE_CIPHER_SPEC = const(256)  # no handshake message, but a row of the table all the same

_UNEXPECTED_MESSAGE = const(10)  # alerts
_HANDSHAKE_FAILURE = const(40)
_ILLEGAL_PARAMETER = const(47)
_DECRYPT_ERROR = const(51)

_VERIFY_REQUESTS = const(3)  # at most
_COOKIE = const(47)  # where it is in a ClientHello: header, version, random, no session ID
_VERIFY_DATA = const(12)  # bytes, RFC 5246 section 7.4.9


class Handshake:
    """What is agreed on. `credential` brings suites, rows and extensions of its key exchange."""

    def __init__(self, port, credential, records, flight, reassembly):
        if not hasattr(credential, "rows"):
            raise TypeError("a credential is a Psk, an Ecdhe or an EcdhePsk")
        self.port = port
        self.credential = credential
        self.records = records
        self.flight = flight
        self.reassembly = reassembly
        self.rows = ROWS + credential.rows
        self.server_name = None  # bytes
        self.record_size = 0  # plaintext bytes of a record that the receive buffer holds
        self.offered = []
        self.allow_legacy = False
        self.keylog = None
        self.state = _WAIT_HELLO
        self.suite = None  # row (code, name, aead, key bytes, iv bytes)
        self.peer = None
        self.exchange = None  # what the key exchange must remember between two messages
        self.server_type = self.client_type = 0  # certificate types, RFC 7250
        self.extended = False
        self.transcript = Transcript(port.sha256, credential.readings)
        self.client_random = port.random(32)
        self.server_random = None
        self._master = None  # Hmac of the master secret
        self._cookies = self._asked = self._answers = 0
        self.cookie = None
        self._hello = None  # the last ClientHello; it is in the transcript once it was answered

    def step(self, message: int, whole):
        """Handle one message (header and body), or one ChangeCipherSpec, in its turn."""
        for state, expected, handle, after in self.rows:
            if state == self.state and expected == message:
                handle(self, whole)
                if self.state == state:  # nobody closed the connection meanwhile
                    self.state = after
                return
        raise ProtocolError(_UNEXPECTED_MESSAGE, "message %d in state %d" % (message, self.state))

    def start(self, cookie=b""):
        """Send a ClientHello: the first one, or the same with the server's cookie."""
        self.flight.open()
        w = self.flight.begin(_CLIENT_HELLO)
        before = self._hello
        if before is None:
            extensions = put_client_hello(w, self.client_random, cookie, self.credential.suites)
            put_extensions(self, w)
            w.close(extensions, 2)
        else:
            w.put(before[12:_COOKIE])
            w.vector(1, cookie)
            w.put(before[_COOKIE + 1 + before[_COOKIE] :])
        self._hello = self.flight.end(0)

    def derive(self, secret: bytearray):
        """Make the keys of epoch 1 from the premaster secret, which is overwritten.

        The ClientKeyExchange is in the transcript, and nothing after it (RFC 7627 section 4).
        """
        _, _, aead, key_size, iv_size = self.suite
        if self.extended:
            seed = self.transcript.digest()
            master = prf(self.port, secret, b"extended master secret", seed, 48)
        else:
            seed = self.client_random + self.server_random
            master = prf(self.port, secret, b"master secret", seed, 48)
        wipe(secret)
        try:
            self._master = keyed = hmac(self.port, master)
            if self.keylog:
                self.keylog(
                    "CLIENT_RANDOM %s %s"
                    % (hexlify(self.client_random).decode(), hexlify(master).decode())
                )
        finally:
            wipe(master)
        seed = self.server_random + self.client_random
        self.client_random = self.server_random = None  # nothing needs them any more
        key = block = expand(keyed, b"key expansion", seed, 2 * (key_size + iv_size))
        view = memoryview(block)
        ivs = 2 * key_size
        directions = []
        try:
            for i in range(2):  # client's, server's
                key = bytearray(view[i * key_size : (i + 1) * key_size])
                iv = bytearray(view[ivs + i * iv_size : ivs + (i + 1) * iv_size])
                directions.append(Protection(self.port.aead(aead, key), iv))
                wipe(key)
        finally:
            wipe(block)
            wipe(key)
        self.records.set_keys(directions[1], directions[0])

    def send_finished(self):
        """Send ChangeCipherSpec and Finished: from here on the server answers in epoch 1."""
        data = self._verify_data(b"client finished")
        self.flight.change_cipher_spec()
        w = self.flight.begin(_FINISHED)
        w.put(data)
        self.transcript.update(self.flight.end(1))
        self.reassembly.drop()  # what came early came in plaintext
        self.reassembly.epoch = 1
        self.reassembly.held = True

    def _verify_data(self, label) -> bytearray:
        return expand(self._master, label, self.transcript.digest(), _VERIFY_DATA)

    def wipe(self):
        """Overwrite the secrets of the handshake."""
        if self._master is not None:
            self._master.wipe()
            self._master = None


def choose(suites, wanted):
    """Return the rows of `suites` that `wanted` lists, in that order; all for None."""
    if wanted is None:
        return suites
    if isinstance(wanted, str):
        wanted = (wanted,)
    chosen = []
    for name in wanted:
        row = [suite for suite in suites if suite[1] == name]
        if not row:
            raise ValueError("no suite %s: %s" % (name, ", ".join([s[1] for s in suites])))
        chosen.extend(row)
    if not chosen:
        raise ValueError("no suite left to offer")
    return tuple(chosen)


def _on_hello_verify(hs, whole):
    cookie = bytes(get_hello_verify_request(whole[12:]))
    if cookie == hs.cookie:
        return  # the network repeated it
    hs._answers += 1
    if hs._answers <= hs._asked:
        return  # a late answer to a hello that we repeated meanwhile
    hs._asked += 1 + hs.flight.repeats
    hs.cookie = cookie
    hs._cookies += 1
    if hs._cookies > _VERIFY_REQUESTS:
        raise ProtocolError(_HANDSHAKE_FAILURE, "the server asks for cookies without end")
    hs.start(cookie)


def _on_server_hello(hs, whole):
    random, code, compression, extensions = get_server_hello(whole[12:])
    for suite in hs.credential.suites:
        if suite[0] == code:
            hs.suite = suite
            break
    else:
        raise ProtocolError(_ILLEGAL_PARAMETER, "suite %04x was not offered" % code)
    if compression:
        raise ProtocolError(_ILLEGAL_PARAMETER, "compression was not offered")
    get_extensions(hs, extensions)
    if not hs.extended and not hs.allow_legacy:
        raise ProtocolError(
            _HANDSHAKE_FAILURE,
            "the server has no extended master secret: allow_legacy=True does without",
        )
    hs.server_random = bytes(random)
    hs.records.negotiated = True
    hs.reassembly.greeting = False
    hs.transcript.update(hs._hello)
    hs.transcript.update(whole)
    hs._hello = None


def _on_cipher(hs, whole):
    hs.records.read_epoch = 1
    hs.reassembly.held = False


def _on_finished(hs, whole):
    if not equal(whole[12:], hs._verify_data(b"server finished")):
        raise ProtocolError(_DECRYPT_ERROR, "the server's Finished does not fit")
    hs.wipe()
    hs.flight.close()
    hs.reassembly.drop()
    hs.transcript = hs.client_random = hs.server_random = hs.cookie = hs.exchange = None


# fmt: off
ROWS = (
    # state        message                handler                   next state
    (_WAIT_HELLO,   _HELLO_VERIFY_REQUEST, _on_hello_verify,         _WAIT_HELLO),
    (_WAIT_HELLO,   _SERVER_HELLO,         _on_server_hello,         WAIT_KEYS),
    (WAIT_CIPHER,   CHANGE_CIPHER_SPEC,    _on_cipher,               WAIT_FINISHED),
    (WAIT_FINISHED, _FINISHED,             _on_finished,             CONNECTED),
)
# fmt: on
