"""A hostile server against ECDHE clients: rows S and N of the catalogue.

Certificates and their messages are in test_attacks_certificates.py, points and signatures as
such in test_attacks_curves.py.
"""

from expect import raises, refused
from oracle import check, ends_with, survives, times_out
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    ECDHE_SUITES,
    OTHER_PRIVATE,
    PIN,
    X25519,
    EcdheKeys,
    EcdhePskKeys,
    certificate,
    ecdsa,
    sharing,
    trusting,
)
from scripted_server import (
    TYPES,
    Link,
    Port,
    ScriptedServer,
    inside,
    message,
    new_client,
    uint,
    vector,
)

from dtls_micro.client_key import ClientCertificate
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.errors import DtlsError, ProtocolError
from dtls_micro.handshake import CONNECTED
from dtls_micro.p256 import P256
from dtls_micro.pin import PinnedKey

_UNEXPECTED_MESSAGE = 10
_HANDSHAKE_FAILURE = 40
_ILLEGAL_PARAMETER = 47
_DECODE_ERROR = 50
_DECRYPT_ERROR = 51
_KEYS = ("certificate", "server_key_exchange", "certificate_request")


def client_of(keys, **options):
    """Return a client that suits a server with these keys, and has a key of its own."""
    if isinstance(keys, EcdhePskKeys):
        return new_client(sharing(), **options)
    own = ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE)
    return new_client(trusting(own, raw=keys.raw), **options)


def server_of(keys=None, **bodies) -> ScriptedServer:
    """Return a server that asks for a certificate; the bodies are functions of honest ones."""
    server = ScriptedServer(keys or EcdheKeys(request=True))
    server.bodies.update(bodies)
    return server


def refuses(alert, server) -> Link:
    """Check that a suitable client refuses this server."""
    return ends_with(alert, server, client=client_of(server.exchange))


def flights():
    """Yield a server of each key exchange; the first messages are the same for all."""
    yield ScriptedServer(EcdheKeys())
    yield ScriptedServer(EcdheKeys(request=True))
    yield ScriptedServer(EcdheKeys(raw=True, request=True))
    yield ScriptedServer(EcdhePskKeys())


def places():
    """Yield (server, place) for every place in the flight behind the ServerHello."""
    for which in range(4):
        for place in range(1, 5):
            server = list(flights())[which]
            if place < len(server.first):
                yield server, place


def test_s01_a_flight_without_server_hello_is_refused():
    for name in _KEYS + ("server_hello_done", "finished"):
        for server in flights():
            server.first = [TYPES[name]]
            refuses(_UNEXPECTED_MESSAGE, server)


def test_s02_a_flight_without_certificate_is_refused():
    for server in flights():
        if "certificate" in server.first:
            server.first.remove("certificate")
            refuses(_UNEXPECTED_MESSAGE, server)


def test_s04_a_flight_without_server_key_exchange_is_refused():
    for server in flights():
        server.first.remove("server_key_exchange")
        refuses(_UNEXPECTED_MESSAGE, server)


def test_s04_a_server_hello_done_right_after_the_hello_is_refused():
    for server in flights():
        server.first = ["server_hello", "server_hello_done"]
        refuses(_UNEXPECTED_MESSAGE, server)


def test_s05_a_flight_without_server_hello_done_never_connects():
    for server in flights():
        server.first[-1] = "change_cipher_spec"
        link = times_out(server, client=client_of(server.exchange))
        assert link.server.reading is None


def test_s06_a_second_certificate_or_server_key_exchange_is_refused():
    for server, place in places():
        for name in ("certificate", "server_key_exchange"):
            if name in server.first[:place]:
                again = ScriptedServer(server.exchange)
                again.first.insert(place, name)
                refuses(_UNEXPECTED_MESSAGE, again)


def test_s07_a_certificate_request_too_early_or_twice_is_refused():
    for place in (1, 2, 4):
        server = ScriptedServer(EcdheKeys(request=True))
        server.first.insert(place, "certificate_request")
        refuses(_UNEXPECTED_MESSAGE, server)
        server = ScriptedServer(EcdheKeys(request=True))
        server.first.remove("certificate_request")
        server.first.insert(min(place, 2), "certificate_request")
        refuses(_UNEXPECTED_MESSAGE, server)


def test_s07_a_certificate_request_after_the_flight_is_not_answered():
    keys = EcdheKeys()
    keys.request = True  # but none in the flight
    server = ScriptedServer(keys)
    server.first.remove("certificate_request")
    server.last.insert(0, "certificate_request")
    times_out(server, client=client_of(keys))
    assert keys.heard == [TYPES["client_key_exchange"]]


def test_s08_s09_certificate_messages_in_ecdhe_psk_are_refused():
    for name in ("certificate", "certificate_request", "certificate_verify"):
        for place in (1, 2):
            server = ScriptedServer(EcdhePskKeys())
            server.first.insert(place, TYPES[name])
            refuses(_UNEXPECTED_MESSAGE, server)


def test_s10_a_request_that_we_cannot_fulfil_gets_an_empty_certificate():
    good = EcdheKeys().asks
    for asks in (
        (b"\1\1", good[1], b""),  # RSA
        (b"\4\1\2\3\x41", good[1], b""),
        (b"\0", good[1], b""),
        (good[0], b"\4\1\2\3\5\3\6\3", b""),  # no ECDSA with SHA-256
        (good[0], b"", b""),
        (good[0], b"\4\2", b""),
    ):
        keys = EcdheKeys(request=True)
        keys.asks = asks
        survives(ScriptedServer(keys), client=client_of(keys))
        assert keys.client_chain == [] and keys.client_signature is None


def test_s10_a_request_among_many_others_is_fulfilled():
    for asks in (
        (b"\3\1\x40\2", b"\4\1\2\1\4\3\6\3", b""),
        (b"\xff" + bytes(range(255)), b"\4\3" * 100, vector(2, b"\x30\0") * 100),
        (b"\1\x40", b"\4\3", vector(2, bytes(700))),
        (b"\1\x40", b"\4\3", b"\0\0"),
    ):
        keys = EcdheKeys(request=True)
        keys.asks = asks
        survives(ScriptedServer(keys), client=client_of(keys))
        assert keys.proven()


def test_s11_nothing_is_sent_without_a_request():
    for server in flights():
        if not getattr(server.exchange, "request", False):
            survives(server, client=client_of(server.exchange))
            assert server.exchange.heard == [TYPES["client_key_exchange"]]


def test_s20_a_wrong_finished_is_refused():
    for server in flights():
        server.bodies["finished"] = lambda body: body[:11] + bytes([body[11] ^ 1])
        refuses(_DECRYPT_ERROR, server)


def test_s24_a_second_server_hello_is_refused():
    for server, place in places():
        server.first.insert(place, "server_hello")
        refuses(_UNEXPECTED_MESSAGE, server)


def test_s24_a_second_server_hello_with_another_suite_is_refused():
    for suite in ECDHE_SUITES:
        server = ScriptedServer(EcdheKeys())
        count = []

        def switch(body, suite=suite, count=count):
            count.append(1)
            code = ECDHE_SUITES[suite][0]
            return body if len(count) == 1 else body[:35] + uint(2, code) + body[37:]

        server.bodies["server_hello"] = switch
        server.first.insert(2, "server_hello")
        refuses(_UNEXPECTED_MESSAGE, server)


def test_s36_s37_a_ticket_or_a_certificate_status_is_refused():
    for name in ("new_session_ticket", "certificate_status"):
        for server, place in places():
            server.first.insert(place, name)
            refuses(_UNEXPECTED_MESSAGE, server)


def test_s36_a_ticket_before_ccs_does_not_connect():
    for server in flights():
        server.last.insert(0, "new_session_ticket")
        times_out(server, client=client_of(server.exchange))


def test_s38_unknown_and_foreign_messages_are_refused_at_every_place():
    legal = {"certificate": 11, "server_key_exchange": 12, "server_hello_done": 14}
    for server, place in places():
        skipped = [0, legal.get(server.first[place], 13)]
        if server.first[place - 1] == "server_key_exchange":
            skipped += [13, 14]  # legal in the one or the other flight
        for kind in list(range(26)) + [67, 128, 254, 255]:
            if kind not in skipped:
                bad = ScriptedServer(server.exchange)
                bad.first.insert(place, kind)
                refuses(_UNEXPECTED_MESSAGE, bad)


def test_s40_messages_with_a_byte_too_much_are_refused():
    for server in flights():
        for name in server.first:
            bad = ScriptedServer(server.exchange)
            bad.bodies[name] = lambda body: body + b"\0"
            refuses(_DECODE_ERROR, bad)


def test_s40_messages_that_end_early_are_refused():
    for server in flights():
        for name in server.first[:-1]:
            bad = ScriptedServer(server.exchange)
            bad.bodies[name] = lambda body: body[:-1]
            refuses(_DECODE_ERROR, bad)


def orders(items):
    """Yield the items in every order."""
    if not items:
        yield []
    for i in range(len(items)):
        for rest in orders(items[:i] + items[i + 1 :]):
            yield [items[i]] + rest


def test_s41_no_other_order_of_the_messages_connects():
    for server in flights():
        honest = server.first[1:]
        for order in orders(honest):
            bad = ScriptedServer(server.exchange)
            bad.first = ["server_hello"] + order
            link = Link(client_of(bad.exchange), bad)
            if order == honest:
                assert link.run().client.state == CONNECTED
                continue
            error = raises(DtlsError, link.run)
            check(link)
            assert error.alert in (_UNEXPECTED_MESSAGE, None)  # alert or time-out


def test_s41_every_order_of_the_datagrams_completes():
    for server in flights():
        for order in orders(list(range(len(server.first)))):

            def shuffle(datagrams, order=order):
                return [datagrams[i] for i in order] if len(datagrams) > 2 else datagrams

            again = ScriptedServer(server.exchange, mtu=0)
            link = Link(client_of(again.exchange), again, to_client=shuffle)
            assert link.run().client.state == CONNECTED and link.ms == 0


def test_n13_point_formats_without_uncompressed_are_refused():
    for make in (EcdheKeys, EcdhePskKeys):
        for formats in (b"\1\1", b"\2\1\2", b"\0", b"\3\1\2\xff"):
            server = server_of(make())
            server.exchange.formats = formats
            refuses(_ILLEGAL_PARAMETER, server)
        for formats in (b"", b"\2\0", b"\1\0\0"):
            server = server_of(make())
            server.exchange.formats = formats
            refuses(_DECODE_ERROR, server)
        keys = make()
        keys.formats = b"\3\1\2\0"
        survives(server_of(keys), client=client_of(keys))


def test_n14_groups_that_were_not_offered_are_refused():
    for make in (EcdheKeys, EcdhePskKeys):
        for group in list(range(41)) + [0x100, 0x1100, 0x11EC, 0x1700, 0xFF01, 0xFF02, 0xFFFF]:
            if group != 23:
                keys = make()
                keys.curve = group
                refuses(_ILLEGAL_PARAMETER, server_of(keys))
        refuses(_ILLEGAL_PARAMETER, server_of(make(curve=X25519)))


def test_n15_curves_without_a_name_are_refused():
    for make in (EcdheKeys, EcdhePskKeys):
        for kind in range(256):
            if kind != 3:
                keys = make()
                keys.parameters = lambda keys=keys, kind=kind: (
                    bytes([kind]) + uint(2, 23) + vector(1, keys.point)
                )
                refuses(_ILLEGAL_PARAMETER, server_of(keys))


def test_n15_explicit_curves_are_refused_whatever_they_are():
    p = (2**256 - 2**224 + 2**192 + 2**96 - 1).to_bytes(32, "big")
    prime = vector(1, p) + vector(1, bytes(32)) + vector(1, bytes(32)) + vector(1, bytes(65))
    for make in (EcdheKeys, EcdhePskKeys):
        for kind in (1, 2):
            keys = make()
            keys.parameters = lambda kind=kind: bytes([kind]) + prime + vector(1, p) + b"\1\1"
            refuses(_ILLEGAL_PARAMETER, server_of(keys))


def test_n16_signature_schemes_that_were_not_offered_are_refused():
    for scheme in (
        [0x0203, 0x0103, 0x0303, 0x0503, 0x0603, 0x0703, 0x0003]  # ECDSA with other hashes
        + [0x0401, 0x0402, 0x0201, 0x0501, 0x0804, 0x0807, 0x081A]  # other keys
        + [0x0304, 0x0000, 0xFFFF, 0x0400, 0x00FF]
    ):
        keys = EcdheKeys()
        keys.scheme = scheme
        refuses(_ILLEGAL_PARAMETER, server_of(keys))


class Anything:
    """A verifier that takes any key and any signature, but offers only schemes of RSA."""

    schemes = (0x0401, 0x0804)
    group = None

    def accepts(self, spki):
        return True

    def verify(self, port, scheme, spki, parts, signature):
        return True


def test_n16_schemes_of_rsa_that_were_offered_for_certificates_are_no_scheme_of_ecdsa():
    for scheme in (0x0401, 0x0804):
        keys = EcdheKeys()
        keys.scheme = scheme
        trust = PinnedKey(PIN, verifiers=(P256, Anything()))
        ends_with(_ILLEGAL_PARAMETER, server_of(keys), client=new_client(Ecdhe(trust)))


class NotMine(Anything):
    """A verifier of other keys, which would take any signature."""

    schemes = (0x0403,)

    def accepts(self, spki):
        return False


def test_n18_only_the_verifier_of_the_servers_kind_of_key_is_asked():
    for verifiers in ((P256, NotMine()), (NotMine(), P256)):
        keys = EcdheKeys()
        keys.sign = lambda data: ecdsa(OTHER_PRIVATE, data)
        client = new_client(Ecdhe(PinnedKey(PIN, verifiers=verifiers)))
        ends_with(_DECRYPT_ERROR, server_of(keys), client=client)
        client = new_client(Ecdhe(PinnedKey(PIN, verifiers=verifiers)))
        survives(server_of(EcdheKeys()), client=client)


def test_n17_no_signature_at_all_is_refused():
    for cut in ("parameters", "scheme", "length"):
        keys = EcdheKeys()
        size = {"parameters": 69, "scheme": 71, "length": 72}[cut]
        server = server_of(keys, server_key_exchange=lambda body, size=size: body[:size])
        refuses(_DECODE_ERROR, server)


def test_n17_anonymous_and_empty_signatures_are_refused():
    for scheme in (0x0000, 0x0400, 0x0403):
        for signature in (b"", b"\0", b"\x30\0"):
            keys = EcdheKeys()
            keys.scheme = scheme
            keys.sign = lambda data, signature=signature: signature
            alert = _DECRYPT_ERROR if scheme == 0x0403 else _ILLEGAL_PARAMETER
            refuses(alert, server_of(keys))


def refuses_signature(sign):
    """Check that the client refuses signatures that the function makes of what is to sign."""
    for raw in (True, False):
        keys = EcdheKeys(raw=raw)
        keys.sign = lambda data, sign=sign, keys=keys: sign(keys, data)
        refuses(_DECRYPT_ERROR, server_of(keys))


def test_n18_signatures_over_something_else_are_refused():
    honest = EcdheKeys.sign
    for change in (
        lambda data: data[32:64] + data[:32] + data[64:],  # randoms the other way round
        lambda data: bytes(32) + data[32:],
        lambda data: data[:32] + bytes(32) + data[64:],
        lambda data: data[64:],  # no randoms
        lambda data: data[:64],  # no parameters
        lambda data: data[:64] + data[68:],  # the point alone
        lambda data: data + b"\0",
        lambda data: b"",
    ):
        refuses_signature(lambda keys, data, change=change: honest(keys, change(data)))


def test_n18_a_signature_by_another_key_is_refused():
    refuses_signature(lambda keys, data: ecdsa(OTHER_PRIVATE, data))
    refuses_signature(lambda keys, data: ecdsa(CLIENT_PRIVATE, data))


def test_n18_a_server_key_exchange_of_another_handshake_is_refused():
    old = []
    server = server_of(EcdheKeys(), server_key_exchange=lambda body: old.append(body) or body)
    survives(server, client=client_of(server.exchange))
    server = server_of(EcdheKeys(), server_key_exchange=lambda body: old[0])
    client = client_of(server.exchange, port=Port(2))
    ends_with(_DECRYPT_ERROR, server, client=client)
    server = server_of(EcdheKeys(), server_key_exchange=lambda body: old[0])
    server.random = bytes(32)
    refuses(_DECRYPT_ERROR, server)


def test_n18_a_key_share_that_is_not_the_signed_one_is_refused():
    for other in (EcdheKeys().point, PIN + bytes(33)):
        change = lambda body, other=other: body[:4] + other + body[69:]  # noqa: E731
        refuses(_DECRYPT_ERROR, server_of(EcdheKeys(), server_key_exchange=change))


def before_key_exchange(keys):
    """Return (handshake, ServerKeyExchange) of a client that waits for just that."""
    kept = []
    server = ScriptedServer(keys, cookies=())
    server.hooks["server_key_exchange"] = lambda records: kept.append(records[0][2]) or []
    server.first = server.first[: server.first.index("server_key_exchange") + 1]
    client = client_of(keys)
    Link(client, server).exchange()
    return inside(client), bytes(kept[0])


def test_n18_every_bit_of_a_signature_counts():
    hs, whole = before_key_exchange(EcdheKeys())
    state = hs.state
    for bit in range((len(whole) - 12 - 73) * 8):
        wrong = bytearray(whole)
        wrong[12 + 73 + bit // 8] ^= 1 << bit % 8
        refused(_DECRYPT_ERROR, hs.step, 12, memoryview(wrong))
        assert hs.state == state
    hs.step(12, memoryview(whole))
    assert hs.state != state


def test_every_bit_of_a_server_key_exchange_counts():
    hs, whole = before_key_exchange(EcdheKeys())
    for bit in range(73 * 8):
        wrong = bytearray(whole)
        wrong[12 + bit // 8] ^= 1 << bit % 8
        error = raises(ProtocolError, hs.step, 12, memoryview(wrong))
        assert error.alert in (_ILLEGAL_PARAMETER, _DECODE_ERROR, _DECRYPT_ERROR)


def test_a_server_key_exchange_cut_anywhere_is_refused():
    for keys in (EcdheKeys(), EcdheKeys(raw=True), EcdhePskKeys(hint=b"hint")):
        hs, whole = before_key_exchange(keys)
        for size in range(len(whole) - 12):
            cut = message(12, 2, whole[12 : 12 + size])
            refused(_DECODE_ERROR, hs.step, 12, memoryview(cut))
    for size in (0, 1, 3, 4, 5, 68):
        for keys in (EcdheKeys(), EcdhePskKeys()):
            server = server_of(keys, server_key_exchange=lambda body, size=size: body[:size])
            refuses(_DECODE_ERROR, server)


def test_lengths_in_a_server_key_exchange_that_lie_are_refused():
    for place in (3, 71, 72):
        for value in (0, 1, 64, 66, 128, 255):
            keys = EcdheKeys()

            def lie(body, place=place, value=value):
                if body[place] == value:
                    value = 2
                return body[:place] + bytes([value]) + body[place + 1 :]

            link = Link(client_of(keys), server_of(keys, server_key_exchange=lie))
            error = raises(ProtocolError, link.run)
            assert error.alert in (_ILLEGAL_PARAMETER, _DECODE_ERROR, _DECRYPT_ERROR)
            check(link)


def test_n19_hints_whose_length_lies_are_refused():
    for hint in (b"\0\5hint", b"\xff\xff", b"\0\x48"):
        keys = EcdhePskKeys()
        change = lambda body, hint=hint: hint + body[2:]  # noqa: E731
        link = Link(client_of(keys), server_of(keys, server_key_exchange=change))
        error = raises(ProtocolError, link.run)
        assert error.alert in (_ILLEGAL_PARAMETER, _DECODE_ERROR)


def test_n09_no_extended_master_secret_is_refused():
    for server in flights():
        server.extensions = []
        refuses(_HANDSHAKE_FAILURE, server)
