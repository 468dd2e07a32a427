"""test_loss.py's network for ECDHE: flights of several messages each way, both authenticated.

In virtual time against Mbed TLS in memory, where only our client repeats.
"""

import itertools

import dtls_port
import pytest
import servers_ecdhe_psk
from certificates_for_tests import CHAIN, CLIENT, identity
from ecdhe_jobs import CERTIFICATE, PIN, client, trust
from lossy import ping, shake_hands
from proxy import CORRUPT, DROP, DUPLICATE, LATE, TO_SERVER, Link, Relay
from runtimes import MICROPYTHON, drive, need_module
from server_process import IDENTITY, KEY
from servers import MbedTls
from servers_ecdhe import CCM_8, GnuTlsEcdhe, OpenSslEcdhe

from dtls_micro.client import Client
from dtls_micro.client_key import ClientCertificate
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.ecdhe_psk import EcdhePsk
from dtls_micro.errors import DtlsError
from dtls_micro.pin import PinnedKey

need_module("mbedtls", MbedTls.install)
from peers import mbedtls_server  # noqa: E402

_NEVER_S = 36000.0
_FIRST_MS = 1000
_QUIET_MS = 200  # a handshake without any repetition is over by then
_OPTIONS = {"handshake_timeout_ms": 3600000, "first_timeout_ms": _FIRST_MS}
LAYOUTS = pytest.mark.parametrize(
    "layout",
    [
        {"kind": "ecdhe"},
        {"kind": "ecdhe", "apart": True},
        {"kind": "ecdhe", "apart": True, "mtu": 256},  # our flight in four datagrams
        {"kind": "ecdhe_psk", "apart": True},
    ],
    ids=["packed", "apart", "fragmented", "psk"],
)
_CONTEXTS = {}


def _ecdhe():
    own, other = identity(CHAIN), identity(CLIENT)
    paths = str(own.chain_pem), str(own.sec1_pem), str(other.root_pem)
    context = mbedtls_server.certificate_context(*paths, [CCM_8], _NEVER_S)
    who = ClientCertificate(other.chain_der, other.private)
    return context, Ecdhe(PinnedKey(own.pin), who, suites=[CCM_8])


def _ecdhe_psk():
    suites = [servers_ecdhe_psk.CHACHA]
    return mbedtls_server.context(IDENTITY, KEY, suites, _NEVER_S), EcdhePsk(IDENTITY, KEY, suites)


def _handshake(link, kind, apart=False, **options):
    """Make a handshake over `link`; return client and session."""
    if kind not in _CONTEXTS:
        _CONTEXTS[kind] = {"ecdhe": _ecdhe, "ecdhe_psk": _ecdhe_psk}[kind]()
    context, credential = _CONTEXTS[kind]
    session = mbedtls_server.Session(context, apart=apart)
    client = Client(dtls_port, credential, **dict(_OPTIONS, **options))
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
        assert link.now_ms < _FIRST_MS + _QUIET_MS, which  # one time-out was enough
        # Signatures vary in length, so that a flight may have had a datagram less.
        was_there = link.sent[which[0]] > which[1]
        assert link.now_ms >= _FIRST_MS or not was_there, which
        assert link.sent[TO_SERVER] <= 2 * clean


@LAYOUTS
def test_any_two_datagrams_may_be_lost(layout):
    for which in itertools.combinations(_numbers(layout), 2):
        link = _complete(Link(faults=dict.fromkeys(which, DROP)), **layout)
        assert link.now_ms < 3 * _FIRST_MS + _QUIET_MS  # 1 + 2 s


@LAYOUTS
@pytest.mark.parametrize("fault", [DUPLICATE, LATE])
def test_any_one_datagram_may_be_doubled_or_late(layout, fault):
    clean = _complete(Link(), **layout).sent[TO_SERVER]
    for which in _numbers(layout):
        link = _complete(Link(faults={which: fault}), **layout)
        assert link.now_ms < _QUIET_MS, which  # nothing was waited for
        assert link.sent[TO_SERVER] <= clean + 4, which


@LAYOUTS
def test_flights_may_come_last_datagram_first(layout):
    link = _complete(Link(reverse_ms=30), **layout)
    assert link.now_ms < _FIRST_MS  # what came early was kept


@LAYOUTS
def test_a_spoilt_datagram_is_dropped_or_ends_in_a_known_error(layout):
    completed = 0
    for which in _numbers(layout):
        for seed in range(10):
            try:
                ends = _handshake(Link(seed, faults={which: CORRUPT}), **layout)
            except DtlsError:
                continue  # in plaintext the bit may mean something else; signatures tell
            ping(*ends)
            completed += 1
    assert completed


@LAYOUTS
def test_a_third_of_all_datagrams_may_be_lost(layout):
    links = [_complete(Link(seed, loss=0.3), **layout) for seed in range(60)]
    times = sorted(link.now_ms for link in links)
    assert times[30] < 120 * _FIRST_MS
    for link in links:
        # The time-out doubles up to a minute, so time bounds what is sent. After losses the
        # path is taken for narrow, and our last flight has four datagrams; it is sent anew
        # twice a time-out at most.
        expiries = 6 + link.now_ms / 60000
        assert link.sent[TO_SERVER] <= 4 * (2 + 2 * expiries)


@LAYOUTS
def test_everything_at_once(layout):
    for seed in range(60):
        _complete(Link(seed, loss=0.3, duplicate=0.3, reorder=0.3), **layout)


@pytest.mark.parametrize("use, seed", [("blocking", 1), ("poll", 2), ("aio", 3)])
@pytest.mark.parametrize("server", [OpenSslEcdhe, GnuTlsEcdhe])
def test_micropython_connects_over_a_network_that_loses_a_fifth(server, use, seed):
    with (
        server([CCM_8], asks=True) as peer,
        Relay(peer.address, Link(seed, delay_ms=0, late_ms=20, loss=0.2)) as relay,
    ):
        peer.address = relay.address
        words = {"trust": trust(PIN, peer.own), "client": client(CERTIFICATE, identity(CLIENT))}
        options = {"first_timeout_ms": 100, "handshake_timeout_ms": 60000}
        result = drive(MICROPYTHON, peer, use=use, options=options, **words)
    assert result["ok"], result
