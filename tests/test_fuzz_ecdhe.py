"""Random damage to what a server with ephemeral keys sends, the same on every run."""

from damage import Damage
from expect import Numbers
from oracle import check, check_no_secret, check_wiped
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    X25519,
    EcdheKeys,
    EcdhePskKeys,
    certificate,
    sharing,
    trusting,
)
from scripted_server import HANDSHAKE, Link, ScriptedServer, message, new_client, record

from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.errors import DtlsError, PeerAlert, ProtocolError
from dtls_micro.handshake import CONNECTED, FAILED
from dtls_micro.p256 import P256
from dtls_micro.x25519 import X25519 as GROUP_X25519

_HANDSHAKES = 300
_ALERTS = (10, 20, 40, 42, 43, 47, 50, 51, 70, 110)  # those that the library sends
_OWN = ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE)
_OWN_RAW = ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE)
_BOTH = (P256, GROUP_X25519)


def _pair(seed):
    """Return the keys of a server and a credential that suits them."""
    way = seed % 5
    if way == 0:
        return EcdheKeys(request=True), trusting(_OWN)
    if way == 1:
        return EcdheKeys(raw=True, request=True), trusting(_OWN_RAW, raw=True)
    if way == 2:
        return EcdheKeys(curve=X25519), trusting(groups=_BOTH)
    if way == 3:
        return EcdhePskKeys(hint=b"hint"), sharing()
    return EcdhePskKeys(curve=X25519), sharing(groups=_BOTH)


def _check_end(link, error):
    """Check how a handshake ended, `error` being what ended it, or None."""
    if error is not None:
        assert link.client.state == FAILED
        if isinstance(error, ProtocolError):
            assert error.alert in _ALERTS, error.alert
        elif not isinstance(error, PeerAlert):
            assert link.ms == 120000
        check_wiped(link)
    check(link)
    check_no_secret(link.client, *link.server.exchange.secrets)
    assert len(link.sent) < 60


def _run(seed, rate, **options):
    """Make a handshake through the damage; return the link if it ended as documented."""
    keys, credential = _pair(seed)
    suite = sorted(keys.suites)[seed % 3]  # the AES suites
    server = ScriptedServer(keys, suite=suite, **options)
    link = Link(new_client(credential), server, to_client=Damage(Numbers(seed), rate))
    ended = None
    try:
        link.run()
    except DtlsError as error:
        ended = error
    _check_end(link, ended)
    return link


def test_handshakes_through_damage_end_as_documented():
    done = failed = 0
    for seed in range(_HANDSHAKES):
        link = _run(seed, (10, 30, 60, 100)[seed % 4], mtu=(0, 1152)[seed // 4 % 2])
        done += link.client.state == CONNECTED
        failed += link.client.state == FAILED
    assert done + failed == _HANDSHAKES
    assert done > _HANDSHAKES // 10 and failed > _HANDSHAKES // 10, (done, failed)


def test_fragmented_handshakes_through_damage_end_as_documented():
    for seed in range(100):
        size = 8 + seed % 60
        _run(1000 + seed, (3, 10, 30)[seed % 3], mtu=(0, 300)[seed % 2], fragment=size)


def _mutated(numbers, body) -> bytes:
    """Return the body of a message with some bytes changed, left out or put in."""
    body = bytearray(body)
    for _ in range(1 + numbers.below(3)):
        at = numbers.below(len(body) + 1)
        way = numbers.below(6)
        if way < 3 and at < len(body):
            body[at] ^= 1 << numbers.below(8)
        elif way == 3 and at < len(body):
            body[at] = (0, 1, 127, 128, 255)[numbers.below(5)]
        elif way == 4:
            body[at : at + 1 + numbers.below(9)] = b""
        else:
            body[at:at] = numbers.octets(1 + numbers.below(9))
    return bytes(body)


def test_messages_that_are_damaged_inside_end_as_documented():
    failed = 0
    for seed in range(600):
        numbers = Numbers(9000 + seed)
        keys, credential = _pair(seed)
        server = ScriptedServer(keys, cookies=())
        name = server.first[numbers.below(len(server.first))]
        changed = []

        def damage(body, numbers=numbers, changed=changed):
            other = _mutated(numbers, body)
            changed.append(other != body)
            return other

        server.bodies[name] = damage
        link = Link(new_client(credential), server)
        ended = None
        try:
            link.run()
        except DtlsError as error:
            ended = error
        _check_end(link, ended)
        failed += ended is not None
        if name == "server_key_exchange" and isinstance(keys, EcdheKeys):
            assert (ended is not None) == changed[0]  # every byte of it is signed
    assert failed > 300, failed


def test_random_messages_at_every_state_raise_documented_errors_only():
    numbers = Numbers(78)
    for i in range(600):
        keys, credential = _pair(i)
        server = ScriptedServer(keys, cookies=())
        whole = len(server.first)
        server.first = server.first[: numbers.below(whole)]
        link = Link(new_client(credential), server)
        link.flush()
        link.deliver()
        body = numbers.octets(numbers.below(120))
        kind = (2, 11, 12, 13, 14, 20)[numbers.below(6)]
        if kind == 11 and numbers.below(2):
            body = (len(body) + 3).to_bytes(3, "big") + len(body).to_bytes(3, "big") + body
        if kind == 12 and numbers.below(2):
            signature = b"\4\3" + bytes([0, len(body)]) + body
            body = b"\3\0\x17\x41\4" + (body + bytes(64))[:64] + signature
        payload = message(kind, server.message_seq, body)
        ended = None
        try:
            link.give(record(HANDSHAKE, payload, 0, 50))
        except ProtocolError as error:
            ended = error
        if ended is not None:
            _check_end(link, ended)
        assert link.client.state != CONNECTED
