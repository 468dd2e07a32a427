"""Our client on both Pythons against real servers with pre-shared keys."""

import pytest
import servers
from proxy import TO_CLIENT, TO_SERVER, Link, Relay
from runtimes import BOTH, CPYTHON, MICROPYTHON, drive
from servers import CCM_8, GCM, GnuTls, MbedTls, MicroPythonTls, OpenSsl, TinyDtls

# The first letter would end an s_server that is not quiet. gnutls-serv changes NUL, CR and LF.
MESSAGES = (b"Q", b"twenty-one bytes long", bytes(33 + i % 220 for i in range(1000)))
SMALL = {"mtu": 256, "rx_size": 256}
_GIVE_UP = {"first_timeout_ms": 200, "handshake_timeout_ms": 4000}
_CON_GET_TIME = bytes.fromhex("4101 0001 2a b4") + b"time"  # message id 1, token 2a
_CON_GET_NOTHING = bytes.fromhex("4101 0002 2b b7") + b"nothing"


def _matrix(classes):
    """Return a parameter for each server, each suite of it and each Python."""
    return [
        pytest.param(server, suite, python, id="%s-%s-%s" % (server.name, suite[4:], python))
        for server in classes
        for suite in server.suites
        for python in BOTH
    ]


def _assert_echo(peer, result, suite, messages=MESSAGES):
    assert result["ok"], result
    assert result["suite"] == suite
    assert result["replies"] == [message[: peer.echo_size] for message in messages]


@pytest.mark.parametrize("server, suite, python", _matrix(servers.ECHO))
def test_data_goes_both_ways(server, suite, python):
    with server([suite]) as peer:
        _assert_echo(peer, drive(python, peer, send=MESSAGES), suite)


@pytest.mark.parametrize("server, suite, python", _matrix(servers.COAP))
def test_a_coap_server_answers(server, suite, python):
    with server([suite]) as peer:
        result = drive(python, peer, send=[_CON_GET_TIME, _CON_GET_NOTHING])
    assert result["ok"], result
    assert result["suite"] == suite
    time, nothing = result["replies"]
    assert time.startswith(bytes.fromhex("6145 0001 2a"))  # ACK, 2.05 Content
    assert nothing.startswith(bytes.fromhex("6184 0002 2b"))  # ACK, 4.04 Not Found


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", servers.ECHO)
def test_a_client_that_offers_all_gets_one_of_the_servers(server, python):
    with server() as peer:
        result = drive(python, peer, send=MESSAGES, suites=None)
    assert result["suite"] in server.suites
    _assert_echo(peer, result, result["suite"])


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("use", ["blocking", "poll", "aio"])
@pytest.mark.parametrize("server", [OpenSsl, GnuTls])
def test_each_kind_of_socket_works(server, use, python):
    with server([CCM_8]) as peer:
        _assert_echo(peer, drive(python, peer, send=MESSAGES, use=use), CCM_8)


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [OpenSsl, GnuTls])
def test_a_server_may_do_without_hello_verify_request(server, python):
    with server([CCM_8], cookies=False) as peer:
        _assert_echo(peer, drive(python, peer, send=MESSAGES), CCM_8)


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
@pytest.mark.parametrize("server", [OpenSsl, GnuTls])
def test_a_narrow_path_both_ways(server, cookies, python):
    messages = (b"x", bytes(33 + i % 90 for i in range(200)))
    with server([CCM_8], identity="i" * 128, hint="h" * 100, mtu=256, cookies=cookies) as peer:
        result = drive(python, peer, send=messages, options=SMALL)
    _assert_echo(peer, result, CCM_8, messages)


@pytest.mark.parametrize("mtu", [128, 200])
@pytest.mark.parametrize("server", [OpenSsl, GnuTls, MbedTls])
def test_a_client_fragments_its_flight(server, mtu):
    with (
        server([CCM_8], identity="i" * 128) as peer,
        Relay(peer.address, Link(delay_ms=0)) as relay,
    ):
        peer.address = relay.address
        _assert_echo(peer, drive(CPYTHON, peer, send=[b"x"], options={"mtu": mtu}), CCM_8, [b"x"])
        sizes = [len(d) for _, way, _, d in relay.link.log if way == TO_SERVER]
    assert max(sizes) <= mtu
    assert len(sizes) > 4  # two hellos, one datum, and a last flight in more than one datagram


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [OpenSsl, GnuTls, servers.CoapGnuTls, servers.CoapOpenSsl])
def test_a_hint_is_told(server, python):
    with server([CCM_8], hint="whoever you are") as peer:
        result = drive(python, peer)
    assert result["ok"], result
    assert bytes.fromhex(result["peer"]) == b"whoever you are"


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", servers.ECHO)
def test_the_longest_identity_and_key(server, python):
    identity = "i" * server.identity_size
    key = bytes(range(256 - server.key_size, 256))
    with server(identity=identity, key=key) as peer:
        result = drive(python, peer, send=MESSAGES)
    _assert_echo(peer, result, result["suite"])


@pytest.mark.parametrize("server", servers.ECHO + servers.COAP)
def test_a_wrong_key_ends_in_an_error(server):
    with server() as peer:
        result = drive(MICROPYTHON, peer, key=b"another key", options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result
    assert "key" in result["text"]


@pytest.mark.parametrize("server", [s for s in servers.ECHO if s.knows_identities])
def test_an_unknown_identity_ends_in_an_error(server):
    with server() as peer:
        result = drive(MICROPYTHON, peer, identity="nobody", options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result


@pytest.mark.parametrize("server", [OpenSsl, GnuTls, MbedTls, TinyDtls])
def test_no_suite_in_common_ends_in_an_error(server):
    with server([CCM_8]) as peer:
        result = drive(CPYTHON, peer, suites=[GCM], options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result


def test_a_server_without_extended_master_secret_is_refused():
    with MicroPythonTls() as peer:
        result = drive(CPYTHON, peer, options={"allow_legacy": False})
    assert result["error"] == "ProtocolError", result
    assert result["alert"] == 40


@pytest.mark.parametrize("python", BOTH)
def test_nobody_listens(python):
    peer = OpenSsl([CCM_8])  # never started
    result = drive(python, peer, options=_GIVE_UP)
    assert result["error"] == "HandshakeTimeout", result


def test_a_handshake_takes_six_small_datagrams():
    with OpenSsl([CCM_8]) as peer, Relay(peer.address, Link(delay_ms=0)) as relay:
        peer.address = relay.address
        assert drive(CPYTHON, peer, options={"first_timeout_ms": 10000})["ok"]
        log = [(way, d) for _, way, _, d in relay.link.log if d[0] != 21]  # close_notify: 21
    ours = [len(d) for way, d in log if way == TO_SERVER]
    assert len(ours) == 3 and len([way for way, _ in log if way == TO_CLIENT]) == 3
    assert sum(ours) <= 310
