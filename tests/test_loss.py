"""Handshakes over a network that loses, repeats, reorders and corrupts (RFC 6347 section 4.2.4).

In virtual time against Mbed TLS in memory, where only our client repeats; test_loss_servers.py
has servers with clocks of their own.
"""

import itertools

import dtls_port
import pytest
from lossy import ping, shake_hands
from proxy import CORRUPT, DROP, DUPLICATE, LATE, TO_CLIENT, TO_SERVER, Link
from runtimes import need_module
from server_process import IDENTITY, KEY
from servers import CCM_8, MbedTls

from dtls_micro.client import Client
from dtls_micro.errors import DtlsError
from dtls_micro.psk import Psk

need_module("mbedtls", MbedTls.install)
from peers import mbedtls_server  # noqa: E402

_NEVER_S = 36000.0
_HOUR_MS = 3600000
_FIRST_MS = 1000
_QUIET_MS = 200  # a handshake without any repetition is over by then
LAYOUTS = pytest.mark.parametrize(
    "layout",
    [
        {"apart": False},
        {"apart": True},
        {"apart": True, "mtu": 128, "identity": "i" * 128},  # our flight in three datagrams
    ],
    ids=["packed", "apart", "fragmented"],
)
_CONTEXTS = {}


def _session(identity, apart):
    if identity not in _CONTEXTS:
        _CONTEXTS[identity] = mbedtls_server.context(identity, KEY, [CCM_8], _NEVER_S)
    return mbedtls_server.Session(_CONTEXTS[identity], apart=apart)


def _handshake(link, apart=False, identity=IDENTITY, **options):
    """Make a handshake over `link`; return client and session. Raises what the client raises."""
    options = dict({"handshake_timeout_ms": _HOUR_MS, "first_timeout_ms": _FIRST_MS}, **options)
    session = _session(identity, apart)
    client = Client(dtls_port, Psk(identity, KEY, suites=[CCM_8]), **options)
    shake_hands(link, client, session)
    return client, session


def _complete(link, **layout):
    """Make a handshake and assert that both sides can use it; return the link."""
    ping(*_handshake(link, **layout))
    return link


def _numbers(layout):
    """Return (direction, number) of every datagram of a handshake without faults."""
    link = _complete(Link(), **layout)
    assert link.now_ms < _QUIET_MS
    return [(way, number) for way in link.sent for number in range(link.sent[way])]


@LAYOUTS
def test_any_one_datagram_may_be_lost(layout):
    clean = _complete(Link(), **layout).sent[TO_SERVER]
    for which in _numbers(layout):
        link = _complete(Link(faults={which: DROP}), **layout)
        assert _FIRST_MS <= link.now_ms < _FIRST_MS + _QUIET_MS, which  # one time-out was enough
        assert link.sent[TO_SERVER] <= 2 * clean


@LAYOUTS
def test_any_three_datagrams_may_be_lost(layout):
    for which in itertools.combinations(_numbers(layout), 3):
        link = _complete(Link(faults=dict.fromkeys(which, DROP)), **layout)
        assert link.now_ms < 7 * _FIRST_MS + _QUIET_MS  # 1 + 2 + 4 s


@LAYOUTS
@pytest.mark.parametrize("fault", [DUPLICATE, LATE])
def test_any_one_datagram_may_be_doubled_or_late(layout, fault):
    clean = _complete(Link(), **layout).sent[TO_SERVER]
    for which in _numbers(layout):
        link = _complete(Link(faults={which: fault}), **layout)
        assert link.now_ms < _QUIET_MS, which  # nothing was waited for
        assert link.sent[TO_SERVER] <= clean + 3, which


@LAYOUTS
def test_all_datagrams_may_be_doubled(layout):
    clean = _complete(Link(), **layout).sent[TO_SERVER]
    link = _complete(Link(duplicate=1.0), **layout)
    assert link.now_ms < _QUIET_MS
    assert link.sent[TO_SERVER] <= clean + 3


@LAYOUTS
def test_flights_may_come_last_datagram_first(layout):
    link = _complete(Link(reverse_ms=30), **layout)
    assert link.now_ms < _FIRST_MS  # what came early was kept


def test_a_flood_of_old_messages_is_answered_twice_a_time_out():
    session = _session(IDENTITY, apart=True)
    options = {"first_timeout_ms": _FIRST_MS, "handshake_timeout_ms": _HOUR_MS}
    client = Client(dtls_port, Psk(IDENTITY, KEY, suites=[CCM_8]), **options)
    for _ in range(2):  # hellos
        flight = session.receive(bytes(client.datagram()))
        for datagram in flight:
            client.receive(datagram)
    ours = 0
    for ms in range(_FIRST_MS - 1):  # the server never gets our last flight
        while client.datagram() is not None:
            ours += 1
        for number, datagram in enumerate(flight):
            sequence = (100 + 10 * ms + number).to_bytes(6, "big")  # a new record each time
            client.receive(datagram[:5] + sequence + datagram[11:])
        client.tick(1)
    assert ours == 3  # once, and twice more


@LAYOUTS
def test_a_spoilt_datagram_is_dropped_or_ends_in_a_known_error(layout):
    completed = 0
    for which in _numbers(layout):
        for seed in range(20):
            link = Link(seed, faults={which: CORRUPT})
            try:
                client, session = _handshake(link, **layout)
            except DtlsError:
                continue  # in plaintext the bit may mean something else, and Finished tells
            assert client.suite == CCM_8
            ping(client, session)
            completed += 1
    assert completed


@LAYOUTS
def test_a_spoilt_record_under_protection_is_dropped(layout):
    last = max(number for way, number in _numbers(layout) if way == TO_CLIENT)
    for seed in range(50):
        spoilt = Link(seed, faults={(TO_CLIENT, last): CORRUPT})
        if layout["apart"]:
            _complete(spoilt, **layout)  # that datagram is the server's Finished alone


@LAYOUTS
def test_a_third_of_all_datagrams_may_be_lost(layout):
    links = [_complete(Link(seed, loss=0.3), **layout) for seed in range(200)]
    times = sorted(link.now_ms for link in links)
    assert times[100] < 30 * _FIRST_MS
    assert sum(ms < 60000 for ms in times) > 130  # within the usual time for a handshake
    clean = _complete(Link(), **layout).sent[TO_SERVER]
    for link in links:
        # The time-out doubles up to a minute, so time bounds what is sent.
        expiries = 6 + link.now_ms / 60000
        assert link.sent[TO_SERVER] <= clean * (2 + expiries)


@LAYOUTS
def test_everything_at_once(layout):
    for seed in range(200):
        _complete(Link(seed, loss=0.3, duplicate=0.3, reorder=0.3), **layout)
