"""AES-GCM against Wycheproof's and NIST's vectors."""

from aead_check import (
    check_every_flipped_byte,
    check_long,
    check_open,
    check_refused,
    check_seal,
    check_short,
    check_wycheproof,
)
from vector_files import cases, octets, wycheproof

from dtls_micro.crypto.aes import Aes
from dtls_micro.crypto.gcm import Gcm


def _gcm(key) -> Gcm:
    return Gcm(Aes(key))


def test_wycheproof():
    checked = 0
    for group, test in wycheproof("aes_gcm"):
        if group["keySize"] == 192 or group["ivSize"] != 96 or group["tagSize"] != 128:
            continue
        check_wycheproof(test, _gcm)
        checked += 1
    assert checked == 133, checked


def test_nist_decryption():
    passed = failed = 0
    for case in cases("gcmDecrypt128.rsp", "Count"):
        aead = _gcm(octets(case["Key"]))
        nonce = octets(case["IV"])
        aad = octets(case["AAD"])
        sealed = octets(case["CT"] + case["Tag"])
        if "FAIL" in case:
            check_refused(aead, nonce, aad, sealed)
            failed += 1
        else:
            check_seal(aead, nonce, aad, octets(case["PT"]), sealed)
            check_open(aead, nonce, aad, sealed, octets(case["PT"]))
            passed += 1
    assert passed + failed == 375 and failed > 100, (passed, failed)


def test_every_flipped_byte_is_refused():
    aead = _gcm(bytes(range(16)))
    nonce = bytearray(range(12))
    check_every_flipped_byte(aead, nonce, bytearray(range(13)), bytearray(range(37)))


def test_sizes_out_of_range_are_refused():
    check_short(_gcm(bytes(16)))
    check_long(_gcm(bytes(16)))


def test_lengths_are_hashed_in_bits():
    """The largest counts that seal() documents, of which no buffer need exist here."""
    from dtls_micro.crypto.ghash import Ghash

    ghash = Ghash(bytearray([128] + [0] * 15))  # H = 1: the hash is the block itself
    block = bytearray(16)
    ghash.lengths(0x3FFFFFF, 0x1234567)
    ghash.result(block)
    assert block == octets("000000001ffffff8" + "00000000091a2b38")


def test_every_block_of_a_long_record_has_its_own_counter():
    """SP 800-38D section 7.1: the nonce and n + 1 in four bytes."""
    block = Aes(bytes(range(16)))
    nonce = bytearray(range(12))
    buf = bytearray(0xFFFF + 16)
    aead = Gcm(block)
    aead.seal(nonce, bytearray(13), buf, 0, 0xFFFF)
    stream = bytearray(16)
    for n in (1, 2, 255, 256, 257, 4095):  # counted from 1
        block.encrypt(nonce + (n + 1).to_bytes(4, "big"), stream)
        assert buf[16 * n - 16 : 16 * n] == stream, n
    assert aead.open(nonce, bytearray(13), buf, 0, 0xFFFF + aead.tag_length) == 0xFFFF
    assert not any(buf[:0xFFFF])


def test_wipe_leaves_no_key():
    block = Aes(bytes(range(16)))
    aead = Gcm(block)
    aead.seal(bytearray(12), bytearray(13), bytearray(40), 0, 20)
    aead.wipe()
    assert not any(block._last) and not any(aead._stream) and not any(aead._tag)
    assert not any(aead._ghash._y)
    assert not any(any(row) for row in aead._ghash._table)
