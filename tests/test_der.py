"""The strict reader of DER (X.690 section 10), on both Pythons."""

from expect import raises
from tlv import seq, tlv

from dtls_micro.der import Der, DerError

_INTEGER, _SEQUENCE = 2, 0x30


def refused(method: str, data: bytes):
    return raises(DerError, getattr(Der(data), method))


def test_elements_are_taken_in_turn_as_views():
    data = bytearray(seq(b"\x02\x01\x05", b"\x04\x02ab") + b"\x05\x00")
    r = Der(data)
    assert r.peek() == _SEQUENCE
    inner = r.enter()
    assert bytes(inner.whole(_INTEGER)) == b"\x02\x01\x05"
    view = inner.take(4)
    inner.end()
    assert bytes(view) == b"ab" and not inner.more() and inner.peek() == -1
    data[7] = 0x7A
    assert bytes(view) == b"zb"
    raises(DerError, r.end)
    assert bytes(r.take(5)) == b""
    r.end()


def test_every_truncation_is_refused():
    data = tlv(_SEQUENCE, bytes(300))
    for size in list(range(8)) + [100, 303]:
        raises(DerError, Der(data[:size]).take, _SEQUENCE)
    assert len(Der(data).take(_SEQUENCE)) == 300


def test_lengths_must_be_definite_and_shortest():
    for header in (b"\x30\x80", b"\x30\x81\x05", b"\x30\x82\x00\x05", b"\x30\x82\x00\x80"):
        raises(DerError, Der(header + bytes(200)).take, _SEQUENCE)
    for header in (b"\x30\xff", b"\x30\x84\x00\x00\x00\x05", b"\x30\x84\x01\x00\x00\x00"):
        raises(DerError, Der(header + bytes(200)).take, _SEQUENCE)
    for size in (0, 1, 127, 128, 255, 256, 1000):
        assert len(Der(tlv(_SEQUENCE, bytes(size))).take(_SEQUENCE)) == size


def test_tags_must_be_those_wanted_and_of_one_byte():
    raises(DerError, Der(b"\x31\x00").take, _SEQUENCE)
    for tag in (0x00, 0x1F, 0x3F, 0xBF, 0xFF):
        refused("peek", bytes([tag, 0]))


def test_a_refused_element_is_not_taken():
    r = Der(b"\x02\x01\x07")
    raises(DerError, r.take, _SEQUENCE)
    assert bytes(r.integer()) == b"\x07"


def test_booleans():
    assert Der(b"\x01\x01\xff").boolean() is True
    assert Der(b"\x01\x01\x00").boolean() is False
    for data in (b"\x01\x01\x01", b"\x01\x01\xfe", b"\x01\x00", b"\x01\x02\xff\xff"):
        refused("boolean", data)


def test_integers_are_minimal():
    for contents in (b"\x00", b"\x7f", b"\x80", b"\xff", b"\x00\x80", b"\xff\x7f", b"\x01\x00"):
        assert bytes(Der(tlv(2, contents)).integer()) == contents
    for contents in (b"", b"\x00\x00", b"\x00\x7f", b"\xff\x80", b"\xff\xff\xff"):
        refused("integer", tlv(2, contents))


def test_bit_strings_have_zero_padding():
    unused, contents = Der(b"\x03\x02\x05\xa0").bit_string()
    assert unused == 5 and bytes(contents) == b"\xa0"
    assert Der(b"\x03\x01\x00").bit_string()[0] == 0
    for contents in (b"", b"\x01", b"\x08\x00", b"\x05\xb0", b"\x01\x01", b"\xff\x00"):
        refused("bit_string", tlv(3, contents))
    assert bytes(Der(b"\x03\x03\x00ab").octets()) == b"ab"
    refused("octets", b"\x03\x02\x01\x02")


def test_object_identifiers_are_well_formed():
    for contents in (
        b"\x2a",
        b"\x55\x1d\x25\x00",
        b"\x2a\x86\x48\x86\xf7\x0d",
        b"\x2a\x81\x80\x01",
    ):
        assert bytes(Der(tlv(6, contents)).oid()) == contents
    for contents in (b"", b"\x80", b"\x2a\x80\x01", b"\x2a\x86", b"\x80\x01"):
        refused("oid", tlv(6, contents))
