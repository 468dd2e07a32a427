"""Flights: fragments for every MTU, packing, repeats (RFC 6347 sections 4.2.3 and 4.2.4)."""

from scripted_server import CHANGE_CIPHER_SPEC, HANDSHAKE, number, records_of

from dtls_micro.flight import Flight
from dtls_micro.record import Records
from dtls_micro.timer import Timer

_BODIES = ((11, 500), (16, 10), (15, 0), (20, 97))


def new_flight(bodies=_BODIES, ccs_after=None):
    """Return a flight and its messages, whole."""
    flight = Flight(Timer(1000, 60000))
    flight.open()
    messages = []
    for i, (kind, size) in enumerate(bodies):
        w = flight.begin(kind)
        w.put(bytes([(i + at) & 255 for at in range(size)]))
        messages.append(bytes(flight.end(0)))
        if i == ccs_after:
            flight.change_cipher_spec()
    return flight, messages


def datagrams(flight, records, mtu) -> list:
    """Return all datagrams of the flight."""
    found = []
    while True:
        out = bytearray()
        if not flight.fill(out, records, mtu):
            assert not out
            return found
        assert 0 < len(out) <= mtu
        found.append(bytes(out))
        assert len(found) < 1000


def joined(found) -> dict:
    """Put the fragments together; return {message_seq: type and body}."""
    messages = {}
    for datagram in found:
        for record in records_of(datagram):
            assert record[1:3] == b"\xfe\xfd"
            if record[0] == CHANGE_CIPHER_SPEC:
                assert record[13:] == b"\1"
                continue
            assert record[0] == HANDSHAKE
            payload = record[13:]
            size, offset = number(payload[9:12]), number(payload[6:9])
            assert len(payload) == 12 + size
            length, seq = number(payload[1:4]), number(payload[4:6])
            kind, body, seen = messages.setdefault(seq, (payload[0], bytearray(length), [0]))
            assert kind == payload[0] and len(body) == length and offset == seen[0]
            assert size or not length, "an empty fragment"
            body[offset : offset + size] = payload[12:]
            seen[0] += size
    for _, body, seen in messages.values():
        assert seen[0] == len(body), "a fragment is missing"
    return {seq: bytes([kind]) + body for seq, (kind, body, _) in messages.items()}


def expected(messages) -> dict:
    return {number(m[4:6]): m[:1] + m[12:] for m in messages}


def test_messages_have_their_header_as_if_unfragmented():
    _, messages = new_flight()
    for i, (kind, size) in enumerate(_BODIES):
        length = size.to_bytes(3, "big")
        assert messages[i][:12] == bytes([kind]) + length + bytes([0, i]) + bytes(3) + length
        assert len(messages[i]) == 12 + size


def test_a_flight_fits_every_mtu_and_can_be_put_together():
    for mtu in list(range(64, 200)) + list(range(200, 1400, 23)):
        flight, messages = new_flight()
        found = datagrams(flight, Records(128, 1), mtu)
        assert joined(found) == expected(messages), mtu
        if mtu >= 128:
            least = sum([len(m) + 13 for m in messages])
            assert len(found) <= least // (mtu - 57) + 2, (mtu, len(found))


def test_even_the_smallest_datagrams_make_progress():
    for mtu in range(26, 64):
        flight, messages = new_flight()
        assert joined(datagrams(flight, Records(128, 1), mtu)) == expected(messages), mtu


def test_a_datagram_in_use_gets_no_tiny_fragment_of_a_long_message():
    for mtu in range(64, 200):
        flight, _ = new_flight()
        for datagram in datagrams(flight, Records(128, 1), mtu):
            for record in records_of(datagram)[1:]:
                size = len(record) - 25
                last = number(record[19:22]) + size == number(record[14:17])
                assert last or size >= 32, (mtu, size)


def test_small_messages_share_one_datagram():
    flight, messages = new_flight(((16, 10), (15, 0), (20, 12)), ccs_after=1)
    found = datagrams(flight, Records(128, 1), 200)
    assert len(found) == 1
    kinds = [record[0] for record in records_of(found[0])]
    assert kinds == [HANDSHAKE, HANDSHAKE, CHANGE_CIPHER_SPEC, HANDSHAKE]
    assert [number(record[5:11]) for record in records_of(found[0])] == [0, 1, 2, 3]


def test_a_change_cipher_spec_goes_to_the_next_datagram_when_there_is_no_room():
    for room in range(20):
        flight, messages = new_flight(((16, 80 - 25 - room), (20, 12)), ccs_after=0)
        found = datagrams(flight, Records(128, 1), 80)
        kinds = [[record[0] for record in records_of(datagram)] for datagram in found]
        assert kinds[0] == [HANDSHAKE] + [CHANGE_CIPHER_SPEC] * (room >= 14)
        assert len([kind for part in kinds for kind in part]) == 3
        assert joined(found) == expected(messages)


def test_the_limit_of_the_peer_bounds_every_record():
    for limit in (64, 65, 100, 512):
        records = Records(128, 1)
        records.limit = limit
        flight, messages = new_flight()
        found = datagrams(flight, records, 1152)
        assert joined(found) == expected(messages)
        for datagram in found:
            for record in records_of(datagram):
                assert len(record) - 13 <= limit


def test_a_rewound_flight_is_the_same_in_new_records():
    flight, messages = new_flight(ccs_after=1)
    records = Records(128, 1)
    first = datagrams(flight, records, 150)
    assert datagrams(flight, records, 150) == []
    flight.rewind()
    again = datagrams(flight, records, 150)
    strip = lambda found: [r[:5] + r[11:] for d in found for r in records_of(d)]  # noqa: E731
    assert strip(first) == strip(again)
    numbers = [number(r[5:11]) for d in first + again for r in records_of(d)]
    assert numbers == list(range(len(numbers)))


def test_a_flight_rewound_in_its_middle_starts_from_its_beginning():
    flight, messages = new_flight()
    records = Records(128, 1)
    out = bytearray()
    flight.fill(out, records, 100)
    flight.rewind()
    assert joined(datagrams(flight, records, 100)) == expected(messages)


def test_the_mtu_may_change_between_repeats():
    flight, messages = new_flight()
    records = Records(128, 1)
    for mtu in (1152, 576, 228, 64):
        flight.rewind()
        assert joined(datagrams(flight, records, mtu)) == expected(messages)


def test_message_numbers_go_on_from_flight_to_flight():
    flight, messages = new_flight(((1, 5),))
    flight.open()
    w = flight.begin(16)
    w.put(b"x")
    assert bytes(flight.end(0))[4:6] == b"\0\1"
    found = datagrams(flight, Records(128, 1), 100)
    assert len(found) == 1 and found[0][17:19] == b"\0\1"


def test_a_closed_flight_has_nothing_to_send():
    flight, _ = new_flight()
    flight.close()
    flight.rewind()
    assert datagrams(flight, Records(128, 1), 500) == []
    assert flight.timer.left_ms() == -1


def test_open_starts_the_timer():
    flight, _ = new_flight(())
    assert flight.timer.left_ms() == 1000
    assert datagrams(flight, Records(128, 1), 500) == []
