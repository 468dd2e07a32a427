"""The public-key arithmetic beside OpenSSL's, with scalars and entropy that are special."""

from hashlib import sha256, sha384, sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.asymmetric import rsa as openssl_rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from expect import Numbers

from dtls_micro.crypto import ecdsa_der, p256, p384, rsa
from dtls_micro.crypto import x25519 as ours_x25519

_N = p256.CURVE.n
_POINT = (Encoding.X962, PublicFormat.UncompressedPoint)
_RAW = (Encoding.Raw, PublicFormat.Raw)
_numbers = Numbers(11).octets
_HASHES = (
    ("SHA-256", sha256, hashes.SHA256()),
    ("SHA-384", sha384, hashes.SHA384()),
    ("SHA-512", sha512, hashes.SHA512()),
)
# What a broken source gives must make nothing wrong: blinds would be 0, and results too.
_ENTROPY = (bytes, lambda n: b"\xff" * n, lambda n: b"\x01" * n, _numbers)
_ENTROPY_NAMES = ("zeros", "ones", "01", "numbers")


def _special_scalars():
    yield from range(1, 21)
    yield from range(_N - 20, _N)
    for bit in range(0, 256, 4):
        yield 1 << bit
        yield (1 << bit + 1) - 1
    for digit in range(1, 16):  # every digit of a window is the same
        yield int.from_bytes(bytes([17 * digit]) * 32, "big") % _N
    for column in (1, 1 << 51):  # every row of the comb is the same
        for rows in range(1, 32):
            number = sum(column << 52 * row for row in range(5) if rows >> row & 1)
            yield number % _N or 1
    for multiple in range(1, 16):  # what is left if the signs of a number are all plus, or minus
        yield ((1 << 260) - 1 - multiple * _N) % _N
        yield (multiple * _N - (1 << 260) + 1) % _N
    for half in ((_N + 1) // 2, (_N - 1) // 2, pow(3, -1, _N), pow(15, -1, _N)):
        yield half


SCALARS = sorted(set(_special_scalars()))


@pytest.mark.parametrize("entropy", _ENTROPY, ids=_ENTROPY_NAMES)
def test_special_scalars_of_p256(entropy):
    peer = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    peer_point = peer.public_key().public_bytes(*_POINT)
    assert len(SCALARS) > 200
    for scalar in SCALARS:
        private = scalar.to_bytes(32, "big")
        theirs = ec.derive_private_key(scalar, ec.SECP256R1())
        public = p256.public(private, entropy)
        assert public == theirs.public_key().public_bytes(*_POINT), scalar
        secret = p256.shared(private, peer_point, entropy)
        assert secret == theirs.exchange(ec.ECDH(), peer.public_key()), scalar


@pytest.mark.parametrize("entropy", _ENTROPY, ids=_ENTROPY_NAMES)
def test_openssl_takes_our_signatures_of_p256(entropy):
    for scalar in (1, 2, _N - 2, _N - 1, int.from_bytes(_numbers(31), "big")):
        private = scalar.to_bytes(32, "big")
        key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
        for _, make, openssl in _HASHES:
            hashed = make(_numbers(10)).digest()
            signature = p256.sign(private, hashed, sha256, entropy)
            assert signature == p256.sign(private, hashed, sha256, _numbers)
            key.verify(ecdsa_der.encode(signature), hashed, ec.ECDSA(Prehashed(openssl)))


@pytest.mark.parametrize("module,curve", [(p256, ec.SECP256R1()), (p384, ec.SECP384R1())])
def test_we_take_openssl_s_signatures(module, curve):
    for _ in range(10):
        key = ec.generate_private_key(curve)
        public = key.public_key().public_bytes(*_POINT)
        for _, make, openssl in _HASHES:
            hashed = make(_numbers(10)).digest()
            signature = key.sign(hashed, ec.ECDSA(Prehashed(openssl)))
            signature = ecdsa_der.decode(signature, module.CURVE.size)
            assert module.verify(public, hashed, signature)
            assert not module.verify(public, make(b"other").digest(), signature)


@pytest.mark.parametrize("entropy", _ENTROPY, ids=_ENTROPY_NAMES)
def test_new_pairs_agree_with_openssl(entropy):
    private, public = p256.keypair(entropy)
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
    assert key.public_key().public_bytes(*_POINT) == public
    private, public = ours_x25519.keypair(entropy)
    theirs = x25519.X25519PrivateKey.from_private_bytes(private)
    assert theirs.public_key().public_bytes(*_RAW) == public
    peer = x25519.X25519PrivateKey.generate()
    secret = ours_x25519.shared(private, peer.public_key().public_bytes(*_RAW), entropy)
    assert secret == theirs.exchange(peer.public_key())


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_signatures_of_openssl(bits):
    key = openssl_rsa.generate_private_key(65537, bits)
    n = key.public_key().public_numbers().n.to_bytes(bits // 8, "big")
    e = b"\x01\x00\x01"
    for name, make, openssl in _HASHES:
        hashed = make(name.encode()).digest()
        size = len(hashed)
        pss = padding.PSS(padding.MGF1(openssl), size)
        for pad in (padding.PKCS1v15(), pss):
            signature = bytearray(key.sign(hashed, pad, Prehashed(openssl)))
            for good in (True, False):
                signature[5] ^= 0 if good else 1
                if pad is pss:
                    assert rsa.verify_pss(n, e, hashed, make, size, signature) == good
                else:
                    assert rsa.verify_pkcs1(n, e, hashed, name, signature) == good


def test_openssl_refuses_what_we_refuse():
    private, public = p256.keypair(_numbers)
    hashed = sha256(b"message").digest()
    good = p256.sign(private, hashed, sha256, _numbers)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    for i in range(64):
        changed = bytearray(good)
        changed[i] ^= 1
        assert not p256.verify(public, hashed, changed)
        with pytest.raises(InvalidSignature):
            key.verify(ecdsa_der.encode(changed), hashed, ec.ECDSA(Prehashed(hashes.SHA256())))
