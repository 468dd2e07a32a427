"""The verifiers: which keys they accept, and signatures with one thing wrong; both Pythons."""

import tlv
from clock import Clock
from test_x509_vectors import cases

from dtls_micro.certificate import Certificate
from dtls_micro.hashes import factory
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rsa import RSA
from dtls_micro.signature_algorithms import scheme

_CODES = {"p256": 0x0403, "p384": 0x0503, "rsa2048-rsa": 0x0401, "rsa3072-pss": 0x0805}
_CODES.update({"rsa4096-rsa": 0x0601, "rsa4096-pss": 0x0806})
_VERIFIERS = (P256, P384, RSA)


def signatures():
    """Yield (name, key of the issuer, certificate) for every kind of signature."""
    for name, _, anchor, sent in cases():
        if name in _CODES:
            yield name, Certificate(anchor).spki, Certificate(sent[-1])


def test_one_verifier_takes_each_signature_and_nothing_but_it():
    names = []
    for name, key, signed in signatures():
        code = scheme(signed.algorithm)
        assert code == _CODES[name]
        fit = [v for v in _VERIFIERS if code in v.schemes and v.accepts(key)]
        verifier = fit[0]
        whole = bytes(signed.signature)
        half = len(signed.tbs) // 2
        parts = (signed.tbs[:half], signed.tbs[half:])
        check = verifier.verify
        assert check(Clock(), code, key, (signed.tbs,), whole), name
        assert check(Clock(), code, key, parts, whole)
        assert not check(Clock(), code, key, (signed.tbs, b"\x00"), whole)
        for damaged in (b"", whole[:-1], whole + b"\x00", whole[:-1] + bytes([whole[-1] ^ 1])):
            assert not check(Clock(), code, key, parts, damaged)
        for other in (0, 0x0203, 0x0807):
            assert not check(Clock(), other, key, parts, whole)
        names.append(name)
    assert sorted(names) == sorted(_CODES)


def test_keys_are_accepted_in_one_form_only():
    keys = {name: bytes(key) for name, key, _ in signatures()}
    fits = {"p256": (P256, P384), "p384": (P384,), "rsa2048-rsa": (RSA,), "rsa4096-rsa": (RSA,)}
    for name, verifiers in fits.items():
        key = keys[name]
        for verifier in _VERIFIERS:
            assert verifier.accepts(key) == (verifier in verifiers), name
            for other in (key[:-1], key + b"\x00", b"", key[:30], b"\x31" + key[1:]):
                assert not verifier.accepts(other)
        for at in range(24):
            other = bytearray(key)
            other[at] ^= 1
            for verifier in _VERIFIERS:
                assert not verifier.accepts(bytes(other)), (name, at)


def test_rsa_keys_have_2048_to_4096_bits_and_positive_numbers():
    algorithm = tlv.seq(tlv.oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), b"\x05\x00")

    def key(n: bytes, e: bytes = b"\x01\x00\x01", end: bytes = b""):
        numbers = tlv.seq(tlv.tlv(2, n), tlv.tlv(2, e), end)
        return tlv.seq(algorithm, tlv.tlv(3, b"\x00", numbers))

    n = b"\xc1" * 256
    assert RSA.accepts(key(b"\x00" + n)) and RSA.accepts(key(b"\x00" + 2 * n))
    for other in (key(n), key(b"\x00" + n[1:]), key(b"\x00" + 2 * n + b"\x01"), key(b"")):
        assert not RSA.accepts(other)
    assert not RSA.accepts(key(b"\x00" + n, b"\x83")) and not RSA.accepts(
        key(b"\x00" + n, end=b"\x05\x00")
    )


def test_unknown_algorithms_have_no_scheme():
    for name, _, signed in signatures():
        known = bytes(signed.algorithm)
        assert scheme(known) and scheme(memoryview(known))
        for at in range(len(known)):
            other = bytearray(known)
            other[at] ^= 0x41
            assert not scheme(bytes(other)), (name, at)
        assert not scheme(known[:-1])


def test_the_hashes_of_the_port_are_preferred():
    class Port(Clock):
        def sha384(self):
            used.append(384)
            return factory(Clock(), 5)()

    used = []
    for name, key, signed in signatures():
        if name in ("p384", "rsa3072-pss"):
            verifier = P384 if name == "p384" else RSA
            code, parts = _CODES[name], (signed.tbs,)
            assert verifier.verify(Port(), code, key, parts, bytes(signed.signature))
            assert used, name
            used.clear()
