"""Fragments to messages in a bounded buffer (RFC 6347 sections 4.2.2 and 4.2.3)."""

from expect import Numbers
from scripted_server import fragment, fragments, message

from dtls_micro.reassembly import Reassembly


def body(size) -> bytes:
    """Return bytes that tell their place."""
    return bytes([(i * 7 + size) & 255 for i in range(size)])


def feed(reassembly, *payloads, epoch=0) -> list:
    """Feed the payloads of records; return the whole messages that come out."""
    found = []
    for payload in payloads:
        for whole in reassembly.feed(memoryview(payload), epoch):
            found.append(bytes(whole))
    return found


def piece(kind, seq, length, offset, data) -> bytes:
    """Return a fragment with any fields."""
    head = bytes([kind]) + length.to_bytes(3, "big") + seq.to_bytes(2, "big")
    return head + offset.to_bytes(3, "big") + len(data).to_bytes(3, "big") + data


def permutations(items):
    """Yield the items in every order."""
    if not items:
        yield []
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1 :]):
            yield [items[i]] + rest


def test_a_whole_message_in_turn_passes_without_a_buffer():
    reassembly = Reassembly(128)
    for seq in range(3):
        whole = message(11, seq, body(1000))
        assert feed(reassembly, whole) == [whole]
        assert not reassembly.buffer


def test_several_messages_of_one_record_come_out_in_order():
    wholes = [message(kind, seq, body(seq * 20)) for seq, kind in enumerate((2, 12, 14))]
    assert feed(Reassembly(128), b"".join(wholes)) == wholes


def test_a_message_without_body_passes():
    whole = message(14, 0, b"")
    assert feed(Reassembly(128), whole) == [whole]
    early = message(14, 1, b"")
    reassembly = Reassembly(128)
    assert feed(reassembly, early) == []
    first = message(2, 0, body(5))
    assert feed(reassembly, first) == [first, early]


def test_f01_fragments_in_every_order_make_the_message():
    whole = message(11, 0, body(23))
    for size in (5, 6, 11, 22):
        for order in permutations(fragments(whole, size)):
            reassembly = Reassembly(128)
            assert feed(reassembly, *order) == [whole]
            assert not reassembly.buffer and reassembly.expected == 1


def test_f01_fragments_of_one_byte_make_the_message():
    for size in (1, 2, 7, 8, 9, 15, 16, 17, 64, 100):
        whole = message(11, 0, body(size))
        for order in (fragments(whole, 1), fragments(whole, 1)[::-1]):
            assert feed(Reassembly(200), *order) == [whole]


def test_f01_overlapping_fragments_make_the_message():
    numbers = Numbers(1)
    for length in (1, 8, 30, 61):
        whole = message(11, 0, body(length))
        for _ in range(40):
            parts = [
                fragment(whole, at, 1 + numbers.below(length - at))
                for at in [numbers.below(length) for _ in range(20)]
            ]
            parts += fragments(whole, 5)
            reassembly = Reassembly(128)
            found = feed(reassembly, *numbers.shuffled(parts))
            assert found == [whole] and not reassembly.buffer


def test_f01_fragments_of_several_messages_may_be_interleaved():
    wholes = [message(11 + seq, seq, body(20 + seq)) for seq in range(4)]
    numbers = Numbers(2)
    for _ in range(60):
        parts = numbers.shuffled([part for whole in wholes for part in fragments(whole, 6)])
        reassembly = Reassembly(256)
        assert feed(reassembly, *parts) == wholes
        assert not reassembly.buffer
        joined = b"".join(parts)
        assert feed(Reassembly(256), joined) == wholes


def test_f02_of_different_bytes_the_first_to_come_stays():
    whole = message(11, 0, body(20))
    lie = piece(11, 0, 20, 0, b"\xee" * 10)
    found = feed(Reassembly(128), fragment(whole, 0, 8), lie, fragment(whole, 8, 12))
    assert found == [whole[:12] + whole[12:20] + b"\xee\xee" + whole[22:]]


def test_f03_another_length_for_the_same_message_is_dropped():
    whole = message(11, 0, body(20))
    for length in (0, 1, 19, 21, 1000, 0xFFFFFF):
        part = piece(11, 0, length, 0, body(min(length, 10)))
        if length > 10:
            found = feed(Reassembly(128), fragment(whole, 0, 5), part, fragment(whole, 5, 15))
            assert found == [whole], length


def test_f04_another_type_for_the_same_message_is_dropped():
    whole = message(11, 0, body(20))
    other = message(12, 0, bytes(20))
    parts = [fragment(whole, 0, 5), fragment(other, 5, 15), fragment(whole, 5, 15)]
    assert feed(Reassembly(128), *parts) == [whole]


def test_f04_the_same_type_under_two_numbers_makes_two_messages():
    first, second = message(11, 0, body(20)), message(11, 1, body(30))
    parts = fragments(second, 10) + fragments(first, 10)
    assert feed(Reassembly(256), *parts) == [first, second]


def test_f05_lengths_that_lie_are_dropped():
    reassembly = Reassembly(128)
    for wrong in (
        piece(11, 0, 10, 5, body(6)),
        piece(11, 0, 10, 10, body(1)),
        piece(11, 0, 0, 1, b""),
        piece(11, 0, 5, 0, body(6)),
        piece(11, 0, 0xFFFFFF, 0xFFFFFF, b"x"),
        message(11, 0, body(20))[:-1],
        message(11, 0, body(20))[:12],
        message(11, 0, b"")[:9] + b"\xff\xff\xff",
    ):
        assert feed(reassembly, wrong) == []
        assert not reassembly.buffer and reassembly.expected == 0


def test_f05_what_follows_a_lie_in_the_same_record_is_dropped_too():
    good = message(2, 0, body(5))
    assert feed(Reassembly(128), piece(11, 0, 10, 5, body(6)) + good) == []
    assert feed(Reassembly(128), good + b"\xff" * 5) == [good]


def test_f06_a_length_above_the_buffer_is_never_allocated():
    reassembly = Reassembly(128)
    for seq in range(10):
        assert feed(reassembly, piece(11, seq, 0xFFFFFF, 0, b"x")) == []
    assert not reassembly.buffer
    assert reassembly.too_long == 0xFFFFFF


def test_f06_only_the_message_that_is_next_counts_as_too_long():
    reassembly = Reassembly(128)
    feed(reassembly, piece(11, 1, 5000, 0, b"x"))
    assert reassembly.too_long == 0


def test_the_longest_message_that_fits_is_the_one_the_error_names():
    for size in (128, 129, 200, 1152):
        for length in range(1, size):
            fits = 12 + length + (length + 7) // 8 <= size
            if abs(12 + length + (length + 7) // 8 - size) < 4:
                reassembly = Reassembly(size)
                whole = message(11, 0, body(length))
                found = feed(reassembly, *fragments(whole, 50))
                assert found == ([whole] if fits or length <= 50 else [])
                assert reassembly.too_long == (0 if found else length)


def test_f07_empty_fragments_of_a_message_with_a_body_are_ignored():
    reassembly = Reassembly(128)
    for _ in range(1000):
        assert feed(reassembly, piece(11, 0, 20, 0, b""), piece(11, 0, 20, 20, b"")) == []
    assert not reassembly.buffer
    whole = message(11, 0, body(20))
    parts = [fragment(whole, 0, 10), piece(11, 0, 20, 10, b""), fragment(whole, 10, 10)]
    assert feed(reassembly, *parts) == [whole]


def test_f08_messages_far_ahead_are_dropped():
    reassembly = Reassembly(1152)
    for seq in (9, 20, 255, 256, 65535):
        feed(reassembly, message(11, seq, body(10)))
    assert not reassembly.buffer
    feed(reassembly, message(11, 8, body(10)))
    assert reassembly.buffer


def test_f08_drop_frees_the_buffer():
    reassembly = Reassembly(128)
    feed(reassembly, message(11, 1, body(10)))
    assert len(reassembly.buffer) == 128
    reassembly.drop()
    assert not reassembly.buffer
    whole = message(11, 0, body(10))
    assert feed(reassembly, whole) == [whole]


def test_f09_messages_of_the_past_are_dropped_and_the_last_one_is_reported():
    reassembly = Reassembly(128)
    wholes = [message(2, seq, body(10)) for seq in range(3)]
    feed(reassembly, *wholes)
    reassembly.greeting = False
    assert not reassembly.repeated
    assert feed(reassembly, wholes[0], wholes[1]) == [] and not reassembly.repeated
    assert feed(reassembly, wholes[2]) == [] and reassembly.repeated


def test_f10_headers_that_are_cut_are_dropped():
    reassembly = Reassembly(128)
    whole = message(2, 0, body(10))
    for size in range(22):
        assert feed(reassembly, whole[:size]) == []
    assert feed(reassembly, whole) == [whole]


def test_f12_fragments_of_another_epoch_are_dropped():
    reassembly = Reassembly(128)
    whole = message(20, 0, body(12))
    assert feed(reassembly, whole, epoch=1) == []
    assert feed(reassembly, fragment(whole, 0, 6)) == []
    assert feed(reassembly, fragment(whole, 6, 6), epoch=1) == []
    assert feed(reassembly, fragment(whole, 6, 6)) == [whole]


def test_a_message_whose_fragments_came_before_the_epoch_is_taken_when_it_comes_whole():
    reassembly = Reassembly(128)
    whole = message(20, 0, body(12))
    feed(reassembly, fragment(whole, 0, 6))
    reassembly.epoch = 1
    assert feed(reassembly, whole, epoch=1) == [whole]
    assert not reassembly.buffer


def test_f13_a_long_message_in_small_fragments_is_taken():
    whole = message(11, 0, body(20000))
    parts = fragments(whole, 48)
    reassembly = Reassembly(22600)
    assert feed(reassembly, *parts[::2]) == []
    assert feed(reassembly, *parts[1::2]) == [whole]


def test_f14_ten_thousand_partial_messages_stay_in_the_buffer():
    numbers = Numbers(3)
    reassembly = Reassembly(300)
    for _ in range(10000):
        length = 2 + numbers.below(400)
        at = numbers.below(length - 1)
        feed(reassembly, piece(11, numbers.below(12), length, at, b"x"))
        assert not reassembly.buffer or len(reassembly.buffer) == 300
    whole = message(11, 0, body(40))
    assert feed(reassembly, whole)[0] == whole


def test_the_message_that_is_next_pushes_early_ones_out():
    reassembly = Reassembly(128)
    early = message(14, 1, body(80))
    assert feed(reassembly, early) == []
    whole = message(11, 0, body(60))
    assert feed(reassembly, *fragments(whole, 30)) == [whole]  # the early one is gone
    assert feed(reassembly, early) == [early]


def test_an_early_message_never_pushes_the_next_one_out():
    reassembly = Reassembly(128)
    whole = message(11, 0, body(60))
    parts = fragments(whole, 30)
    assert feed(reassembly, parts[0], message(14, 1, body(80)), parts[1]) == [whole]


def test_early_messages_wait_for_those_before_them():
    wholes = [message(11, seq, body(10)) for seq in range(5)]
    for order in permutations(wholes):
        reassembly = Reassembly(1152)
        assert feed(reassembly, *order) == wholes
        assert not reassembly.buffer


def test_held_messages_wait_for_release():
    reassembly = Reassembly(128)
    reassembly.held = True
    whole = message(20, 0, body(12))
    assert feed(reassembly, whole, whole) == []
    assert list(reassembly.release()) == []
    reassembly.held = False
    assert [bytes(m) for m in reassembly.release()] == [whole]
    assert not reassembly.buffer and list(reassembly.release()) == []


def test_hello_requests_are_ignored():
    reassembly = Reassembly(128)
    for seq in (0, 1, 5):
        assert feed(reassembly, message(0, seq, b"")) == []
    assert not reassembly.buffer and reassembly.expected == 0
    whole = message(2, 0, body(3))
    assert feed(reassembly, message(0, 0, b"") + whole) == [whole]


def test_verify_requests_of_the_past_pass_until_the_server_hello():
    reassembly = Reassembly(128)
    request = message(3, 0, body(10))
    assert feed(reassembly, request, request) == [request, request]
    assert reassembly.expected == 1
    assert feed(reassembly, fragment(request, 0, 5), fragment(request, 5, 5)) == []
    reassembly.greeting = False
    assert feed(reassembly, request) == []


def test_messages_have_the_header_of_an_unfragmented_one():
    whole = message(11, 0, body(30))
    found = feed(Reassembly(128), *fragments(whole, 7))[0]
    assert found[6:12] == b"\0\0\0\0\0\x1e"
