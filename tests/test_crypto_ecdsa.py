"""Verification of ECDSA on P-256 and P-384, against Wycheproof's and NIST's vectors."""

from expect import Numbers
from hashes import digest
from vector_files import cases, octets, sample, sampled, wycheproof

from dtls_micro.crypto import ecdsa, ecdsa_der, p256, p384
from dtls_micro.crypto.modular import inverse


def _verify_der(module, public, hashed, der) -> bool:
    try:
        signature = ecdsa_der.decode(der, module.CURVE.size)
    except ValueError:
        return False
    return module.verify(public, hashed, signature)


def _check(algorithm, module, verify, tests: int, stride: int = 1):
    checked = 0
    for group, test in sample(wycheproof("ecdsa_" + algorithm), stride):
        public = octets(group["publicKey"]["uncompressed"])
        hashed = digest(group["sha"], octets(test["msg"]))
        good = verify(module, public, hashed, octets(test["sig"]))
        assert good == (test["result"] == "valid"), (algorithm, test["tcId"])
        checked += 1
    assert checked == sampled(tests, stride), checked


def test_wycheproof_p256_sha256():
    _check("secp256r1_sha256", p256, _verify_der, 484, 3)


def test_wycheproof_p256_sha256_p1363():
    def verify(module, public, hashed, signature):
        return module.verify(public, hashed, signature)

    _check("secp256r1_sha256_p1363", p256, verify, 262)


def test_wycheproof_p256_sha512():
    _check("secp256r1_sha512", p256, _verify_der, 554, 3)


def test_wycheproof_p384_sha256():
    _check("secp384r1_sha256", p384, _verify_der, 472, 5)


def test_wycheproof_p384_sha384():
    _check("secp384r1_sha384", p384, _verify_der, 504, 5)


def test_wycheproof_p384_sha512():
    _check("secp384r1_sha512", p384, _verify_der, 542, 5)


def test_nist_signature_verification():
    passed = failed = 0
    for case in cases("SigVer.rsp", "Result"):
        curve, hash_name = case["group"].split(",")
        module = p256 if curve == "P-256" else p384
        size = 2 * module.CURVE.size
        public = octets("04" + case["Qx"] + case["Qy"])
        assert len(public) == 1 + size
        signature = octets(case["R"] + case["S"])
        good = module.verify(public, digest(hash_name, octets(case["Msg"])), signature)
        assert good == case["Result"].startswith("P"), case
        passed += good
        failed += not good
    assert passed + failed == 90 and passed > 10, (passed, failed)


def _p384_signature(k: int, e: int):
    """Return the signature of e by the private key 1, with the nonce k, and the public key."""
    curve = p384.CURVE
    point = None
    for at in range(k.bit_length() if hasattr(k, "bit_length") else 390, -1, -1):
        if point:
            point = curve.double(*point)
        if k >> at & 1:
            point = curve.add(*(point + (curve.x, curve.y))) if point else (curve.x, curve.y, 1)
    r = curve.affine(*point)[0] % curve.n
    s = pow(k, curve.n - 2, curve.n) * (e + r) % curve.n
    return r.to_bytes(48, "big") + s.to_bytes(48, "big"), curve.octets(curve.x, curve.y)


def test_digests_of_any_length_are_cut_from_the_right():
    signature, public = _p384_signature(12345, 0xABCDEF << 360)
    hashed = octets("abcdef") + bytes(45)
    assert p384.verify(public, hashed, signature)
    assert p384.verify(public, hashed + b"\x01more", signature)
    assert not p384.verify(public, hashed[1:], signature)
    signature, public = _p384_signature(99, 0xABCDEF)
    assert p384.verify(public, octets("abcdef"), signature)
    signature, public = _p384_signature(7, 0)
    assert p384.verify(public, b"", signature) and p384.verify(public, bytes(48), signature)


def test_sums_that_meet_doubling_and_infinity():
    """u1*G + u2*Q with Q = G, -G and 2G, where an addition meets equal or opposite points."""
    for module in (p256, p384):
        curve = module.CURVE
        n, size = curve.n, curve.size
        base = (curve.x, curve.y)
        minus = (curve.x, curve.p - curve.y)
        x, y, z = curve.double(curve.x, curve.y, 1)
        twice = curve.affine(x, y, z)
        for q, factor in ((base, 1), (minus, n - 1), (twice, 2)):
            for r, k in ((1, 1), (n - 1, 3), (5, n - 5), (1 << 200, 77)):
                # u1 = e / s, u2 = r / s: the sum is 0 for e = -factor * r
                e = -factor * r % n
                hashed = e.to_bytes(size, "big")
                octets_of = r.to_bytes(size, "big") + k.to_bytes(size, "big")
                assert not module.verify(curve.octets(q[0], q[1]), hashed, octets_of)
        # R = 2G = 1*G + 1*G: r is its x, and s = e = r
        r = (twice[0] % n).to_bytes(size, "big")
        assert module.verify(curve.octets(curve.x, curve.y), r, r + r)


def test_a_coordinate_beyond_the_order():
    """The x of R may be r + n, and then r is small; r itself may be that x as well."""
    for module in (p256, p384):
        curve = module.CURVE
        n, p, size = curve.n, curve.p, curve.size
        checked = 0
        for r in range(1, 100):
            for x in (r, r + n):
                square = (x * x * x - 3 * x + curve.b) % p
                y = pow(square, (p + 1) // 4, p)
                if y * y % p != square:
                    continue
                # R is a point of that x, and the key the one for which s and e lead to R
                s, e = 987654321 + r, 123456789
                back = inverse(r, n)
                key = ecdsa._sum(curve, n - e * back % n, s * back % n, (x, y))
                public = curve.octets(*curve.affine(*key))
                signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
                hashed = e.to_bytes(size, "big")
                assert module.verify(public, hashed, signature), (r, x)
                wrong = (r + 1).to_bytes(size, "big") + s.to_bytes(size, "big")
                assert not module.verify(public, hashed, wrong)
                if x > n:
                    checked += 1
            if checked == 2:
                break
        assert checked == 2


def test_r_and_s_out_of_range_and_wrong_sizes_are_refused():
    from hashlib import sha256

    random = Numbers(5).octets
    private, public = p256.keypair(random)
    hashed = sha256(b"message").digest()
    good = p256.sign(private, hashed, sha256, random)
    assert p256.verify(memoryview(public), memoryview(hashed), memoryview(good))
    n = p256.CURVE.n
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
    for wrong in ((0, s), (r, 0), (n, s), (r, n), (0, 0), (n, n), (r, 2**256 - 1), (s, r)):
        octets_of = wrong[0].to_bytes(32, "big") + wrong[1].to_bytes(32, "big")
        assert not p256.verify(public, hashed, octets_of)
    assert p256.verify(public, hashed, good[:32] + (n - s).to_bytes(32, "big"))  # as it must
    for size in (0, 1, 32, 63):
        assert not p256.verify(public, hashed, good[:size])
    assert not p256.verify(public, hashed, good + b"\x00")
    assert not p256.verify(public, hashed, b"\x00" + good[:32] + b"\x00" + good[32:])


def test_every_changed_byte_is_refused():
    from hashlib import sha256

    random = Numbers(6).octets
    private, public = p256.keypair(random)
    hashed = sha256(b"message").digest()
    good = p256.sign(private, hashed, sha256, random)
    for whole in (bytearray(public), bytearray(hashed), bytearray(good)):
        buffers = [whole if bytes(whole) == bytes(b) else b for b in (public, hashed, good)]
        assert p256.verify(*buffers)
        for i in range(0, len(whole), 3):
            whole[i] ^= 1 << i % 8
            assert not p256.verify(*buffers), i
            whole[i] ^= 1 << i % 8
