"""Random damage to what the server sends, the same on every run, at every state."""

from damage import Damage
from expect import Numbers
from oracle import check, check_memory
from scripted_server import (
    HANDSHAKE,
    PSK_SUITES,
    Link,
    ScriptedServer,
    connected,
    new_client,
    record,
)

from dtls_micro.errors import DtlsError, PeerAlert, ProtocolError
from dtls_micro.handshake import CONNECTED, FAILED

_HANDSHAKES = 700
_ALERTS = (10, 20, 40, 47, 50, 51, 70, 80, 110)  # those that the library sends


def _run(seed, rate, **options):
    """Make a handshake through the damage; return the link if it ended as documented."""
    numbers = Numbers(seed)
    suite = sorted(PSK_SUITES)[seed % 3]  # the AES suites
    server = ScriptedServer(hint=b"hint" if seed & 1 else None, suite=suite, **options)
    link = Link(new_client(), server, to_client=Damage(numbers, rate))
    try:
        link.run()
    except DtlsError as error:
        assert isinstance(error.alert, int) or error.alert is None
        assert link.client.state == FAILED
        if isinstance(error, ProtocolError):
            assert error.alert in _ALERTS, error.alert
        elif not isinstance(error, PeerAlert):
            assert link.ms == 120000
    check(link)
    assert len(link.sent) < 60
    return link


def test_handshakes_through_damage_end_as_documented():
    done = failed = 0
    for seed in range(_HANDSHAKES):
        link = _run(seed, (10, 30, 60, 100)[seed % 4], mtu=(0, 1152)[seed // 4 % 2])
        done += link.client.state == CONNECTED
        failed += link.client.state == FAILED
    assert done + failed == _HANDSHAKES
    assert done > _HANDSHAKES // 5 and failed > _HANDSHAKES // 20, (done, failed)


def test_fragmented_handshakes_through_damage_end_as_documented():
    for seed in range(200):
        _run(1000 + seed, (5, 15, 40)[seed % 3], mtu=(0, 200)[seed % 2], fragment=1 + seed % 30)


def test_a_connection_through_damage_delivers_nothing_false():
    for seed in range(20):
        numbers = Numbers(5000 + seed)
        link = connected(ScriptedServer(suite=sorted(PSK_SUITES)[seed % 4]))
        link.to_client = Damage(numbers, 70)
        sent = []
        for i in range(40):
            sent.append(b"datum %d of many" % i)
            link.server.write(sent[-1])
            link.exchange()
        for datum in link.read:
            assert datum in sent
        assert len(set(link.read)) == len(link.read)
        assert len(link.read) >= 8
        check_memory(link.client)
        assert link.client.state == CONNECTED
        link.to_client = list
        link.server.write(b"the end")
        link.exchange()
        assert link.read[-1] == b"the end"


def test_random_handshake_payloads_raise_documented_errors_only():
    numbers = Numbers(77)
    for i in range(3000):
        client = new_client()
        link = Link(client, ScriptedServer(cookies=()))
        link.flush()
        if i % 3:
            link.server.out.clear()
        body = numbers.octets(numbers.below(70))
        kind = (2, 3, 12, 14, 0, 20)[numbers.below(6)]
        head = bytes([kind]) + len(body).to_bytes(3, "big") + bytes([0, i % 3 & 1])
        payload = head + bytes(3) + len(body).to_bytes(3, "big") + body
        if kind == 2 and len(body) > 2:
            payload = payload[:12] + b"\xfe\xfd" + payload[14:]
        try:
            link.give(record(HANDSHAKE, payload, 0, 5))
        except ProtocolError as error:
            assert error.alert in _ALERTS
            assert client.state == FAILED
        assert client.state != CONNECTED
