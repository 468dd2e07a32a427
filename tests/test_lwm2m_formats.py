"""Content formats of LwM2M: examples of the specifications, round trips, and what is malformed."""

import struct
import sys
from binascii import unhexlify

from expect import Numbers, raises

from dtls_micro.lwm2m import cbor, formats
from dtls_micro.lwm2m.link_objects import links, register
from dtls_micro.lwm2m.tlv import NO_INSTANCE

TLV, TEXT, OPAQUE, JSON, CBOR = 11542, 0, 42, 110, 112
ROUNDS = 2000 if sys.implementation.name == "micropython" else 20000
# The Device object of the examples in OMA LwM2M core 1.1 section 7.4.3.2 and .4
KINDS = {
    (3, 13): "t",
    (65, 0): "l",
    (65, 1): "o",
    (65, 2): "b",
    (65, 3): "f",
    (65, 4): "u",
    (66, 0): "s",
    (66, 1): "s",
    (66, 2): "l",
}
KINDS.update({(3, number): "s" for number in (0, 1, 2, 3, 14, 15, 16)})
KINDS.update({(3, number): "i" for number in (6, 7, 8, 9, 11)})
DEVICE = [
    ((3, 0, 0), "s", "Open Mobile Alliance"),
    ((3, 0, 1), "s", "Lightweight M2M Client"),
    ((3, 0, 2), "s", "345000123"),
    ((3, 0, 3), "s", "1.0"),
    ((3, 0, 6, 0), "i", 1),
    ((3, 0, 6, 1), "i", 5),
    ((3, 0, 7, 0), "i", 0x0ED8),
    ((3, 0, 7, 1), "i", 0x1388),
    ((3, 0, 8, 0), "i", 0x7D),
    ((3, 0, 8, 1), "i", 0x0384),
    ((3, 0, 9), "i", 100),
    ((3, 0, 11, 0), "i", 0),
    ((3, 0, 13), "t", 0x5182428F),
    ((3, 0, 14), "s", "+02:00"),
    ((3, 0, 16), "s", "U"),
]
DEVICE_TLV = unhexlify(
    "c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c6965"
    "6e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d420103"
    "84c10964830b410000c40d5182428fc60e2b30323a3030c11055"
)


def kind(number, resource):
    return KINDS.get((number, resource))


def plain(records):
    return [(path, value) for path, _, value in records]


# TLV


def test_the_device_object_of_the_specification():
    assert formats.decode(TLV, DEVICE_TLV, (3, 0), kind) == plain(DEVICE)
    assert formats.encode(TLV, DEVICE, (3, 0)) == DEVICE_TLV


def test_object_links_of_the_specification():
    """Section 7.4.3.2, example B: resources with links to other objects."""
    octets = unhexlify("88000c440000420000440100420001")
    records = formats.decode(TLV, octets, (65, 0), kind)
    assert records == [((65, 0, 0, 0), (66, 0)), ((65, 0, 0, 1), (66, 1))]
    again = formats.encode(TLV, [(path, "l", value) for path, value in records], (65, 0))
    assert again == octets


def test_instances_of_an_object():
    """Section 7.4.3.2, example C: two instances of object 66, with texts."""
    octets = unhexlify(
        "080026c8000b6d79536572766963652031c801" + "0f496e7465726e65742e31352e323334"
        "c402" + "00430000" + "08" + "0126c8000b6d79536572766963652032c801"
        "0f496e7465726e65742e31352e323335c402ffffffff"
    )
    records = formats.decode(TLV, octets, (66,), kind)
    assert records[0] == ((66, 0, 0), "myService 1")
    assert records[2] == ((66, 0, 2), (0x43, 0))
    assert records[5] == ((66, 1, 2), (65535, 65535))
    again = formats.encode(TLV, [(p, kind(p[0], p[2]), v) for p, v in records], (66,))
    assert again == octets


def test_tlv_of_every_level():
    one = [((3, 0, 0), "s", "x")]
    for base in ((3,), (3, 0), (3, 0, 0)):
        octets = formats.encode(TLV, one, base)
        assert formats.decode(TLV, octets, base, kind) == plain(one)
    one = [((3, 0, 6, 1), "i", 5)]
    for base in ((3,), (3, 0), (3, 0, 6), (3, 0, 6, 1)):
        octets = formats.encode(TLV, one, base)
        assert formats.decode(TLV, octets, base, kind) == plain(one), base


def test_create_without_a_number_of_the_instance():
    octets = formats.encode(TLV, [((9, 0, 0), "s", "x")], (9, 0))
    assert formats.decode(TLV, octets, (3,), kind) == [((3, NO_INSTANCE, 0), "x")]


def test_integers_take_as_few_bytes_as_they_can():
    for value, size in ((0, 1), (-1, 1), (127, 1), (-128, 1), (128, 2), (32767, 2), (-32769, 4),
                        (2**31 - 1, 4), (2**31, 8), (2**63 - 1, 8), (-(2**63), 8)):  # fmt: skip
        octets = formats.encode(TLV, [((3, 0, 9), "i", value)], (3, 0, 9))
        assert len(octets) == size + (3 if size == 8 else 2), value
        assert formats.decode(TLV, octets, (3, 0, 9), kind) == [((3, 0, 9), value)]
    raises(ValueError, formats.encode, TLV, [((3, 0, 9), "i", 2**63)], (3, 0, 9))
    assert formats.decode(TLV, b"\xc1\x04\xff", (65, 0), kind) == [((65, 0, 4), 255)]


def test_an_unknown_resource_keeps_its_bytes():
    assert formats.decode(TLV, b"\xc2\x63ab", (3, 0), kind) == [((3, 0, 99), b"ab")]


def test_tlv_that_is_malformed():
    for text in ("c1", "c2006", "c80005", "c80005ab", "e1", "c90000", "41", "0100", "8100",
                 "c105", "c30d010203", "c10201ff"):  # fmt: skip
        octets = unhexlify(text if len(text) % 2 == 0 else text + "0")
        try:
            formats.decode(TLV, octets, (3, 0, 13), kind)
        except ValueError:
            continue
        raise AssertionError(text)
    raises(ValueError, formats.decode, TLV, b"\xc1\x02\x02", (65, 0), kind)  # a boolean of 2
    raises(ValueError, formats.decode, TLV, b"\xc1\x00\xff", (3, 0), kind)  # no UTF-8


# Text and opaque


def test_text():
    for number, resource, text, value in (
        (3, 0, b"a \xc3\xa4", "a \xe4"),
        (3, 9, b"-12", -12),
        (65, 2, b"1", True),
        (65, 3, b"-1.5e3", -1500.0),
        (65, 0, b"66:1", (66, 1)),
        (65, 1, b"AAE=", b"\0\1"),
        (65, 4, b"18446744073709551615", 2**64 - 1),
    ):
        path = (number, 0, resource)
        assert formats.decode(TEXT, text, path, kind) == [(path, value)]
    for resource, text in ((9, b""), (9, b"1.5"), (9, b"0x1"), (9, b"1_0"), (9, b"9" * 30),
                           (9, b" 1"), (9, b"--1"), (13, b"now")):  # fmt: skip
        raises(ValueError, formats.decode, TEXT, text, (3, 0, resource), kind)
    for resource, text in ((2, b"2"), (2, b"true"), (3, b"inf"), (3, b"nan"), (3, b"1e999"),
                           (0, b"66"), (0, b"1:70000"), (1, b"A"), (4, b"-1")):  # fmt: skip
        raises(ValueError, formats.decode, TEXT, text, (65, 0, resource), kind)
    raises(ValueError, formats.decode, TEXT, b"x", (3, 0), kind)


def test_opaque():
    assert formats.decode(OPAQUE, b"\0\xff", (65, 0, 1), kind) == [((65, 0, 1), b"\0\xff")]
    assert formats.encode(OPAQUE, [((65, 0, 1), "o", b"\0\xff")], (65, 0, 1)) == b"\0\xff"
    raises(ValueError, formats.decode, OPAQUE, b"x", (3, 0, 0), kind)
    raises(ValueError, formats.decode, OPAQUE, b"x", (65, 0), kind)


# SenML


def test_senml_json_of_the_specification():
    """Section 7.4.4, a Read of the Device object, in other words of the same pack."""
    payload = (
        b'[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},'
        b'{"n":"1","vs":"Lightweight M2M Client"},{"n":"2","vs":"345000123"},'
        b'{"n":"3","vs":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},'
        b'{"n":"7/1","v":5000},{"n":"8/0","v":125},{"n":"8/1","v":900},{"n":"9","v":100},'
        b'{"n":"11/0","v":0},{"n":"13","v":1367491215},{"n":"14","vs":"+02:00"},'
        b'{"n":"16","vs":"U"}]'
    )
    assert formats.decode(JSON, payload, (3, 0), kind) == plain(DEVICE)
    again = formats.encode(JSON, DEVICE, (3, 0))
    assert formats.decode(JSON, again, (3, 0), kind) == plain(DEVICE)


def test_leshan_s_account_in_senml_json():
    payload = (
        b'[{"bn":"/0/1/","n":"0","vs":"coaps://127.0.0.1:5684"},{"n":"1","vb":false},'
        b'{"n":"2","v":0},{"n":"3","vd":"ZGV2MQ"},{"n":"5","vd":"Dw4NDAsKCQgHBgUEAwIBAA"},'
        b'{"n":"10","v":123}]'
    )
    kinds = {0: "s", 1: "b", 2: "i", 3: "o", 5: "o", 10: "i"}
    records = formats.decode(JSON, payload, (0, 1), lambda number, one: kinds.get(one))
    assert records[3] == ((0, 1, 3), b"dev1")
    assert records[4] == ((0, 1, 5), bytes(range(15, -1, -1)))


def test_senml_that_is_malformed():
    for payload in (
        b"", b"{}", b"[1]", b"[", b"nul", b'[{"n":"/3/0/0"}', b'[{"n":"x","v":1}]',
        b'[{"n":"/3/0/9","v":"1"}]', b'[{"n":"/3/0/9","vs":"1"}]', b'[{"n":"/3/0/0","v":1}]',
        b'[{"n":"/3/0/9","v":1,"vs":"1"}]', b'[{"n":"/3/0/9","v":1.5}]',
        b'[{"n":"/3/0/9","v":1e99}]',
        b'[{"n":"/70000/0/9","v":1}]', b'[{"n":"/3/0/-9","v":1}]',
        b'[{"n":"/3/0/0/0/0","vs":"x"}]',
        b'[{"bv":5,"n":"/3/0/9","v":1}]', b'[{"bver":99,"n":"/3/0/9","v":1}]',
        b'[{"n":"/3/0/9","v":1,"odd_":1}]', b'[{"n":5,"v":1}]', b'[{"n":"/1/0/9","v":1}]',
        b"[" * 5000, b'[{"n":"/3/0/0","vs":"' + b"\xff" + b'"}]',
    ):  # fmt: skip
        raises(ValueError, formats.decode, JSON, payload, (3, 0), kind)


def test_cbor_of_the_specification():
    """RFC 8949 appendix A, what LwM2M can meet."""
    for text, value in (
        ("00", 0), ("17", 23), ("1818", 24), ("1903e8", 1000), ("1b000000e8d4a51000", 10**12),
        ("20", -1), ("3903e7", -1000), ("f90000", 0.0), ("f93c00", 1.0), ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1), ("f9c400", -4.0), ("f4", False), ("f5", True), ("40", b""),
        ("4401020304", b"\1\2\3\4"), ("6161", "a"), ("80", []), ("83010203", [1, 2, 3]),
        ("a201020304", {1: 2, 3: 4}), ("9fff", []), ("9f0102ff", [1, 2]),
        ("bf616101ff", {"a": 1}),
    ):  # fmt: skip
        assert cbor.decode(unhexlify(text)) == value, text
    for text in ("", "18", "1c", "ff", "5f", "81", "a1", "a101", "9f", "f8", "6261", "61ff",
                 "0000", "1b00", "bfff00", "8181818181818181818181818100"):  # fmt: skip
        raises(ValueError, cbor.decode, unhexlify(text))


def test_an_object_without_instances():
    for form, octets in ((TLV, b""), (JSON, b"[]"), (CBOR, b"\x80")):
        assert formats.encode(form, [], (3303,)) == octets
        assert formats.decode(form, octets, (3303,), lambda number, one: None) == []


def test_every_value_comes_back_in_every_format():
    records = [
        ((65, 0, 0), "l", (66, 1)),
        ((65, 0, 1), "o", bytes(range(256))),
        ((65, 0, 2), "b", True),
        ((65, 0, 3), "f", -0.1),
        ((65, 0, 4), "u", 2**64 - 1),
        ((65, 1, 0), "l", (0, 65535)),
        ((65, 1, 1), "o", b""),
        ((65, 1, 2), "b", False),
        ((65, 1, 3), "f", 1.5),
        ((65, 1, 4), "u", 0),
    ]
    for form in (TLV, JSON, CBOR):
        octets = formats.encode(form, records, (65,))
        found = formats.decode(form, octets, (65,), kind)
        for i in range(len(records)):
            value = records[i][2]
            if form == JSON and records[i][1] == "f" and sys.implementation.name != "cpython":
                assert abs(found[i][1] - value) < 1e-6
                continue
            assert found[i] == (records[i][0], value), (form, found[i])


def test_every_prefix_of_a_payload_is_refused_or_shorter():
    for form in (TLV, JSON, CBOR):
        octets = formats.encode(form, DEVICE, (3, 0))
        for size in range(len(octets)):
            try:
                found = formats.decode(form, octets[:size], (3, 0), kind)
            except ValueError:
                continue
            assert form == TLV and len(found) < len(DEVICE), (form, size)


def test_random_bytes_raise_nothing_but_value_errors():
    numbers = Numbers(5)
    bases = ((3,), (3, 0), (3, 0, 9), (3, 0, 6, 1), (65, 0, 3), ())
    for i in range(ROUNDS):
        octets = numbers.octets(numbers.below(40))
        for form in (TLV, TEXT, OPAQUE, JSON, CBOR):
            base = bases[i % len(bases)]
            if form in (TEXT, OPAQUE) and len(base) < 3:
                continue
            try:
                formats.decode(form, octets, base, kind)
            except ValueError:
                continue


def test_damaged_payloads_raise_nothing_but_value_errors():
    numbers = Numbers(6)
    for form in (TLV, JSON, CBOR):
        octets = bytearray(formats.encode(form, DEVICE, (3, 0)))
        for _ in range(ROUNDS // 10):
            damaged = bytearray(octets)
            for _ in range(1 + numbers.below(3)):
                damaged[numbers.below(len(damaged))] = numbers.below(256)
            try:
                formats.decode(form, damaged, (3, 0), kind)
            except ValueError:
                continue


def test_numbers_that_are_none():
    for value in (float("inf"), float("nan")):
        for form in (JSON, CBOR, TEXT):
            raises(ValueError, formats.encode, form, [((65, 0, 3), "f", value)], (65, 0, 3))
        octets = b"\x81\xa2\x21\x68/65/0/3/\x02\xfb" + struct.pack(">d", value)
        raises(ValueError, formats.decode, CBOR, octets, (65, 0, 3), kind)


def test_unknown_formats():
    raises(ValueError, formats.decode, 60, b"", (3, 0), kind)
    raises(ValueError, formats.encode, 40, [], (3, 0))


def test_links():
    items = [((1, 0), []), ((3,), [("ver", "1.1")]), ((3, 0, 9), [("pmin", 5), ("obs", None)])]
    assert links(items) == b"</1/0>,</3>;ver=1.1,</3/0/9>;pmin=5;obs"
    assert register([((1, 0), [])], (110,)) == b'</>;rt="oma.lwm2m";ct=110,</1/0>'
    assert links([((), [("uri", 'a"b\\')])]) == b'</>;uri="a\\"b\\\\"'
    raises(ValueError, links, [((), [("uri", "a\nb")])])
