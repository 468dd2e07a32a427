"""Name constraints (RFC 5280 section 4.2.1.10; row X10 of attacks), on both Pythons."""

import tlv
from expect import raises

from dtls_micro.certificate import Certificate
from dtls_micro.constraints import MOST_WORK, permits
from dtls_micro.der import Der, DerError

_EMAIL = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"


def permitted(listed, *names, subject: bytes = b"\x30\x00") -> bool:
    return _permits(tlv.constraints(permitted=listed), names, subject)


def allowed(excluded, *names, subject: bytes = b"\x30\x00") -> bool:
    """Tell whether names are permitted where some are excluded."""
    return _permits(tlv.constraints(excluded=excluded), names, subject)


def _permits(constraints, names, subject) -> bool:
    ca = tlv.extensions(tlv.extension(tlv.NAME_CONSTRAINTS, constraints))
    contents = Certificate(tlv.signed(tlv.tbs(extensions=ca))).constraints
    listed = tlv.extensions(tlv.alt(*names) if names else tlv.basic())
    leaf = Certificate(tlv.signed(tlv.tbs(subject=subject, extensions=listed)))
    return permits(contents, leaf, [MOST_WORK])


def test_x10_hosts():
    base = [tlv.dns(b"Example.org")]
    for host in (
        b"example.org",
        b"EXAMPLE.ORG",
        b"a.example.org",
        b"*.example.org",
        b"a.b.example.org",
    ):
        assert permitted(base, tlv.dns(host)), host
        assert not allowed(base, tlv.dns(host)), host
    for host in (b"xexample.org", b"example.org.evil", b"org", b"*.org"):
        assert not permitted(base, tlv.dns(host)), host
    for host in (b"xexample.org", b"example.orgs", b"org", b"*.other.org"):
        assert allowed(base, tlv.dns(host)), host
    assert not permitted(base, tlv.dns(b"a.example.org"), tlv.dns(b"evil.org"))
    assert not allowed(base, tlv.dns(b"evil.org"), tlv.dns(b"a.example.org"))
    assert permitted([tlv.dns(b"a.b"), tlv.dns(b"c.d")], tlv.dns(b"x.c.d"))
    assert permitted([tlv.dns(b"")], tlv.dns(b"x.c.d")) and not allowed(
        [tlv.dns(b"")], tlv.dns(b"x")
    )


def test_x10_a_wildcard_may_not_cover_what_is_excluded():
    assert not allowed([tlv.dns(b"a.example.org")], tlv.dns(b"*.example.org"))
    assert allowed([tlv.dns(b"b.a.example.org")], tlv.dns(b"*.example.org"))
    assert not permitted([tlv.dns(b"a.example.org")], tlv.dns(b"*.example.org"))


def test_x10_names_that_are_no_host_are_within_nothing_good():
    for host in (b"example.org.", b"a\x00.example.org", b"", b"*", b"a*.example.org"):
        assert not permitted([tlv.dns(b"example.org")], tlv.dns(host)), host
        assert not allowed([tlv.dns(b"other.org")], tlv.dns(host)), host


def test_x10_addresses():
    net = tlv.ip(b"\x0a\x01\x00\x00\xff\xff\x00\x00")
    inside, outside = tlv.ip(b"\x0a\x01\x02\x03"), tlv.ip(b"\x0a\x02\x02\x03")
    assert permitted([net], inside) and not permitted([net], outside)
    assert allowed([net], outside) and not allowed([net], inside)
    six = tlv.ip(b"\x20\x01" + bytes(14))
    assert not permitted([net], six) and allowed([net], six)
    assert permitted([tlv.ip(b"\x20\x01" + bytes(14) + b"\xff\xff" + bytes(14))], six)
    assert permitted([tlv.dns(b"example.org")], outside)  # another form


def test_x10_directory_names():
    base = tlv.directory(tlv.name(b"Acme", kind=10))
    two = tlv.name(b"Acme", b"dev", kind=10)
    assert permitted([base], subject=tlv.name(b"Acme", kind=10))
    assert permitted([base], subject=two) and permitted([base], tlv.directory(two))
    assert not permitted([tlv.directory(two)], subject=tlv.name(b"Acme", kind=10))
    assert not permitted([base], subject=tlv.name(b"Acme", kind=11))
    assert not permitted([base], subject=tlv.name(b"Other", kind=10))
    assert not allowed([base], subject=two) and allowed([base], subject=tlv.name(b"B", kind=10))
    assert permitted([tlv.directory(tlv.seq())], subject=two)
    assert permitted([base])  # an empty subject is no name


def test_x10_case_and_string_type_do_not_hide_a_directory_name():
    base = [tlv.directory(tlv.name(b"Acme Corp", kind=10))]
    for value, tag in ((b"ACME  corp ", 0x0C), (b"acme corp", 0x13), (b"Acme Corp", 0x16)):
        assert not allowed(base, subject=tlv.name(value, tag=tag, kind=10))
        assert permitted(base, subject=tlv.name(value, tag=tag, kind=10))
    wide = b"\x00A\x00c\x00m\x00e"  # BMPString: nobody compares it, so it counts as excluded
    assert not allowed(base, subject=tlv.name(wide, tag=0x1E, kind=10))
    assert not permitted(base, subject=tlv.name(wide, tag=0x1E, kind=10))


def test_x10_rdns_of_several_attributes():
    def rdn(*values):
        parts = [tlv.seq(tlv.oid(b"\x55\x04\x0a"), tlv.tlv(0x0C, value)) for value in values]
        return tlv.seq(tlv.tlv(0x31, *parts))

    base = [tlv.directory(rdn(b"a", b"b"))]
    assert permitted(base, subject=rdn(b"a", b"b")) and not allowed(base, subject=rdn(b"a", b"b"))
    assert not permitted(base, subject=rdn(b"a")) and not permitted(
        base, subject=rdn(b"a", b"b", b"c")
    )
    assert not allowed(base, subject=rdn(b"b", b"A"))  # in doubt
    assert not permitted([tlv.directory(rdn(b"a"))], subject=rdn(b"a", b"b"))


def test_x10_constraints_of_other_forms_refuse_names_of_that_form():
    mail, uri = tlv.tlv(0x81, b"example.org"), tlv.tlv(0x86, b"example.org")
    for base in (mail, uri):
        for check in (permitted, allowed):
            assert check([base], tlv.dns(b"a.example.org"))
            assert not check([base], base)
    subject = tlv.seq(tlv.tlv(0x31, tlv.seq(tlv.oid(_EMAIL), tlv.tlv(0x16, b"a@example.org"))))
    assert not permitted([mail], subject=subject) and not allowed([mail], subject=subject)


def test_x10_both_lists_count():
    both = tlv.constraints([tlv.dns(b"example.org")], [tlv.dns(b"a.example.org")])
    for host, good in ((b"b.example.org", True), (b"x.a.example.org", False), (b"b.org", False)):
        assert _permits(both, (tlv.dns(host),), b"\x30\x00") is good


def test_x10_what_is_not_ascii_is_equal_byte_by_byte_only():
    base = [tlv.directory(tlv.name(b"Caf\xc3\xa9", kind=10))]
    assert permitted(base, subject=tlv.name(b"Caf\xc3\xa9", kind=10))
    assert not permitted(base, subject=tlv.name(b"CAF\xc3\xa9", kind=10))
    assert not allowed(base, subject=tlv.name(b"CAF\xc3\xa9", kind=10))


def test_x15_long_distinguished_names_are_refused_where_they_are_compared():
    base = tlv.directory(tlv.name(b"a"))
    assert permitted([base], subject=tlv.name(*[b"a"] * 32))
    raises(DerError, permitted, [base], subject=tlv.name(*[b"a"] * 33))


def test_x15_names_times_constraints_are_bounded():
    names = [tlv.dns(b"a.org")] * 100
    assert allowed([tlv.dns(b"x.com")] * 20, *names)
    assert not allowed([tlv.dns(b"x.com")] * 21, *names)
    assert not allowed([tlv.dns(b"x.com")] * 3000, *names)
    long = tlv.directory(tlv.name(b"a" * 640))
    assert allowed([long] * 18, *[tlv.dns(b"a.org")] * 10)
    assert not allowed([long] * 19, *[tlv.dns(b"a.org")] * 10)


def test_constraints_are_views():
    contents = Der(tlv.constraints([tlv.dns(b"a")])).take(0x30)
    leaf = Certificate(tlv.signed(tlv.tbs(subject=b"\x30\x00")))
    assert permits(contents, leaf, [MOST_WORK])
