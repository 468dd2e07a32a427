"""Handshakes that others made with each other, opened by our record layer.

tests/vectors/recorded/psk.txt has the datagrams of openssl s_client and gnutls-serv, and the
key they shared. From these alone come the transcript, the keys, and both sides' records.
"""

from binascii import unhexlify

import dtls_port

from dtls_micro.prf import prf
from dtls_micro.protection import Protection
from dtls_micro.psk import SUITES, premaster_secret
from dtls_micro.record import Records
from dtls_micro.transcript import Transcript

_FOLDER = __file__.rsplit("/", 1)[0] + "/vectors/" if "/" in __file__ else "vectors/"
_HANDSHAKE = 22
_APPLICATION_DATA = 23
_CLIENT_HELLO, _SERVER_HELLO, _HELLO_VERIFY_REQUEST, _CLIENT_KEY_EXCHANGE = 1, 2, 3, 16


def recordings():
    """Yield (suite row, PSK, [(sender, datagram), ...])."""
    rows = {row[2]: row for row in SUITES}
    with open(_FOLDER + "recorded/psk.txt") as file:
        lines = [line.strip().split(" = ") for line in file if not line.startswith("#")]
    for key, *value in lines:
        if key == "suite":
            row, datagrams = rows[value[0]], []
        elif key == "psk":
            psk = unhexlify(value[0])
        elif key:
            datagrams.append((key, unhexlify(value[0])))
        else:
            yield row, psk, datagrams


class Reader:
    """Reads a recording as neither side did: both directions, each with its own records."""

    def __init__(self, row, psk):
        self.row = row
        self.psk = psk
        self.records = {"client": Records(2048, 1), "server": Records(2048, 1)}
        self.randoms = {}
        self.transcript = Transcript(dtls_port.sha256, 2)
        self.master = None
        self.finished = {}
        self.data = []

    def take(self, sender, datagram):
        records = self.records[sender]
        records.load(datagram)
        while True:
            kind = records.next_record()
            if kind < 0:
                return
            payload = bytes(records.buffer[records.start : records.end])
            if kind == _APPLICATION_DATA:
                self.data.append((sender, payload))
            elif kind == _HANDSHAKE and records.epoch:
                self.finished[sender] = payload[12:] == self.verify_data(sender)
                self.transcript.update(payload)
            elif kind == _HANDSHAKE:
                self.message(sender, payload)

    def message(self, sender, payload):
        if payload[0] == _HELLO_VERIFY_REQUEST:
            return
        if payload[0] == _CLIENT_HELLO:
            self.transcript = Transcript(dtls_port.sha256, 2)
        if payload[0] in (_CLIENT_HELLO, _SERVER_HELLO):
            self.randoms[sender] = payload[14:46]
        self.transcript.update(payload)
        if payload[0] == _CLIENT_KEY_EXCHANGE:
            self.derive()

    def derive(self):
        secret = premaster_secret(bytes(len(self.psk)), self.psk)
        seed = self.transcript.digest()
        self.master = prf(dtls_port, secret, b"extended master secret", seed, 48)
        _, _, aead, key, iv = self.row
        seed = self.randoms["server"] + self.randoms["client"]
        block = prf(dtls_port, self.master, b"key expansion", seed, 2 * (key + iv))
        for i, sender in enumerate(("client", "server")):
            secret = block[i * key : (i + 1) * key]
            fixed = block[2 * key + i * iv : 2 * key + (i + 1) * iv]
            protection = Protection(dtls_port.aead(aead, secret), fixed)
            self.records[sender].set_keys(protection, protection)

    def verify_data(self, sender):
        label = sender.encode() + b" finished"
        return prf(dtls_port, self.master, label, self.transcript.digest(), 12)


def test_recorded_handshakes_of_others_are_decrypted():
    suites = []
    for row, psk, datagrams in recordings():
        reader = Reader(row, psk)
        for sender, datagram in datagrams:
            reader.take(sender, datagram)
        assert reader.finished == {"client": True, "server": True}, row
        line = b"a line for the record\n"
        assert reader.data == [("client", line), ("server", line)], reader.data
        suites.append(row[2])
    assert len(suites) == 4


def test_a_recording_with_one_bit_changed_gives_no_data():
    for row, psk, datagrams in recordings():
        reader = Reader(row, psk)
        for sender, datagram in datagrams[:-1]:
            reader.take(sender, datagram)
        changed = bytearray(datagrams[-1][1])
        changed[-1] ^= 1
        reader.records["server"]._limit = 2  # one forgery is survived
        reader.take("server", changed)
        assert [sender for sender, _ in reader.data] == ["client"]
        assert reader.records["server"].forged == 1
