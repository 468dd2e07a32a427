"""Trust by certificates, row by row of the attacks on them (X), with chains made on the spot."""

import hashlib

import authority
import pytest
import tlv
from authority import Issued, ca, chain, server
from clock import NOW, Clock
from expect import raises, refused

from dtls_micro import constraints
from dtls_micro.errors import ProtocolError
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rsa import RSA
from dtls_micro.x509 import X509

ALL = (P256, P384, RSA)
NAME = b"server.example"
BAD, UNSUPPORTED, EXPIRED, UNKNOWN, UNKNOWN_CA = 42, 43, 45, 46, 48

ROOT = ca(b"Root")
MIDDLE = ca(b"Middle", ROOT)
LEAF = server(MIDDLE)


def check(issued, anchors=(ROOT,), name=NAME, port=None, **options):
    """Return the key of the server that sends these; anchors: Issued."""
    options.setdefault("verifiers", ALL)
    trust = X509([anchor.der for anchor in anchors], **options)
    return trust.check(port or Clock(), 0, chain(*issued), name)


def refuses(alert, issued, text="", **options):
    """Check that these are refused with the alert, and a text that has some words."""
    error = refused(alert, lambda: check(issued, **options))
    assert text in str(error), error
    return error


def ends(before: bytes, after: bytes) -> bytes:
    return tlv.seq(tlv.tlv(0x17, before), tlv.tlv(0x17, after))


def test_a_good_chain_gives_the_key_of_the_server():
    assert bytes(check([LEAF, MIDDLE])) == LEAF.spki
    assert bytes(check([server(ROOT)])) != LEAF.spki


def test_an_anchor_may_be_a_name_and_a_key():
    trust = X509([(ROOT.subject, ROOT.spki)])
    assert trust.named and bytes(trust.check(Clock(), 0, chain(LEAF, MIDDLE), NAME)) == LEAF.spki
    other = X509([(ROOT.subject, MIDDLE.spki)])
    refused(BAD, other.check, Clock(), 0, chain(LEAF, MIDDLE), NAME)


def test_an_anchor_may_be_an_intermediate():
    assert check([LEAF], anchors=(MIDDLE,)) and check([LEAF, MIDDLE], anchors=(MIDDLE,))


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "rsa3072", "rsa4096"])
@pytest.mark.parametrize("bits", [256, 384, 512])
def test_chains_of_mixed_algorithms(kind, bits):
    root = ca(b"Root", private=authority.key(kind))
    for padding in ("rsa", "pss") if kind.startswith("rsa") else ("ecdsa",):
        middle = ca(b"Middle", root, signing=(padding, bits), private=authority.key("p384"))
        leaf = server(middle, signing=("ecdsa", 384))
        assert check([leaf, middle], anchors=(root,))
        kinds = (P256, P384) if kind.startswith("rsa") else (P256,)
        refuses(UNSUPPORTED, [leaf, middle], "verifier", anchors=(root,), verifiers=kinds)
        refuses(BAD, [leaf, middle], anchors=(ca(b"Root", private=authority.key(kind, 1)),))


def test_pss_needs_equal_hashes_and_salts():
    root = ca(b"Root", private=authority.key("rsa2048"))
    for options in ({"salt": 20}, {"mask": 384}, {"salt": 48}):
        wrong = authority.algorithm("pss", 256, **options)
        leaf = server(root, signing=("pss", 256), algorithm=wrong)
        refuses(UNSUPPORTED, [leaf], anchors=(root,))
    absent = authority.algorithm("pss", 256, null=b"")
    assert check([server(root, signing=("pss", 256), algorithm=absent)], anchors=(root,))


def test_x01_expired_and_not_yet_valid():
    old = ends(b"200101000000Z", b"260601115959Z")
    young = ends(b"260601120001Z", b"300101000000Z")
    edge = ends(b"260601120000Z", b"260601120000Z")
    assert check([server(MIDDLE, validity=edge), MIDDLE])
    refuses(EXPIRED, [server(MIDDLE, validity=old), MIDDLE], "it expired on 2026-06-01")
    refuses(EXPIRED, [server(MIDDLE, validity=young), MIDDLE], "clock")
    for validity in (old, young):
        middle = ca(b"Middle", ROOT, validity=validity)
        refuses(EXPIRED, [server(middle), middle], "certificate 2 of 2 (Middle)")
        root = ca(b"Root", validity=validity)
        refuses(EXPIRED, [server(root)], "trust anchor (Root)", anchors=(root,))


def test_x01_without_a_clock_the_caller_must_choose():
    silent = Clock(None)
    error = refuses(UNKNOWN, [LEAF, MIDDLE], port=silent)
    assert "the device has no time: set its clock (SNTP), or give X509(floor=...)" in str(error)

    class NoClock:
        sha256 = Clock.sha256

    refuses(UNKNOWN, [LEAF, MIDDLE], port=NoClock())
    for port in (silent, NoClock()):
        assert check([LEAF, MIDDLE], port=port, floor=NOW)
    assert check([LEAF, MIDDLE], port=silent, floor=(2020, 1, 1, 0, 0, 0))  # not yet valid then
    floor = (2031, 1, 1, 0, 0, 0)
    refuses(EXPIRED, [LEAF, MIDDLE], port=silent, floor=floor)


def test_x01_a_clock_that_is_behind_the_floor_is_not_believed():
    reset = Clock((2000, 1, 1, 0, 0, 1))
    refuses(EXPIRED, [LEAF, MIDDLE], "clock", port=reset)
    assert check([LEAF, MIDDLE], port=reset, floor=(2026, 1, 1, 0, 0, 0))
    refuses(EXPIRED, [LEAF, MIDDLE], port=Clock((2031, 1, 1, 0, 0, 0)), floor=NOW)


def test_x02_wrong_name_and_no_common_name():
    error = refuses(BAD, [LEAF, MIDDLE], "other.example", name=b"other.example")
    assert "certificate 1 of 2 (server)" in str(error)
    bare = Issued(NAME, MIDDLE, listed=[tlv.usage(7, 0x80)])
    refuses(BAD, [bare, MIDDLE], "no subjectAltName")
    other = server(MIDDLE, NAME, names=(tlv.dns(b"other.example"),))
    refuses(BAD, [other, MIDDLE])
    uri = server(MIDDLE, NAME, names=(tlv.tlv(0x86, b"coaps://server.example"),))
    refuses(BAD, [uri, MIDDLE])


def test_x02_wildcards_addresses_and_nul():
    star = server(MIDDLE, names=(tlv.dns(b"*.example.org"), tlv.ip(b"\x7f\x00\x00\x01")))
    assert check([star, MIDDLE], name=b"A.example.org") and check(
        [star, MIDDLE], name=b"127.0.0.1"
    )
    for name in (b"a.b.example.org", b"example.org", b"127.0.0.2"):
        refuses(BAD, [star, MIDDLE], name=name)
    as_dns = server(MIDDLE, names=(tlv.dns(b"127.0.0.1"), tlv.dns(b"good.example\x00.evil")))
    for name in (b"127.0.0.1", b"good.example"):
        refuses(BAD, [as_dns, MIDDLE], name=name)


def test_x02_a_name_is_always_compared():
    refuses(UNKNOWN, [LEAF, MIDDLE], "no name", name=None)
    trust = X509([ROOT.der], name="server.example")
    assert not trust.named and X509([ROOT.der]).named and not X509(pins=[bytes(32)]).named
    for name in (None, b"192.0.2.1"):
        assert trust.check(Clock(), 0, chain(LEAF, MIDDLE), name)


def test_x02_an_empty_subject_needs_a_critical_name():
    for critical in (True, False):
        listed = [tlv.alt(tlv.dns(NAME), critical=critical)]
        leaf = Issued(tlv.seq(), MIDDLE, listed=listed)
        if critical:
            assert check([leaf, MIDDLE])
        else:
            refuses(BAD, [leaf, MIDDLE])


def test_x03_unknown_roots():
    refuses(
        UNKNOWN_CA,
        [LEAF, MIDDLE],
        "certificate 2 of 2 (Middle): its issuer (Root)",
        anchors=(ca(b"Other"),),
    )
    refuses(
        UNKNOWN_CA,
        [LEAF, MIDDLE, ROOT],
        "certificate 3 of 3 (Root): it is self-signed",
        anchors=(ca(b"Other"),),
    )
    refuses(UNKNOWN_CA, [LEAF], "(Middle) was not sent")


def test_x03_a_self_signed_leaf():
    own = server(None, b"own")
    refuses(UNKNOWN_CA, [own], "self-signed")
    assert check([own], anchors=(own,))  # as OpenSSL and Go do
    refuses(BAD, [own], anchors=(own,), name=b"other.example")
    late = Clock((2031, 1, 1, 0, 0, 0))
    refuses(EXPIRED, [own], anchors=(own,), port=late)
    twin = server(None, b"own", private=own.key)
    refuses(BAD, [twin], anchors=(own,))  # that anchor is no CA


def test_x03_order_junk_and_the_root_do_not_matter():
    lower = ca(b"Lower", MIDDLE)
    leaf = server(lower)
    junk = ca(b"Junk")
    for sent in (
        [leaf, lower, MIDDLE, ROOT],
        [leaf, MIDDLE, lower],
        [leaf, ROOT, MIDDLE, lower],
        [leaf, junk, lower, junk, MIDDLE, server(junk)],
        [leaf, lower, lower, MIDDLE, MIDDLE],
    ):
        assert check(sent)
    trust = X509([ROOT.der])
    sent = chain(leaf, lower, MIDDLE)
    assert trust.check(Clock(), 0, sent[:1] + [memoryview(b"junk")] + sent[1:], NAME)
    refused(BAD, trust.check, Clock(), 0, sent[:1] + [memoryview(b"junk")], NAME)
    refused(BAD, trust.check, Clock(), 0, [memoryview(b"junk")] + sent, NAME)


def test_x03_a_dead_end_is_left_again():
    lower = ca(b"Lower", MIDDLE)
    stray = ca(b"Middle", ca(b"Elsewhere"), private=MIDDLE.key)
    expired = ca(
        b"Middle", ROOT, private=MIDDLE.key, validity=ends(b"200101000000Z", b"210101000000Z")
    )
    leaf = server(lower)
    assert check([leaf, lower, stray, expired, MIDDLE])
    assert check([leaf, lower, expired, MIDDLE, stray])
    refuses(EXPIRED, [leaf, lower, stray, expired])


def test_x04_an_issuer_that_is_no_ca():
    for listed in (
        [tlv.usage(1, 6)],
        [tlv.basic(False), tlv.usage(1, 6)],
        [tlv.basic(True, critical=False), tlv.usage(1, 6)],
    ):
        middle = ca(b"Middle", ROOT, listed=listed)
        refuses(BAD, [server(middle), middle], "is no CA")
        root = ca(b"Root", listed=listed)
        refuses(BAD, [server(root)], "is no CA", anchors=(root,))
    refuses(BAD, [server(LEAF), LEAF, MIDDLE], "certificate 2 of 3 (server)")
    first = ca(b"Middle", ROOT, listed=(), version=b"")
    refuses(UNSUPPORTED, [server(first), first], "version 1")
    old = server(MIDDLE, listed=(), version=b"")
    refuses(UNSUPPORTED, [old, MIDDLE], "version 1")


def test_x05_path_length():
    for limit, good in ((0, False), (1, True), (2, True), (127, True)):
        root = ca(b"Root", path_len=limit)
        middle = ca(b"Middle", root)
        leaf = server(middle)
        if good:
            assert check([leaf, middle], anchors=(root,))
        else:
            refuses(BAD, [leaf, middle], "pathLenConstraint", anchors=(root,))
            middle = ca(b"Middle", ROOT, path_len=0)
            lower = ca(b"Lower", middle)
            refuses(BAD, [server(lower), lower, middle], "certificate 3 of 3 (Middle)")
    assert check([server(root)], anchors=(ca(b"Root", path_len=0, private=root.key),))


def test_x05_self_issued_certificates_are_not_counted():
    root = ca(b"Root", path_len=1)
    middle = ca(b"Middle", root, path_len=0)
    renewed = ca(b"Middle", middle)
    assert check([server(renewed), renewed, middle], anchors=(root,))


def test_x06_an_issuer_that_may_not_sign_certificates():
    for octets in ((0,), (1, 2), (7, 0x80), (7, 0, 0x80)):
        middle = ca(b"Middle", ROOT, listed=[tlv.basic(), tlv.usage(*octets)])
        refuses(BAD, [server(middle), middle], "keyCertSign")
    middle = ca(b"Middle", ROOT, listed=[tlv.basic()])
    assert check([server(middle), middle])


def test_x07_a_leaf_that_may_not_sign():
    for octets in ((3, 0x08), (5, 0x20), (0,)):
        leaf = server(MIDDLE, listed=[tlv.usage(*octets), tlv.alt(tlv.dns(NAME))])
        refuses(UNSUPPORTED, [leaf, MIDDLE], "digitalSignature")
    assert check([server(MIDDLE, listed=[tlv.alt(tlv.dns(NAME))]), MIDDLE])


def test_x08_extended_key_usage():
    name = tlv.alt(tlv.dns(NAME))
    for kinds in (
        (tlv.CLIENT_AUTH,),
        (tlv.ANY_PURPOSE,),
        (tlv.SERVER_AUTH + b"\x01",),
        (tlv.SERVER_AUTH[:-1],),
    ):
        leaf = server(MIDDLE, listed=[tlv.purposes(*kinds), name])
        refuses(UNSUPPORTED, [leaf, MIDDLE], "serverAuth")
    leaf = server(MIDDLE, listed=[tlv.purposes(tlv.CLIENT_AUTH, tlv.SERVER_AUTH), name])
    assert check([leaf, MIDDLE])
    for kind, good in ((tlv.CLIENT_AUTH, 0), (tlv.SERVER_AUTH, 1), (tlv.ANY_PURPOSE, 1)):
        middle = ca(b"Middle", ROOT, more=[tlv.purposes(kind)])
        if good:
            assert check([server(middle), middle])
        else:
            refuses(UNSUPPORTED, [server(middle), middle], "certificate 2 of 2")


def test_x09_unknown_critical_extensions():
    strange = tlv.extension(b"\x2a\x03\x04", b"", True)
    refuses(UNSUPPORTED, [server(MIDDLE, more=[strange]), MIDDLE], "2a0304")
    middle = ca(b"Middle", ROOT, more=[strange])
    refuses(UNSUPPORTED, [server(middle), middle], "certificate 2 of 2")
    harmless = tlv.extension(b"\x2a\x03\x04", b"")
    assert check([server(MIDDLE, more=[harmless]), MIDDLE])
    policies = tlv.extension(tlv.POLICIES, tlv.seq(tlv.seq(tlv.oid(b"\x2a\x03"))), True)
    assert check([server(MIDDLE, more=[policies]), MIDDLE])


def limited(permitted=(), excluded=(), issuer=ROOT, **options):
    listed = tlv.constraints(permitted, excluded)
    more = [tlv.extension(tlv.NAME_CONSTRAINTS, listed, True)]
    return ca(b"Middle", issuer, more=more, **options)


def test_x10_name_constraints_hold_for_all_below():
    good = limited([tlv.dns(b"example")])
    assert check([server(good), good])
    lower = ca(b"Lower", good)
    assert check([server(lower), lower, good])
    for bad in (limited([tlv.dns(b"org")]), limited([], [tlv.dns(b"SERVER.example")])):
        refuses(BAD, [server(bad), bad], "nameConstraints of certificate 2 of 2 (Middle)")
        lower = ca(b"Lower", bad)
        refuses(BAD, [server(lower), lower, bad], "certificate 1 of 3")
    anchored = limited([tlv.dns(b"org")], issuer=None)
    refuses(BAD, [server(anchored)], "trust anchor (Middle)", anchors=(anchored,))


def test_x10_intermediates_are_checked_unless_self_issued():
    acme = tlv.directory(tlv.name(b"Acme"))
    top = limited([acme])
    lower = ca(b"Lower", top)
    refuses(BAD, [server(lower, b"Acme"), lower, top], "certificate 2 of 3 (Lower)")
    renewed = ca(b"Middle", top)
    assert check([server(renewed, b"Acme"), renewed, top])
    refuses(BAD, [server(renewed), renewed, top], "certificate 1 of 3")


def test_x10_a_leaf_with_constraints_is_refused():
    listed = tlv.extension(tlv.NAME_CONSTRAINTS, tlv.constraints([tlv.dns(b"example")]), True)
    refuses(BAD, [server(MIDDLE, more=[listed]), MIDDLE], "nameConstraints")


def test_x11_weak_and_different_algorithms_and_a_wrong_signature():
    refuses(UNSUPPORTED, [server(MIDDLE, signing=("ecdsa", 1)), MIDDLE], "weak")
    root = ca(b"Root", private=authority.key("rsa2048"))
    refuses(UNSUPPORTED, [server(root, signing=("rsa", 1))], anchors=(root,))
    differs = server(MIDDLE, outer=authority.algorithm("ecdsa", 384))
    refuses(BAD, [differs, MIDDLE], "two different signature algorithms")
    lying = authority.algorithm("ecdsa", 384)
    refuses(BAD, [server(MIDDLE, algorithm=lying), MIDDLE], "its signature")
    without_null = tlv.seq(authority.algorithm("rsa", 256)[2:13])
    refuses(UNSUPPORTED, [server(root, algorithm=without_null)], anchors=(root,))


def test_x12_keys_that_do_not_fit():
    for kind in ("rsa2048", "p521"):
        refuses(UNSUPPORTED, [server(MIDDLE, private=authority.key(kind)), MIDDLE], "key")
    leaf = server(MIDDLE, private=authority.key("p384"))
    assert check([leaf, MIDDLE])
    refuses(UNSUPPORTED, [leaf, MIDDLE], "key", verifiers=(P256, RSA))
    point = LEAF.spki[-64:]
    curve = tlv.seq(
        tlv.oid(b"\x2a\x86\x48\xce\x3d\x02\x01"), tlv.oid(b"\x2a\x86\x48\xce\x3d\x03\x01\x07")
    )
    compressed = tlv.seq(curve, tlv.tlv(3, b"\x00\x02", point[:32]))
    explicit = tlv.seq(
        tlv.seq(tlv.oid(b"\x2a\x86\x48\xce\x3d\x02\x01"), tlv.seq(b"\x02\x01\x01")),
        tlv.tlv(3, b"\x00\x04", point),
    )
    for key in (compressed, explicit):
        refuses(UNSUPPORTED, [server(MIDDLE, spki=key), MIDDLE])
        middle = ca(b"Middle", ROOT, spki=key)
        refuses(UNSUPPORTED, [server(middle), middle], "verifier")
    off = ca(b"Middle", ROOT, spki=LEAF.spki[:-1] + bytes([LEAF.spki[-1] ^ 1]))
    refuses(BAD, [server(off), off], "its signature")


def test_x12_weak_rsa_keys_sign_nothing():
    root = ca(b"Root", private=authority.key("rsa1024"))
    refuses(UNSUPPORTED, [server(root)], anchors=(root,))


def test_x13_serial_numbers():
    for serial in (b"\x00", b"\x80", b"\xff", b"\x01" + bytes(20), b"\x00\xff" + bytes(19)):
        leaf = server(MIDDLE, serial=tlv.tlv(2, serial))
        refuses(BAD, [leaf, MIDDLE], "serial number")
        middle = ca(b"Middle", ROOT, serial=tlv.tlv(2, serial))
        refuses(BAD, [server(middle), middle], "certificate 2 of 2")
        root = ca(b"Root", serial=tlv.tlv(2, serial))
        assert check([server(root)], anchors=(root,))  # anchors are the user's choice
    assert check([server(MIDDLE, serial=tlv.tlv(2, b"\x7f" * 20)), MIDDLE])


def test_x14_what_is_not_der():
    for fields in (
        {"serial": b"\x02\x81\x01\x01"},
        {"serial": b"\x02\x02\x00\x01"},
        {"subject": b"\x30\x80\x00\x00"},
        {"validity": ends(b"2501010000Z", b"301231235959Z")},
        {"extensions": tlv.extensions(tlv.basic(), tlv.basic())},
        {"extensions": tlv.extensions(tlv.basic()) + b"\x05\x00"},
        {"extensions": tlv.extensions(tlv.extension(19, b"\x30\x03\x01\x01\x01", True))},
    ):
        if "subject" not in fields:
            refuses(BAD, [Issued(b"server", MIDDLE, **fields), MIDDLE], "certificate 1 of 2: ")
    der = LEAF.der
    trust = X509([ROOT.der])
    refused(BAD, trust.check, Clock(), 0, [memoryview(der + b"\x00"), *chain(MIDDLE)], NAME)


def test_x15_and_x17_long_chains_are_refused_at_once():
    class Counted:
        schemes = P256.schemes
        accepts = P256.accepts
        count = 0

        def verify(self, *arguments):
            self.count += 1
            return P256.verify(*arguments)

    counted = Counted()
    refuses(BAD, [LEAF] + [MIDDLE] * 99, "more than 10 certificates", verifiers=(counted,))
    assert counted.count == 0
    link, links = ROOT, []
    for i in range(11):
        link = ca(b"CA %d" % i, link)
        links.insert(0, link)
    assert check([server(links[2]), *links[2:]])  # ten
    refuses(BAD, [server(links[1]), *links[1:]], "more than 10 certificates")
    # all have the same name and key, so that every order is a path, to nowhere
    loop = [ca(b"Loop", private=authority.key("p256", 9001)) for _ in range(9)]
    refuses(BAD, [server(loop[0]), *loop], "12 signatures", verifiers=(counted,))
    assert counted.count <= 12


def test_x15_many_names_take_bounded_work():
    names = [tlv.dns(b"a.example")] * 5000
    leaf = server(MIDDLE, names=names)
    refuses(BAD, [leaf, MIDDLE])
    many = limited([tlv.dns(b"x%d.example" % i) for i in range(1000)])
    refuses(BAD, [server(many, names=[*names, tlv.dns(NAME)]), many])


def test_x15_all_cas_share_one_bound_of_work(monkeypatch):
    made = []
    monkeypatch.setattr(constraints, "_within", lambda *_: bool(made.append(1)))
    key = authority.key("p256", 9002)
    excluded = [tlv.dns(b"x%d.org" % i) for i in range(40)]
    loop = [limited((), excluded, None, private=key) for _ in range(9)]
    names = [tlv.dns(b"a%d.example" % i) for i in range(40)]
    leaf = server(loop[0], names=[*names, tlv.dns(NAME)])
    refuses(BAD, [leaf, *loop])
    assert 1600 <= len(made) <= 2000


def test_x16_no_certificate_at_all():
    refuses(BAD, [], "0 certificates")
    refused(BAD, X509([ROOT.der]).check, Clock(), 0, [memoryview(b"")], NAME)


def test_x18_the_right_name_with_another_key():
    fake = ca(b"Root")
    refuses(BAD, [server(fake)], "its signature is not by the key of its issuer")
    refuses(BAD, [server(fake), fake])
    one, two = ca(b"One"), ca(b"Two")
    first = ca(b"One", two, private=one.key)
    second = ca(b"Two", one, private=two.key)
    refuses(UNKNOWN_CA, [server(first), first, second])


def test_x19_every_check_is_fresh():
    trust = X509([ROOT.der])
    good = chain(LEAF, MIDDLE)
    for _ in range(2):
        assert trust.check(Clock(), 0, good, NAME)
        refused(BAD, trust.check, Clock(), 0, good, b"other.example")
        refused(BAD, trust.check, Clock(), 0, chain(server(ca(b"Root"))), NAME)
        refused(EXPIRED, trust.check, Clock((2040, 1, 1, 0, 0, 0)), 0, good, NAME)


def test_a_raw_public_key_is_not_taken():
    refused(UNSUPPORTED, X509([ROOT.der]).check, Clock(), 2, [memoryview(LEAF.spki)], NAME)


def test_a_pinned_leaf_needs_no_name_and_no_date():
    pin = hashlib.sha256(LEAF.spki)
    for form in (pin.digest(), pin.hexdigest(), pin.hexdigest().upper()):
        trust = X509(pins=["00" * 32, form])
        for name in (None, b"other.example"):
            assert bytes(trust.check(Clock(None), 0, chain(LEAF), name)) == LEAF.spki
    assert X509(pins=pin.hexdigest()).pins == [pin.digest()]
    refused(UNKNOWN_CA, trust.check, Clock(), 0, chain(server(MIDDLE), MIDDLE), NAME)
    rsa_leaf = server(MIDDLE, private=authority.key("rsa2048"))
    trust = X509(pins=hashlib.sha256(rsa_leaf.spki).digest(), verifiers=ALL)
    refused(UNSUPPORTED, trust.check, Clock(), 0, chain(rsa_leaf), None)


def test_a_pinned_issuer_is_an_anchor_with_all_rules():
    trust = X509(pins=hashlib.sha256(MIDDLE.spki).digest())
    sent = chain(LEAF, MIDDLE)
    assert trust.check(Clock(), 0, sent, NAME)
    refused(BAD, trust.check, Clock(), 0, sent, b"other.example")
    refused(UNKNOWN, trust.check, Clock(), 0, sent, None)
    refused(UNKNOWN, trust.check, Clock(None), 0, sent, NAME)
    refused(EXPIRED, trust.check, Clock((2031, 1, 1, 0, 0, 0)), 0, sent, NAME)
    refused(UNKNOWN_CA, trust.check, Clock(), 0, chain(LEAF), NAME)
    # the key of a CA that has not signed is no help
    other = server(ca(b"Middle"))
    refused(BAD, trust.check, Clock(), 0, chain(other, MIDDLE), NAME)
    not_a_ca = ca(b"Middle", ROOT, private=MIDDLE.key, listed=[tlv.basic(False)])
    refused(BAD, trust.check, Clock(), 0, chain(LEAF, not_a_ca), NAME)


def test_somebody_must_be_trusted():
    raises(ValueError, X509)
    raises(ValueError, X509, (), ())
    raises(ValueError, X509, [b"junk"])
    assert "PEM" in str(raises(ValueError, X509, [b"-----BEGIN CERTIFICATE-----"]))
    raises(ValueError, X509, [(b"junk", ROOT.spki)])
    for pin in (b"", b"x" * 31, "zz" * 32, "ab" * 31):
        raises(ValueError, X509, (), [pin])


def test_every_flipped_bit_and_every_truncation_is_refused():
    trust = X509([ROOT.der])
    good = [LEAF.der, MIDDLE.der]
    for which in (0, 1):
        der = good[which]
        for at in range(len(der)):
            sent = [bytearray(one) for one in good]
            sent[which][at] ^= 1 << at % 8
            _never_accepted(trust, sent)
            sent[which] = bytearray(der[:at])
            _never_accepted(trust, sent)


def _never_accepted(trust, sent):
    try:
        trust.check(Clock(), 0, [memoryview(one) for one in sent], NAME)
    except ProtocolError:
        return
    raise AssertionError("accepted")
