"""Certificate usages 0 to 3 of LwM2M and DANE (RFC 6698)."""

import tlv
from authority import ca, chain, server
from clock import Clock
from expect import raises, refused

from dtls_micro.p256 import P256
from dtls_micro.usage import DANE_EE, DANE_TA, PKIX_EE, PKIX_TA, certificate_usage

NAME = b"server.example"
BAD, UNSUPPORTED, EXPIRED, UNKNOWN_CA = 42, 43, 45, 48
ROOT = ca(b"Root")
MIDDLE = ca(b"Middle", ROOT)
LEAF = server(MIDDLE)
OTHER = server(MIDDLE, b"other")
LATE = Clock((2040, 1, 1, 0, 0, 0))


def checked(usage, given, sent, anchors=(), name=NAME, port=None, kind=0):
    trust = certificate_usage(usage, given.der, [anchor.der for anchor in anchors])
    return trust.check(port or Clock(), kind, chain(*sent), name)


def test_usage_0_wants_the_ca_in_the_path():
    for given in (ROOT, MIDDLE):
        assert checked(PKIX_TA, given, [LEAF, MIDDLE], [ROOT])
    pair = certificate_usage(PKIX_TA, ROOT.der, [(ROOT.subject, ROOT.spki)])
    assert pair.check(Clock(), 0, chain(LEAF, MIDDLE), NAME)
    stranger = ca(b"Stranger")
    for given in (LEAF, stranger, ca(b"Middle", ROOT)):
        refused(BAD, checked, PKIX_TA, given, [LEAF, MIDDLE, stranger], [ROOT])
    refused(UNKNOWN_CA, checked, PKIX_TA, MIDDLE, [LEAF, MIDDLE], [stranger])
    refused(BAD, checked, PKIX_TA, ca(b"Root"), [LEAF, MIDDLE], [ROOT])
    refused(BAD, checked, PKIX_TA, ca(b"Twin", private=ROOT.key), [LEAF, MIDDLE], [ROOT])
    refused(BAD, checked, PKIX_TA, MIDDLE, [LEAF, MIDDLE], [ROOT], b"other.example")


def test_usage_0_finds_the_path_that_has_the_ca():
    twin = ca(b"Middle", ROOT, private=MIDDLE.key)
    for given in (twin, MIDDLE):
        assert checked(PKIX_TA, given, [LEAF, MIDDLE, twin], [ROOT])


def test_usage_1_wants_this_leaf_and_a_path():
    assert checked(PKIX_EE, LEAF, [LEAF, MIDDLE], [ROOT])
    refused(BAD, checked, PKIX_EE, OTHER, [LEAF, MIDDLE], [ROOT])
    refused(BAD, checked, PKIX_EE, MIDDLE, [LEAF, MIDDLE], [ROOT])
    refused(UNKNOWN_CA, checked, PKIX_EE, LEAF, [LEAF], [ROOT])
    refused(EXPIRED, checked, PKIX_EE, LEAF, [LEAF, MIDDLE], [ROOT], NAME, LATE)


def test_usage_2_makes_the_certificate_the_anchor():
    for given in (ROOT, MIDDLE):
        assert checked(DANE_TA, given, [LEAF, MIDDLE])
    refused(UNKNOWN_CA, checked, DANE_TA, ca(b"Stranger"), [LEAF, MIDDLE])
    refused(BAD, checked, DANE_TA, ROOT, [LEAF, MIDDLE], (), b"other.example")


def test_usage_3_compares_the_key_only():
    trust = certificate_usage(DANE_EE, LEAF.der)
    assert trust.types == (0, 2) and not trust.named and trust.verifiers == (P256,)
    renewed = server(None, b"renewed", private=LEAF.key, names=(tlv.dns(b"new.example"),))
    for sent in (LEAF, renewed):
        assert bytes(checked(DANE_EE, LEAF, [sent], name=None, port=LATE)) == LEAF.spki
    raw = [memoryview(LEAF.spki)]
    assert bytes(trust.check(LATE, 2, raw, None)) == LEAF.spki


def test_x20_usage_3_refuses_another_key():
    trust = certificate_usage(DANE_EE, LEAF.der)
    refused(BAD, trust.check, Clock(), 2, [memoryview(OTHER.spki)], None)
    refused(BAD, trust.check, Clock(), 0, chain(OTHER, LEAF), NAME)
    refused(BAD, trust.check, Clock(), 2, [memoryview(LEAF.spki + b"\x00")], None)
    refused(BAD, trust.check, Clock(), 0, [memoryview(LEAF.spki)], None)
    refused(UNSUPPORTED, trust.check, Clock(), 1, [memoryview(LEAF.spki)], None)
    refused(UNSUPPORTED, trust.check, Clock(), 0, [], None)


def test_mistakes_of_the_caller():
    raises(ValueError, certificate_usage, 4, LEAF.der)
    raises(ValueError, certificate_usage, PKIX_TA, ROOT.der)
    for usage in (DANE_TA, DANE_EE):
        raises(ValueError, certificate_usage, usage, b"junk")
