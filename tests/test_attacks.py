"""A hostile server and a hostile network against the state machine of a PSK client.

A name starts with the row of the catalogue that the project keeps: S for the state machine.
The verdicts are those of oracle.py: survives() where the attack must be dropped or ignored,
ends_with() where a fatal alert is due, times_out() where the client must wait.
"""

from expect import raises
from oracle import around, check_freed, ends_with, survives, times_out, to_and_fro
from scripted_server import (
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    KEY,
    TYPES,
    Link,
    ScriptedServer,
    connected,
    inside,
    message,
    new_client,
    record,
    vector,
)

from dtls_micro.errors import DtlsError, HandshakeTimeout
from dtls_micro.handshake import CONNECTED, WAIT_CIPHER, WAIT_FINISHED

_UNEXPECTED_MESSAGE = 10
_DECODE_ERROR = 50
_CCS = (CHANGE_CIPHER_SPEC, 0, b"\1")


def hooked(name, hook, **options) -> ScriptedServer:
    """Return a server with this hook."""
    server = ScriptedServer(**options)
    server.hooks[name] = hook
    return server


def test_s01_a_flight_without_server_hello_is_refused():
    for name in ("certificate", "server_key_exchange", "server_hello_done", "finished"):
        for cookies in ((), (b"cookie",)):
            server = ScriptedServer(cookies=cookies)
            server.first = [TYPES[name]]
            ends_with(_UNEXPECTED_MESSAGE, server)


def test_s05_a_flight_without_server_hello_done_never_connects():
    server = ScriptedServer()
    server.first = ["server_hello", "change_cipher_spec"]
    link = times_out(server)
    assert link.server.reading is None  # no ClientKeyExchange came


def test_s06_a_second_server_key_exchange_is_refused():
    server = ScriptedServer(hint=b"one")
    server.first.insert(2, "server_key_exchange")
    ends_with(_UNEXPECTED_MESSAGE, server)


def test_s08_a_certificate_request_is_refused():
    for place in (0, 1, 2):
        server = ScriptedServer(hint=b"hint")
        server.first.insert(place, "certificate_request")
        ends_with(_UNEXPECTED_MESSAGE, server)


def test_s09_a_certificate_is_refused():
    for place in (0, 1, 2):
        server = ScriptedServer(hint=b"hint")
        server.first.insert(place, "certificate")
        ends_with(_UNEXPECTED_MESSAGE, server)


def test_s12_hello_requests_in_the_handshake_are_ignored():
    for count in (1, 90):
        requests = b"".join([message(0, i & 7, b"") for i in range(count)])
        survives(to_client=around([record(HANDSHAKE, requests)]))
        survives(to_client=around([record(HANDSHAKE, message(0, 0, b"")) * (count // 2 + 1)]))


def test_s13_hello_request_after_the_handshake_starts_nothing():
    link = connected()
    sent = len(link.sent)
    link.server.send(HANDSHAKE, message(0, 9, b""), 0)
    link.exchange()
    assert len(link.sent) == sent
    link.server.send(HANDSHAKE, message(0, 9, b""), 1)
    link.exchange()
    assert link.server.alerts in ([], [(1, 1, 100)])  # no_renegotiation, a warning
    assert link.client.state == CONNECTED
    to_and_fro(link)


def test_s13_many_hello_requests_make_no_datagram_above_the_mtu():
    for mtu in (64, 1152):
        link = connected(mtu=mtu)
        request = message(0, 9, b"")
        link.give(b"".join([link.server.record(HANDSHAKE, request, 1) for _ in range(25)]))
        assert len(link.server.alerts) <= 25
        to_and_fro(link)


def test_s14_forged_ccs_before_server_hello_is_dropped():
    ccs = record(CHANGE_CIPHER_SPEC, b"\1")
    link = Link(new_client(), ScriptedServer())
    link.give(ccs)
    link.run()
    assert link.client.state == CONNECTED and link.ms == 0
    survives(to_client=around([ccs, ccs]), extra=1)


def test_s15_ccs_between_server_hello_and_its_done_is_dropped():
    for place in (1, 2):
        server = ScriptedServer(hint=b"hint")
        server.first.insert(place, "change_cipher_spec")
        link = survives(server)
        assert inside(link.client).records.read_epoch == 1


def test_s15_a_forged_ccs_before_the_servers_own_brings_no_keys_of_its_own():
    link = Link(new_client(), hooked("change_cipher_spec", lambda records: []))
    link.server.last = ["change_cipher_spec"]
    link.exchange()
    keys = inside(link.client).records.reading
    link.give(record(CHANGE_CIPHER_SPEC, b"\1", 0, 90))
    assert link.client.state == WAIT_FINISHED and inside(link.client).records.reading is keys
    link.give(record(HANDSHAKE, message(20, 2, bytes(12)), 1, 0))
    assert link.client.state == WAIT_FINISHED and inside(link.client).records.forged == 1
    link.server.flight(["finished"])
    link.exchange()
    assert link.client.state == CONNECTED


def test_s16_finished_in_epoch_0_does_not_connect():
    plain = lambda records: [(HANDSHAKE, 0, records[0][2])]  # noqa: E731
    for last in (["finished"], ["change_cipher_spec", "finished"]):
        server = hooked("finished", plain)
        server.last = last
        times_out(server)


def test_s17_repeated_ccs_is_dropped():
    survives(hooked("change_cipher_spec", lambda records: records * 9))
    survives(hooked("finished", lambda records: [_CCS] + records + [_CCS] * 3))
    link = connected()
    for _ in range(3):
        link.server.send(CHANGE_CIPHER_SPEC, b"\1", 0)
        link.server.send(CHANGE_CIPHER_SPEC, b"\1", 1)
    link.exchange()
    assert inside(link.client).records.read_epoch == 1
    to_and_fro(link)


def test_s18_ccs_with_another_body_is_dropped():
    for body in (b"\0", b"", b"\1\1", b"\2", bytes(200)):
        bad = (CHANGE_CIPHER_SPEC, 0, body)
        survives(hooked("change_cipher_spec", lambda records, bad=bad: [bad] + records))
        times_out(hooked("change_cipher_spec", lambda records, bad=bad: [bad]))


def test_s18_ccs_under_the_new_keys_is_dropped():
    times_out(hooked("change_cipher_spec", lambda records: [(CHANGE_CIPHER_SPEC, 1, b"\1")]))


def test_s19_finished_before_ccs_waits_for_it():
    server = ScriptedServer()
    server.last = ["finished", "change_cipher_spec"]
    survives(server)


def test_s19_finished_without_ccs_waits_and_completes_when_the_flight_is_repeated():
    lost = []

    def lose_one(records):
        lost.append(records)
        return []

    server = hooked("change_cipher_spec", lose_one)
    link = Link(new_client(), server)
    link.exchange()
    assert link.client.state == WAIT_CIPHER and lost
    server._flight = lost[0] + server._flight
    link.run()
    assert link.client.state == CONNECTED and link.ms == 1000


def test_s20_each_wrong_byte_of_finished_is_refused():
    for place in range(12):
        server = ScriptedServer()
        server.bodies["finished"] = lambda body, at=place: bytes(
            [byte ^ (i == at) for i, byte in enumerate(body)]
        )
        ends_with(51, server)


def test_s21_a_server_with_another_key_lets_the_client_time_out_with_a_hint_why():
    for key in (b"another key", KEY[:15] + b"\0", KEY + b"\0"):
        server = ScriptedServer(key=key)
        server._flight = []
        link = Link(new_client(), server)
        error = raises(HandshakeTimeout, link.run)
        assert "key" in str(error)
        assert server.client_finished is None and server.unopened > 0


def test_s21_a_server_that_cannot_read_us_does_not_make_us_trust_its_finished():
    server = ScriptedServer(key=b"another key")
    link = Link(new_client(), server)
    link.exchange()
    server.flight(server.last)
    link.exchange()
    assert link.client.state == WAIT_FINISHED and inside(link.client).records.forged == 1


def test_s22_a_second_finished_after_the_handshake_changes_nothing():
    link = connected()
    sent = len(link.sent)
    body = link.server.make_finished()
    for seq in (3, 4, 5):
        link.server.send(HANDSHAKE, message(20, seq, body), 1)
    link.exchange()
    assert len(link.sent) == sent
    to_and_fro(link)


def test_s22_a_second_finished_in_the_same_record_does_no_harm():
    def twice(records):
        kind, epoch, whole = records[0]
        return [(kind, epoch, whole + whole + message(20, 4, whole[12:]))]

    link = Link(new_client(), hooked("finished", twice))
    try:
        link.run()
    except DtlsError as error:
        assert error.alert == _UNEXPECTED_MESSAGE
    check_freed(link.client)


def test_s23_a_repeated_server_finished_is_dropped():
    link = connected()
    sent = len(link.sent)
    for _ in range(5):
        link.server.repeat()
        link.exchange()
    assert len(link.sent) == sent
    to_and_fro(link)


def test_s24_a_second_server_hello_is_refused():
    for place in (1, 2):
        server = ScriptedServer(hint=b"hint")
        server.first.insert(place, "server_hello")
        ends_with(_UNEXPECTED_MESSAGE, server)


def test_s25_the_first_copy_of_a_message_wins():
    def add_another(records):
        kind, epoch, whole = records[0]
        return records + [(kind, epoch, whole[:14] + bytes(32) + whole[46:])]

    survives(hooked("server_hello", add_another))


def test_s26_a_flight_that_starts_again_after_its_end_changes_no_key():
    link = Link(new_client(), hooked("finished", lambda records: []))
    link.exchange()
    keys = inside(link.client).records.reading
    link.server.flight(link.server.first)
    link.exchange()
    assert inside(link.client).records.reading is keys and link.client.state == WAIT_FINISHED


def test_s27_a_verify_request_after_server_hello_never_starts_again():
    request = b"\xfe\xff" + vector(1, b"another")
    for seq in (0, 1):  # seen before
        old = (HANDSHAKE, 0, message(3, seq, request))
        link = survives(hooked("server_hello", lambda records, old=old: records + [old]))
        assert len(link.server.hellos) == 2
    server = ScriptedServer(cookies=())
    server.first.insert(1, TYPES["hello_verify_request"])
    ends_with(_UNEXPECTED_MESSAGE, server)


def test_s28_endless_verify_requests_end_the_handshake():
    server = ScriptedServer(cookies=[b"cookie %d" % i for i in range(200)])
    link = ends_with(40, server)
    assert len(server.hellos) == 4 and len(link.sent) == 5


def test_s29_cookies_of_no_and_of_255_bytes_are_taken_and_lies_are_refused():
    for size in (0, 255):
        survives(ScriptedServer(cookies=(bytes(size),)))
    for body in (b"\xfe\xff\x10" + bytes(15), b"\xfe\xff\x10" + bytes(17)):
        server = ScriptedServer()
        server.bodies["hello_verify_request"] = lambda _, body=body: body
        ends_with(_DECODE_ERROR, server)


def test_s33_messages_in_the_wrong_epoch_are_dropped():
    for name in ("server_hello", "server_hello_done", "hello_verify_request"):
        move = lambda records: [(HANDSHAKE, 1, records[0][2])]  # noqa: E731
        link = times_out(hooked(name, move))
        assert inside(link.client).records.forged == 0


def test_s34_application_data_in_epoch_0_is_never_delivered():
    data = record(APPLICATION_DATA, b"forged")
    link = survives(to_client=around([data]))
    assert b"forged" not in link.read
    link.give(data)
    link.give(record(APPLICATION_DATA, b"forged", 0, 1 << 40))
    assert b"forged" not in link.read
    to_and_fro(link)


def test_s35_application_data_before_finished_is_dropped():
    early = (APPLICATION_DATA, 1, b"early")
    for hook in (
        hooked("change_cipher_spec", lambda records: [early] + records),
        hooked("finished", lambda records: [early] + records),
    ):
        link = survives(hook)
        assert b"early" not in link.read
    survives(hooked("finished", lambda records: records + [early]))  # not before: delivered


def test_s36_s37_a_ticket_or_a_certificate_status_is_refused():
    for name in ("new_session_ticket", "certificate_status"):
        for place in (1, 2):
            server = ScriptedServer(hint=b"hint")
            server.first.insert(place, name)
            ends_with(_UNEXPECTED_MESSAGE, server)


def test_s36_a_ticket_before_ccs_does_not_connect():
    server = ScriptedServer()
    server.last.insert(0, "new_session_ticket")
    times_out(server)


def test_s38_unknown_messages_are_refused_at_every_place():
    for kind in (5, 8, 21, 24, 67, 128, 254, 255):
        for place in (0, 1, 2):
            server = ScriptedServer(hint=b"hint")
            server.first.insert(place, kind)
            ends_with(_UNEXPECTED_MESSAGE, server)


def test_s39_our_own_records_sent_back_connect_nothing():
    client = new_client()
    link = Link(client, ScriptedServer(), to_server=lambda datagrams: [])
    try:
        for _ in range(3):
            link.flush()
            for _, datagram in list(link.sent):
                link.give(datagram)
    except DtlsError as error:
        assert error.alert == _UNEXPECTED_MESSAGE
    assert client.state != CONNECTED
    sent = []

    def reflect(datagrams):
        server.out.extend(datagrams)
        sent.extend(datagrams)
        return []

    server = hooked("finished", lambda records: [])
    link = Link(new_client(), server)
    link.exchange()
    link.to_server = reflect
    raises(HandshakeTimeout, link.run)
    assert sent and inside(link.client).records.forged > 0


def test_s39_application_data_sent_back_is_dropped():
    link = connected()
    link.client.write(b"mine")
    link.exchange()
    link.give(link.sent[-1][1])
    assert link.read == [] and inside(link.client).records.forged == 1
    to_and_fro(link)


def test_s40_messages_with_a_byte_too_much_are_refused():
    for name in ("server_hello", "server_key_exchange", "server_hello_done"):
        server = ScriptedServer(hint=b"hint")
        server.bodies[name] = lambda body: body + b"\0"
        ends_with(_DECODE_ERROR, server)


def test_s40_messages_that_end_early_are_refused():
    for name in ("server_hello", "server_key_exchange"):
        server = ScriptedServer(hint=b"hint")
        server.bodies[name] = lambda body: body[:-1]
        ends_with(_DECODE_ERROR, server)


def permutations(items):
    """Yield the items in every order."""
    if not items:
        yield []
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1 :]):
            yield [items[i]] + rest


def test_s41_every_order_of_the_server_flight_completes():
    for order in permutations([0, 1, 2]):
        server = ScriptedServer(hint=b"hint", mtu=0)

        def shuffle(datagrams, order=order):
            return [datagrams[i] for i in order] if len(datagrams) == 3 else datagrams

        survives(server, to_client=shuffle)


def test_s41_every_order_with_each_message_lost_three_times_completes():
    for order in permutations([0, 1, 2]):
        for lost in range(3):
            server = ScriptedServer(hint=b"hint", mtu=0)
            left = [3]

            def network(datagrams, order=order, lost=lost, left=left):
                if len(datagrams) == 3:
                    datagrams = [datagrams[i] for i in order]
                    if left[0]:
                        left[0] -= 1
                        del datagrams[lost]
                return datagrams

            link = Link(new_client(), server, to_client=network).run()
            assert link.client.state == CONNECTED and link.server.client_finished
            assert link.ms <= 7000
