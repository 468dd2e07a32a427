"""Certificate usages 0 to 3 of LwM2M and DANE (RFC 6698)."""

import hashlib

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
HASHES = {1: hashlib.sha256, 2: hashlib.sha384, 3: hashlib.sha512}


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
    for usage in range(4):
        for matching, given in ((1, bytes(48)), (2, bytes(32)), (3, bytes(63)), (3, LEAF.der)):
            error = raises(
                ValueError, certificate_usage, usage, given, [ROOT.der], matching=matching
            )
            assert "has %d bytes" % (16 * matching + 16) in str(error)
        for matching in (4, 255, -1):
            raises(ValueError, certificate_usage, usage, bytes(32), matching=matching)


def hashed(usage, given, sent, anchors=(), name=NAME, port=None, matching=1, key=False):
    """Do what checked() does with the hash of a certificate, or of its key."""
    digest = HASHES[matching](given.spki if key else given.der).digest()
    trust = certificate_usage(usage, digest, [anchor.der for anchor in anchors], matching=matching)
    return trust.check(port or Clock(), 0, chain(*sent), name)


def test_a_hash_does_for_each_usage():
    for matching in HASHES:
        for key in (False, True):
            more = {"matching": matching, "key": key}
            sent = [LEAF, MIDDLE]
            for given in (ROOT, MIDDLE):
                assert hashed(PKIX_TA, given, sent, [ROOT], **more) == LEAF.spki
            assert hashed(PKIX_EE, LEAF, sent, [ROOT], **more) == LEAF.spki
            assert hashed(DANE_TA, MIDDLE, sent, **more) == LEAF.spki
            assert hashed(DANE_TA, ROOT, [LEAF, MIDDLE, ROOT], **more) == LEAF.spki
            assert hashed(DANE_EE, LEAF, [LEAF], name=None, port=LATE, **more) == LEAF.spki


def test_x20_a_hash_is_as_strict_as_a_certificate():
    stranger = ca(b"Stranger")
    refused(BAD, hashed, PKIX_TA, stranger, [LEAF, MIDDLE, stranger], [ROOT])
    refused(BAD, hashed, PKIX_TA, LEAF, [LEAF, MIDDLE], [ROOT])
    refused(UNKNOWN_CA, hashed, PKIX_TA, MIDDLE, [LEAF, MIDDLE], [stranger])
    refused(BAD, hashed, PKIX_TA, MIDDLE, [LEAF, MIDDLE], [ROOT], b"other.example")
    refused(BAD, hashed, PKIX_EE, OTHER, [LEAF, MIDDLE], [ROOT])
    refused(BAD, hashed, PKIX_EE, MIDDLE, [LEAF, MIDDLE], [ROOT])
    refused(EXPIRED, hashed, PKIX_EE, LEAF, [LEAF, MIDDLE], [ROOT], NAME, LATE)
    refused(BAD, hashed, DANE_EE, OTHER, [LEAF, OTHER])


def test_usage_2_with_a_hash_wants_the_anchor_in_the_chain_and_a_path_to_it():
    assert "usage 2" in str(refused(UNKNOWN_CA, hashed, DANE_TA, ROOT, [LEAF, MIDDLE]))
    refused(UNKNOWN_CA, hashed, DANE_TA, ca(b"Stranger"), [LEAF, MIDDLE])
    refused(UNKNOWN_CA, hashed, DANE_TA, MIDDLE, [])
    refused(BAD, hashed, DANE_TA, MIDDLE, [LEAF, MIDDLE], (), b"other.example")
    refused(EXPIRED, hashed, DANE_TA, MIDDLE, [LEAF, MIDDLE], (), NAME, LATE)
    # It is there, and has not issued the leaf; or it is no CA's.
    stranger = ca(b"Stranger")
    refused(UNKNOWN_CA, hashed, DANE_TA, stranger, [LEAF, MIDDLE, stranger])
    twin = ca(b"Middle", ROOT)
    refused(BAD, hashed, DANE_TA, twin, [LEAF, twin])
    below = server(LEAF)
    refused(BAD, hashed, DANE_TA, LEAF, [below, LEAF])
    # What cannot be read is passed over, unless it is the anchor.
    junk = memoryview(b"junk")
    for matching in HASHES:
        digest = HASHES[matching](MIDDLE.der).digest()
        trust = certificate_usage(DANE_TA, digest, matching=matching)
        assert trust.named and trust.types == (0,)
        assert trust.check(Clock(), 0, [*chain(LEAF), junk, *chain(MIDDLE)], NAME) == LEAF.spki
    trust = certificate_usage(DANE_TA, hashlib.sha256(junk).digest(), matching=1)
    refused(BAD, trust.check, Clock(), 0, [*chain(LEAF), junk], NAME)


def test_a_pair_of_name_and_key_is_an_anchor_that_a_hash_of_the_key_fits():
    digest = hashlib.sha256(ROOT.spki).digest()
    for given, good in ((digest, True), (hashlib.sha256(ROOT.der).digest(), False)):
        trust = certificate_usage(PKIX_TA, given, [(ROOT.subject, ROOT.spki)], matching=1)
        if good:
            assert trust.check(Clock(), 0, chain(LEAF, MIDDLE), NAME) == LEAF.spki
        else:
            refused(BAD, trust.check, Clock(), 0, chain(LEAF, MIDDLE), NAME)
