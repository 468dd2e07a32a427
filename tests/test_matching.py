"""Accounts that know a server by a hash (OMA LwM2M core 1.1 appendix E.1, resource 13)."""

from binascii import unhexlify

from clock import Clock
from expect import raises, refused
from lwm2m_fakes import security, server
from test_x509_vectors import cases

from dtls_micro.crypto import sha512
from dtls_micro.errors import ProtocolError
from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.consistency import fault
from dtls_micro.lwm2m.credential import credential
from dtls_micro.matching import Matched
from dtls_micro.p256 import P256, SPKI
from dtls_micro.spki import public_key

HASHES = {1: Clock.sha256, 2: sha512.sha384, 3: sha512.sha512}
BAD, UNKNOWN_CA = 42, 48
NAME = b"server.example"
POINT = unhexlify(  # RFC 6979 appendix A.2.5
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
PRIVATE = unhexlify("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")


def digest(matching, octets):
    running = HASHES[matching]()
    running.update(octets)
    return running.digest()


def recorded(name):
    """Return (root, [leaf, ...]) of a chain of tests/vectors/x509."""
    for case, _, anchor, sent in cases():
        if case == name:
            return anchor, sent
    raise AssertionError(name)


ROOT, SENT = recorded("root-sent")


def account(mode, **values):
    made = security(5, server_name="server.example", **values)
    made.mode = mode
    made.identity = SENT[0] if mode == accounts.X509 else SPKI + POINT
    made.secret = PRIVATE
    return made


def trust_of(made):
    return credential(made, [ROOT]).trust


def check(made, sent=None, kind=0):
    sent = SENT if sent is None else sent
    return trust_of(made).check(Clock(), kind, [memoryview(one) for one in sent], NAME)


def test_each_usage_with_each_hash():
    given = {0: ROOT, 1: SENT[0], 2: ROOT, 3: SENT[0]}
    for matching in HASHES:
        for usage in given:
            for octets in (given[usage], public_key(given[usage])):
                made = account(
                    accounts.X509,
                    usage=usage,
                    matching=matching,
                    server_key=digest(matching, octets),
                )
                assert check(made) == public_key(SENT[0]), (matching, usage)
                assert fault(accounts.of(made, server(5)), False, ([ROOT], None)) is None
                made.server_key = digest(matching, octets[:-1])
                refused(UNKNOWN_CA if usage == 2 else BAD, check, made)


class Clockless(Clock):
    """A port whose clock is not set."""

    @staticmethod
    def utc():
        return None


def test_without_a_clock_a_floor_is_wanted():
    sent = [memoryview(one) for one in SENT]
    for usage, octets in ((0, ROOT), (1, SENT[0]), (2, ROOT)):
        for matching in (0, 1):
            given = digest(1, octets) if matching else octets
            made = account(accounts.X509, usage=usage, matching=matching, server_key=given)
            trust = credential(made, [ROOT]).trust
            raises(ProtocolError, trust.check, Clockless(), 0, sent, NAME)
            trust = credential(made, [ROOT], None, (2024, 1, 1, 0, 0, 0)).trust
            assert trust.check(Clockless(), 0, sent, NAME) == public_key(SENT[0])
            trust = credential(made, [ROOT], None, (2099, 1, 1, 0, 0, 0)).trust
            raises(ProtocolError, trust.check, Clockless(), 0, sent, NAME)


def test_usage_3_is_what_is_meant_without_a_usage():
    made = account(accounts.X509, matching=1, server_key=digest(1, SENT[0]))
    assert check(made, SENT[:1]) == public_key(SENT[0])
    assert not trust_of(made).named and trust_of(made).types == (0,)


def test_raw_public_keys_with_each_hash():
    for matching in HASHES:
        made = account(accounts.RPK, matching=matching, server_key=digest(matching, SPKI + POINT))
        assert trust_of(made).types == (2, 0)
        assert check(made, [SPKI + POINT], 2) == SPKI + POINT
        refused(BAD, check, made, [SPKI + POINT[:-1] + b"\0"], 2)
        refused(BAD, check, made, SENT)
        refused(BAD, check, made, [], 2)
        # The key may come in a certificate.
        made.server_key = digest(matching, public_key(SENT[0]))
        assert check(made) == public_key(SENT[0])


def test_what_is_no_hash_of_the_type_is_inconsistent():
    cases_of = [(1, bytes(31)), (1, bytes(48)), (2, bytes(32)), (2, SENT[0]), (3, b"")]
    for mode in (accounts.RPK, accounts.X509):
        for usage in (0, 1, 2, 3, None):
            for matching, octets in cases_of:
                made = account(mode, usage=usage, matching=matching, server_key=octets)
                told = fault(accounts.of(made, server(5)), False, ([ROOT], None))
                assert told.startswith("/0/0: a hash of matching type %d has" % matching), told
            made = account(mode, usage=usage, matching=4, server_key=bytes(80))
            told = fault(accounts.of(made, server(5)), False, ([ROOT], None))
            assert "matching type 4 is not known" in told


def test_without_a_type_the_account_has_the_thing_itself():
    for matching in (None, 0):
        made = account(accounts.RPK, matching=matching, server_key=SPKI + POINT)
        assert check(made, [SPKI + POINT], 2) == SPKI + POINT
        made = account(accounts.X509, matching=matching, usage=2, server_key=ROOT)
        assert check(made, SENT[:2]) == public_key(SENT[0])


def test_the_port_s_own_hashes_are_preferred():
    class Port(Clock):
        sha384 = staticmethod(lambda: sha512.sha512())  # tells that it was asked

    given = Matched(2, digest(3, b"x")[:48], (P256,))
    assert not given.is_of(Clock(), b"x")
    raises(ValueError, Matched, 0, b"", (P256,))
    port = Port()
    port.sha384 = lambda: Short(digest(3, b"x")[:48])
    assert given.is_of(port, b"x")


class Short:
    """A hash whose digest is known."""

    def __init__(self, octets):
        self._octets = octets

    def update(self, data):
        """Take it."""

    def digest(self):
        return self._octets
