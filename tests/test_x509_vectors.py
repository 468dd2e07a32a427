"""Recorded chains (tests/vectors/x509) on both Pythons: good, bad, and damaged anywhere."""

from binascii import unhexlify

from clock import Clock
from expect import Numbers

from dtls_micro.errors import ProtocolError
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rsa import RSA
from dtls_micro.spki import public_key
from dtls_micro.x509 import X509

_FOLDER = __file__.rsplit("/", 1)[0] + "/vectors/" if "/" in __file__ else "vectors/"
_NAME = b"server.example"


def cases():
    """Yield (name, alert or 0, anchor, [certificate, ...])."""
    case, alert, anchor, sent = "", 0, b"", []
    with open(_FOLDER + "x509/chains.txt") as file:
        while True:
            line = file.readline()
            key, _, value = line.strip().partition(" = ")
            if key == "case":
                case, sent = value, []
            elif key == "alert":
                alert = int(value)
            elif key == "anchor":
                anchor = unhexlify(value)
            elif key == "certificate":
                sent.append(unhexlify(value))
            elif case:
                yield case, alert, anchor, sent
                case = ""
            if not line:
                return


def verdict(anchor, sent, verifiers=(P256, P384, RSA)):
    """Return 0 where the chain is accepted, else the alert."""
    trust = X509([anchor], verifiers=verifiers)
    try:
        spki = trust.check(Clock(), 0, [memoryview(one) for one in sent], _NAME)
    except ProtocolError as error:
        assert len(str(error)) > 20
        return error.alert
    assert spki == public_key(sent[0])
    return 0


def test_every_recorded_chain_has_its_verdict():
    names = []
    for name, alert, anchor, sent in cases():
        assert verdict(anchor, sent) == alert, name
        names.append(name)
    assert len(names) == 21 and "rsa4096-pss" in names


def test_a_chain_needs_the_verifiers_of_its_signatures():
    for name, alert, anchor, sent in cases():
        if alert == 0 and name[:3] in ("rsa", "p38"):
            assert verdict(anchor, sent, (P256,)) == 43, name


def test_damaged_chains_are_never_accepted():
    for name, _, anchor, sent in cases():
        if name != "p256":
            continue
        numbers = Numbers(1)
        for which in range(len(sent)):
            for at in range(0, len(sent[which]), 1 if which == 0 else 7):
                damaged = [bytearray(one) for one in sent]
                damaged[which][at] ^= 1 + numbers.below(255)
                assert verdict(anchor, damaged)
                damaged[which] = bytearray(sent[which][:at])
                assert verdict(anchor, damaged)


def test_nothing_is_kept_of_the_certificates():
    for name, _, anchor, sent in cases():
        if name == "p256":
            buffer = bytearray(sent[0])
            trust = X509([anchor])
            trust.check(Clock(), 0, [memoryview(buffer), memoryview(sent[1])], _NAME)
            for i in range(len(buffer)):
                buffer[i] = 0
            assert trust.check(Clock(), 0, [memoryview(one) for one in sent], _NAME)
