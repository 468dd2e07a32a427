"""Key generation, ECDH and signing on P-256, and the arithmetic below."""

from hashlib import sha256

from expect import Numbers, raises
from vector_files import cases, octets, sample, sampled, wycheproof

from dtls_micro.crypto import multiply, p256
from dtls_micro.crypto.modular import inverse, random_below
from dtls_micro.crypto.rfc6979 import nonces
from dtls_micro.crypto.weierstrass import Curve

_CURVE = p256.CURVE
_N = _CURVE.n
_P = _CURVE.p
_random = Numbers(7).octets


def _octets(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _power(k: int):
    """Return k times the base point, affine, by the method of the school: k > 0."""
    point = None
    for at in range(259, -1, -1):
        if point is not None:
            point = _CURVE.double(*point)
        if k >> at & 1:
            base = (_CURVE.x, _CURVE.y)
            point = base + (1,) if point is None else _CURVE.add(*(point + base))
    return _CURVE.affine(*point)


def test_nist_key_pairs():
    checked = 0
    for case in cases("KeyPair.rsp", "d"):
        private = octets(case["d"])
        assert p256.public(private, _random) == octets("04" + case["Qx"] + case["Qy"])
        checked += 1
    assert checked == 10, checked


def test_wycheproof_ecdh():
    checked = 0
    for _, test in sample(wycheproof("ecdh_secp256r1_ecpoint"), 2):
        private = _octets(int(test["private"], 16))
        peer = octets(test["public"])
        if test["result"] == "valid":
            assert p256.shared(private, peer, _random) == octets(test["shared"]), test["tcId"]
        else:  # what is acceptable there is a compressed point
            raises(ValueError, p256.shared, private, peer, _random)
        checked += 1
    assert checked == sampled(355, 2), checked


def test_both_sides_share_the_same_secret():
    for _ in range(5):
        a, public_a = p256.keypair(_random)
        b, public_b = p256.keypair(_random)
        assert len(a) == 32 and len(public_a) == 65 and public_a[0] == 4
        secret = p256.shared(a, public_b, _random)
        assert len(secret) == 32
        assert p256.shared(b, public_a, _random) == secret
        assert p256.shared(bytearray(a), memoryview(public_b), _random) == secret


def test_scalars_at_the_edges():
    """Where additions meet equal and opposite points, and infinity, for some random digits."""
    peer = _CURVE.octets(*_power(3))
    for k in (1, 2, 3, 4, 15, 16, 17, 31, 2**52, 2**208 + 1, 2**255, 2**256 - 2**224):
        for scalar in (k, _N - k):
            expected = _power(scalar)
            shared = _octets(_power(3 * scalar % _N)[0])
            for byte in range(0, 16, 2):  # all multiples of the order that may be added
                entropy = lambda n, byte=byte: bytes([byte]) + bytes(n - 1)  # noqa: E731
                assert p256.public(_octets(scalar), entropy) == _CURVE.octets(*expected)
                assert p256.shared(_octets(scalar), peer, entropy) == shared


def test_private_keys_out_of_range_are_refused():
    peer = _CURVE.octets(_CURVE.x, _CURVE.y)
    bad = [_octets(0), _octets(_N), _octets(_N + 1), b"\xff" * 32, b"", b"\x01" * 31]
    for private in bad + [b"\x00" + b"\x01" * 32]:
        raises(ValueError, p256.public, private, _random)
        raises(ValueError, p256.shared, private, peer, _random)
        raises(ValueError, p256.sign, private, bytes(32), sha256, _random)


def test_points_that_are_not_of_the_curve_are_refused():
    private, public = p256.keypair(_random)
    x, y = _octets(_CURVE.x), _octets(_CURVE.y)
    # y**2 = b: a point with x = 0 and so with x = p too
    root = pow(_CURVE.b, (_P + 1) // 4, _P)
    assert _CURVE.point(b"\x04" + bytes(32) + _octets(root)) == (0, root)
    bad = (
        b"",
        b"\x00",
        b"\x04",
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + x + _octets(_CURVE.y + 1),
        b"\x04" + y + x,
        b"\x04" + _octets(_P) + _octets(root),
        b"\x04" + bytes(32) + _octets(_P),
        b"\x04" + b"\xff" * 64,
        b"\x05" + x + y,
        b"\x06" + x + y,
        b"\x02" + x,
        b"\x03" + x,
        b"\x03" + x + y,
        b"\x04" + x + y[:31],
        b"\x04" + x + y + b"\x00",
        x + y,
        # of the curve with b = 1, an attack on who does not look
        b"\x04" + bytes(32) + _octets(1),
    )
    for peer in bad:
        raises(ValueError, p256.shared, private, peer, _random)
        assert not p256.verify(peer, bytes(32), b"\x01" * 64)
    assert p256.shared(private, public, _random)


def test_a_key_pair_comes_from_the_entropy():
    """40 bytes modulo n - 1, plus 1 (FIPS 186-5 appendix A.2.1)."""
    for number, expected in ((0, 1), (_N - 2, _N - 1), (_N - 1, 1), (2 * _N, 3)):
        source = [number.to_bytes(40, "big")]
        take = lambda n, s=source: s.pop() if s else _random(n)  # noqa: E731
        private, public = p256.keypair(take)
        assert private == _octets(expected)
        assert public == _CURVE.octets(*_power(expected))
    assert p256.keypair(_random)[0] != p256.keypair(_random)[0]


# RFC 6979 appendix A.2.5, with SHA-256
_KEY = octets("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
# fmt: off
_DETERMINISTIC = (
    (b"sample", "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
    (b"test", "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"),
)
# fmt: on


def test_signatures_of_rfc_6979():
    public = octets(
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    )
    assert p256.public(_KEY, _random) == public
    for message, k, signature in _DETERMINISTIC:
        hashed = sha256(message).digest()
        e = int.from_bytes(hashed, "big")
        assert _octets(next(nonces(sha256, _KEY, e, _N))) == octets(k)
        for _ in range(2):  # whatever the entropy
            assert p256.sign(_KEY, hashed, sha256, _random) == octets(signature)
        assert p256.verify(public, hashed, octets(signature))


def test_nonces_out_of_range_are_passed_over():
    """The numbers for a small order are those for a large one that are in range."""
    seed = (1).to_bytes(32, "big")
    wide = nonces(sha256, seed, 1, 1 << 256)
    narrow = nonces(sha256, seed, 1, 1 << 254)
    kept = []
    while len(kept) < 4:
        k = next(wide)
        if k < 1 << 254:
            kept.append(k)
    assert [next(narrow) for _ in range(4)] == kept


def test_digests_of_any_length_are_signed():
    private, public = p256.keypair(_random)
    for size in (0, 1, 20, 31, 32, 33, 48, 64):
        hashed = _random(size)
        signature = p256.sign(private, hashed, sha256, _random)
        assert len(signature) == 64 and p256.verify(public, hashed, signature)
        assert not p256.verify(public, b"\x01" + hashed, signature)
    for hashed in (b"\xff" * 32, _octets(_N), _octets(_N - 1), bytes(32)):  # e beyond n, and 0
        signature = p256.sign(private, hashed, sha256, _random)
        assert p256.verify(public, hashed, signature)
    assert p256.sign(private, _octets(_N), sha256, _random) == signature  # n and 0 are the same


def test_the_table_of_the_comb():
    for i in range(16):
        k = 2**208
        for tooth in range(4):
            k += 2 ** (52 * tooth) if i >> tooth & 1 else -(2 ** (52 * tooth))
        assert multiply._comb(i) == _power(k), i
    assert len(multiply._COMB) == 1024


def test_odd_multiples():
    for k in (1, 5, _N - 7):
        x, y = _power(k)
        multiples = _CURVE.odd_multiples(x, y)
        assert multiples == [_power(k * (2 * i + 1) % _N) for i in range(8)]


def test_additions_of_special_points():
    x, y = _power(9)
    three = _CURVE.scaled(x, y, 12345) + (12345,)
    assert _CURVE.affine(*_CURVE.add(*(three + (x, y)))) == _power(18)  # a point and itself
    assert _CURVE.add(*(three + (x, _P - y)))[2] == 0  # and its negative
    assert _CURVE.double(1, 1, 0)[2] == 0
    assert _CURVE.affine(*_CURVE.add(5, 7, 0, x, y)) == (x, y)
    assert _CURVE.affine(*three) == (x, y)


def test_the_steps_are_the_same_for_every_secret():
    steps = []

    class Watched(Curve):
        def double(self, x, y, z):
            steps.append("d")
            return Curve.double(self, x, y, z)

        def add(self, x1, y1, z1, x2, y2):
            steps.append("a")
            return Curve.add(self, x1, y1, z1, x2, y2)

    curve = Watched(32, _P, _N, _CURVE.b, _CURVE.x, _CURVE.y)
    x, y = _power(11)
    for doublings, additions, multiplication in (
        (51, 51, lambda k: multiply.of_base(curve, k, _random)),
        (256, 64, lambda k: multiply.of_point(curve, k, x, y, _random)),
    ):
        for k in (12345678901, 2**255, _N - 2**100, int.from_bytes(_random(31), "big")):
            steps.clear()
            multiplication(k)
            turns = "d" * (doublings // additions) + "a"
            assert "".join(steps) == turns * additions


def _coordinates(entropies):
    """Return the x of every sum on the way to the same two multiples, for each entropy."""
    seen = []

    class Watched(Curve):
        def add(self, x1, y1, z1, x2, y2):
            seen.append(x1)
            return Curve.add(self, x1, y1, z1, x2, y2)

    curve = Watched(32, _P, _N, _CURVE.b, _CURVE.x, _CURVE.y)
    for entropy in entropies:
        multiply.of_base(curve, 987654321, entropy)
        multiply.of_point(curve, 987654321, _CURVE.x, _CURVE.y, entropy)
    assert len(seen) == len(entropies) * (51 + 64)
    return seen


def test_a_random_z_makes_every_coordinate_new():
    """With the same multiple of the order each time, so that nothing else can do it."""
    seen = _coordinates([lambda n: bytes(1) if n == 1 else _random(n)] * 3)
    assert len(seen) == len(set(seen))


def test_the_multiple_of_the_order_is_random():
    """With the same z each time; eight multiples make eight ways, and bit 0 is not used."""
    ways = [lambda n, b=byte: bytes([b]) if n == 1 else bytes(n) for byte in range(16)]
    seen = [_coordinates([way]) for way in ways]
    for end in (50, 51 + 63):  # before the last addition of either multiplication
        assert len({way[end] for way in seen}) == 8


def test_a_nonce_is_inverted_times_a_random_number():
    genuine = p256.inverse
    seen = []

    def watched(a, n):
        seen.append(a % n)
        return genuine(a, n)

    p256.inverse = watched
    try:
        signatures = [p256.sign(_KEY, bytes(32), sha256, _random) for _ in range(3)]
    finally:
        p256.inverse = genuine
    assert signatures[0] == signatures[1] == signatures[2]
    assert len(seen) == len(set(seen)) == 3


def test_inverses():
    for m in (_P, _N, 2**255 - 19, 7):
        wide = int.from_bytes(_random(40), "big") // m * m  # a multiple, which has no inverse
        assert inverse(wide, m) == 0
        for a in (1, 2, 3, m - 1, m + 4, -5, wide + 6):
            assert inverse(a, m) * a % m == 1 and 0 < inverse(a, m) < m
        assert inverse(0, m) == inverse(m, m) == 0


def test_random_numbers_are_never_zero():
    assert random_below(lambda n: bytes(n), 7, 1) == 1
    drawn = [random_below(_random, 7, 1) for _ in range(200)]
    assert sorted(set(drawn)) == [1, 2, 3, 4, 5, 6]
