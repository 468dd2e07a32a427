"""Faults of cryptography, memory and time: rows C and T of the catalogue, for a PSK client."""

import gc
import sys

from expect import Numbers, raises
from faults import BreakingPort, Fault
from oracle import check, check_wiped, survives, to_and_fro
from scripted_server import (
    APPLICATION_DATA,
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
    records_of,
)

from dtls_micro.client import Client
from dtls_micro.errors import DtlsError, HandshakeTimeout
from dtls_micro.handshake import CONNECTED, FAILED
from dtls_micro.psk import Psk

_MICROPYTHON = sys.implementation.name == "micropython"


def test_c07_tags_that_are_cut_are_refused():
    for suite in PSK_SUITES:
        link = connected(ScriptedServer(suite=suite))
        tag = link.server.writing.aead.tag_length
        for cut in range(1, tag + 1):
            whole = link.server.record(APPLICATION_DATA, b"datum of some length", 1)
            size = len(whole) - 13 - cut
            link.give(whole[:11] + size.to_bytes(2, "big") + whole[13:-cut])
        assert link.read == []
        to_and_fro(link)


def test_c08_a_thousand_finished_never_share_a_nonce():
    server = ScriptedServer()
    server.hooks["change_cipher_spec"] = lambda records: []
    server.hooks["finished"] = lambda records: []
    client = new_client(first_timeout_ms=1, handshake_timeout_ms=1 << 29)
    link = Link(client, server)
    link.exchange()
    for _ in range(1000):
        client.tick(60000)
        link.flush()
    finished = [r for _, d in link.sent for r in records_of(d) if r[3:5] == b"\0\1"]
    assert len(finished) == 1001
    assert len({r[13:21] for r in finished}) == 1001
    assert all(r[3:11] == r[13:21] for r in finished)


def test_c09_a_datagram_that_was_never_sent_uses_its_number_up():
    link = connected()
    link.client.write(b"lost in the driver")
    first = bytes(link.client.datagram())
    link.client.write(b"next")
    second = bytes(link.client.datagram())
    assert first[3:11] != second[3:11]


def test_c10_c15_a_fault_at_any_call_of_the_port_fails_closed():
    port = BreakingPort(0, None)
    total = Link(Client(port, Psk(IDENTITY, KEY)), ScriptedServer()).run() and port.calls
    assert total > 20
    for error in (MemoryError("full"), Fault("broken"), OSError("no entropy")):
        for place in range(1, total + 1):
            port = BreakingPort(place, error)
            link = None
            try:
                link = Link(Client(port, Psk(IDENTITY, KEY)), ScriptedServer())
                link.run()
            except (type(error), DtlsError) as shown:
                assert shown is error or isinstance(shown, DtlsError)
            else:
                raise AssertionError("call %d of %d: the fault was lost" % (place, total))
            if link is not None:
                assert link.client.state != CONNECTED and not link.read
                if link.client.state == FAILED:
                    check_wiped(link)


def test_c11_client_randoms_differ_between_attempts():
    port = Port()
    randoms = [bytes(new_client(port=port).datagram())[27:59] for _ in range(20)]
    assert len(set(randoms)) == 20


def test_t01_each_record_in_turn_may_be_lost_in_both_directions():
    for direction in (0, 1):
        for place in range(9):
            count = []

            def network(datagrams, place=place, count=count):
                out = []
                for datagram in datagrams:
                    for one in records_of(datagram):
                        if len(count) != place:
                            out.append(one)
                        count.append(1)
                return out

            both = [None, None]
            both[direction] = network
            link = Link(new_client(), ScriptedServer(hint=b"hint"), both[0], both[1]).run()
            check(link)
            assert link.client.state == CONNECTED and link.ms in (0, 1000)


def test_t02_t03_a_network_that_does_everything_is_survived():
    for seed in range(40):
        numbers = Numbers(seed)
        late = [[], []]

        def disturb(datagrams, side, numbers=numbers, late=late):
            out, late[side] = late[side], []
            for datagram in datagrams:
                for _ in range((0, 1, 1, 2)[numbers.below(4)]):
                    (out if numbers.below(3) else late[side]).append(datagram)
            return numbers.shuffled(out)

        client = new_client(handshake_timeout_ms=1200000, mtu=200)
        server = ScriptedServer(hint=b"hint", mtu=0, fragment=30)
        link = Link(client, server, lambda d, f=disturb: f(d, 0), lambda d, f=disturb: f(d, 1))
        link.run(limit_ms=1200000)
        check(link)
        assert client.state == CONNECTED
        assert len(link.sent) < 200


def test_t07_a_path_that_becomes_narrow_in_the_handshake_is_survived():
    most = [1152]
    narrow = lambda datagrams: [d for d in datagrams if len(d) <= most[0]]  # noqa: E731
    client = new_client(Psk(IDENTITY * 16, KEY), server_name="n" * 250)
    link = Link(client, ScriptedServer(cookies=(bytes(200),)), narrow)
    link.flush()
    most[0] = 228
    link.run()
    assert client.state == CONNECTED and link.server.client_finished


def test_t09_a_server_that_restarted_is_not_heard():
    link = connected()
    again = ScriptedServer()
    hello = new_client(port=Port(5)).datagram()
    again.receive(bytes(hello))
    again.alert(2, 10)
    again.alert(1, 0)
    sent = len(link.sent)
    for datagram in again.out:
        link.give(datagram)
    assert len(link.sent) == sent
    to_and_fro(link)


def test_t12_failed_handshakes_leave_nothing_behind():
    credential = Psk(IDENTITY, KEY)

    def fail():
        server = ScriptedServer(cookies=())
        server.first = ["certificate"]
        link = Link(new_client(credential), server)
        raises(DtlsError, link.run)

    for _ in range(20):
        fail()
    gc.collect()
    before = gc.mem_alloc() if _MICROPYTHON else 0
    for _ in range(300):
        fail()
    gc.collect()
    after = gc.mem_alloc() if _MICROPYTHON else 0
    assert after - before < 4096, after - before
    survives(client=new_client(credential))


def test_t13_a_long_connection_takes_no_more_memory():
    link = connected()
    for i in range(1500):
        link.client.write(b"to the server %d" % i)
        link.server.write(b"to the client %d" % i)
        link.exchange()
        if i == 200:
            gc.collect()
            before = gc.mem_alloc() if _MICROPYTHON else 0
        link.sent.clear()
        link.read.clear()
        link.server.received.clear()
    gc.collect()
    after = gc.mem_alloc() if _MICROPYTHON else 0
    assert after - before < 2048, after - before


def test_t14_every_bad_record_at_every_place_is_dropped():
    bodies = (b"", b"\0", b"\xff" * 11, bytes(12), b"\xff" * 40)
    junk = [
        record(kind, body, epoch, 77, version)
        for kind in (0, 19, 21, 22, 23, 24, 255)
        for body in bodies
        for epoch in (0, 1, 2)
        for version in (0xFEFD, 0x0303)
    ]
    junk += [record(20, body, 0, 77) for body in (b"", b"\0", b"\1\1")]
    for place in range(3):
        count = []

        def network(datagrams, place=place, count=count):
            count.append(1)
            return junk + datagrams if len(count) == place + 1 else datagrams

        survives(to_client=network)


def test_t14_a_plain_message_of_another_handshake_is_no_harm_once_connected():
    link = connected()
    for kind in range(26):
        link.give(record(HANDSHAKE, message(kind, 3, bytes(20))))
    to_and_fro(link)


def test_a_timeout_leaves_no_key_behind():
    server = ScriptedServer()
    server.last = ["change_cipher_spec"]
    link = Link(new_client(), server)
    raises(HandshakeTimeout, link.run)
    check_wiped(link)
