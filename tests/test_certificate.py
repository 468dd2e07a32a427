"""Certificates taken apart (RFC 5280 section 4), well-formed and not, on both Pythons."""

import tlv
from expect import raises

from dtls_micro.certificate import Certificate
from dtls_micro.der import DerError
from dtls_micro.distinguished import common_name
from dtls_micro.errors import ProtocolError
from dtls_micro.spki import public_key


def made(*listed, **fields) -> Certificate:
    """Return a Certificate with these extensions, or other fields."""
    if listed:
        fields["extensions"] = tlv.extensions(*listed)
    return Certificate(tlv.signed(tlv.tbs(**fields)))


def refused(*listed, **fields):
    return raises(DerError, made, *listed, **fields)


def times(before: bytes, after: bytes, tag: int = 0x17) -> bytes:
    return tlv.seq(tlv.tlv(tag, before), tlv.tlv(tag, after))


def test_fields_are_found():
    body = tlv.tbs()
    c = Certificate(tlv.signed(body, signature=b"signature"))
    assert bytes(c.tbs) == body and bytes(c.algorithm) == tlv.ECDSA_SHA256
    assert bytes(c.signature) == b"signature"
    assert c.version == 3 and bytes(c.serial) == b"\x01"
    assert bytes(c.issuer) == tlv.name(b"Root") and bytes(c.subject) == tlv.name(b"server")
    assert c.not_before == (2025, 1, 1, 0, 0, 0) and c.not_after == (2030, 12, 31, 23, 59, 59)
    assert c.spki == tlv.DEFAULTS["spki"] and public_key(c.whole) == c.spki
    assert not c.ca and c.path_len is None and c.key_usage is None and c.purposes is None
    assert c.alt_names is None and c.constraints is None and c.unknown is None
    assert not c.self_issued and made(issuer=tlv.name(b"server")).self_issued


def test_extensions_are_found():
    c = made(
        tlv.basic(True, 3),
        tlv.usage(1, 6),
        tlv.purposes(tlv.SERVER_AUTH, tlv.ANY_PURPOSE),
        tlv.alt(tlv.dns(b"a.b"), tlv.ip(b"\x01\x02\x03\x04"), critical=True),
        tlv.extension(tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.dns(b"b")]), True),
        tlv.extension(tlv.POLICIES, tlv.seq(tlv.seq(tlv.oid(b"\x55\x1d\x20\x00"))), True),
        tlv.extension(b"\x2a\x03", b"anything"),
    )
    assert c.ca and c.ca_critical and c.path_len == 3 and bytes(c.key_usage) == b"\x06"
    assert bytes(c.alt_names)[:5] == b"\x82\x03a.b" and c.alt_names_critical
    assert c.constraints is not None and c.unknown is None


def test_every_truncation_and_a_trailing_byte_are_refused():
    data = tlv.signed(tlv.tbs(extensions=tlv.extensions(tlv.basic(), tlv.alt(tlv.dns(b"a")))))
    for size in range(len(data)):
        raises(DerError, Certificate, data[:size])
    raises(DerError, Certificate, data + b"\x00")


def test_x11_inner_and_outer_algorithm_must_be_the_same():
    other = tlv.seq(tlv.oid(b"\x2a\x86\x48\xce\x3d\x04\x03\x03"))
    raises(DerError, Certificate, tlv.signed(tlv.tbs(), other))


def test_versions():
    assert made(version=b"", extensions=b"").version == 1
    assert made(version=b"\xa0\x03\x02\x01\x01", extensions=b"").version == 2
    refused(version=b"")  # with extensions
    for number in (b"\x02\x01\x00", b"\x02\x01\x03", b"\x02\x02\x00\x02", b"\x02\x00"):
        refused(version=tlv.tlv(0xA0, number), extensions=b"")


def test_unique_identifiers_are_passed_over():
    key = tlv.DEFAULTS["spki"]
    ids = b"\x81\x02\x00\xaa\x82\x02\x00\xbb"
    assert made(spki=key + ids, extensions=tlv.extensions(tlv.basic())).ca
    assert made(spki=key + ids[:4]).spki == key
    refused(spki=key + ids[4:] + ids[:4])
    refused(spki=key + ids, version=b"", extensions=b"")


def test_x14_dates_must_exist_and_have_the_right_form():
    good = b"301231235959Z"
    for bad in (
        b"251301000000Z",
        b"250001000000Z",
        b"250100000000Z",
        b"250230000000Z",
        b"250229000000Z",
        b"250101240000Z",
        b"250101006000Z",
        b"250101000060Z",
        b"2501010000Z",
        b"250101000000+0000",
        b"250101000000",
        b"25010100000aZ",
        b"250101000000z",
        b" 50101000000Z",
    ):
        refused(validity=times(bad, good))
    c = made(validity=times(b"20250101000000Z", b"20251231235959Z", 0x18))  # PKITS 4.2.4
    assert c.not_before == (2025, 1, 1, 0, 0, 0) and c.not_after[0] == 2025
    refused(validity=times(b"20500101000000.5Z", b"20501231235959Z", 0x18))
    c = made(validity=times(b"20500101000000Z", b"99991231235959Z", 0x18))
    assert c.not_after == (9999, 12, 31, 23, 59, 59)
    refused(validity=times(b"20500101000000Z", b"21000229000000Z", 0x18))
    c = made(validity=times(b"20520229000000Z", b"24000229000000Z", 0x18))
    assert c.not_after[:3] == (2400, 2, 29)
    c = made(validity=times(b"500101000000Z", b"240229000000Z"))
    assert c.not_before[0] == 1950 and c.not_after == (2024, 2, 29, 0, 0, 0)


def test_x14_boolean_01_and_encoded_defaults_are_refused():
    kind = tlv.oid(tlv.ID_CE + bytes([tlv.BASIC_CONSTRAINTS]))
    value = tlv.tlv(4, tlv.seq())
    assert not made(tlv.seq(kind, value)).ca
    refused(tlv.seq(kind, b"\x01\x01\x01", value))
    refused(tlv.seq(kind, b"\x01\x01\x00", value))
    refused(tlv.seq(kind, tlv.tlv(4, tlv.seq(b"\x01\x01\x00"))))
    refused(tlv.seq(kind, tlv.tlv(4, tlv.seq(b"\x01\x01\x01"))))


def test_x14_a_duplicate_extension_is_refused():
    unknown = tlv.extension(b"\x2a\x03", b"")
    refused(tlv.basic(), tlv.basic())
    refused(unknown, tlv.basic(), unknown)


def test_x14_what_follows_inside_an_extension_is_refused():
    for kind, value in (
        (tlv.BASIC_CONSTRAINTS, tlv.seq()),
        (tlv.KEY_USAGE, b"\x03\x02\x07\x80"),
        (tlv.EXT_KEY_USAGE, tlv.seq(tlv.oid(tlv.SERVER_AUTH))),
        (tlv.SUBJECT_ALT_NAME, tlv.seq(tlv.dns(b"a"))),
        (tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.dns(b"a")])),
        (tlv.POLICIES, tlv.seq(tlv.seq(tlv.oid(b"\x2a\x03")))),
    ):
        made(tlv.extension(kind, value))
        refused(tlv.extension(kind, value + b"\x05\x00"))
        refused(tlv.extension(kind, value[:-1]))


def test_empty_lists_are_refused():
    for kind in (tlv.EXT_KEY_USAGE, tlv.SUBJECT_ALT_NAME, tlv.NAME_CONSTRAINTS, tlv.POLICIES):
        refused(tlv.extension(kind, tlv.seq()))
    refused(extensions=tlv.tlv(0xA3, tlv.seq()))
    refused(extensions=tlv.tlv(0xA3, tlv.seq(tlv.basic()), tlv.seq()))


def test_malformed_values_are_refused():
    refused(tlv.extension(tlv.BASIC_CONSTRAINTS, tlv.seq(b"\x01\x01\xff", b"\x02\x01\xff")))
    refused(tlv.extension(tlv.KEY_USAGE, b"\x03\x02\x07\x81"))
    refused(tlv.extension(tlv.SUBJECT_ALT_NAME, tlv.seq(b"\x0c\x01a")))
    refused(tlv.extension(tlv.SUBJECT_ALT_NAME, tlv.seq(b"\x8a\x01a")))
    refused(tlv.extension(tlv.EXT_KEY_USAGE, tlv.seq(tlv.oid(b"\x2b\x80\x01"))))
    refused(tlv.extension(tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.dns(b".a")])))
    refused(tlv.extension(tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.ip(bytes(4))])))
    mask = b"\x0a\x00\x00\x00\xff\x00\xff\x00"
    refused(tlv.extension(tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.ip(mask)])))
    minimum = tlv.seq(tlv.tlv(0xA0, tlv.seq(tlv.dns(b"a"), b"\x80\x01\x00")))
    refused(tlv.extension(tlv.NAME_CONSTRAINTS, minimum))


def test_names_are_well_formed():
    refused(subject=tlv.seq(tlv.tlv(0x31)))
    refused(subject=tlv.seq(tlv.seq()))
    refused(issuer=tlv.seq(tlv.tlv(0x31, tlv.seq(tlv.oid(b"\x55\x04\x03")))))
    refused(issuer=b"\x30\x80\x00\x00")
    assert len(made(subject=tlv.seq()).subject) == 2


def test_x09_an_oid_is_compared_as_a_whole():
    for kind in (b"\x55\x04\x13", b"\x55\x1d\x13\x01", b"\x55\x1d", b"\x13"):
        c = made(tlv.extension(kind, tlv.seq(b"\x01\x01\xff"), True))
        assert not c.ca and bytes(c.unknown) == kind


def test_x09_critical_extensions_that_are_not_understood_are_noted():
    other = tlv.extension(b"\x2a\x03", b"", True)
    assert bytes(made(tlv.basic(), other).unknown) == b"\x2a\x03"
    mappings = tlv.seq(tlv.seq(tlv.oid(b"\x2a\x03"), tlv.oid(b"\x2a\x04")))
    assert made(tlv.extension(tlv.POLICY_MAPPINGS, mappings, True)).unknown is not None
    assert made(tlv.extension(tlv.POLICY_MAPPINGS, mappings)).unknown is None
    explicit = tlv.seq(b"\x80\x01\x00")
    for critical in (False, True):
        kind = tlv.POLICY_CONSTRAINTS
        assert made(tlv.extension(kind, explicit, critical)).unknown is not None


def test_x09_critical_policies_are_understood_with_their_qualifiers():
    id_qt = b"\x2b\x06\x01\x05\x05\x07\x02"
    for kind in (id_qt + b"\x01", id_qt + b"\x02", id_qt + b"\x03", b"\x2a\x03"):
        known = tlv.seq(tlv.oid(id_qt + b"\x01"), tlv.tlv(0x16, b"a:b"))
        qualifiers = tlv.seq(known, tlv.seq(tlv.oid(kind), tlv.tlv(0x16, b"hi")))
        listed = tlv.seq(tlv.seq(tlv.oid(b"\x2a\x03")), tlv.seq(tlv.oid(b"\x2a\x04"), qualifiers))
        assert made(tlv.extension(tlv.POLICIES, listed)).unknown is None
        unknown = made(tlv.extension(tlv.POLICIES, listed, True)).unknown
        assert unknown == (None if kind[:-1] == id_qt and kind[-1] < 3 else b"\x55\x1d\x20")
    refused(tlv.extension(tlv.POLICIES, tlv.seq(tlv.seq(tlv.oid(b"\x2a\x03"), b"\x02\x00")), True))


def test_x15_many_extensions_are_refused_and_many_names_are_read():
    listed = [tlv.extension(b"\x2a" + bytes([i]), b"") for i in range(33)]
    made(*listed[:32])
    refused(*listed)
    made(tlv.alt(*[tlv.dns(b"a")] * 10000))


def test_x15_deep_nesting_takes_no_stack():
    deep = b"\x04\x00"
    for _ in range(2000):
        deep = tlv.tlv(0xA0, deep)
    made(tlv.alt(tlv.tlv(0xA0, deep)), tlv.extension(b"\x2a\x03", deep))
    refused(subject=deep)


def test_common_names_are_made_printable():
    assert common_name(tlv.name(b"a", b"b\x1b[1mc\xff")) == "b?[1mc?"
    assert common_name(tlv.name(b"x" * 200)) == "x" * 64
    assert common_name(tlv.seq()) == "without a common name"


def test_the_public_key_needs_nothing_after_it():
    data = tlv.signed(tlv.tbs(version=b"", extensions=b"\xff"))
    assert public_key(data) == tlv.DEFAULTS["spki"]
    assert raises(ProtocolError, public_key, b"").alert == 42
    assert raises(ProtocolError, public_key, data[:40]).alert == 42
