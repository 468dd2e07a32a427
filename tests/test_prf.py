"""HMAC-SHA256 and the PRF of TLS 1.2 against public vectors."""

from hashlib import sha256

from vector_files import cases, load, octets, wycheproof

from dtls_micro.crypto.hmac import Hmac
from dtls_micro.prf import prf


class Port:
    """What prf() needs of a port."""

    sha256 = sha256


def test_hmac_of_rfc_4231():
    count = 0
    for case in cases("rfc-4231-sha256.txt", "MD"):
        assert Hmac(sha256, octets(case["Key"])).digest(octets(case["Msg"])) == octets(case["MD"])
        count += 1
    assert count == 6, count


def test_hmac_of_wycheproof():
    checked = 0
    for group, test in wycheproof("hmac_sha256"):
        hmac = Hmac(sha256, octets(test["key"]))
        tag = hmac.digest(octets(test["msg"]))[: group["tagSize"] // 8]
        assert (tag == octets(test["tag"])) == (test["result"] == "valid"), test["tcId"]
        checked += 1
    assert checked == 174, checked


def test_only_keys_longer_than_a_block_are_hashed():
    """RFC 2104 section 2, written out."""
    for size in (0, 63, 64, 65, 200):
        key = bytes(range(size))
        block = sha256(key).digest() if size > 64 else key
        block = block + bytes(64 - len(block))
        inner = sha256(bytes(b ^ 0x36 for b in block) + b"message").digest()
        outer = sha256(bytes(b ^ 0x5C for b in block) + inner).digest()
        assert Hmac(sha256, key).digest(b"message") == outer, size


def test_a_message_may_come_in_parts_and_the_object_again():
    hmac = Hmac(sha256, b"key")
    whole = hmac.digest(b"abcdef")
    assert hmac.digest(b"abc", bytearray(b"d"), memoryview(b"ef")) == whole
    assert hmac.digest(b"abcdef", b"") == whole
    assert hmac.digest(b"abcde") != whole


def test_wipe_zeroes_both_key_blocks():
    hmac = Hmac(sha256, bytes(range(64)))
    hmac.wipe()
    assert hmac._inner == bytearray(64) and hmac._outer == bytearray(64)


def test_the_hmac_of_a_port_is_preferred():
    class Own:
        sha256 = None

        @staticmethod
        def hmac(key):
            made.append(Hmac(sha256, key))
            return made[-1]

    made: list = []
    assert prf(Own, b"secret", b"label", b"seed", 40) == prf(
        Port, b"secret", b"label", b"seed", 40
    )
    assert len(made) == 1 and made[0]._inner == bytearray(64)


def test_p_sha256():
    """Source: the TLS 1.2 PRF vector published on the IETF TLS list; its beginning."""
    secret = octets("9bbe436ba940f017b17652849a71db35")
    seed = octets("a0ba9f936cda311827a6f796ffd5198c")
    output = prf(Port, secret, b"test label", seed, 100)
    assert output[:8] == octets("e3f229ba727be17b")
    for size in (0, 1, 12, 31, 32, 33, 64, 99):
        assert prf(Port, secret, b"test label", seed, size) == output[:size]


def test_key_derivation_with_extended_master_secret():
    """NIST ACVP, TLS-v1.2 KDF RFC7627: master secret, then key block."""
    expected = {}
    for group in load("acvp/TLS-v1.2-KDF-RFC7627.expected.json")[1]["testGroups"]:
        for test in group["tests"]:
            expected[test["tcId"]] = test
    checked = 0
    for group in load("acvp/TLS-v1.2-KDF-RFC7627.vectors.json")[1]["testGroups"]:
        if group["hashAlg"] != "SHA2-256":
            continue
        for test in group["tests"]:
            secret = octets(test["preMasterSecret"])
            session_hash = octets(test["sessionHash"])
            master = prf(Port, secret, b"extended master secret", session_hash, 48)
            seed = octets(test["serverRandom"] + test["clientRandom"])
            block = prf(Port, master, b"key expansion", seed, group["keyBlockLength"] // 8)
            assert master == octets(expected[test["tcId"]]["masterSecret"])
            assert block == octets(expected[test["tcId"]]["keyBlock"])
            checked += 1
    assert checked == 12, checked
