"""The handshake's table, keys, credentials and Finished messages, against a scripted server."""

from expect import raises, refused
from oracle import ends_with, survives
from scripted_server import (
    CCM_8,
    IDENTITY,
    KEY,
    PSK_SUITES,
    TYPES,
    Link,
    Port,
    ScriptedServer,
    connected,
    inside,
    message,
    new_client,
    run,
)

from dtls_micro import handshake
from dtls_micro.client import Client
from dtls_micro.handshake import CHANGE_CIPHER_SPEC, CONNECTED, FAILED, WAIT_FINISHED
from dtls_micro.psk import Psk

_UNEXPECTED_MESSAGE = 10
_HANDSHAKE_FAILURE = 40
_DECRYPT_ERROR = 51

# (state, message): the whole table of a PSK client, written here once more
ALLOWED = ((0, 2), (0, 3), (1, 12), (1, 14), (2, 14), (10, 256), (11, 20))


def test_the_table_has_the_rows_it_must_have_and_no_other():
    rows = inside(new_client()).rows
    assert sorted([(row[0], row[1]) for row in rows]) == sorted(ALLOWED)
    assert CHANGE_CIPHER_SPEC == 256


def test_every_pair_of_state_and_message_outside_the_table_is_refused():
    hs = inside(new_client())
    for state in range(16):
        for kind in range(257):
            if (state, kind) not in ALLOWED:
                hs.state = state
                refused(_UNEXPECTED_MESSAGE, hs.step, kind, message(kind & 255, 0, b""))
                assert hs.state == state


def test_a_handler_that_refuses_its_message_leaves_the_state_alone():
    hs = inside(new_client())
    refused(50, hs.step, 2, message(2, 0, b"\xfe\xfd"))
    assert hs.state == 0


def test_every_foreign_message_at_every_place_of_the_flight_is_refused():
    for place, legal in ((0, (0, 2, 3)), (1, (0, 12, 14)), (2, (0, 14))):
        for kind in range(26):
            if kind not in legal:
                server = ScriptedServer(cookies=(), hint=b"hint")
                server.first.insert(place, kind)
                ends_with(_UNEXPECTED_MESSAGE, server)


def test_every_foreign_message_in_place_of_finished_is_refused():
    for kind in range(1, 26):
        if kind != TYPES["finished"]:
            server = ScriptedServer(cookies=())

            def change(records, kind=kind):
                content, epoch, payload = records[0]
                return [(content, epoch, bytes([kind]) + payload[1:])]

            server.hooks["finished"] = change
            ends_with(_UNEXPECTED_MESSAGE, server)


def test_every_suite_makes_a_connection_both_ways():
    for suite in PSK_SUITES:
        for hint in (None, b"", b"a hint"):
            link = survives(ScriptedServer(suite=suite, hint=hint))
            assert link.client.suite == suite
            assert link.client.peer == hint
            assert inside(link.client).extended


def test_a_client_offers_the_suites_of_its_credential_in_their_order():
    names = sorted(PSK_SUITES)
    link = survives(ScriptedServer(suite=names[0]), client=new_client(suites=names))
    codes = [PSK_SUITES[name][0] for name in names]
    assert link.server.hellos[0].suites == codes + [0x00FF]
    one = new_client(suites=CCM_8)
    assert survives(client=one).server.hellos[0].suites == [0xC0A8, 0x00FF]


def test_a_suite_that_the_credential_left_out_is_refused():
    server = ScriptedServer(suite="TLS_PSK_WITH_AES_128_CCM")
    ends_with(47, server, client=new_client(suites=CCM_8))


def test_without_extended_master_secret_only_a_client_that_allows_it_connects():
    ends_with(_HANDSHAKE_FAILURE, ScriptedServer(extensions=[]))
    for suite in PSK_SUITES:
        server = ScriptedServer(extensions=[], suite=suite)
        link = survives(server, client=new_client(allow_legacy=True))
        assert not inside(link.client).extended
    link = survives(client=new_client(allow_legacy=True))
    assert inside(link.client).extended


def test_the_refusal_of_a_server_without_extended_master_secret_says_what_to_do():
    link = Link(new_client(), ScriptedServer(extensions=[]))
    assert "allow_legacy" in str(refused(_HANDSHAKE_FAILURE, link.run))


def test_the_key_log_has_one_line_with_the_master_secret():
    for legacy in (False, True):
        lines = []
        server = ScriptedServer(extensions=[] if legacy else None)
        link = survives(server, client=new_client(keylog=lines.append, allow_legacy=legacy))
        digits = "".join(["%02x" % byte for byte in link.server.hellos[0].random])
        master = "".join(["%02x" % byte for byte in link.server.master])
        assert lines == ["CLIENT_RANDOM %s %s" % (digits, master)]


def test_client_randoms_are_fresh_for_each_client_and_kept_within_one_handshake():
    port = Port()
    seen = []
    for _ in range(5):
        link = survives(client=new_client(port=port))
        assert len(link.server.hellos) == 2
        assert link.server.hellos[0].random == link.server.hellos[1].random
        seen.append(link.server.hellos[0].random)
    assert len(set(seen)) == 5


def test_every_identity_and_key_size_works():
    for size in range(1, 65):
        for identity in (b"i" * size, b"\xff" * (size + 64)):
            key = bytes([size]) * size
            server = ScriptedServer(key=key, cookies=())
            link = run(new_client(Psk(identity, key, CCM_8)), server)
            assert link.client.state == CONNECTED and server.client_finished
            assert server.exchange.identity == identity


def test_an_identity_may_be_text_beyond_ascii():
    link = survives(client=new_client(Psk("Gerät-1", KEY)))
    assert link.server.exchange.identity == "Gerät-1".encode()


def test_identities_and_keys_out_of_range_are_refused_by_the_constructor():
    for identity, key in (
        (b"", KEY),
        (b"i" * 129, KEY),
        ("ä" * 65, KEY),
        (IDENTITY, b""),
        (IDENTITY, bytes(65)),
        (IDENTITY, "0123456789abcdef"),
        (IDENTITY, None),
    ):
        raises(ValueError, Psk, identity, key)
    Psk(b"i" * 128, bytes(64))
    Psk("ä" * 64, b"k")


def test_suites_that_do_not_exist_and_no_suites_are_refused_by_the_constructor():
    error = raises(ValueError, Psk, IDENTITY, KEY, ("TLS_NULL_WITH_NULL_NULL",))
    assert CCM_8 in str(error)
    raises(ValueError, Psk, IDENTITY, KEY, ())
    assert Psk(IDENTITY, KEY, (name for name in (CCM_8,))).suites[0][0] == 0xC0A8


def test_a_lookup_gets_the_hint_and_brings_identity_and_key():
    for hint in (None, b"", b"gateway \x00 \xff 7", bytes(1000)):
        asked = []

        def lookup(hint, asked=asked):
            asked.append(hint)
            return "looked-up", KEY

        link = survives(ScriptedServer(hint=hint), client=new_client(Psk(lookup)))
        assert asked == [hint or b""] and isinstance(asked[0], bytes)
        assert link.server.exchange.identity == b"looked-up"
        assert link.client.peer == hint


def test_a_lookup_that_brings_nonsense_ends_the_handshake():
    for found in ((b"", KEY), (IDENTITY, b""), (IDENTITY, "text")):
        link = Link(new_client(Psk(lambda hint, found=found: found)), ScriptedServer())
        raises(ValueError, link.run)
        assert link.client.state == FAILED and link.server.alerts == [(0, 2, 80)]


def test_the_key_is_not_changed_by_a_handshake():
    key = bytearray(KEY)
    credential = Psk(IDENTITY, key)
    for _ in range(2):
        survives(client=new_client(credential))
    assert key == KEY


def test_the_premaster_secret_is_overwritten():
    server = ScriptedServer(cookies=())
    server.first.remove("server_hello_done")
    link = Link(new_client(), server)
    link.exchange()
    secret = bytearray(b"\0\x04\0\0\0\0\0\x04abcd")
    inside(link.client).derive(secret)
    assert secret == bytes(12)


def test_the_master_secret_is_overwritten_if_its_hmac_finds_no_memory():
    server = ScriptedServer(cookies=())
    server.first.remove("server_hello_done")
    link = Link(new_client(), server)
    link.exchange()
    kept = []

    def without_memory(port, key):
        kept.append(key)
        raise MemoryError

    whole, handshake.hmac = handshake.hmac, without_memory
    try:
        raises(MemoryError, inside(link.client).derive, bytearray(b"\0\4\0\0\0\0\0\4abcd"))
    finally:
        handshake.hmac = whole
    assert kept == [bytes(48)]


def test_keys_that_find_no_memory_are_told_as_that():
    server = ScriptedServer(cookies=())
    server.first.remove("server_hello_done")
    link = Link(new_client(), server)
    link.exchange()

    def without_memory(_):
        raise MemoryError

    handshake.bytearray = without_memory
    try:
        raises(MemoryError, inside(link.client).derive, bytearray(b"\0\4\0\0\0\0\0\4abcd"))
    finally:
        del handshake.bytearray


def _waiting_for_finished():
    """Return a client in WAIT_FINISHED and the server's Finished, whole."""
    client, server = new_client(), ScriptedServer(cookies=())
    kept = []

    def keep(records):
        kept.append(records[0][2])
        return []

    server.hooks["finished"] = keep
    Link(client, server).exchange()
    assert client.state == WAIT_FINISHED
    return client, kept[0]


def test_a_finished_with_any_bit_changed_is_refused():
    client, whole = _waiting_for_finished()
    hs = inside(client)
    for bit in range(96):
        wrong = bytearray(whole)
        wrong[12 + bit // 8] ^= 1 << bit % 8
        refused(_DECRYPT_ERROR, hs.step, 20, memoryview(wrong))
        assert hs.state == WAIT_FINISHED
    hs.step(20, memoryview(whole))
    assert client.state == CONNECTED


def test_a_finished_of_any_other_length_is_refused():
    client, whole = _waiting_for_finished()
    for size in list(range(12)) + [13, 24, 36, 255]:
        body = (whole[12:] * 30)[:size]
        refused(_DECRYPT_ERROR, inside(client).step, 20, memoryview(message(20, 2, body)))


def test_a_wrong_finished_on_the_wire_ends_the_handshake():
    for change in (
        lambda body: body[:11],
        lambda body: body + b"\0",
        lambda body: b"",
        lambda body: bytes(12),
        lambda body: body[:11] + bytes([body[11] ^ 1]),
    ):
        server = ScriptedServer()
        server.bodies["finished"] = change
        ends_with(_DECRYPT_ERROR, server)


def test_our_own_finished_sent_back_is_refused():
    server = ScriptedServer()
    ours = []
    on_message = server._on_message

    def watch(whole, kind, body):
        if kind == TYPES["finished"]:
            ours.append(body)
        on_message(whole, kind, body)

    server._on_message = watch
    server.bodies["finished"] = lambda body: ours[0]
    ends_with(_DECRYPT_ERROR, server)


def test_clients_of_one_credential_do_not_touch_each_other():
    credential = Psk(IDENTITY, KEY)
    links = [Link(Client(Port(i), credential), ScriptedServer()) for i in range(4)]
    for link in links:
        link.flush()
    for link in links:
        link.deliver()
    for link in links:
        link.run()
        assert link.client.state == CONNECTED
    assert len({link.server.master for link in links}) == 4


def test_state_suite_and_peer_tell_what_is_agreed_on():
    client = new_client()
    assert (client.state, client.suite, client.peer, client.alert) == (0, None, None, None)
    link = connected()
    assert link.client.suite == CCM_8 and link.client.peer is None
