"""Our client on both Pythons against real servers with ECDHE_PSK."""

import pytest
import servers_ecdhe_psk
from runtimes import BOTH, MICROPYTHON, drive
from servers_ecdhe_psk import CHACHA, GnuTlsEcdhePsk, OpenSslEcdhePsk

MESSAGES = (b"Q", b"twenty-one bytes long", bytes(33 + i % 220 for i in range(1000)))
_GIVE_UP = {"first_timeout_ms": 200, "handshake_timeout_ms": 4000}


def _assert_echo(peer, result, suite, messages=MESSAGES):
    assert result["ok"], result
    assert result["suite"] == suite
    assert result["replies"] == [message[: peer.echo_size] for message in messages]


@pytest.mark.parametrize("group", ["p256", "x25519"])
@pytest.mark.parametrize(
    "server, suite, python",
    [
        pytest.param(server, suite, python, id="%s-%s-%s" % (server.name, suite[19:], python))
        for server in servers_ecdhe_psk.ECHO
        for suite in server.suites
        for python in BOTH
    ],
)
def test_data_goes_both_ways(server, suite, python, group):
    with server([suite]) as peer:
        _assert_echo(peer, drive(python, peer, send=MESSAGES, groups=[group]), suite)


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", servers_ecdhe_psk.ECHO)
def test_a_client_that_offers_all_gets_one_of_the_servers(server, python):
    with server() as peer:
        result = drive(python, peer, send=MESSAGES, suites=None, groups=["x25519", "p256"])
    assert result["suite"] in server.suites
    _assert_echo(peer, result, result["suite"])


@pytest.mark.parametrize("use", ["blocking", "poll", "aio"])
@pytest.mark.parametrize("python", BOTH)
def test_each_kind_of_socket_works(use, python):
    with OpenSslEcdhePsk() as peer:
        _assert_echo(peer, drive(python, peer, send=MESSAGES, use=use), CHACHA)


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [OpenSslEcdhePsk, GnuTlsEcdhePsk])
def test_a_narrow_path_both_ways(server, python):
    messages = (b"x", bytes(33 + i % 90 for i in range(200)))
    small = {"mtu": 256, "rx_size": 256}
    with server(identity="i" * 128, hint="h" * 100, mtu=256) as peer:
        _assert_echo(peer, drive(python, peer, send=messages, options=small), CHACHA, messages)


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [OpenSslEcdhePsk, GnuTlsEcdhePsk])
def test_a_hint_is_told(server, python):
    with server(hint="whoever you are") as peer:
        result = drive(python, peer)
    assert result["ok"], result
    assert bytes.fromhex(result["peer"]) == b"whoever you are"


@pytest.mark.parametrize("server", servers_ecdhe_psk.ECHO)
def test_a_wrong_key_ends_in_an_error(server):
    with server() as peer:
        result = drive(MICROPYTHON, peer, key=b"another key", options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result
    assert "key" in result["text"]


@pytest.mark.parametrize("server", [s for s in servers_ecdhe_psk.ECHO if s.knows_identities])
def test_an_unknown_identity_ends_in_an_error(server):
    with server() as peer:
        result = drive(MICROPYTHON, peer, identity="nobody", options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result
