"""A DTLS 1.2 server in memory that does what a test tells it to, right or wrong.

It shares no code with the library but the AEADs of the port: records, messages, PRF and
transcript are written here once more, plainly. It proves nothing about other servers.

    server = ScriptedServer(cookies=(), extensions=[])
    server.first.remove("server_hello_done")           # which messages come, in which order
    server.bodies["finished"] = lambda body: body[1:]  # what is in a message
    server.hooks["server_hello"] = lambda records: []  # which records carry it
    run(client, server, to_client=twice)               # what the network does to datagrams

A hook takes and returns a list of (content type, epoch, payload); bytes in that list go out
as they are. What the network does is a function from a list of datagrams to another.
A key exchange is an object with the few methods of PskKeys; scripted_ecdhe.py has others.
"""

import dtls_port
from expect import Numbers

from dtls_micro.client import Client
from dtls_micro.handshake import CONNECTED
from dtls_micro.psk import Psk

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO = 23, 0xFF01
TYPES = {
    "hello_request": 0,
    "client_hello": 1,
    "server_hello": 2,
    "hello_verify_request": 3,
    "new_session_ticket": 4,
    "certificate": 11,
    "server_key_exchange": 12,
    "certificate_request": 13,
    "server_hello_done": 14,
    "certificate_verify": 15,
    "client_key_exchange": 16,
    "finished": 20,
    "certificate_status": 22,
}
# name: code, AEAD of the port, key bytes, IV bytes
PSK_SUITES = {
    "TLS_PSK_WITH_AES_128_CCM_8": (0xC0A8, "AES_128_CCM_8", 16, 4),
    "TLS_PSK_WITH_AES_128_CCM": (0xC0A4, "AES_128_CCM", 16, 4),
    "TLS_PSK_WITH_AES_128_GCM_SHA256": (0x00A8, "AES_128_GCM", 16, 4),
    "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256": (0xCCAB, "CHACHA20_POLY1305", 32, 12),
}
CCM_8 = "TLS_PSK_WITH_AES_128_CCM_8"
IDENTITY = b"device-1"
KEY = bytes(range(16))


def uint(size, value) -> bytes:
    """Return a big-endian unsigned integer of `size` bytes."""
    return value.to_bytes(size, "big")


def number(data) -> int:
    """Return the big-endian unsigned integer that the bytes are."""
    return int.from_bytes(data, "big")


def vector(size, data) -> bytes:
    """Return the bytes behind a length field of `size` bytes."""
    return uint(size, len(data)) + data


def hash_of(data) -> bytes:
    """Return the SHA-256 hash."""
    h = dtls_port.sha256()
    h.update(data)
    return h.digest()


def _hmac(key, data):
    if len(key) > 64:
        key = hash_of(key)
    key = key + bytes(64 - len(key))
    inner = hash_of(bytes([byte ^ 0x36 for byte in key]) + data)
    return hash_of(bytes([byte ^ 0x5C for byte in key]) + inner)


def prf(secret, label, seed, size) -> bytes:
    """P_SHA256 of RFC 5246 section 5."""
    seed = label + seed
    a = seed
    out = b""
    while len(out) < size:
        a = _hmac(secret, a)
        out += _hmac(secret, a + seed)
    return out[:size]


def record(kind, payload, epoch=0, seq=0, version=0xFEFD) -> bytes:
    """Return a record as it is on the wire."""
    return bytes([kind]) + uint(2, version) + uint(2, epoch) + uint(6, seq) + vector(2, payload)


def message(kind, seq, body) -> bytes:
    """Return a whole handshake message."""
    return bytes([kind]) + uint(3, len(body)) + uint(2, seq) + bytes(3) + vector(3, body)


def fragment(whole, offset, size) -> bytes:
    """Return one fragment of a whole message."""
    return whole[:6] + uint(3, offset) + vector(3, whole[12 + offset : 12 + offset + size])


def fragments(whole, size) -> list:
    """Return the message in fragments of `size` bytes."""
    return [fragment(whole, at, size) for at in range(0, max(len(whole) - 12, 1), size)]


def records_of(datagram) -> list:
    """Return a datagram's records, each as it is on the wire."""
    found = []
    while datagram:
        end = 13 + number(datagram[11:13])
        assert end <= len(datagram), "a record is cut"
        found.append(bytes(datagram[:end]))
        datagram = datagram[end:]
    return found


class Hello:
    """A ClientHello taken apart; it must be well-formed."""

    def __init__(self, body):
        self.body = body
        self.version = number(body[:2])
        self.random = body[2:34]
        assert body[34] == 0  # no session
        at = 36 + body[35]
        self.cookie = body[36:at]
        end = at + 2 + number(body[at : at + 2])
        self.suites = [number(body[i : i + 2]) for i in range(at + 2, end, 2)]
        assert body[end : end + 2] == b"\1\0"
        rest = body[end + 4 :]
        assert number(body[end + 2 : end + 4]) == len(rest)
        self.extensions = []
        while rest:
            size = number(rest[2:4])
            self.extensions.append((number(rest[:2]), rest[4 : 4 + size]))
            assert len(rest) >= 4 + size
            rest = rest[4 + size :]

    def extension(self, kind):
        """Return the data of an extension, or None."""
        for known, data in self.extensions:
            if known == kind:
                return data
        return None


class PskKeys:
    """The key exchange of RFC 4279: what a ScriptedServer asks of one."""

    suites = PSK_SUITES
    suite = CCM_8  # the one to choose unless the server is told another
    server = None  # it sets this

    def __init__(self, key=KEY, hint=None):
        self.key = key
        self.hint = hint
        self.identity = None
        self.secrets = []  # what the client must forget

    def extensions(self, hello) -> list:
        """Return (type, data) of the ServerHello's extensions that are the key exchange's."""
        return []

    def messages(self) -> list:
        """Return the names of the messages between ServerHello and ServerHelloDone."""
        return [] if self.hint is None else ["server_key_exchange"]

    def server_key_exchange(self) -> bytes:
        """Return a body; every name of messages() has such a method."""
        return vector(2, self.hint)

    def hear(self, kind, body):
        """Look at a message of the client that is not yet in the transcript."""
        assert kind == TYPES["client_key_exchange"]

    def premaster(self, body) -> bytes:
        """Return the premaster secret after the client's ClientKeyExchange."""
        self.identity = body[2:]
        assert number(body[:2]) == len(self.identity)
        return vector(2, bytes(len(self.key))) + vector(2, self.key)


class Direction:
    """Keys of one direction in epoch 1."""

    def __init__(self, kind, key, iv):
        self.key = key
        self.iv = iv
        self.aead = dtls_port.aead(kind, key)

    def _nonce(self, source):
        if len(self.iv) == 4:
            return bytearray(self.iv + source)
        return bytearray([a ^ b for a, b in zip(self.iv, bytes(4) + source)])

    def seal(self, header, payload, explicit) -> bytes:
        """Return the protected payload; `header` is the record's first 11 bytes."""
        buf = bytearray(payload) + bytes(self.aead.tag_length)
        aad = bytearray(header[3:11] + header[:3] + uint(2, len(payload)))
        source = explicit if len(self.iv) == 4 else header[3:11]
        self.aead.seal(self._nonce(source), aad, buf, 0, len(payload))
        return (explicit if len(self.iv) == 4 else b"") + bytes(buf)

    def open(self, whole):
        """Return the payload of a protected record, or None."""
        skip = 8 if len(self.iv) == 4 else 0
        buf = bytearray(whole[13 + skip :])
        length = len(buf) - self.aead.tag_length
        if length < 0:
            return None
        aad = bytearray(whole[3:11] + whole[:3] + uint(2, length))
        nonce = self._nonce(whole[13:21] if skip else whole[3:11])
        size = self.aead.open(nonce, aad, buf, 0, len(buf))
        return None if size < 0 else bytes(buf[:size])


class ScriptedServer:
    """One connection of the server's side.

    cookies:    what its HelloVerifyRequests ask for, one after the other
    extensions: list of (type, data) of the ServerHello; None answers what was offered
    mtu:        bytes of a datagram; 0 sends every record alone
    fragment:   bytes of a fragment, or None
    """

    def __init__(self, exchange=None, suite=None, cookies=(b"a cookie of 16 b",), **options):
        self.exchange = exchange or PskKeys(options.get("key", KEY), options.get("hint"))
        self.exchange.server = self
        row = self.exchange.suites[suite or self.exchange.suite]
        self.code, self.aead, self.key_size, self.iv_size = row
        self.cookies = cookies
        self.extensions = options.get("extensions")
        self.mtu = options.get("mtu", 1152)
        self.fragment = options.get("fragment")
        self.version = 0xFEFD
        self.session_id = b""
        self.compression = 0
        self.random = bytes(range(100, 132))
        self.first = ["server_hello"] + self.exchange.messages() + ["server_hello_done"]
        self.last = ["change_cipher_spec", "finished"]
        self.bodies = {}
        self.hooks = {}
        self.explicit = None  # function from the 8 bytes of epoch and number to a nonce
        self.out = []  # datagrams to the client
        self.received = []  # application data
        self.alerts = []  # (epoch, level, number)
        self.hellos = []
        self.transcript = b""
        self.master = self.reading = self.writing = None
        self.extended = False
        self.client_finished = None  # whether the client's Finished was right
        self.done = False  # a flight with an honest Finished was made
        self.unopened = 0
        self.message_seq = self.expected = self.read_epoch = 0
        self.numbers = [0, 0]  # of records, for each epoch
        self._parts = {}
        self._flight = []

    # sending

    def record(self, kind, payload, epoch=0, version=0xFEFD, seq=None) -> bytes:
        """Return the next record of the epoch, or the one with number `seq`."""
        if seq is None:
            seq = self.numbers[epoch]
            self.numbers[epoch] += 1
        if epoch != 1 or self.writing is None:
            return record(kind, payload, epoch, seq, version)
        header = record(kind, b"", epoch, seq, version)[:11]
        explicit = self.explicit(header[3:11]) if self.explicit else header[3:11]
        return header + vector(2, self.writing.seal(header, payload, explicit))

    def send(self, kind, payload, epoch=0):
        """Send one record as one datagram."""
        self.out.append(self.record(kind, payload, epoch))

    def write(self, data):
        """Send application data."""
        self.send(APPLICATION_DATA, data, 1)

    def alert(self, level, description, epoch=0):
        """Send an alert."""
        self.send(ALERT, bytes([level, description]), epoch)

    def repeat(self):
        """Send the last flight, once more too, in new records and as few datagrams as go."""
        datagram = b""
        for item in self._flight:
            if not isinstance(item, bytes):
                kind, epoch, payload = item
                item = self.record(kind, payload, epoch)
            if datagram and len(datagram) + len(item) > self.mtu:
                self.out.append(datagram)
                datagram = b""
            datagram += item
        if datagram:
            self.out.append(datagram)

    def flight(self, names):
        """Make the named messages and send them."""
        self._flight = []
        for name in names:
            self._flight.extend(self._make(name))
        self.repeat()

    def _make(self, name):
        if name == "change_cipher_spec":
            records = [(CHANGE_CIPHER_SPEC, 0, b"\1")]
        else:
            epoch = 1 if name == "finished" else 0
            whole = message(TYPES.get(name, name), self.message_seq, self._body(name))
            self.message_seq += 1
            if name != "hello_verify_request":
                self.transcript += whole
            parts = fragments(whole, self.fragment) if self.fragment else [whole]
            records = [(HANDSHAKE, epoch, part) for part in parts]
        return self.hooks[name](records) if name in self.hooks else records

    def _body(self, name):
        owner = self if hasattr(self, "make_%s" % name) else self.exchange
        if owner is self:
            body = getattr(self, "make_%s" % name)()
        else:
            body = getattr(owner, name)() if hasattr(owner, str(name)) else b""
        return self.bodies[name](body) if name in self.bodies else body

    def make_hello_verify_request(self) -> bytes:
        """Return a body."""
        return b"\xfe\xff" + vector(1, self.cookies[min(len(self.hellos), len(self.cookies)) - 1])

    def make_server_hello(self) -> bytes:
        """Return a body."""
        chosen = self.extensions
        if chosen is None:
            chosen = [(RENEGOTIATION_INFO, b"\0")]
            if self.hellos[-1].extension(EXTENDED_MASTER_SECRET) is not None:
                chosen.append((EXTENDED_MASTER_SECRET, b""))
            chosen.extend(self.exchange.extensions(self.hellos[-1]))
        self.extended = EXTENDED_MASTER_SECRET in [kind for kind, _ in chosen]
        data = b"".join([uint(2, kind) + vector(2, data) for kind, data in chosen])
        return (
            uint(2, self.version)
            + self.random
            + vector(1, self.session_id)
            + uint(2, self.code)
            + bytes([self.compression])
            + (vector(2, data) if data else b"")
        )

    def make_finished(self) -> bytes:
        """Return a body."""
        self.done = True
        return prf(self.master, b"server finished", hash_of(self.transcript), 12)

    # receiving

    def receive(self, datagram):
        """Take a datagram of the client; what it leads to is in `out`."""
        for whole in records_of(datagram):
            kind, epoch, payload = whole[0], number(whole[3:5]), whole[13:]
            if epoch:
                payload = self.reading.open(whole) if self.read_epoch else None
                if payload is None:
                    self.unopened += 1
                    continue
            if kind == HANDSHAKE:
                self._on_fragments(payload)
            elif kind == CHANGE_CIPHER_SPEC:
                self.read_epoch = 1 if self.reading else 0
            elif kind == ALERT:
                self.alerts.append((epoch, payload[0], payload[1]))
            else:
                assert epoch, "application data that nobody protected"
                self.received.append(payload)

    def _on_fragments(self, payload):
        while payload:
            kind, length, seq = payload[0], number(payload[1:4]), number(payload[4:6])
            offset, size = number(payload[6:9]), number(payload[9:12])
            part, payload = payload[12 : 12 + size], payload[12 + size :]
            if seq == self.expected - 1 and offset + size == length:
                self.repeat()  # the client repeats its flight, so it misses ours
            if seq < self.expected:
                continue
            body, missing = self._parts.setdefault(seq, (bytearray(length), set(range(length))))
            body[offset : offset + size] = part
            missing.difference_update(range(offset, offset + size))
            if seq == self.expected and not missing:
                del self._parts[seq]
                self.expected += 1
                self._on_message(message(kind, seq, bytes(body)), kind, bytes(body))

    def _on_message(self, whole, kind, body):
        if kind == TYPES["client_hello"]:
            self.hellos.append(Hello(body))
            asked = len(self.hellos) > len(self.cookies)
            if self.cookies and not (asked and self.hellos[-1].cookie == self.cookies[-1]):
                self.flight(["hello_verify_request"])
                return
            self.transcript = whole
            self.flight(self.first)
        elif kind == TYPES["finished"]:
            expected = prf(self.master, b"client finished", hash_of(self.transcript), 12)
            self.client_finished = body == expected
            self.transcript += whole
            self.flight(self.last)
        else:
            self.exchange.hear(kind, body)
            self.transcript += whole
            if kind == TYPES["client_key_exchange"]:
                self._derive(self.exchange.premaster(body))

    def _derive(self, premaster):
        randoms = self.hellos[-1].random + self.random
        if self.extended:
            seed = hash_of(self.transcript)
            self.master = prf(premaster, b"extended master secret", seed, 48)
        else:
            self.master = prf(premaster, b"master secret", randoms, 48)
        keys, ivs = self.key_size, self.iv_size
        seed = randoms[32:] + randoms[:32]
        block = prf(self.master, b"key expansion", seed, 2 * (keys + ivs))
        parts = block[:keys], block[keys : 2 * keys], block[2 * keys : -ivs], block[-ivs:]
        self.reading = Direction(self.aead, parts[0], parts[2])
        self.writing = Direction(self.aead, parts[1], parts[3])


class Port:
    """The dtls_port of this Python, but with randomness that repeats."""

    def __init__(self, seed=1):
        self.random = Numbers(seed).octets
        self.sha256 = dtls_port.sha256
        self.aead = dtls_port.aead


def new_client(credential=None, suites=None, port=None, **options) -> Client:
    """Return a client that knows the server's key."""
    return Client(port or Port(), credential or Psk(IDENTITY, KEY, suites), **options)


def inside(client):
    """Return the client's Handshake, which has its records, flight and reassembly."""
    return client._hs


class Link:
    """A client, a server, the network between them, and a clock."""

    def __init__(self, client, server, to_server=None, to_client=None):
        self.client = client
        self.server = server
        self.to_server = to_server or list
        self.to_client = to_client or list
        self.ms = 0
        self.sent = []  # (ms, datagram) of the client, before the network has it
        self.read = []  # application data that the client gave out

    def flush(self) -> bool:
        """Bring the client's datagrams to the server; tell whether there were any."""
        waiting = []
        while True:
            datagram = self.client.datagram()
            if datagram is None:
                break
            assert len(datagram) <= self.client.mtu, "a datagram above the MTU"
            waiting.append(bytes(datagram))
            self.sent.append((self.ms, waiting[-1]))
        arrived = self.to_server(waiting)
        for datagram in arrived:
            self.server.receive(datagram)
        return bool(arrived)

    def deliver(self) -> bool:
        """Bring the server's datagrams to the client; tell whether there were any."""
        waiting, self.server.out = self.server.out, []
        arrived = self.to_client(waiting)
        for datagram in arrived:
            self.give(datagram)
        return bool(arrived)

    def give(self, datagram):
        """Give the client one datagram; take what it has for the application and the server."""
        try:
            self.client.receive(datagram)
            while True:
                datum = self.client.read()
                if datum is None:
                    break
                assert self.client.state >= CONNECTED, "data before the server's Finished"
                self.read.append(bytes(datum))
        finally:
            self.flush()

    def exchange(self):
        """Let datagrams go to and fro until none is under way."""
        for _ in range(1000):
            sent = self.flush()
            if not self.deliver() and not sent:
                return
        raise AssertionError("client and server do not come to rest")

    def wait(self, ms):
        """Let time pass; then exchange()."""
        self.ms += ms
        try:
            self.client.tick(ms)
        finally:
            self.flush()
        self.exchange()

    def run(self, limit_ms=130000):
        """Go on until the client is connected, closed or failed; return self."""
        self.exchange()
        while self.client.state < CONNECTED:
            assert self.ms < limit_ms, "no end after %d ms" % self.ms
            self.wait(self.client.tick(0))
        return self


def run(client, server, to_server=None, to_client=None, limit_ms=130000) -> Link:
    """Make the handshake, in virtual time."""
    return Link(client, server, to_server, to_client).run(limit_ms)


def connected(server=None, **options) -> Link:
    """Return the link of a client and a server after an honest handshake."""
    link = run(new_client(**options), server or ScriptedServer())
    assert link.client.state == CONNECTED and link.server.client_finished
    return link
