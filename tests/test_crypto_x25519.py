"""X25519 against RFC 7748's and Wycheproof's vectors."""

from expect import Numbers, raises
from vector_files import cases, octets, sample, sampled, wycheproof

from dtls_micro.crypto import x25519

_random = Numbers(8).octets
_P = 2**255 - 19


def test_vectors_of_rfc_7748_section_5():
    checked = 0
    for case in cases("rfc7748.txt", "COUNT"):
        secret = x25519.shared(octets(case["INPUT_SCALAR"]), octets(case["INPUT_U"]), _random)
        assert secret == octets(case["OUTPUT_U"]), case
        checked += 1
    assert checked == 3, checked


def test_iterations_of_rfc_7748_section_5():
    """Each result is the next scalar, and the scalar the next coordinate."""
    k = u = b"\x09" + bytes(31)
    for turn in range(1, 1001):
        k, u = x25519.shared(k, u, _random), k
        if turn == 1:
            assert k == octets("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
    assert k == octets("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")


def test_diffie_hellman_of_rfc_7748_section_6():
    a = octets("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    b = octets("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    private, public_a = x25519.keypair(lambda n: bytes(a) if n == 32 else _random(n))
    assert private == a
    _, public_b = x25519.keypair(lambda n: bytes(b) if n == 32 else _random(n))
    assert public_a == octets("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    assert public_b == octets("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    secret = octets("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    assert x25519.shared(a, public_b, _random) == secret
    assert x25519.shared(b, public_a, _random) == secret


def test_wycheproof():
    checked = refused = 0
    for _, test in sample(wycheproof("x25519"), 2):
        private, public = octets(test["private"]), octets(test["public"])
        if "ZeroSharedSecret" in test["flags"]:
            raises(ValueError, x25519.shared, private, public, _random)
            refused += 1
        else:
            assert x25519.shared(private, public, _random) == octets(test["shared"]), test["tcId"]
        checked += 1
    assert checked == sampled(518, 2) and refused > 5, (checked, refused)


def test_both_sides_share_the_same_secret():
    for _ in range(5):
        a, public_a = x25519.keypair(_random)
        b, public_b = x25519.keypair(_random)
        assert len(a) == len(public_a) == 32 and a != b
        secret = x25519.shared(a, memoryview(public_b), _random)
        assert x25519.shared(bytearray(b), public_a, _random) == secret


def test_points_of_small_order_are_refused():
    """The five of RFC 7748's curve and its twist, and their other names; RFC 7748 section 6.1."""
    eight = octets("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
    other = octets("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
    for public in (eight, other):
        raises(ValueError, x25519.shared, _random(32), public, _random)
    for u in (0, 1, _P - 1, _P, _P + 1):
        for top in (0, 2**255):
            public = (u + top).to_bytes(32, "little")
            raises(ValueError, x25519.shared, _random(32), public, _random)


def test_the_bits_that_do_not_count():
    private, public = bytearray(_random(32)), bytearray(_random(32))
    secret = x25519.shared(private, public, _random)
    private[0] ^= 7
    private[31] ^= 128
    private[31] |= 64
    public[31] ^= 128
    clamped = bytearray(private)
    clamped[31] &= 191
    assert x25519.shared(private, public, _random) == secret
    assert x25519.shared(clamped, public, _random) == secret
    private[0] ^= 8
    assert x25519.shared(private, public, _random) != secret


def test_keys_of_other_sizes_are_refused():
    for size in (0, 1, 31, 33, 64):
        raises(ValueError, x25519.shared, bytes(size), b"\x09" + bytes(31), _random)
        raises(ValueError, x25519.shared, b"\x09" + bytes(31), b"\x09" * size, _random)


def test_the_result_does_not_depend_on_the_masks():
    private, public = _random(32), _random(32)
    secret = x25519.shared(private, public, _random)
    for byte in (0, 1, 255):
        assert x25519.shared(private, public, lambda n, b=byte: bytes([b] * n)) == secret


def test_every_mask_changes_what_is_inverted():
    """Two points are masked; each mask by itself must change the z at the end."""
    genuine = x25519.inverse
    seen = []

    def watched(z, p):
        seen.append(z % p)
        return genuine(z, p)

    private, public = _random(32), _random(32)
    secret = x25519.shared(private, public, _random)
    x25519.inverse = watched
    try:
        for varied in (0, 1):
            for value in (0, 1, 2):
                masks = [bytes(40), bytes(40)]
                masks[varied] = value.to_bytes(40, "big")
                masks.reverse()
                assert x25519.shared(private, public, lambda n, m=masks: m.pop()) == secret
    finally:
        x25519.inverse = genuine
    assert len(seen) == 6 and len(set(seen)) == 5  # both are 1 the first time
