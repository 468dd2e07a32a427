"""Whole handshakes with ECDHE_ECDSA and ECDHE_PSK, and their tables, against a scripted server."""

from expect import raises, refused
from oracle import ends_with, survives
from scripted_ecdhe import (
    CLIENT_POINT,
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    ECDHE_PSK_SUITES,
    ECDHE_SUITES,
    OTHER_SPKI,
    PIN,
    POINT,
    SECP256R1,
    SPKI,
    X25519,
    EcdheKeys,
    EcdhePskKeys,
    WatchedPort,
    certificate,
    sharing,
    trusting,
)
from scripted_server import (
    EXTENDED_MASTER_SECRET,
    IDENTITY,
    KEY,
    TYPES,
    Link,
    Port,
    ScriptedServer,
    hash_of,
    inside,
    message,
    new_client,
    records_of,
)

from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.crypto import p256
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.ecdhe_psk import EcdhePsk
from dtls_micro.handshake import CONNECTED, FAILED
from dtls_micro.p256 import P256
from dtls_micro.pin import PinnedKey
from dtls_micro.rpk import RawPublicKey
from dtls_micro.x25519 import X25519 as GROUP_X25519

_UNEXPECTED_MESSAGE = 10
_CERTIFICATE, _KEY_EXCHANGE, _VERIFY = 11, 16, 15

# (state, message): the tables of both key exchanges, written here once more
_SHARED = [(0, 2), (0, 3), (10, 256), (11, 20)]
ECDHE_ALLOWED = _SHARED + [(1, 11), (3, 12), (4, 13), (4, 14), (5, 14)]
ECDHE_PSK_ALLOWED = _SHARED + [(1, 12), (6, 14)]


def with_certificate(**options):
    """Return a credential that has a client certificate, and trusts by pin."""
    return trusting(ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE), **options)


def with_raw_key(**options):
    """Return a credential that has a raw client key, and trusts by raw key."""
    return trusting(ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE), raw=True, **options)


def test_the_tables_have_the_rows_they_must_have_and_no_other():
    for credential, allowed in ((trusting(), ECDHE_ALLOWED), (sharing(), ECDHE_PSK_ALLOWED)):
        rows = inside(new_client(credential)).rows
        assert sorted([(row[0], row[1]) for row in rows]) == sorted(allowed)


def test_every_pair_of_state_and_message_outside_the_tables_is_refused():
    for credential, allowed in ((trusting(), ECDHE_ALLOWED), (sharing(), ECDHE_PSK_ALLOWED)):
        hs = inside(new_client(credential))
        for state in range(16):
            for kind in range(257):
                if (state, kind) not in allowed:
                    hs.state = state
                    refused(_UNEXPECTED_MESSAGE, hs.step, kind, message(kind & 255, 0, b""))
                    assert hs.state == state


def test_every_suite_connects_with_a_pin_and_with_a_raw_key_and_in_a_certificate():
    for suite in ECDHE_SUITES:
        for raw, sent_raw in ((False, False), (True, True), (True, False)):
            keys = EcdheKeys(raw=sent_raw)
            server = ScriptedServer(keys, suite=suite)
            link = survives(server, client=new_client(trusting(raw=raw)))
            assert link.client.suite == suite and link.client.peer == SPKI
            assert keys.heard == [_KEY_EXCHANGE]
            assert inside(link.client).extended


def test_every_suite_of_ecdhe_psk_connects_with_every_hint():
    for suite in ECDHE_PSK_SUITES:
        for hint in (b"", b"a hint", bytes(500)):
            keys = EcdhePskKeys(hint=hint)
            link = survives(ScriptedServer(keys, suite=suite), client=new_client(sharing()))
            assert link.client.suite == suite and link.client.peer == hint
            assert keys.identity == IDENTITY


def test_suites_are_offered_in_the_order_of_the_credential():
    for make, suites in ((trusting, ECDHE_SUITES), (sharing, ECDHE_PSK_SUITES)):
        names = sorted(suites)
        keys = EcdheKeys() if make is trusting else EcdhePskKeys()
        client = new_client(make(suites=names))
        link = survives(ScriptedServer(keys, suite=names[-1]), client=client)
        assert link.server.hellos[0].suites == [suites[name][0] for name in names] + [0x00FF]
        other = ScriptedServer(EcdheKeys() if make is trusting else EcdhePskKeys(), suite=names[1])
        ends_with(47, other, client=new_client(make(suites=names[0])))


def test_both_groups_connect_in_both_key_exchanges():
    both = P256, GROUP_X25519
    for groups in (both, both[1:] + both[:1]):
        for curve in (SECP256R1, X25519):
            client = new_client(trusting(groups=groups))
            link = survives(ScriptedServer(EcdheKeys(curve=curve)), client=client)
            assert len(link.server.exchange.share) == (65 if curve == SECP256R1 else 32)
            client = new_client(sharing(groups=groups))
            survives(ScriptedServer(EcdhePskKeys(curve=curve)), client=client)
    for make, keys in ((trusting, EcdheKeys), (sharing, EcdhePskKeys)):
        client = new_client(make(groups=(GROUP_X25519,)))
        survives(ScriptedServer(keys(curve=X25519)), client=client)


def test_one_of_several_pins_or_keys_is_enough():
    other = hash_of(OTHER_SPKI)
    text = "".join(["%02x" % byte for byte in PIN])
    colons = ":".join(["%02X" % byte for byte in PIN])
    for pins in ((PIN, other), (other, PIN), (text,), (colons,), (bytearray(PIN),)):
        survives(ScriptedServer(EcdheKeys()), client=new_client(Ecdhe(PinnedKey(*pins))))
    for found in ((OTHER_SPKI, SPKI), (POINT,), (bytearray(SPKI),), (memoryview(POINT),)):
        for raw in (True, False):
            client = new_client(Ecdhe(RawPublicKey(*found)))
            survives(ScriptedServer(EcdheKeys(raw=raw)), client=client)


def test_a_server_may_say_x509_where_raw_keys_are_taken_or_say_nothing():
    ems = (EXTENDED_MASTER_SECRET, b"")
    for answers in ([ems], [ems, (20, b"\0")]):
        server = ScriptedServer(EcdheKeys(), extensions=answers)
        survives(server, client=new_client(trusting(raw=True)))


def test_certificates_after_the_leaf_are_no_matter_to_a_pin():
    for more in ([certificate(OTHER_SPKI)], [b"\0"] * 150, [b"junk" * 40] * 3):
        keys = EcdheKeys(chain=[certificate()] + more)
        survives(ScriptedServer(keys), client=new_client(trusting()))


def proving_client(credential, keys, **options):
    """Check that the client proves to have its key; return the link."""
    link = survives(ScriptedServer(keys, **options), client=new_client(credential))
    assert keys.heard == [_CERTIFICATE, _KEY_EXCHANGE, _VERIFY]
    assert keys.proven()
    return link


def test_a_client_with_a_certificate_proves_that_the_key_is_its_own():
    for suite in ECDHE_SUITES:
        keys = EcdheKeys(request=True)
        proving_client(with_certificate(), keys, suite=suite)
        assert keys.client_chain == [certificate(CLIENT_SPKI)]


def test_a_client_sends_its_whole_chain():
    chain = [certificate(CLIENT_SPKI), certificate(OTHER_SPKI), certificate(name=b"root")]
    keys = EcdheKeys(request=True)
    proving_client(trusting(ClientCertificate(chain, CLIENT_PRIVATE)), keys)
    assert keys.client_chain == chain


def test_a_client_with_a_raw_key_proves_that_it_is_its_own():
    for public in (CLIENT_SPKI, CLIENT_POINT):
        for raw in (True, False):
            keys = EcdheKeys(raw=raw, request=True)
            credential = trusting(ClientRawKey(public, CLIENT_PRIVATE), raw=True)
            proving_client(credential, keys)
            assert keys.client_chain == [CLIENT_SPKI] and keys.client_raw


def test_a_function_may_sign_with_a_key_that_never_leaves_its_chip():
    digests = []

    def chip(digest):
        digests.append(bytes(digest))
        port = Port(99)
        return p256.sign(CLIENT_PRIVATE, digest, port.sha256, port.random)

    keys = EcdheKeys(request=True)
    proving_client(trusting(ClientCertificate(certificate(CLIENT_SPKI), chip)), keys)
    assert digests == [keys.signed]


def test_a_signing_function_that_fails_ends_the_handshake():
    for result in (b"", bytes(63), bytes(65), b"\x30\x06\2\1\1\2\1\1"):
        credential = trusting(ClientRawKey(CLIENT_SPKI, lambda digest, raw=result: raw))
        link = Link(new_client(credential), ScriptedServer(EcdheKeys(request=True)))
        raises(ValueError, link.run)
        assert link.client.state == FAILED and not link.server.client_finished


def test_a_request_without_a_client_key_gets_an_empty_certificate():
    for raw in (True, False):
        keys = EcdheKeys(raw=raw, request=True)
        survives(ScriptedServer(keys), client=new_client(trusting(raw=raw)))
        assert keys.heard == [_CERTIFICATE, _KEY_EXCHANGE] and keys.client_chain == []


def test_nothing_is_sent_that_was_not_asked_for():
    for credential in (with_certificate(), with_raw_key()):
        keys = EcdheKeys(raw=True)
        survives(ScriptedServer(keys), client=new_client(credential))
        assert keys.heard == [_KEY_EXCHANGE]


def test_without_extended_master_secret_a_client_that_allows_it_signs_all_the_same():
    for credential, raw in ((with_certificate(), False), (trusting(), False)):
        keys = EcdheKeys(raw=raw, request=True)
        server = ScriptedServer(keys, extensions=[])
        link = survives(server, client=new_client(credential, allow_legacy=True))
        assert not inside(link.client).extended
        assert keys.client_signature is None or keys.proven()
        assert (keys.client_signature is None) == (credential.client is None)
        server = ScriptedServer(EcdheKeys(request=True), extensions=[])
        ends_with(40, server, client=new_client(credential))
    server = ScriptedServer(EcdheKeys(), extensions=[])
    survives(server, client=new_client(with_certificate(), allow_legacy=True))
    server = ScriptedServer(EcdhePskKeys(), extensions=[])
    survives(server, client=new_client(sharing(), allow_legacy=True))


def test_narrow_paths_in_both_directions_are_survived():
    for mtu in (64, 100, 228):
        for credential, raw in ((with_certificate(), False), (with_raw_key(), True)):
            keys = EcdheKeys(raw=raw, request=True)
            server = ScriptedServer(keys, mtu=mtu, fragment=mtu - 25)
            client = new_client(credential, mtu=mtu)
            link = Link(client, server).run()
            assert client.state == CONNECTED and link.ms == 0 and keys.proven()
        server = ScriptedServer(EcdhePskKeys(hint=bytes(300)), mtu=mtu, fragment=mtu - 25)
        link = Link(new_client(sharing(), mtu=mtu), server).run()
        assert link.client.state == CONNECTED and link.ms == 0
    for size in (1, 7, 50):
        keys = EcdheKeys(request=True)
        server = ScriptedServer(keys, mtu=0, fragment=size)
        survives(server, client=new_client(with_certificate()))


def test_a_chain_longer_than_the_buffers_is_refused_with_the_size_to_set():
    chain = [certificate(), bytes(3000)]
    server = ScriptedServer(EcdheKeys(chain=chain), fragment=500)
    link = ends_with(50, server, client=new_client(trusting()))
    server = ScriptedServer(EcdheKeys(chain=chain), fragment=500)
    link = Link(new_client(trusting()), server)
    error = refused(50, link.run)
    size = int(str(error).split("message_size=")[1])
    server = ScriptedServer(EcdheKeys(chain=chain), fragment=500)
    client = new_client(trusting(), message_size=size)
    assert Link(client, server).run().client.state == CONNECTED


def handshakes(datagrams):
    """Return the plaintext handshake payloads of epoch 0 in these datagrams."""
    records = [one for datagram in datagrams for one in records_of(datagram)]
    return [one[13:] for one in records if one[0] == 22 and one[3:5] == b"\0\0"]


def test_a_repeated_flight_is_the_same_and_computes_nothing_again():
    for credential, raw in ((with_certificate(), False), (with_raw_key(), True)):
        for direction in (0, 1):
            for lost in range(3):
                count = []

                def lose(datagrams, lost=lost, count=count):
                    count.extend(datagrams and [1])
                    return [] if datagrams and len(count) == lost + 1 else datagrams

                both = [None, None]
                both[direction] = lose
                port = WatchedPort()
                keys = EcdheKeys(raw=raw, request=True)
                client = new_client(credential, port=port)
                link = Link(client, ScriptedServer(keys), both[0], both[1]).run()
                assert client.state == CONNECTED and link.ms == 1000
                assert port.calls == ["verify", "keypair", "shared", "sign"]
                flights = [handshakes([d]) for _, d in link.sent]
                keyed = [f for f in flights if f and f[0][0] == _CERTIFICATE]
                assert keyed and all(f == keyed[0] for f in keyed)
                if (direction, lost) in ((0, 2), (1, 2)):
                    assert len(keyed) == 2


def test_a_repeated_key_share_of_ecdhe_psk_is_the_same():
    for direction in (0, 1):
        count = []

        def lose(datagrams, count=count):
            count.extend(datagrams and [1])
            return [] if datagrams and len(count) == 3 else datagrams

        both = [None, None]
        both[direction] = lose
        port = WatchedPort()
        client = new_client(sharing(), port=port)
        link = Link(client, ScriptedServer(EcdhePskKeys()), both[0], both[1]).run()
        assert client.state == CONNECTED and port.calls == ["keypair", "shared"]
        keyed = [f for f in [handshakes([d]) for _, d in link.sent] if f and f[0][0] == 16]
        assert len(keyed) == 2 and keyed[0] == keyed[1]


def test_the_identity_lookup_of_ecdhe_psk_gets_the_hint():
    asked = []

    def lookup(hint):
        asked.append(hint)
        return "looked-up", KEY

    for hint in (b"", b"gateway \0 7"):
        keys = EcdhePskKeys(hint=hint)
        survives(ScriptedServer(keys), client=new_client(EcdhePsk(lookup)))
        assert asked.pop() == hint and keys.identity == b"looked-up"


def test_another_pre_shared_key_never_connects():
    server = ScriptedServer(EcdhePskKeys(key=KEY[:15] + b"\0"))
    link = Link(new_client(sharing()), server)
    link.exchange()
    assert link.client.state != CONNECTED and server.unopened > 0


def test_a_second_connection_of_a_credential_has_fresh_keys():
    for make, keys in ((with_certificate, EcdheKeys), (sharing, EcdhePskKeys)):
        credential = make()
        port = Port()
        shares = set()
        for _ in range(4):
            client = new_client(credential, port=port)
            shares.add(survives(ScriptedServer(keys()), client=client).server.exchange.share)
        assert len(shares) == 4


def test_clients_of_one_credential_do_not_touch_each_other():
    credential = with_certificate()
    links = []
    for i in range(4):
        client = new_client(credential, port=Port(i + 1))
        links.append(Link(client, ScriptedServer(EcdheKeys(request=i > 1))))
    for link in links:
        link.flush()
    for link in links:
        link.deliver()
    for link in links:
        link.run()
        assert link.client.state == CONNECTED
        assert (link.server.exchange.client_signature is not None) == link.server.exchange.request
    assert len({link.server.master for link in links}) == 4


def test_a_credential_needs_someone_to_trust():
    for trust in (None, PIN, "pin", ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE)):
        raises(ValueError, Ecdhe, trust)
    raises(TypeError, Ecdhe)
    raises(ValueError, PinnedKey)
    raises(ValueError, RawPublicKey)


def test_a_client_that_is_no_client_key_is_refused_by_the_constructor():
    for client in (CLIENT_SPKI, "name", PinnedKey(PIN), (CLIENT_SPKI, CLIENT_PRIVATE)):
        raises(ValueError, Ecdhe, PinnedKey(PIN), client)


def test_pins_that_are_none_are_refused():
    text = "".join(["%02x" % byte for byte in PIN])
    bad = (b"", bytes(31), bytes(33), "", text[1:], text + "00", text[:-1] + "g", "pin-sha256")
    for pin in bad + ("sha256/" + text, "\xe9" * 64, text.encode(), [PIN]):
        raises(ValueError, PinnedKey, pin)
        raises(ValueError, PinnedKey, PIN, pin)


def test_keys_that_are_none_are_refused():
    pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    for key in (b"", POINT[:64], POINT + b"\0", b"\2" + POINT[1:33], pem, pem.encode()):
        raises(ValueError, RawPublicKey, key)
        raises(ValueError, RawPublicKey, SPKI, key)
        raises(ValueError, ClientRawKey, key, CLIENT_PRIVATE)


def test_client_keys_of_another_size_and_pem_are_refused():
    pem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGf\n"
    for key in (b"", bytes(31), CLIENT_PRIVATE + b"\0", pem, pem.encode(), SPKI, "x" * 32):
        raises(ValueError, ClientRawKey, CLIENT_SPKI, key)
        raises(ValueError, ClientCertificate, certificate(CLIENT_SPKI), key)


def test_client_keys_out_of_range_are_refused():
    for key in (0, p256.CURVE.n, p256.CURVE.n + 1, (1 << 256) - 1):
        key = key.to_bytes(32, "big")
        raises(ValueError, ClientRawKey, CLIENT_SPKI, key)
        raises(ValueError, ClientCertificate, certificate(CLIENT_SPKI), key)


def test_chains_that_are_no_der_are_refused():
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n"
    good = certificate(CLIENT_SPKI)
    for chain in ((), b"", pem, pem.encode(), [pem], [good, pem.encode()], [good, b""]):
        raises(ValueError, ClientCertificate, chain, CLIENT_PRIVATE)


def test_suites_and_groups_that_do_not_exist_are_refused():
    for make, other in ((trusting, ECDHE_PSK_SUITES), (sharing, ECDHE_SUITES)):
        for name in list(other) + ["TLS_PSK_WITH_AES_128_CCM_8", "TLS_NULL_WITH_NULL_NULL", ""]:
            raises(ValueError, make, suites=(name,))
        raises(ValueError, make, suites=())
    raises(ValueError, sharing, groups=())
    raises(ValueError, EcdhePsk, b"", KEY)
    raises(ValueError, EcdhePsk, IDENTITY, b"")
    raises(ValueError, EcdhePsk, IDENTITY, "text")


def test_the_key_log_has_the_master_secret():
    for credential, keys in ((with_certificate(), EcdheKeys(request=True)), (sharing(), None)):
        lines = []
        server = ScriptedServer(keys or EcdhePskKeys())
        survives(server, client=new_client(credential, keylog=lines.append))
        assert len(lines) == 1
        assert lines[0].endswith("".join(["%02x" % byte for byte in server.master]))


def test_the_handshake_takes_this_many_bytes():
    link = survives(ScriptedServer(EcdheKeys(raw=True)), client=new_client(trusting(raw=True)))
    assert [len(datagram) for _, datagram in link.sent[:3]] == [121, 137, 158]
    assert [TYPES["client_key_exchange"]] == link.server.exchange.heard


def test_a_prepared_key_pair_serves_one_handshake():
    port = WatchedPort()
    for calls in (["keypair", "verify", "shared"], ["verify", "keypair", "shared"]):
        port.calls.clear()
        if calls[0] == "keypair":
            P256.prepare(port)
        client = new_client(trusting(), port=port)
        Link(client, ScriptedServer(EcdheKeys())).run()
        assert client.state == CONNECTED and port.calls == calls
