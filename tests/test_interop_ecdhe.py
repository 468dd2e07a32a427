"""Our client on both Pythons against real servers with certificates and raw public keys."""

import pytest
import servers_ecdhe
from certificates_for_tests import CHAIN, CLIENT, LEAF, P384, RSA, STRANGER, identity
from ecdhe_jobs import CERTIFICATE, PIN, RAW, RPK, X509, client, trust
from proxy import TO_CLIENT, TO_SERVER, Link, Relay
from runtimes import BOTH, CPYTHON, MICROPYTHON, drive
from servers_ecdhe import (
    CCM_8,
    GnuTlsEcdhe,
    MbedTlsEcdhe,
    OpenSslEcdhe,
    PionEcdhe,
    ScandiumEcdhe,
    TinyDtlsEcdhe,
    WolfSslEcdhe,
)

MESSAGES = (b"Q", b"twenty-one bytes long", bytes(33 + i % 220 for i in range(1000)))
CERTIFIED = tuple(server for server in servers_ecdhe.ECHO if False in server.raw_keys)
_GIVE_UP = {"first_timeout_ms": 200, "handshake_timeout_ms": 3000}
_CON_GET_TIME = bytes.fromhex("4101 0001 2a b4") + b"time"  # message id 1, token 2a
_GROUPS = {"p256": b"\x03\x00\x17\x41", "x25519": b"\x03\x00\x1d\x20"}  # in ServerECDHParams


def _kinds(server):
    """Return (raw, trust, client) of each way that both of us have."""
    if False in server.raw_keys:
        for kind in (None, CERTIFICATE):
            yield False, PIN, kind
            yield False, X509, kind
        yield False, RPK, None  # the key that is in the certificate
    if True in server.raw_keys:
        if server.client_key_optional:
            yield True, RPK, None
        yield True, RPK, RAW


def _matrix(classes):
    """Return a parameter for each server, suite, kind of trust and of client, and Python."""
    return [
        pytest.param(
            server,
            suite,
            *kinds,
            python,
            id="%s-%s-%s%s-%s-%s"
            % (server.name, suite[21:], kinds[1], "-raw" * kinds[0], kinds[2], python),
        )
        for server in classes
        for suite in server.suites
        for kinds in _kinds(server)
        for python in BOTH
    ]


def _drive(python, peer, kind=PIN, who=None, **job):
    """Run drive.py, which trusts the server and is who it wants; the server starts with `peer`."""
    job.setdefault("trust", trust(kind, peer.own))
    if kind == X509:
        job["options"] = dict(job.get("options", {}), server_name="localhost")
    return drive(python, peer, client=client(who, identity(CLIENT)), **job)


def _assert_echo(peer, result, suite=CCM_8, messages=MESSAGES):
    assert result["ok"], result
    assert result["suite"] == suite
    assert result["peer"] == peer.own.spki.hex()
    assert result["replies"] == [message[: peer.echo_size] for message in messages]


@pytest.mark.parametrize("server, suite, raw, kind, who, python", _matrix(servers_ecdhe.ECHO))
def test_data_goes_both_ways(server, suite, raw, kind, who, python):
    with server([suite], raw=raw, asks=bool(who)) as peer:
        _assert_echo(peer, _drive(python, peer, kind, who, send=MESSAGES), suite)


@pytest.mark.parametrize("server, suite, raw, kind, who, python", _matrix(servers_ecdhe.COAP))
def test_a_coap_server_answers(server, suite, raw, kind, who, python):
    with server([suite], raw=raw, asks=bool(who)) as peer:
        result = _drive(python, peer, kind, who, send=[_CON_GET_TIME])
    assert result["ok"], result
    assert result["suite"] == suite
    assert result["replies"][0].startswith(bytes.fromhex("6145 0001 2a"))  # ACK, 2.05 Content


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", CERTIFIED)
def test_a_client_that_offers_all_gets_one_of_the_servers(server, python):
    with server() as peer:
        result = _drive(python, peer, send=MESSAGES, suites=None, groups=["x25519", "p256"])
    assert result["suite"] in server.suites
    _assert_echo(peer, result, result["suite"])


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("use", ["blocking", "poll", "aio"])
@pytest.mark.parametrize("server", [OpenSslEcdhe, GnuTlsEcdhe])
def test_each_kind_of_socket_works(server, use, python):
    with server([CCM_8], asks=True) as peer:
        _assert_echo(peer, _drive(python, peer, who=CERTIFICATE, send=MESSAGES, use=use))


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [OpenSslEcdhe, GnuTlsEcdhe])
def test_a_server_may_do_without_hello_verify_request(server, python):
    with server([CCM_8], cookies=False) as peer:
        _assert_echo(peer, _drive(python, peer, send=MESSAGES))


@pytest.mark.parametrize(
    "server, serves",
    [
        (server, serves)
        for server in CERTIFIED
        for serves in (CHAIN, RSA)
        # Scandium refuses to send signatures, in certificates too, of kinds not offered.
        if (server, serves) != (ScandiumEcdhe, RSA)
    ],
)
@pytest.mark.parametrize("kind", [PIN, RPK, X509])
def test_a_server_may_have_other_certificates(server, kind, serves):
    # Mbed TLS packs its flight, with a chain more than 1152 bytes, and never repeats it.
    options = {"rx_size": 2048}
    with server([CCM_8], serves=serves) as peer:
        _assert_echo(peer, _drive(MICROPYTHON, peer, kind, send=MESSAGES, options=options))


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("kind", [PIN, X509])
@pytest.mark.parametrize("server", CERTIFIED)
def test_a_server_may_have_a_key_on_p384(server, kind, python):
    with server([CCM_8], serves=P384) as peer:
        trusted = dict(trust(kind, peer.own), verifiers=["p256", "p384"])
        _assert_echo(peer, _drive(python, peer, kind, trust=trusted, send=MESSAGES))


@pytest.mark.parametrize("server", [OpenSslEcdhe, GnuTlsEcdhe])
def test_a_key_of_a_kind_not_asked_for_ends_in_an_error(server):
    with server([CCM_8], serves=P384) as peer:
        result = _drive(CPYTHON, peer, options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert", "ProtocolError"), result


def _group(log) -> str:
    """Return the group of the ServerKeyExchange in a Relay's log."""
    sent = b"".join(datagram for _, way, _, datagram in log if way == TO_CLIENT)
    (found,) = [name for name, head in _GROUPS.items() if head in sent]
    return found


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("group", _GROUPS)
@pytest.mark.parametrize(
    "server", [OpenSslEcdhe, GnuTlsEcdhe, WolfSslEcdhe, PionEcdhe, ScandiumEcdhe]
)
def test_the_group_that_we_want_most_is_taken(server, group, python):
    groups = [group] + [name for name in _GROUPS if name != group]
    with server([CCM_8]) as peer, Relay(peer.address, Link(delay_ms=0)) as relay:
        peer.address = relay.address
        _assert_echo(peer, _drive(python, peer, send=MESSAGES, groups=groups))
        assert _group(relay.link.log) == group


@pytest.mark.parametrize("curve, group", [("P-256", "p256"), ("X25519", "x25519")])
def test_a_server_may_choose_the_group(curve, group):
    with (
        OpenSslEcdhe([CCM_8], curves=curve) as peer,
        Relay(peer.address, Link(delay_ms=0)) as relay,
    ):
        peer.address = relay.address
        _assert_echo(peer, _drive(MICROPYTHON, peer, send=MESSAGES, groups=list(_GROUPS)))
        assert _group(relay.link.log) == group


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", CERTIFIED)
def test_a_client_fragments_its_certificate(server, python):
    with server([CCM_8], asks=True) as peer, Relay(peer.address, Link(delay_ms=0)) as relay:
        peer.address = relay.address
        result = _drive(python, peer, who=CERTIFICATE, send=[b"x"], options={"mtu": 256})
        _assert_echo(peer, result, messages=[b"x"])
        sizes = [len(d) for _, way, _, d in relay.link.log if way == TO_SERVER]
    assert max(sizes) <= 256
    assert len(sizes) > 5  # two hellos, one datum, and a last flight of three datagrams at least


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize(
    "server, options",
    [
        (OpenSslEcdhe, {"mtu": 256}),
        (OpenSslEcdhe, {"mtu": 256, "cookies": False}),
        (GnuTlsEcdhe, {"mtu": 256}),
        (GnuTlsEcdhe, {"mtu": 256, "cookies": False}),
        (ScandiumEcdhe, {"mtu": 256}),
    ],
    ids=["openssl", "openssl-no-cookies", "gnutls", "gnutls-no-cookies", "scandium"],
)
def test_a_narrow_path_both_ways(server, options, python):
    messages = (b"x", bytes(33 + i % 90 for i in range(200)))
    small = {"mtu": 256, "rx_size": 256}
    with server([CCM_8], serves=CHAIN, asks=True, **options) as peer:
        result = _drive(python, peer, who=CERTIFICATE, send=messages, options=small)
    _assert_echo(peer, result, messages=messages)


def test_a_chain_that_does_not_fit_says_which_size_to_set():
    with OpenSslEcdhe([CCM_8], serves=CHAIN, mtu=256) as peer:
        small = {"first_timeout_ms": 200, "message_size": 512}
        result = _drive(MICROPYTHON, peer, options=small)
        assert result["error"] == "ProtocolError", result
        size = int(result["text"].split("message_size=")[1])
    with OpenSslEcdhe([CCM_8], serves=CHAIN) as peer:
        _assert_echo(
            peer, _drive(MICROPYTHON, peer, send=MESSAGES, options={"message_size": size})
        )


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize(
    "server, raw, kind",
    [
        pytest.param(server, raw, kind, id="%s-%s%s" % (server.name, kind, "-raw" * raw))
        for server in servers_ecdhe.ECHO
        for raw in server.raw_keys
        for kind in ((RPK,) if raw else (PIN, RPK))
    ],
)
def test_another_key_than_the_expected_one_is_refused(server, raw, kind, python):
    with server([CCM_8], raw=raw) as peer:
        who = None if server.client_key_optional else RAW
        trusted = trust(kind, identity(STRANGER))
        result = _drive(python, peer, kind, who, trust=trusted)
    assert (result["error"], result["alert"]) == ("ProtocolError", 42), result


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", CERTIFIED)
def test_several_pins_may_be_given(server, python):
    pins = [identity(STRANGER).pin, identity(LEAF).pin]
    with server([CCM_8]) as peer:
        _assert_echo(peer, _drive(python, peer, trust={"kind": PIN, "pins": pins}, send=MESSAGES))


@pytest.mark.parametrize("python", BOTH)
@pytest.mark.parametrize("server", [*CERTIFIED, TinyDtlsEcdhe])
def test_a_client_with_a_key_need_not_be_asked(server, python):
    with server([CCM_8]) as peer:
        who = RAW if peer.raw else CERTIFICATE
        _assert_echo(peer, _drive(python, peer, RPK, who, send=MESSAGES))


@pytest.mark.parametrize("server", servers_ecdhe.ECHO + servers_ecdhe.COAP)
def test_an_unknown_client_is_refused(server):
    with server([CCM_8], asks=True) as peer:
        words = trust(RPK, peer.own), client(RAW if peer.raw else CERTIFICATE, identity(STRANGER))
        result = drive(MICROPYTHON, peer, trust=words[0], client=words[1], options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result


@pytest.mark.parametrize("server", CERTIFIED + servers_ecdhe.COAP)
def test_a_client_without_a_key_is_refused_where_one_is_required(server):
    with server([CCM_8], asks=True) as peer:
        result = _drive(CPYTHON, peer, options=_GIVE_UP)
    assert result["error"] in ("HandshakeTimeout", "PeerAlert"), result


@pytest.mark.parametrize("python", BOTH)
def test_a_client_without_a_key_may_say_so(python):
    with MbedTlsEcdhe([CCM_8]) as peer:  # asks for a certificate always
        _assert_echo(peer, _drive(python, peer, send=MESSAGES))


def test_a_handshake_takes_six_datagrams():
    with OpenSslEcdhe([CCM_8]) as peer, Relay(peer.address, Link(delay_ms=0)) as relay:
        peer.address = relay.address
        assert _drive(CPYTHON, peer, options={"first_timeout_ms": 10000})["ok"]
        log = [(way, d) for _, way, _, d in relay.link.log if d[0] != 21]  # close_notify: 21
    ours = [len(d) for way, d in log if way == TO_SERVER]
    assert len(ours) == 3 and len([way for way, _ in log if way == TO_CLIENT]) == 3
    assert sum(ours) <= 400
