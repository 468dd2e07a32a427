"""The message layer: RFC 7252 section 4."""

from coap_peer import ACK, CON, CONTENT, GET, NON, RST, Item, Peer, Random, datagram
from expect import raises

from dtls_micro.coap.message import Message
from dtls_micro.coap.reliability import Reliability

_LIFETIME = 247000


def _layer(start=0x1000, part=0, **options):
    """Return a peer of a layer whose message IDs and random factor begin as given."""
    given = [bytes([start >> 8, start & 255]), bytes([part])]
    return Peer(Reliability(Random(given=given), **options))


def _item(kind=CON, code=GET, token=b"tk"):
    message = Message(code, b"")
    message.type = kind
    message.token = token
    return Item(message)


def _send(peer, item):
    peer.engine.send(item)
    return peer.out()


def test_retransmission_doubles_and_gives_up():
    for part, first in ((0, 2000), (255, 3000), (128, 2501)):
        peer = _layer(part=part)
        item = _item()
        sent = _send(peer, item)
        assert [one.head for one in sent] == [(CON, GET, 0x1000)]
        again = peer.pass_ms(31 * first - 1)
        assert [ms for ms, _ in again] == [first, 3 * first, 7 * first, 15 * first]
        assert all(one.octets == sent[0].octets for _, one in again)
        assert item.heard == []
        assert peer.pass_ms(1) == [] and item.heard == ["lost"]
        assert peer.engine.tick(10) == -1
        assert peer.give(ACK, 0, 0x1000) == [] and item.heard == ["lost"]


def test_the_random_factor_is_between_1_and_one_and_a_half():
    seen = set()
    for seed in range(200):
        peer = Peer(Reliability(Random(seed), ack_timeout_ms=2000))
        peer.engine.send(_item())
        first = peer.engine.tick(0)
        assert 2000 <= first <= 3000
        seen.add(first)
    assert len(seen) > 80 and min(seen) < 2100 and max(seen) > 2900


def test_each_message_has_its_own_factor():
    peer = _layer(part=0)
    peer.engine._random.given.append(b"\xff")
    _send(peer, _item())
    assert peer.engine.tick(0) == 2000
    peer.give(ACK, 0, 0x1000)
    _send(peer, _item())
    assert peer.engine.tick(0) == 3000


def test_options_of_the_layer():
    peer = _layer(ack_timeout_ms=100, max_retransmit=0)
    item = _item()
    _send(peer, item)
    assert peer.pass_ms(99) == [] and item.heard == []
    assert peer.pass_ms(1) == [] and item.heard == ["lost"]
    peer = _layer(ack_timeout_ms=100, max_retransmit=2)
    _send(peer, _item())
    assert [ms for ms, _ in peer.pass_ms(10000)] == [100, 300]
    for options in (
        {"ack_timeout_ms": 0},
        {"ack_timeout_ms": 600001},
        {"max_retransmit": -1},
        {"max_retransmit": 21},
    ):
        raises(ValueError, Reliability, Random(), **options)


def test_the_time_of_a_message_begins_when_it_is_sent():
    """An endpoint that was idle has a long time to tell of at its first tick."""
    peer = _layer()
    peer.engine.send(_item())
    assert peer.engine.tick(3600000) == 2000
    assert len(peer.out()) == 1
    assert [ms for ms, _ in peer.pass_ms(2000)] == [2000]


def test_the_next_message_does_not_inherit_time():
    peer = _layer()
    peer.engine._random.given.append(b"\0")
    _send(peer, _item())
    peer.engine.send(_item())
    assert peer.engine.tick(1900) == 100
    peer.engine.receive(datagram(ACK, 0, 0x1000))
    assert peer.engine.tick(1900) == 2000
    assert [one.mid for one in peer.out()] == [0x1001]


def test_a_message_after_one_that_was_lost_has_its_whole_time():
    peer = _layer(max_retransmit=0)
    peer.engine._random.given.append(b"\0")
    _send(peer, _item())
    second = _item()
    _send(peer, second)
    assert [(ms, one.mid) for ms, one in peer.pass_ms(3999)] == [(2000, 0x1001)]
    assert second.heard == []
    peer.pass_ms(1)
    assert second.heard == ["lost"]


def test_a_long_pause_repeats_once():
    peer = _layer()
    _send(peer, _item())
    assert peer.engine.tick(1000000) == 4000
    assert len(peer.out()) == 1
    assert [ms for ms, _ in peer.pass_ms(4000)] == [4000]


def test_one_confirmable_message_at_a_time():
    peer = _layer()
    items = [_item(token=bytes([i])) for i in range(4)]
    for item in items:
        peer.engine.send(item)
    assert [one.token for one in peer.out()] == [b"\0"]
    assert [one.token for one in peer.give(ACK, 0, 0x1000)] == [b"\1"]
    assert [one.token for one in peer.give(RST, 0, 0x1001)] == [b"\2"]
    assert [one.token for one in peer.give(ACK, CONTENT, 0x1002, b"\2")] == [b"\3"]
    assert peer.give(ACK, 0, 0x1003) == []
    heard = [item.heard for item in items]
    assert heard == [["acknowledged"], ["rejected"], [], ["acknowledged"]]
    assert [message.token for message in peer.came] == [b"\2"]


def test_what_needs_no_acknowledgement_does_not_wait():
    peer = _layer()
    _send(peer, _item())
    assert [one.head for one in _send(peer, _item(NON))] == [(NON, GET, 0x1001)]
    assert [one.head for one in _send(peer, _item(NON))] == [(NON, GET, 0x1002)]
    assert [one.head for _, one in peer.pass_ms(3000)] == [(CON, GET, 0x1000)]


def test_a_lost_message_lets_the_next_one_go():
    peer = _layer(max_retransmit=1)
    first, second = _item(token=b"1"), _item(token=b"2")
    peer.engine.send(first)
    peer.engine.send(second)
    peer.out()
    sent = peer.pass_ms(6000)
    assert [(ms, one.token) for ms, one in sent] == [(2000, b"1"), (6000, b"2")]
    assert first.heard == ["lost"] and second.heard == []


def test_message_ids_count_and_wrap():
    peer = _layer(start=0xFFFE)
    mids = []
    for _ in range(4):
        mids += [one.mid for one in _send(peer, _item(NON))]
    assert mids == [0xFFFE, 0xFFFF, 0, 1]
    assert len({Reliability(Random(seed))._mid for seed in range(50)}) > 45


def test_a_piggybacked_response_ends_the_retransmission():
    peer = _layer()
    item = _item()
    _send(peer, item)
    assert peer.give(ACK, CONTENT, 0x1000, b"tk", payload=b"x") == []
    assert peer.came[0].payload == b"x" and item.heard == []
    assert peer.pass_ms(100000) == []
    assert peer.give(ACK, CONTENT, 0x1000, b"tk", payload=b"x") == [] and len(peer.came) == 1


def test_an_acknowledgement_after_a_retransmission():
    peer = _layer()
    item = _item()
    _send(peer, item)
    assert len(peer.pass_ms(6000)) == 2
    assert peer.give(ACK, 0, 0x1000) == [] and item.heard == ["acknowledged"]
    assert peer.give(ACK, 0, 0x1000) == [] and item.heard == ["acknowledged"]
    assert peer.pass_ms(100000) == []


def test_acknowledgements_and_resets_that_match_nothing():
    peer = _layer()
    item = _item()
    _send(peer, item)
    for words in (
        (ACK, 0, 0x0FFF),
        (RST, 0, 0x1001),
        (ACK, CONTENT, 0x0FFF, b"tk"),
        (ACK, CONTENT, 0x1000, b"other"),
        (ACK, CONTENT, 0x1000, b""),
        (ACK, GET, 0x1000, b"tk"),  # a request is in no acknowledgement
        (RST, CONTENT, 0x1000, b"tk"),
        (RST, GET, 0x1000),
    ):
        assert peer.give(*words) == []
        assert item.heard == [] and peer.came == []
    assert len(peer.pass_ms(2000)) == 1
    assert _layer().give(ACK, 0, 5) == [] and _layer().give(RST, 0, 5) == []


def test_a_reset_on_a_non_confirmable_message():
    peer = _layer()
    first, second = _item(NON), _item(NON)
    _send(peer, first)
    _send(peer, second)
    assert peer.give(ACK, 0, 0x1001) == [] and second.heard == []
    assert peer.give(RST, 0, 0x1001) == [] and second.heard == ["rejected"]
    assert peer.give(RST, 0, 0x1001) == [] and second.heard == ["rejected"]


def test_the_peer_pings():
    peer = _layer()
    for _ in range(2):
        assert [one.head for one in peer.give(CON, 0, 0xBEEF)] == [(RST, 0, 0xBEEF)]
    assert peer.give(NON, 0, 0xBEEF) == []
    assert peer.came == []


def test_malformed_messages_are_reset_if_confirmable():
    """RFC 7252 section 4.2; of another version nothing is known, so it is dropped."""
    peer = _layer()
    tails = (
        (0x49, 1, bytes(9)),
        (0x42, 1, b"x"),
        (0x40, 0x20, b""),
        (0x40, 0xC1, b""),
        (0x40, 0xFF, b""),
        (0x40, 0, b"x"),
        (0x41, 0, b"x"),
        (0x40, 1, b"\xff"),
        (0x40, 1, b"\xf1x"),
        (0x40, 1, b"\x1fx"),
        (0x40, 1, b"\xd0"),
        (0x40, 1, b"\x12x"),
        (0x40, 0x45, b"\xe0\xff\xff"),
    )
    for first, code, tail in tails:
        for kind in (CON, NON, ACK, RST):
            octets = bytes([first | kind << 4, code, 0xAB, 0xCD]) + tail
            found = [one.head for one in peer.give(octets)]
            assert found == ([(RST, 0, 0xABCD)] if kind == CON else []), octets
    for octets in (b"", b"\x40", b"\x40\x01\x02", b"\x00\x01\x02\x03", b"\x80\x01\x02\x03\xff"):
        assert peer.give(octets) == []
    assert peer.give(b"\xc0\x01\x02\x03") == [] and peer.came == []


def test_a_malformed_acknowledgement_does_not_end_the_retransmission():
    peer = _layer()
    item = _item()
    _send(peer, item)
    assert peer.give(b"\x60\x45\x10\x00\xff") == [] and peer.give(b"\x60\0\x10\x00x") == []
    assert peer.give(b"\x70\0\x10\x00x") == [] and item.heard == []
    assert len(peer.pass_ms(2000)) == 1


def test_duplicates_of_confirmable_messages_are_answered_as_before():
    peer = _layer()
    for mid, verb in enumerate(("acknowledge", "reject", "answer")):
        octets = datagram(CON, GET, mid, b"t%d" % mid)
        assert peer.give(octets) == []
        assert peer.give(octets) == []  # not yet answered
        request = peer.came[-1]
        if verb == "answer":
            peer.engine.answer(request, Message(CONTENT, b"body"))
        else:
            getattr(peer.engine, verb)(request)
        answer = peer.out()
        assert len(answer) == 1 and answer[0].mid == mid
        for _ in range(3):
            assert [one.octets for one in peer.give(octets)] == [answer[0].octets]
        assert len(peer.came) == mid + 1
    assert answer[0].head == (ACK, CONTENT, 2)
    assert answer[0].token == b"t2" and answer[0].payload == b"body"


def test_duplicates_of_non_confirmable_messages_are_dropped():
    peer = _layer()
    octets = datagram(NON, GET, 5, b"t")
    peer.give(octets)
    peer.engine.answer(peer.came[0], Message(CONTENT, b"body"))
    sent = peer.out()
    assert [one.head for one in sent] == [(NON, CONTENT, 0x1000)] and sent[0].token == b"t"
    assert peer.give(octets) == [] and len(peer.came) == 1
    peer.engine.acknowledge(peer.came[0])
    assert peer.out() == []


def test_a_message_id_is_remembered_for_exchange_lifetime():
    peer = _layer()
    octets = datagram(CON, GET, 5)
    peer.give(octets)
    peer.engine.acknowledge(peer.came[0])
    peer.out()
    peer.pass_ms(_LIFETIME)
    assert len(peer.give(octets)) == 1 and len(peer.came) == 1
    peer.pass_ms(1)
    assert peer.engine._answers == []
    assert peer.give(octets) == [] and len(peer.came) == 2


def test_a_message_after_a_long_silence_is_remembered_too():
    """The tick after it tells of the silence before it."""
    peer = _layer()
    octets = datagram(CON, GET, 5)
    peer.engine.receive(octets)
    peer.engine.tick(10 * _LIFETIME)
    assert peer.give(octets) == [] and peer.came == []


def test_a_few_messages_are_remembered():
    peer = _layer()
    for mid in range(20):
        peer.give(CON, GET, mid)
        peer.engine.acknowledge(peer.came[-1])
        peer.out()
        assert len(peer.engine._answers) <= 4
    for mid in range(16, 20):
        assert [one.head for one in peer.give(CON, GET, mid)] == [(ACK, 0, mid)]
    assert len(peer.came) == 20


def test_forget_a_message_that_waits():
    peer = _layer()
    first, second, third = _item(token=b"1"), _item(token=b"2"), _item(token=b"3")
    for item in (first, second, third):
        peer.engine.send(item)
    peer.out()
    peer.engine.forget(second)
    assert [one.token for one in peer.give(ACK, 0, 0x1000)] == [b"3"]
    assert second.heard == []


def test_forget_the_message_that_is_under_way():
    for sent in (False, True):
        peer = _layer()
        first, second = _item(token=b"1"), _item(token=b"2")
        peer.engine.send(first)
        if sent:
            peer.out()
            peer.pass_ms(2500)
        peer.engine.send(second)
        peer.engine.forget(first)
        assert [one.token for one in peer.out()] == [b"2"]
        assert peer.give(ACK, 0, 0x1000) == [] and first.heard == second.heard == []
        assert peer.give(RST, 0, 0x1001) == [] and second.heard == ["rejected"]
        peer.engine.forget(second)
        peer.engine.forget(_item())
        assert peer.out() == [] and peer.engine.tick(0) == -1


def test_forget_a_non_confirmable_message():
    peer = _layer()
    item = _item(NON)
    _send(peer, item)
    peer.engine.forget(item)
    assert peer.give(RST, 0, 0x1000) == [] and item.heard == []


def test_items_may_send_in_their_callbacks():
    for words, heard in (((ACK, 0, 0x1000), "acknowledged"), ((RST, 0, 0x1000), "rejected")):
        peer = _layer()
        item, other = _item(), _item(token=b"2")
        setattr(item, heard, lambda peer=peer, other=other: peer.engine.send(other))
        _send(peer, item)
        assert [one.token for one in peer.give(*words)] == [b"2"]
    peer = _layer(max_retransmit=0)
    item, other = _item(), _item(token=b"2")
    item.lost = lambda: peer.engine.send(other)
    _send(peer, item)
    assert [one.token for _, one in peer.pass_ms(2000)] == [b"2"]
    assert 2000 <= peer.engine.tick(0) <= 3000
