"""Verification of RSA signatures against Wycheproof's vectors, and forgeries of our own.

The exponent 3 makes forgeries easy: a cube of any number is a signature of it.
"""

from expect import Numbers, raises
from hashes import digest, factory
from vector_files import octets, sample, sampled, wycheproof

from dtls_micro.crypto import rsa

_random = Numbers(9).octets


def _check_pkcs1(algorithm: str, tests: int, stride: int = 1):
    checked = 0
    for group, test in sample(wycheproof("rsa_signature_" + algorithm), stride):
        n = octets(group["publicKey"]["modulus"])
        e = octets(group["publicKey"]["publicExponent"])
        hashed = digest(group["sha"], octets(test["msg"]))
        good = rsa.verify_pkcs1(n, e, hashed, group["sha"], octets(test["sig"]))
        # acceptable there is an AlgorithmIdentifier without NULL, which is not allowed here
        assert good == (test["result"] == "valid"), (algorithm, test["tcId"])
        checked += 1
    assert checked == sampled(tests, stride), checked


def test_wycheproof_pkcs1_2048_sha256():
    _check_pkcs1("2048_sha256", 259)


def test_wycheproof_pkcs1_3072_sha384():
    _check_pkcs1("3072_sha384", 259, 2)


def test_wycheproof_pkcs1_4096_sha512():
    _check_pkcs1("4096_sha512", 259, 3)


def _check_pss(algorithm: str, tests: int, stride: int = 1):
    checked = 0
    for group, test in sample(wycheproof("rsa_pss_" + algorithm), stride):
        n = octets(group["publicKey"]["modulus"])
        e = octets(group["publicKey"]["publicExponent"])
        hashed = digest(group["sha"], octets(test["msg"]))
        signature = octets(test["sig"])
        sha, size = factory(group["sha"]), group["sLen"]
        good = rsa.verify_pss(n, e, hashed, sha, size, signature)
        assert good == (test["result"] == "valid"), (algorithm, test["tcId"])
        if good:
            assert not rsa.verify_pss(n, e, hashed, sha, size - 1, signature)
            assert not rsa.verify_pss(n, e, hashed, sha, size + 1, signature)
        checked += 1
    assert checked == sampled(tests, stride), checked


def test_wycheproof_pss_2048_sha256():
    _check_pss("2048_sha256_mgf1_32", 108)


def test_wycheproof_pss_2048_sha384():
    _check_pss("2048_sha384_mgf1_48", 141, 2)


def test_wycheproof_pss_4096_sha512():
    _check_pss("4096_sha512_mgf1_64", 179, 4)


def _key_for(message: bytes, size: int = 256):
    """Return (modulus, signature) with signature**3 == message modulo the modulus, if odd.

    The modulus is s**3 - message, for the largest s that keeps it in `size` bytes.
    """
    value = int.from_bytes(message, "big")
    s = 0
    for at in range((8 * size + 2) // 3, -1, -1):
        if (s + (1 << at)) ** 3 - value < 1 << 8 * size:
            s += 1 << at
    if not (s ^ value) & 1:  # s**3 is as odd as s
        s -= 1
    return (s**3 - value).to_bytes(size, "big"), s.to_bytes(size, "big")


def _pkcs1(hashed: bytes, size: int = 256) -> bytes:
    info = octets("3031300d060960864801650304020105000420")
    return b"\x00\x01" + b"\xff" * (size - 54) + b"\x00" + info + hashed


def test_the_encoding_is_compared_as_a_whole():
    """What BERserk and its like have put beside the hash, where a parser would not look."""
    hashed = _random(32)
    info = octets("3031300d060960864801650304020105000420")
    good = _pkcs1(hashed)
    n, signature = _key_for(good)
    assert rsa.verify_pkcs1(n, b"\x03", hashed, "SHA-256", signature)
    assert rsa.verify_pkcs1(b"\x00" + n, b"\x00\x03", hashed, "SHA-256", signature)
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + hashed
    longer = octets("3031300d06096086480165030402010500048120")  # length of two bytes
    no_null = octets("302f300b0609608648016503040201" + "0420")
    no_algorithm = b"\x00\x01" + b"\xff" * 221 + b"\x00" + hashed
    forgeries = (
        start + bytes(256 - len(start)),  # garbage behind the hash
        b"\x00\x01" + b"\xff" * 201 + b"\x00" + longer + hashed,
        b"\x00\x01" + b"\xff" * 204 + b"\x00" + no_null + hashed,
        no_algorithm,
        b"\x00\x02" + good[2:],
        b"\x00\x00" + good[2:],
        b"\x01\x01" + good[2:],
        b"\x00\x01\x00" + good[3:],
        good[:100] + b"\xfe" + good[101:],
        good[:-1] + bytes([good[-1] ^ 1]),
    )
    for message in forgeries:
        message = message + bytes(256 - len(message))
        n, signature = _key_for(message)
        assert not rsa.verify_pkcs1(n, b"\x03", hashed, "SHA-256", signature)


def _refused(n, e, signature, hashed):
    from hashlib import sha256

    assert not rsa.verify_pkcs1(n, e, hashed, "SHA-256", signature)
    assert not rsa.verify_pss(n, e, hashed, sha256, 32, signature)


def test_keys_out_of_range_are_refused():
    hashed = _random(32)
    good = _pkcs1(hashed)
    for e in (b"", b"\x00", b"\x01", b"\x00\x01"):  # with 1, the encoding signs itself
        _refused(b"\xff" * 256, e, good, hashed)
    n, signature = _key_for(good)
    _refused(n, b"\x02", signature, hashed)
    _refused(n, b"\x01\x00\x00\x00\x01", signature, hashed)
    _refused(b"", b"\x03", b"", hashed)
    _refused(b"\x00", b"\x03", b"", hashed)
    _refused(n[:-1] + bytes([n[-1] & 254]), b"\x03", signature, hashed)
    for size in (128, 255):
        n, signature = _key_for(_pkcs1(hashed, size), size)
        _refused(n, b"\x03", signature, hashed)
    for bits, taken in ((2047, False), (2048, True), (2049, True), (4096, True), (4097, False)):
        size = (bits + 7) // 8
        n = ((1 << bits) - 1).to_bytes(size, "big")
        assert bool(rsa._recover(n, b"\x03", bytes(size))[0]) == taken, bits
        assert rsa._recover(n, b"\x03", bytes(size))[1] == (bits if taken else 0)


def test_signatures_out_of_range_are_refused():
    hashed = _random(32)
    n, signature = _key_for(_pkcs1(hashed))
    more = int.from_bytes(signature, "big") + int.from_bytes(n, "big")
    if more < 1 << 2048:
        _refused(n, b"\x03", more.to_bytes(256, "big"), hashed)
    _refused(n, b"\x03", n, hashed)
    _refused(n, b"\x03", b"\x00" + signature, hashed)
    _refused(n, b"\x03", signature[1:], hashed)
    _refused(n, b"\x03", b"", hashed)


def test_what_the_caller_gets_wrong_raises():
    from hashlib import sha256

    n, signature = _key_for(_pkcs1(bytes(32)))
    raises(ValueError, rsa.verify_pkcs1, n, b"\x03", bytes(20), "SHA-1", signature)
    raises(ValueError, rsa.verify_pkcs1, n, b"\x03", bytes(48), "SHA-256", signature)
    raises(ValueError, rsa.verify_pkcs1, n, b"\x03", bytes(32), "SHA-384", signature)
    raises(ValueError, rsa.verify_pss, n, b"\x03", bytes(20), sha256, 20, signature)
    raises(ValueError, rsa.verify_pss, n, b"\x03", bytes(32), sha256, -1, signature)


def _pss(hashed: bytes, salt: bytes, bits: int) -> bytes:
    """Return EMSA-PSS with SHA-256 for a modulus of that many bits (RFC 8017 section 9.1.1)."""
    from hashlib import sha256

    size = (bits + 6) // 8
    h = sha256(bytes(8) + hashed + salt).digest()
    block = bytes(size - len(salt) - 34) + b"\x01" + salt
    mask = b""
    while len(mask) < len(block):
        mask += sha256(h + (len(mask) // 32).to_bytes(4, "big")).digest()
    masked = bytearray(a ^ b for a, b in zip(block, mask))
    masked[0] &= 255 >> 8 * size - bits + 1
    return bytes(masked) + h + b"\xbc"


def test_pss_with_moduli_of_all_sizes_of_the_first_byte():
    """With 2049 bits the encoding is a byte shorter than the modulus."""
    from hashlib import sha256

    class Recovered:
        """Stands for the RSA operation."""

        def __init__(self, message, bits):
            self.result = message, bits

        def __call__(self, n, e, signature):
            return self.result

    hashed = _random(32)
    genuine = rsa._recover
    try:
        for bits in range(2048, 2058):
            for salt in (b"", _random(1), _random(32)):
                message = _pss(hashed, salt, bits)
                message = bytes((bits + 7) // 8 - len(message)) + message
                rsa._recover = Recovered(message, bits)
                assert rsa.verify_pss(0, 0, hashed, sha256, len(salt), 0), bits
                assert not rsa.verify_pss(0, 0, hashed, sha256, len(salt) + 1, 0)
                for flipped in (b"\x80" + bytes(len(message) - 1), bytes(20) + b"\x01", b"\x01"):
                    changed = bytearray(message)
                    for i in range(len(flipped)):
                        changed[i] ^= flipped[i]
                    rsa._recover = Recovered(bytes(changed), bits)
                    assert not rsa.verify_pss(0, 0, hashed, sha256, len(salt), 0), bits
                rsa._recover = Recovered(message[:-1] + b"\xbd", bits)
                assert not rsa.verify_pss(0, 0, hashed, sha256, len(salt), 0)
    finally:
        rsa._recover = genuine


def test_a_salt_that_does_not_fit_is_refused():
    n, signature = _key_for(_pkcs1(bytes(32)))
    for size in (222, 223, 224, 300):
        assert not rsa.verify_pss(n, b"\x03", bytes(32), factory("SHA-256"), size, signature)
