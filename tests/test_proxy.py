"""The network of proxy.py does what it says, so that what goes through it proves something."""

import socket

from proxy import (
    CORRUPT,
    DROP,
    DUPLICATE,
    LATE,
    TO_CLIENT,
    TO_SERVER,
    Link,
    Relay,
)


def _arrivals(link, count=100):
    """Push `count` numbered datagrams, one a millisecond; return what arrives."""
    arrived = []
    for number in range(count):
        link.push(TO_SERVER, b"%03d" % number)
        arrived += link.advance(1)
    while link.due_ms() >= 0:
        arrived += link.advance(link.due_ms())
    assert all(direction == TO_SERVER for direction, _ in arrived)
    return [datagram for _, datagram in arrived]


def test_a_link_without_faults_keeps_order_and_delay():
    link = Link(delay_ms=10)
    link.push(TO_SERVER, bytearray(b"a"))
    link.push(TO_CLIENT, b"b")
    assert link.due_ms() == 10
    assert link.advance(9) == []
    assert link.advance(1) == [(TO_SERVER, b"a"), (TO_CLIENT, b"b")]
    assert link.due_ms() == -1
    assert _arrivals(Link()) == [b"%03d" % number for number in range(100)]


def test_a_seed_always_gives_the_same_faults():
    faults = {"loss": 0.3, "duplicate": 0.2, "reorder": 0.2, "corrupt": 0.1}
    runs = [_arrivals(Link(seed, **faults)) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_chances_are_kept():
    assert 50 < len(_arrivals(Link(3, loss=0.3))) < 90
    assert len(_arrivals(Link(3, duplicate=1.0))) == 200
    late = _arrivals(Link(3, reorder=0.3))
    assert sorted(late) != late and len(late) == 100
    spoilt = _arrivals(Link(3, corrupt=1.0))
    for number, datagram in enumerate(spoilt):
        difference = int.from_bytes(datagram, "big") ^ int.from_bytes(b"%03d" % number, "big")
        assert difference.bit_count() == 1


def test_faults_hit_the_datagram_they_name():
    faults = {0: DROP, 1: DUPLICATE, 2: CORRUPT, 3: LATE}
    link = Link(late_ms=200, faults={(TO_SERVER, n): fault for n, fault in faults.items()})
    link.push(TO_CLIENT, b"not meant")
    assert link.advance(10) == [(TO_CLIENT, b"not meant")]
    arrived = _arrivals(link, 6)
    assert arrived[0] == b"001" and arrived[1] != b"002" and arrived[2:4] == [b"004", b"005"]
    assert sorted(arrived[4:]) == [b"001", b"003"]
    assert link.sent == {TO_SERVER: 6, TO_CLIENT: 1}
    assert link.size == {TO_SERVER: 18, TO_CLIENT: 9}
    assert link.log[1][1:3] == (TO_SERVER, (DROP,))


def test_flights_are_turned_round():
    link = Link(delay_ms=0, reverse_ms=20)
    for datagram in (b"1", b"2", b"3"):
        link.push(TO_CLIENT, datagram)
    assert [datagram for _, datagram in link.advance(20)] == [b"3", b"2", b"1"]


def test_a_relay_carries_datagrams_both_ways():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as s,
    ):
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        s.settimeout(5)
        with Relay(server.getsockname(), Link(faults={(TO_SERVER, 0): DROP})) as relay:
            s.connect(relay.address)
            s.send(b"lost")
            s.send(b"there")
            datagram, sender = server.recvfrom(100)
            server.sendto(b"and back", sender)
            assert datagram == b"there"
            assert s.recv(100) == b"and back"
        assert relay.link.sent == {TO_SERVER: 2, TO_CLIENT: 1}
