"""Hostile fragments, records and alerts: rows F and R of the catalogue, for a PSK client."""

from expect import raises, refused
from oracle import (
    around,
    check_memory,
    check_wiped,
    ends_with,
    set_next_number,
    survives,
    to_and_fro,
)
from scripted_server import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    Link,
    ScriptedServer,
    connected,
    fragment,
    inside,
    message,
    new_client,
    record,
    uint,
)

from dtls_micro.errors import DtlsError, HandshakeTimeout, PeerAlert, ProtocolError
from dtls_micro.handshake import CLOSED, CONNECTED, FAILED, WAIT_FINISHED

_BAD_RECORD_MAC = 20


def hooked(name, change, **options) -> ScriptedServer:
    """Return a server where change(whole message) gives the payloads that carry it."""
    server = ScriptedServer(**options)
    server.hooks[name] = lambda records: [
        (HANDSHAKE, records[0][1], payload) for payload in change(records[0][2])
    ]
    return server


def piece(kind, seq, length, offset, data) -> bytes:
    """Return a fragment with any fields."""
    head = bytes([kind]) + uint(3, length) + uint(2, seq)
    return head + uint(3, offset) + uint(3, len(data)) + data


def test_f01_overlapping_reversed_and_tiny_fragments_are_joined():
    bytewise = lambda m: [fragment(m, i, 1) for i in range(len(m) - 12)]  # noqa: E731
    for change in (
        bytewise,
        lambda m: bytewise(m)[::-1],
        lambda m: [fragment(m, 0, 30), fragment(m, 20, 30), fragment(m, 10, len(m) - 22)],
        lambda m: [fragment(m, 40, 8), fragment(m, 0, 41)] + bytewise(m),
        lambda m: [m[:12] and fragment(m, 0, 7), m],
    ):
        survives(hooked("server_hello", change))


def test_f02_overlapping_fragments_that_differ_end_in_a_wrong_finished_or_in_success():
    def lie(whole):
        return [fragment(whole, 0, 20), piece(2, 1, len(whole) - 12, 10, b"\xaa" * 20), whole]

    survives(hooked("server_hello", lie))  # the whole message is taken where it lies

    def poison(whole):
        half = len(whole) // 2
        wrong = piece(2, 1, len(whole) - 12, 2, b"\xaa" * 8)
        return [wrong, fragment(whole, 0, half), fragment(whole, half, len(whole))]

    server = hooked("server_hello", poison)
    link = Link(new_client(), server)
    raises(HandshakeTimeout, link.run)
    assert server.client_finished is None


def test_f03_a_length_that_changes_is_dropped():
    def change(whole):
        wrong = [piece(2, 1, length, 0, b"\xee" * 4) for length in (4, 5, 1000, 0xFFFFFF)]
        return [fragment(whole, 0, 10)] + wrong[1:] + [fragment(whole, 10, len(whole))]

    survives(hooked("server_hello", change))


def test_f04_a_type_that_changes_is_dropped():
    def change(whole):
        other = bytes([11]) + whole[1:12] + bytes(len(whole) - 12)
        rest = fragment(other, 10, len(whole))
        return [fragment(whole, 0, 10), rest, fragment(whole, 10, len(whole))]

    survives(hooked("server_hello", change))


def test_f05_fragments_beyond_their_message_or_record_are_dropped():
    def change(whole):
        return [
            piece(2, 1, 10, 5, bytes(6)),
            piece(2, 1, 0, 1, b""),
            piece(2, 1, 5, 0, bytes(6)),
            piece(2, 1, 0xFFFFFF, 0xFFFFFF, b"\0"),
            whole[:-1],
            whole[:12],
            whole[:9] + b"\xff\xff\xff" + whole[12:],
            whole,
        ]

    survives(hooked("server_hello", change))


def test_f06_huge_lengths_take_no_memory():
    huge = [record(HANDSHAKE, piece(2, seq, 0xFFFFFF, 0, b"\0")) for seq in range(10)]
    survives(to_client=around(huge), extra=1)


def test_f06_a_huge_message_once_does_not_end_a_handshake_that_loses_datagrams():
    huge = record(HANDSHAKE, piece(2, 0, 0xFFFFFF, 0, b"\0"))
    for losses in (1, 2, 3):
        lost = []

        def network(datagrams, losses=losses, lost=lost):
            if datagrams and len(lost) < losses:
                lost.append(datagrams)
                return []
            return datagrams

        link = Link(new_client(), ScriptedServer(cookies=()), to_client=network)
        link.give(huge)
        link.run()
        assert link.client.state == CONNECTED and link.ms == (1000, 3000, 7000)[losses - 1]


def test_f06_a_huge_message_of_the_past_does_not_end_a_later_wait():
    server = ScriptedServer()
    huge = record(HANDSHAKE, piece(2, 1, 0xFFFFFF, 0, b"\0"))
    lost = []

    def network(datagrams):
        if len(lost) < 2 and datagrams and datagrams[0][0] == CHANGE_CIPHER_SPEC:
            lost.append(datagrams)
            return []
        return [huge] + datagrams if datagrams else []

    link = Link(new_client(), server, to_client=network)
    link.run()
    assert link.client.state == CONNECTED and len(lost) == 2


def test_f07_empty_fragments_are_ignored():
    def change(whole):
        empty = [piece(2, 1, len(whole) - 12, i, b"") for i in (0, 1, len(whole) - 12)]
        return [b"".join(empty * 20)] * 10 + [whole]

    survives(hooked("server_hello", change))


def test_f08_messages_of_the_future_are_kept_within_bounds_and_freed():
    early = [
        record(HANDSHAKE, message(14, seq, bytes(50))) for seq in list(range(4, 24)) + [65535]
    ]
    link = survives(to_client=around(early))
    check_memory(link.client)


def test_f09_messages_of_the_past_bring_no_reply_each():
    server = hooked("finished", lambda whole: [])
    link = Link(new_client(), server)
    link.exchange()
    sent = len(link.sent)
    link.to_server = lambda datagrams: []
    for _ in range(1000):
        link.give(record(HANDSHAKE, message(14, 2, b"")))
    assert len(link.sent) - sent <= 1
    link.ms += 1000
    link.client.tick(1000)
    link.flush()
    assert len(link.sent) - sent <= 3


def test_f10_headers_cut_by_the_record_are_dropped():
    def change(whole):
        return [whole[:size] for size in range(1, 12)] + [whole[12:], whole]

    survives(hooked("server_hello", change))


def test_f11_many_messages_and_fragments_fit_one_record():
    def join(records):
        return []

    server = ScriptedServer(hint=b"hint")
    kept = []
    for name in ("server_hello", "server_key_exchange"):
        server.hooks[name] = lambda records: kept.append(records[0][2]) or join(records)
    server.hooks["server_hello_done"] = lambda records: [
        (HANDSHAKE, 0, b"".join(kept) + records[0][2])
    ]
    survives(server)
    survives(hooked("server_hello", lambda m: [fragment(m, 0, 9) + fragment(m, 9, len(m))]))


def test_f12_a_message_split_over_two_epochs_is_dropped():
    server = ScriptedServer()
    server.hooks["finished"] = lambda records: [
        (HANDSHAKE, 0, fragment(records[0][2], 0, 6)),
        (HANDSHAKE, 1, fragment(records[0][2], 6, 6)),
    ]
    raises(HandshakeTimeout, Link(new_client(), server).run)


def test_f13_a_message_above_the_buffer_gives_an_error_that_says_what_to_do():
    server = ScriptedServer(hint=bytes(5000), fragment=48, mtu=100)
    link = Link(new_client(), server)
    error = raises(DtlsError, link.run)
    assert "message_size=5640" in str(error), str(error)
    assert link.client.state == FAILED and link.ms <= 3000
    check_wiped(link)


def test_f13_with_the_buffer_that_the_error_asks_for_the_message_fits():
    hint = bytes(5000)
    server = ScriptedServer(hint=hint, fragment=48, mtu=100)
    link = Link(new_client(message_size=5640), server).run()
    assert link.client.peer == hint


def test_f14_ten_thousand_partial_messages_take_no_more_memory():
    client = new_client()
    link = Link(client, ScriptedServer())
    for i in range(10000):
        link.give(record(HANDSHAKE, piece(2 + i % 20, i % 12, 100 + i % 900, i % 90, b"junk")))
        if not i % 500:
            check_memory(client)
    assert len(link.sent) == 0 or len(link.sent) == 1


def test_r01_datagrams_of_no_sense_are_dropped():
    junk = [bytes(size) for size in range(14)] + [b"\x16" * 65000, b"\xff" * 1200, b"\x80" * 50]
    link = survives(to_client=around(junk))
    for datagram in junk:
        link.give(datagram)
    to_and_fro(link)


def test_r02_lengths_that_lie_cost_the_rest_of_their_datagram_only():
    good = record(HANDSHAKE, message(0, 0, b""))
    longer = good[:11] + b"\0\x20" + good[13:]
    shorter = good[:11] + b"\0\x03" + good[13:]
    survives(to_client=around([longer, shorter, longer + good, good[:11] + b"\xff\xff"]))
    server = ScriptedServer()
    server.hooks["server_hello"] = lambda records: [good[:11] + b"\0\x03" + good[13:16]] + records
    survives(server)


def test_r03_empty_records_are_dropped():
    empty = [record(kind, b"") for kind in range(20, 24)]
    link = survives(to_client=around(empty + [b"".join(empty)]))
    for kind in range(20, 24):
        link.server.send(kind, b"", 1)
    link.exchange()
    assert b"" not in link.read
    to_and_fro(link)


def test_r04_records_above_2_14_bytes_are_dropped():
    for size in ((1 << 14) + 1, (1 << 14) + 2049):
        link = connected(rx_size=20000)
        link.server.write(bytes(size))
        link.exchange()
        assert link.read == [], "%d bytes of plaintext were taken" % size
        to_and_fro(link)
    link = connected(rx_size=20000)
    link.server.write(bytes(1 << 14))
    link.exchange()
    assert link.read == [bytes(1 << 14)]


def test_r05_unknown_content_types_are_dropped():
    kinds = [kind for kind in range(256) if not 20 <= kind <= 23]
    link = survives(to_client=around([record(kind, b"\1\2\3") for kind in kinds]))
    for kind in (0, 19, 24, 25, 26, 255):
        link.server.send(kind, b"\2\x28", 1)
    link.exchange()
    assert link.read == [b"from the server"]
    to_and_fro(link)


def test_r06_replays_are_dropped():
    old = []

    def network(datagrams):
        old.extend(datagrams)
        return datagrams

    link = survives(to_client=network)
    link.to_client = network
    for i in range(5):
        link.server.write(b"%d" % i)
        link.exchange()
    read, sent = len(link.read), len(link.sent)
    for datagram in old:
        link.give(datagram)
    assert len(link.read) == read and len(link.sent) == sent


def test_r07_the_replay_window_is_64_records_wide():
    link = connected()
    base = link.server.numbers[1]
    newest = base + (1 << 20)
    for number, fresh in (
        (newest, True),
        (newest, False),
        (newest - 63, True),
        (newest - 63, False),
        (newest - 64, False),
        (newest - 1, True),
        (base, False),
        (newest + 63, True),
        (newest + 1, True),
        (newest, False),
        (newest - 1, False),
    ):
        before = len(link.read)
        link.give(link.server.record(APPLICATION_DATA, b"x", 1, seq=number))
        assert (len(link.read) > before) == fresh, number - newest


def test_r08_forged_records_do_not_move_the_window():
    for number in (1 << 20, (1 << 48) - 1):
        link = connected()
        forged = link.server.record(APPLICATION_DATA, b"forged", 1, seq=number)
        link.give(forged[:-1] + bytes([forged[-1] ^ 1]))
        link.give(record(APPLICATION_DATA, bytes(40), 2, 0))
        assert link.read == [] and inside(link.client).records.forged == 1
        to_and_fro(link)


def test_r09_bad_tags_bring_no_alert_until_their_limit():
    link = connected(forged_limit=50)
    bad = link.server.record(APPLICATION_DATA, bytes(9), 1, seq=9)
    bad = bad[:-1] + bytes([bad[-1] ^ 0x80])
    sent = len(link.sent)
    for _ in range(49):
        link.give(bad)
    assert len(link.sent) == sent and link.client.state == CONNECTED
    refused(_BAD_RECORD_MAC, link.give, bad)
    assert link.client.state == FAILED and link.server.alerts == [(1, 2, _BAD_RECORD_MAC)]
    check_wiped(link)


def test_r09_many_bad_tags_in_one_datagram_count_each():
    link = connected(forged_limit=1000)
    link.give(record(APPLICATION_DATA, bytes(20), 1, 500) * 20)
    assert inside(link.client).records.forged == 20
    to_and_fro(link)


def test_r10_protected_records_too_short_are_dropped():
    for suite in ("TLS_PSK_WITH_AES_128_CCM_8", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"):
        link = connected(ScriptedServer(suite=suite))
        for size in range(26):
            for kind in range(20, 24):
                link.give(record(kind, bytes(size), 1, 100 + size))
        assert link.read == []
        to_and_fro(link)


def test_r11_any_bit_changed_makes_a_record_worthless():
    for suite in ("TLS_PSK_WITH_AES_128_CCM_8", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"):
        link = connected(ScriptedServer(suite=suite))
        good = link.server.record(APPLICATION_DATA, b"datum", 1)
        for bit in range(8 * len(good)):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            link.give(bad)
            assert link.read == [] and link.client.state == CONNECTED
        link.give(good)
        assert link.read == [b"datum"]


def test_r12_an_explicit_nonce_that_is_not_the_sequence_number_is_used_as_it_came():
    server = ScriptedServer()
    server.explicit = lambda number: bytes([byte ^ 0xA5 for byte in number])
    survives(server)


def test_r13_other_epochs_are_dropped():
    link = connected()
    for epoch in (2, 3, 255, 256, 257, 65535):
        link.give(record(APPLICATION_DATA, bytes(60), epoch, 1))
        link.give(record(ALERT, b"\2\x28", epoch, 1))
    for kind in (1, 2, 12, 14, 20):
        link.give(record(HANDSHAKE, message(kind, 3, bytes(12))))
    assert link.client.state == CONNECTED
    to_and_fro(link)


def test_r14_plaintext_alerts_after_the_keys_are_dropped():
    link = connected()
    for level in (1, 2):
        for number in (0, 20, 40, 80, 90, 255):
            link.server.alert(level, number)
    link.exchange()
    assert link.client.state == CONNECTED
    to_and_fro(link)
    server = ScriptedServer()
    server.hooks["finished"] = lambda records: [(ALERT, 0, b"\2\x28")] + records
    survives(server)


def test_r15_a_forged_fatal_alert_does_not_end_a_handshake_that_goes_on():
    forged = [record(ALERT, bytes([2, number])) for number in (40, 20, 10, 115)]
    survives(to_client=around(forged))


def test_r15_a_fatal_alert_that_nothing_follows_is_reported_when_the_timer_fires():
    for number in (40, 70, 115):
        server = ScriptedServer()
        server.hooks["server_hello"] = lambda records, n=number: [(ALERT, 0, bytes([2, n]))]
        server.first = ["server_hello"]
        link = Link(new_client(), server)
        error = raises(PeerAlert, link.run)
        assert error.alert == number and link.client.alert == number
        assert link.ms == 1000 and link.client.state == FAILED
        check_wiped(link)
        assert server.alerts == []


def test_r15_a_plaintext_fatal_alert_after_ccs_is_dropped():
    server = ScriptedServer()
    finished = []
    server.hooks["finished"] = lambda records: finished.extend(records) or []
    link = Link(new_client(), server)
    link.exchange()
    assert link.client.state == WAIT_FINISHED
    link.give(record(ALERT, b"\2\x33"))
    server._flight += finished
    link.run()
    assert link.client.state == CONNECTED and link.ms == 1000


def test_r16_a_plaintext_warning_is_forgotten_when_the_timer_fires():
    for body in (b"\1\0", b"\1\x28", b"\1\x5a"):
        link = Link(new_client(), ScriptedServer(cookies=()), None, lambda datagrams: [])
        link.exchange()
        link.give(record(ALERT, body))
        link.to_client = list
        link.run()
        assert link.client.state == CONNECTED and link.ms == 1000


def test_r16_plaintext_warnings_and_close_notify_before_the_keys_are_dropped():
    soft = [record(ALERT, bytes([1, number])) for number in (0, 41, 90, 100, 112, 255)]
    survives(to_client=around(soft))


def test_r16_a_plaintext_close_notify_of_fatal_level_does_no_harm():
    survives(to_client=around([record(ALERT, b"\2\0")]))


def test_r17_good_records_around_a_bad_one_are_taken():
    link = connected()
    server = link.server
    bad = bytearray(server.record(APPLICATION_DATA, b"bad", 1))
    bad[-1] ^= 1
    link.give(
        server.record(APPLICATION_DATA, b"one", 1)
        + bytes(bad)
        + record(99, b"odd")
        + server.record(APPLICATION_DATA, b"two", 1)
    )
    assert link.read == [b"one", b"two"]


def test_r18_thousands_of_empty_records_in_a_datagram_are_dropped():
    link = connected(rx_size=60000)
    link.give(record(HANDSHAKE, b"") * 4000)
    link.give(record(APPLICATION_DATA, b"", 1, 99) * 4000)
    to_and_fro(link)


def test_r19_alerts_of_odd_shape_are_dropped():
    bodies = (b"\2", b"\2\x28\0", b"\2\x28\2\x28", b"\0\x28", b"\3\0")
    odd = [record(ALERT, body) for body in bodies]
    link = survives(to_client=around(odd))
    for body in (b"\2", b"\2\x28\0", b"\2\x28\2\x28", b"\1\x5a", b"\1\xff", b"\1\x29"):
        link.server.send(ALERT, body, 1)
    for _ in range(300):
        link.server.send(ALERT, b"\1\x5a", 1)
    link.exchange()
    assert link.client.state == CONNECTED
    to_and_fro(link)


def test_r20_a_fatal_alert_with_a_good_tag_ends_the_connection_without_a_word():
    link = connected()
    sent = len(link.sent)
    link.server.alert(2, 80, 1)
    error = raises(PeerAlert, link.exchange)
    assert error.alert == 80 and link.client.alert == 80
    assert link.client.state == FAILED and len(link.sent) == sent
    check_wiped(link)


def test_r20_close_notify_is_answered_once():
    link = connected()
    for _ in range(3):
        link.server.alert(1, 0, 1)
    link.exchange()
    assert link.client.state == CLOSED and link.server.alerts == [(1, 1, 0)]
    check_wiped(link)


def test_r20_a_protected_alert_in_the_handshake_ends_it():
    for body in (b"\2\x33", b"\1\0"):
        server = ScriptedServer()
        server.hooks["finished"] = lambda records, body=body: [(ALERT, 1, body)]
        link = Link(new_client(), server)
        error = raises(PeerAlert, link.run)
        assert error.alert == body[1] and link.client.state == FAILED and link.ms == 0


def test_r23_our_sequence_numbers_end_before_they_repeat():
    link = connected()
    set_next_number(link.client, (1 << 48) - 3)
    for _ in range(2):
        link.client.write(b"x")
        link.flush()
    assert link.sent[-1][1][3:11] == b"\0\1" + uint(6, (1 << 48) - 2)
    sent = len(link.sent)
    for _ in range(3):
        raises(DtlsError, link.client.write, b"x")
        link.flush()
    assert len(link.sent) == sent


def test_r23_a_connection_without_numbers_left_can_be_closed():
    link = connected()
    set_next_number(link.client, (1 << 48) - 1)
    link.client.close()
    assert link.client.state == CLOSED and link.client.datagram() is None
    check_wiped(link)


def test_r23_a_fatal_alert_without_numbers_left_still_ends_the_connection():
    link = connected(forged_limit=1)
    set_next_number(link.client, (1 << 48) - 1)
    raises(DtlsError, link.give, record(APPLICATION_DATA, bytes(40), 1, 77))
    assert link.client.state == FAILED
    check_wiped(link)


def test_r23_the_last_sequence_numbers_of_the_server_are_taken():
    link = connected()
    for number in ((1 << 48) - 2, (1 << 48) - 1):
        link.give(link.server.record(APPLICATION_DATA, b"end", 1, seq=number))
    assert link.read == [b"end", b"end"]


def test_r24_garbage_brings_no_word_from_us():
    link = Link(new_client(), ScriptedServer(), to_server=lambda datagrams: [])
    link.flush()
    for size in range(200):
        link.give(bytes([(size * 37 + i * 11) & 255 for i in range(size)]))
    assert len(link.sent) == 1


def test_an_error_sends_one_alert_at_most():
    server = ScriptedServer()
    server.first = [11, 11, 11]
    link = ends_with(10, server)
    assert len(link.server.alerts) == 1
    raises(ProtocolError, Link(new_client(), _refusing()).run)


def _refusing():
    server = ScriptedServer()
    server.version = 0
    return server
