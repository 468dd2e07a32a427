"""The client as an application sees it: data, closing, errors, secrets, garbage."""

from expect import Numbers, raises
from oracle import check_freed, check_memory, check_no_secret, check_wiped, ends_with, to_and_fro
from scripted_server import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    IDENTITY,
    KEY,
    PSK_SUITES,
    Link,
    Port,
    ScriptedServer,
    connected,
    message,
    new_client,
    record,
    uint,
)

from dtls_micro.client import Client
from dtls_micro.errors import DtlsError, HandshakeTimeout, PeerAlert, ProtocolError
from dtls_micro.handshake import CLOSED, CONNECTED, FAILED
from dtls_micro.psk import Psk
from dtls_micro.transport import Transport


def test_data_of_every_size_go_both_ways_with_every_suite():
    for suite in PSK_SUITES:
        link = connected(ScriptedServer(suite=suite))
        for size in (1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 1000, 1115):
            data = bytes([(size + i) & 255 for i in range(size)])
            link.client.write(data)
            link.server.write(data)
            link.exchange()
            assert link.read[-1] == data and link.server.received[-1] == data


def test_any_buffer_can_be_written_and_received():
    link = connected()
    for data in (b"bytes", bytearray(b"bytearray"), memoryview(b"a memoryview")[2:]):
        link.client.write(data)
        link.exchange()
        assert link.server.received[-1] == bytes(data)
        datagram = link.server.record(APPLICATION_DATA, bytes(data), 1)
        for kind in (bytes, bytearray, memoryview):
            link.client.receive(kind(datagram))
            if kind is bytes:
                assert bytes(link.client.read()) == bytes(data)
            assert link.client.read() is None


def test_a_received_datagram_is_left_as_it_is():
    link = connected()
    datagram = bytearray(link.server.record(APPLICATION_DATA, b"datum", 1))
    before = bytes(datagram)
    link.client.receive(datagram)
    assert bytes(link.client.read()) == b"datum" and datagram == before


def test_several_records_in_a_datagram_are_read_one_after_the_other():
    link = connected()
    data = [b"one", b"second", b"3", b"the fourth datum", b"5"]
    datagram = b"".join([link.server.record(APPLICATION_DATA, d, 1) for d in data])
    link.client.receive(datagram)
    for expected in data:
        assert bytes(link.client.read()) == expected
    assert link.client.read() is None and link.client.read() is None


def test_data_behind_the_servers_finished_in_one_datagram_are_read():
    server = ScriptedServer()
    server.hooks["finished"] = lambda records: (
        records + [(APPLICATION_DATA, 1, b"first"), (APPLICATION_DATA, 1, b"second")]
    )
    link = Link(new_client(), server).run()
    assert link.read == [b"first", b"second"]


def test_an_alert_behind_data_in_one_datagram_comes_after_the_data():
    link = connected()
    server = link.server
    link.client.receive(
        server.record(APPLICATION_DATA, b"last words", 1) + server.record(ALERT, b"\1\0", 1)
    )
    assert bytes(link.client.read()) == b"last words"
    assert link.client.state == CONNECTED
    assert link.client.read() is None
    assert link.client.state == CLOSED


def test_read_without_data_is_none_in_every_state():
    client = new_client()
    assert client.read() is None
    link = connected()
    assert link.client.read() is None
    link.client.close()
    assert link.client.read() is None


def test_one_datum_fills_the_datagram_exactly():
    for suite in PSK_SUITES:
        for mtu in (64, 100, 1152):
            link = connected(ScriptedServer(suite=suite), mtu=mtu)
            room = link.client.room()
            link.client.write(bytes(room))
            assert len(link.client.datagram()) == mtu
            raises(ValueError, link.client.write, bytes(room + 1))
            assert link.client.state == CONNECTED
            to_and_fro(link)


def test_a_write_before_the_last_datagram_was_sent_is_refused():
    link = connected()
    link.client.write(b"one")
    raises(ValueError, link.client.write, b"two")
    link.exchange()
    assert link.server.received == [b"one"]
    link.client.write(b"two")
    link.exchange()
    assert link.server.received == [b"one", b"two"]


def test_an_empty_write_is_a_record_of_no_bytes():
    link = connected()
    link.client.write(b"")
    link.exchange()
    assert link.server.received == [b""]


def test_write_without_a_connection_raises():
    client = new_client()
    raises(DtlsError, client.write, b"x")
    link = connected()
    link.client.close()
    raises(DtlsError, link.client.write, b"x")
    failed = ends_with(10, _starting_with_a_certificate()).client
    raises(DtlsError, failed.write, b"x")


def _starting_with_a_certificate():
    server = ScriptedServer()
    server.first = ["certificate"]
    return server


def test_room_without_a_connection_is_no_internal_error():
    link = connected()
    link.client.close()
    for client in (new_client(), link.client):
        try:
            assert client.room() >= 0
        except DtlsError:
            assert client.state != CONNECTED


def test_close_says_close_notify_once():
    link = connected()
    link.client.close()
    link.client.close()
    link.exchange()
    assert link.server.alerts == [(1, 1, 0)] and link.client.state == CLOSED
    assert link.client.alert is None
    check_wiped(link)


def test_a_close_with_a_datum_still_waiting_sends_both():
    link = connected()
    link.client.write(b"last words")
    link.client.close()
    link.exchange()
    assert link.server.received == [b"last words"] and link.server.alerts == [(1, 1, 0)]


def test_close_in_the_handshake_says_nothing():
    link = Link(new_client(), ScriptedServer())
    link.flush()
    sent = len(link.sent)
    link.client.close()
    link.exchange()
    assert link.client.state == CLOSED and len(link.sent) == sent
    assert link.client.tick(1000) == -1


def test_close_notify_of_the_server_is_answered_and_ends_the_connection():
    link = connected()
    link.server.alert(1, 0, 1)
    link.exchange()
    assert link.client.state == CLOSED and link.server.alerts == [(1, 1, 0)]
    assert link.client.alert == 0
    link.server.write(b"too late")
    link.exchange()
    assert link.read == []
    check_wiped(link)


def test_hello_request_is_refused_with_a_warning():
    link = connected()
    link.server.send(HANDSHAKE, message(0, 9, b""), 1)
    link.exchange()
    assert link.server.alerts == [(1, 1, 100)] and link.client.state == CONNECTED
    to_and_fro(link)


def test_a_new_server_hello_in_the_connection_changes_nothing():
    link = connected()
    sent = len(link.sent)
    for kind in range(1, 25):
        link.server.send(HANDSHAKE, message(kind, 4, bytes(60)), 1)
        link.server.send(HANDSHAKE, message(kind, 4, bytes(60)), 0)
    link.server.send(CHANGE_CIPHER_SPEC, b"\1", 1)
    link.exchange()
    assert len(link.sent) == sent
    check_freed(link.client)
    to_and_fro(link)


def test_a_restarted_server_is_not_believed():
    link = connected()
    sent = len(link.sent)
    other = ScriptedServer()
    stranger = Link(new_client(port=Port(7)), other).run()
    for seq in range(4):
        link.give(record(HANDSHAKE, message(3, seq, b"\xfe\xff\x04cook")))
        link.give(record(ALERT, b"\2\x28", 0, seq))
        link.give(other.record(APPLICATION_DATA, b"stranger", 1, seq=seq))
    assert len(link.sent) == sent and link.read == []
    assert stranger.client.state == CONNECTED
    to_and_fro(link)


def test_a_failure_leaves_no_secret_and_a_dead_client():
    link = connected()
    master = link.server.master
    link.server.alert(2, 40, 1)
    raises(PeerAlert, link.exchange)
    check_wiped(link)
    check_no_secret(link.client, master)
    link.client.close()
    assert link.client.state == FAILED


class _WipedAead:
    """An AEAD that tells whether it was wiped."""

    def __init__(self, aead):
        self._aead = aead
        self.tag_length = aead.tag_length
        self.seal = aead.seal
        self.open = aead.open
        self.wiped = False

    def wipe(self):
        self._aead.wipe()
        self.wiped = True


def test_every_end_of_a_connection_wipes_both_aeads():
    def close(link):
        link.client.close()

    def closed(link):
        link.server.alert(1, 0, 1)
        link.exchange()

    def alert(link):
        link.server.alert(2, 40, 1)
        raises(PeerAlert, link.exchange)

    for end in (close, closed, alert):
        made = []
        port = Port()
        aead = port.aead
        port.aead = lambda kind, key, aead=aead, made=made: (
            made.append(_WipedAead(aead(kind, key))) or made[-1]
        )
        link = connected(port=port)
        assert [one.wiped for one in made] == [False, False]
        end(link)
        assert [one.wiped for one in made] == [True, True]


def test_no_secret_is_in_any_exception_or_representation():
    key = b"a very secret key 0123456789abcd"
    texts = []
    credential = Psk(IDENTITY, key)
    for server in (
        ScriptedServer(key=b"another"),
        ScriptedServer(key=key, extensions=[]),
        _starting_with_a_certificate(),
    ):
        link = Link(new_client(credential), server)
        texts.append(repr(raises(DtlsError, link.run)))
        texts.append(repr(link.client) + str(link.client))
    texts.append(repr(credential) + str(credential))
    texts.append(repr(raises(ValueError, Psk, IDENTITY, key * 3)))
    texts.append(repr(raises(ValueError, Psk, IDENTITY, key.decode())))
    link = connected(ScriptedServer(key=key), credential=credential)
    texts.append(repr(raises(ValueError, link.client.write, key * 100)))
    hexed = "".join(["%02x" % byte for byte in key])
    master = "".join(["%02x" % byte for byte in link.server.master])
    for text in texts:
        assert "very secret" not in text and hexed not in text and master not in text


def test_the_master_secret_is_gone_once_connected():
    link = connected()
    check_no_secret(link.client, link.server.master)


def test_every_error_is_an_oserror_with_an_alert():
    for kind in (ProtocolError, PeerAlert, HandshakeTimeout, DtlsError):
        assert issubclass(kind, OSError) and issubclass(kind, DtlsError)
    assert DtlsError("x").alert is None and HandshakeTimeout("x").alert is None
    assert str(PeerAlert(40)).endswith("no common suite, or it wants a certificate")
    assert str(PeerAlert(115)).endswith(": key or identity differs")
    assert PeerAlert(40).alert == 40 and ProtocolError(50, "text").alert == 50


def test_server_names_that_are_no_host_names_are_refused():
    for name in ("gerät.example", "n" * 256, "."):
        raises(ValueError, new_client, server_name=name)
    new_client(server_name="n" * 255)


def test_entropy_that_is_missing_makes_no_client():
    class NoEntropy(Port):
        def __init__(self):
            Port.__init__(self)
            self.random = self.refuse

        def refuse(self, n):
            raise OSError("no entropy")

    raises(OSError, Client, NoEntropy(), Psk(IDENTITY, KEY))


def test_ten_thousand_datagrams_of_garbage_do_not_keep_the_handshake_from_completing():
    numbers = Numbers(2)
    client = new_client()
    link = Link(client, ScriptedServer())
    for i in range(10000):
        if i % 2:
            junk = numbers.octets(numbers.below(60))
        else:
            kind = (20, 22, 23, 22)[i // 2 % 4]
            body = bytes([8]) + bytes(numbers.octets(numbers.below(40)))
            junk = record(kind, body, (0, 0, 1, 7)[numbers.below(4)], i)
        link.give(junk)
        if i % 1000 == 0:
            check_memory(client)
    assert len(link.sent) <= 1
    link.run()
    assert client.state == CONNECTED and link.ms == 0
    to_and_fro(link)


def test_ten_thousand_datagrams_of_garbage_do_not_harm_a_connection():
    numbers = Numbers(3)
    link = connected()
    sent = len(link.sent)
    for i in range(5000):
        link.give(numbers.octets(numbers.below(50)))
        link.give(record(20 + numbers.below(5), numbers.octets(30), numbers.below(3), i))
    assert len(link.sent) == sent and link.read == []
    check_memory(link.client)
    to_and_fro(link)


def test_a_datagram_above_the_receive_buffer_loses_its_end_only():
    link = connected(rx_size=200)
    small = link.server.record(APPLICATION_DATA, b"small", 1)
    large = link.server.record(APPLICATION_DATA, bytes(300), 1)
    link.give(small + large)
    assert link.read == [b"small"]
    to_and_fro(link)


def test_record_numbers_count_up_by_one():
    link = connected()
    first = len(link.sent)
    for _ in range(300):
        link.client.write(b"x")
        link.flush()
    numbers = [datagram[5:11] for _, datagram in link.sent[first:]]
    assert numbers == [uint(6, i) for i in range(1, 301)]  # 0 was the Finished
    assert len(link.server.received) == 300


def test_an_address_is_a_host_and_a_port():
    for address in ("127.0.0.1", ("127.0.0.1",), ("127.0.0.1", 0), ("127.0.0.1", 65536)):
        raises(ValueError, Transport, address, None, None, {})
