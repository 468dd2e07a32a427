"""Handshakes with real servers, in real time, over a network that loses and reorders.

OpenSSL sends a flight in one datagram, GnuTLS each message in its own; both repeat by clocks
of their own, and GnuTLS by nothing else.
"""

import errno

import dtls_port
import pytest
from proxy import DROP, TO_CLIENT, TO_SERVER, Link, Relay
from runtimes import MICROPYTHON, drive
from server_process import IDENTITY, KEY
from servers import CCM_8, GnuTls, OpenSsl

import dtls_micro
from dtls_micro.psk import Psk

_PING = b"are you there"
_PATIENCE = 3
_PATIENT = {"first_timeout_ms": 50, "handshake_timeout_ms": 60000}  # GnuTLS tries at 15 s too
_DATAGRAMS = [  # of a handshake without faults
    (server, way, number)
    for server, way, count in (
        (OpenSsl, TO_SERVER, 3),
        (OpenSsl, TO_CLIENT, 3),
        (GnuTls, TO_SERVER, 3),
        (GnuTls, TO_CLIENT, 5),
    )
    for number in range(count)
]


def _converse(address, **options):
    """Connect and have a datum sent back, asking anew each second as DTLS repeats no data."""
    credential = Psk(IDENTITY, KEY, suites=[CCM_8])
    options = dict({"handshake_timeout_ms": 20000}, **options)
    with dtls_micro.connect(address, credential, port=dtls_port, timeout=1, **options) as s:
        for _ in range(_PATIENCE):
            s.send(_PING)
            try:
                reply = s.recv(100)
                break
            except OSError as error:
                assert error.errno == errno.ETIMEDOUT
    assert reply in (_PING, 2 * _PING)  # s_server joins what it gets late


def _relay(server, **faults):
    return Relay(server.address, Link(delay_ms=0, late_ms=20, **faults))


@pytest.mark.parametrize("server, way, number", _DATAGRAMS)
def test_any_one_datagram_may_be_lost(server, way, number):
    with server([CCM_8]) as peer, _relay(peer, faults={(way, number): DROP}) as relay:
        _converse(relay.address, first_timeout_ms=150)


@pytest.mark.parametrize("which", [(TO_CLIENT, 1), (TO_SERVER, 2)])
def test_the_servers_own_repetition_is_enough(which):
    with OpenSsl([CCM_8]) as peer, _relay(peer, faults={which: DROP}) as relay:
        # The time-outs are RFC 7925's and ours; OpenSSL repeats after a second.
        _converse(relay.address, first_timeout_ms=9000, handshake_timeout_ms=8500)


@pytest.mark.parametrize("server", [OpenSsl, GnuTls])
def test_a_network_that_doubles_and_turns_round(server):
    with server([CCM_8]) as peer, _relay(peer, duplicate=1.0, reverse_ms=20) as relay:
        _converse(relay.address, first_timeout_ms=3000)
    assert relay.link.sent[TO_SERVER] <= 12


@pytest.mark.parametrize("use, seed", [("blocking", 1), ("poll", 2), ("aio", 3)])
@pytest.mark.parametrize("server", [OpenSsl, GnuTls])
def test_micropython_connects_over_a_network_that_loses_a_third(server, use, seed):
    with server([CCM_8]) as peer, _relay(peer, seed=seed, loss=0.3) as relay:
        peer.address = relay.address
        result = drive(MICROPYTHON, peer, use=use, options=_PATIENT)
    assert result["ok"], result
    assert relay.link.sent[TO_SERVER] < 40
