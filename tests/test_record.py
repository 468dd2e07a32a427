"""Records: what is dropped, what is opened, numbers, epochs (RFC 6347 section 4.1)."""

import dtls_port
from expect import raises, refused
from scripted_server import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    PSK_SUITES,
    Direction,
    number,
    record,
    uint,
    vector,
)

from dtls_micro.errors import DtlsError
from dtls_micro.protection import Protection
from dtls_micro.record import Records

_KEY = bytes(range(32))
_SUITES = [row[1:] for row in PSK_SUITES.values()]


def opened(records, datagram) -> list:
    """Load a datagram; return (content type, epoch, payload) of the records that are opened."""
    records.load(datagram)
    found = []
    while True:
        kind = records.next_record()
        if kind < 0:
            return found
        found.append((kind, records.epoch, bytes(records.buffer[records.start : records.end])))


def protection(suite):
    """Return one direction of the library."""
    kind, key_size, iv_size = suite
    return Protection(dtls_port.aead(kind, _KEY[:key_size]), bytearray(_KEY[:iv_size]))


def with_keys(suite=_SUITES[0], size=1152, limit=1 << 20):
    """Return records with keys, and the peer's view of the same keys."""
    records = Records(size, limit)
    records.set_keys(protection(suite), protection(suite))
    records.read_epoch = 1
    return records, Direction(suite[0], _KEY[: suite[1]], _KEY[: suite[2]])


def sealed(peer, payload, seq, kind=APPLICATION_DATA, epoch=1, version=0xFEFD, explicit=None):
    """Return a protected record of the peer."""
    header = record(kind, b"", epoch, seq, version)[:11]
    return header + vector(2, peer.seal(header, payload, explicit or header[3:11]))


def sent(records, kind, payload, epoch) -> bytes:
    """Return a record of the library."""
    out = bytearray()
    at = records.begin(out, kind, epoch)
    out.extend(payload)
    records.seal(out, at, epoch)
    return bytes(out)


def test_plain_records_are_opened_and_sealed():
    records = Records(1152, 1)
    for seq, kind in enumerate((HANDSHAKE, CHANGE_CIPHER_SPEC, ALERT)):
        whole = sent(records, kind, b"payload", 0)
        assert whole == record(kind, b"payload", 0, seq)
        assert opened(Records(1152, 1), whole) == [(kind, 0, b"payload")]


def test_protected_records_of_every_suite_are_opened_and_sealed():
    for suite in _SUITES:
        records, peer = with_keys(suite)
        for seq in range(3):
            payload = bytes(range(seq * 40))
            whole = sent(records, APPLICATION_DATA, payload, 1)
            assert whole[:11] == record(APPLICATION_DATA, b"", 1, seq)[:11]
            assert number(whole[11:13]) == len(whole) - 13
            assert len(whole) == len(payload) + records.overhead(1)
            assert peer.open(whole) == payload
            whole = sealed(peer, payload, seq)
            assert opened(records, whole) == [(APPLICATION_DATA, 1, payload)]


def test_r01_datagrams_too_short_or_senseless_are_dropped():
    records, _ = with_keys()
    for size in range(14):
        assert opened(records, bytes(size)) == []
        assert opened(records, b"\xff" * size) == []
        assert opened(records, b"\x16" * size) == []
    assert opened(records, b"\x16" * 65000) == []


def test_r02_a_length_beyond_the_datagram_drops_the_rest():
    good = record(HANDSHAKE, b"abc")
    records = Records(1152, 1)
    for length in (4, 5, 255, 65535):
        lie = good[:11] + uint(2, length) + good[13:]
        assert opened(records, good + lie) == [(HANDSHAKE, 0, b"abc")]
    assert opened(records, good + good[:-1]) == [(HANDSHAKE, 0, b"abc")]
    assert opened(records, good + good) == [(HANDSHAKE, 0, b"abc")] * 2


def test_r03_empty_records_in_epoch_0_are_dropped():
    for kind in range(20, 24):
        assert opened(Records(1152, 1), record(kind, b"")) == []


def test_r03_an_empty_protected_record_is_opened():
    records, peer = with_keys()
    assert opened(records, sealed(peer, b"", 0)) == [(APPLICATION_DATA, 1, b"")]


def test_r04_records_above_2_14_bytes_are_dropped():
    records, peer = with_keys(size=40000)
    limit = 1 << 14
    for size in (limit + 1, limit + 2049):
        assert opened(records, record(HANDSHAKE, bytes(size))) == []
        assert opened(records, sealed(peer, bytes(size), size)) == []
    assert len(opened(records, record(HANDSHAKE, bytes(limit)))) == 1
    assert len(opened(records, sealed(peer, bytes(limit), limit + 3000))) == 1


def test_r05_unknown_content_types_are_dropped():
    records, peer = with_keys()
    for kind in range(256):
        if not 20 <= kind <= 23:
            assert opened(records, record(kind, b"abc")) == []
            assert opened(records, sealed(peer, b"abc", kind, kind)) == []


def test_versions_are_checked():
    records, peer = with_keys()
    for version in (0xFEFE, 0xFEFC, 0xFFFD, 0x0303, 0x0000, 0xFDFD, 0xFFFF):
        assert opened(records, record(HANDSHAKE, b"abc", 0, 0, version)) == []
        assert opened(records, sealed(peer, b"abc", 5, version=version)) == []
    old = record(HANDSHAKE, b"abc", 0, 0, 0xFEFF)
    assert len(opened(records, old)) == 1
    records.negotiated = True
    assert opened(records, old) == []
    assert opened(records, sealed(peer, b"abc", 6, version=0xFEFF)) == []


def test_r06_replays_are_dropped():
    records, peer = with_keys()
    whole = sealed(peer, b"abc", 7)
    assert len(opened(records, whole)) == 1
    assert opened(records, whole) == [] and records.forged == 0


def test_r07_old_records_outside_the_window_are_dropped():
    records, peer = with_keys()
    for seq, fresh in ((1000, 1), (937, 1), (936, 0), (937, 0), (1 << 40, 1), (1000, 0)):
        assert len(opened(records, sealed(peer, b"abc", seq))) == fresh, seq


def test_r08_a_forged_record_does_not_move_the_window():
    records, peer = with_keys()
    forged = bytearray(sealed(peer, b"abc", (1 << 48) - 1))
    forged[-1] ^= 1
    assert opened(records, forged) == [] and records.forged == 1
    assert len(opened(records, sealed(peer, b"abc", 0))) == 1


def test_r09_forgeries_are_counted_up_to_the_limit():
    records, peer = with_keys(limit=5)
    forged = bytearray(sealed(peer, b"abc", 3))
    forged[-1] ^= 1
    for i in range(1, 5):
        assert opened(records, forged) == [] and records.forged == i
    refused(20, opened, records, forged)


def test_r10_protected_records_too_short_are_dropped():
    for suite in _SUITES:
        records, peer = with_keys(suite)
        for size in range(records.overhead(1) - 13):
            assert opened(records, record(APPLICATION_DATA, bytes(size), 1, size)) == []
        assert len(opened(records, sealed(peer, b"", 50))) == 1


def test_r11_any_bit_that_changes_drops_the_record():
    for suite in _SUITES:
        records, peer = with_keys(suite)
        good = sealed(peer, b"ab", 9)
        for bit in range(8 * len(good)):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            assert opened(records, bad) == [], bit
        assert len(opened(records, good)) == 1


def test_a_record_with_a_wrong_tag_leaves_no_plaintext_behind():
    secret = b"plaintext that nobody may see"
    for suite in _SUITES:
        records, peer = with_keys(suite)
        forged = bytearray(sealed(peer, secret, 9))
        forged[-1] ^= 1
        assert opened(records, forged) == []
        assert b"nobody" not in bytes(records.buffer)


def test_r12_the_explicit_nonce_need_not_be_the_sequence_number():
    for suite in _SUITES:
        records, peer = with_keys(suite)
        whole = sealed(peer, b"abc", 4, explicit=b"any 8 by")
        assert opened(records, whole) == [(APPLICATION_DATA, 1, b"abc")]


def test_r13_other_epochs_are_dropped():
    records, peer = with_keys()
    for epoch in (2, 3, 255, 256, 257, 65535):
        assert opened(records, sealed(peer, b"abc", 5, epoch=epoch)) == []
    assert records.forged == 0


def test_epoch_1_without_keys_is_dropped():
    _, peer = with_keys()
    records = Records(1152, 1)
    assert opened(records, sealed(peer, b"abc", 0)) == [] and records.forged == 0


def test_application_data_in_epoch_0_are_dropped():
    for records in (Records(1152, 1), with_keys()[0]):
        assert opened(records, record(APPLICATION_DATA, b"abc")) == []


def test_r17_good_records_around_bad_ones_are_opened():
    records, peer = with_keys()
    forged = bytearray(sealed(peer, b"bad", 2))
    forged[-1] ^= 1
    datagram = (
        sealed(peer, b"one", 1)
        + bytes(forged)
        + record(99, b"odd")
        + record(HANDSHAKE, b"")
        + sealed(peer, b"one", 1)
        + sealed(peer, b"two", 2)
    )
    assert [payload for _, _, payload in opened(records, datagram)] == [b"one", b"two"]


def test_r18_thousands_of_records_in_a_datagram_are_walked_through():
    records, peer = with_keys(size=60000)
    datagram = record(HANDSHAKE, b"") * 4000 + sealed(peer, b"end", 0)
    assert opened(records, datagram) == [(APPLICATION_DATA, 1, b"end")]


def test_take_payload_and_reload_give_one_record_after_the_other():
    records, peer = with_keys()
    data = [b"first", b"the second one", b"3"]
    records.load(b"".join([sealed(peer, datum, i) for i, datum in enumerate(data)]))
    for datum in data:
        assert records.next_record() == APPLICATION_DATA
        assert records.take_payload() == datum
        records.reload()
    assert records.next_record() == -1 and records.next_record() == -1


def test_the_buffer_never_grows_beyond_its_size():
    records, peer = with_keys(size=200)
    for size in (10, 150, 300, 5000):
        opened(records, sealed(peer, bytes(size), size))
        assert len(records.buffer) <= 200
    assert len(opened(records, sealed(peer, b"abc", 6000))) == 1


def test_a_datagram_that_is_too_long_is_cut():
    records, peer = with_keys(size=128)
    datagram = sealed(peer, b"fits", 0) + sealed(peer, bytes(200), 1)
    assert opened(records, datagram) == [(APPLICATION_DATA, 1, b"fits")]


def test_sequence_numbers_count_for_each_epoch():
    records, _ = with_keys()
    for epoch in (0, 1, 0, 1, 1):
        sent(records, HANDSHAKE, b"x", epoch)
    assert number(sent(records, HANDSHAKE, b"x", 0)[3:11]) == 2
    assert number(sent(records, HANDSHAKE, b"x", 1)[3:11]) == (1 << 48) + 3


def test_sequence_numbers_carry_over_every_byte():
    for seq in (0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0x1234FF):
        records, peer = with_keys()
        records._numbers[1][2:] = uint(6, seq)
        for expected in (seq, seq + 1):
            whole = sent(records, APPLICATION_DATA, b"x", 1)
            assert number(whole[5:11]) == expected and whole[3:5] == b"\0\1"
            assert peer.open(whole) == b"x"


def test_r23_the_sequence_numbers_end_with_an_error():
    for epoch in (0, 1):
        records, _ = with_keys()
        records._numbers[epoch][2:] = uint(6, (1 << 48) - 3)
        for left in (3, 2):
            assert number(sent(records, HANDSHAKE, b"x", epoch)[5:11]) == (1 << 48) - left
        for _ in range(3):
            raises(DtlsError, sent, records, HANDSHAKE, b"x", epoch)


def test_several_records_share_one_datagram():
    records, peer = with_keys()
    out = bytearray()
    for epoch, payload in ((0, b"plain"), (1, b"protected"), (1, b"")):
        at = records.begin(out, HANDSHAKE, epoch)
        out.extend(payload)
        records.seal(out, at, epoch)
    assert out[:18] == record(HANDSHAKE, b"plain")
    assert peer.open(bytes(out[18 : 18 + records.overhead(1) + 9])) == b"protected"


def test_wiped_records_open_nothing_and_know_no_key():
    records, peer = with_keys()
    records.load(sealed(peer, b"abc", 0))
    directions = (records.reading, records.writing)
    records.wipe()
    assert records.next_record() == -1
    assert opened(records, sealed(peer, b"abc", 1)) == []
    for direction in directions:
        assert not any(direction.iv) and not any(direction.nonce)
