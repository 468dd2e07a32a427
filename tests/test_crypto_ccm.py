"""AES-CCM against Wycheproof's and NIST's vectors."""

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
from dtls_micro.crypto.ccm import Ccm


def _ccm(key, tag_length: int) -> Ccm:
    return Ccm(Aes(key), tag_length)


def test_wycheproof():
    checked = 0
    for group, test in wycheproof("aes_ccm"):
        tag = group["tagSize"] // 8
        if group["keySize"] == 192 or not 56 <= group["ivSize"] <= 104 or tag not in (8, 16):
            continue
        check_wycheproof(test, lambda key, tag=tag: _ccm(key, tag))
        checked += 1
    assert checked == 244, checked


def _nist(name: str) -> int:
    """Check a file of NIST's, both key sizes; return how many cases it has."""
    count = 0
    for bits in ("128", "256"):
        for case in cases(name + bits + ".rsp", "Count"):
            aead = _ccm(octets(case["Key"]), int(case["Tlen"]))
            nonce = octets(case["Nonce"])
            aad = octets(case["Adata"])[: int(case["Alen"])]
            sealed = octets(case["CT"])
            assert len(nonce) == int(case["Nlen"])
            assert len(sealed) == int(case["Plen"]) + aead.tag_length
            if case.get("Result", "Pass") == "Fail":
                check_refused(aead, nonce, aad, sealed)
            else:
                plaintext = octets(case["Payload"])[: int(case["Plen"])]
                check_seal(aead, nonce, aad, plaintext, sealed)
                check_open(aead, nonce, aad, sealed, plaintext)
            count += 1
    return count


def test_nist_decryption_and_verification():
    assert _nist("DVPT") == 480


def test_nist_lengths_of_additional_data():
    assert _nist("VADT") == 660


def test_nist_lengths_of_the_nonce():
    assert _nist("VNT") == 140


def test_nist_lengths_of_the_payload():
    assert _nist("VPT") == 500


def test_nist_lengths_of_the_tag():
    assert _nist("VTT") == 140


def test_additional_data_of_65536_bytes():
    """Source: NIST SP 800-38C, example 4: its length is encoded in six bytes."""
    key = octets("404142434445464748494a4b4c4d4e4f")
    nonce = octets("101112131415161718191a1b1c")
    plaintext = octets("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f")
    sealed = octets(
        "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72"
        "b4ac6bec93e8598e7f0dadbcea5b"
    )
    aad = bytearray(bytes(range(256)) * 256)
    check_seal(_ccm(key, 14), nonce, aad, plaintext, sealed)
    check_open(_ccm(key, 14), nonce, aad, sealed, plaintext)


def test_every_flipped_byte_is_refused():
    for tag_length in (8, 16):
        aead = _ccm(bytes(range(16)), tag_length)
        nonce = bytearray(range(12))
        check_every_flipped_byte(aead, nonce, bytearray(range(13)), bytearray(range(37)))


def test_sizes_out_of_range_are_refused():
    for tag_length in (8, 16):
        check_short(_ccm(bytes(16), tag_length))
        check_long(_ccm(bytes(16), tag_length))


def test_every_block_of_a_long_record_has_its_own_counter():
    """RFC 3610 section 2.3: A_n is the flags, the nonce and n in three bytes."""
    block = Aes(bytes(range(16)))
    nonce = bytearray(range(12))
    buf = bytearray(0xFFFF + 16)
    aead = Ccm(block, 8)
    aead.seal(nonce, bytearray(13), buf, 0, 0xFFFF)
    stream = bytearray(16)
    for n in (1, 2, 255, 256, 257, 4095):  # counted from 1
        block.encrypt(b"\x02" + nonce + n.to_bytes(3, "big"), stream)
        assert buf[16 * n - 16 : 16 * n] == stream, n
    assert aead.open(nonce, bytearray(13), buf, 0, 0xFFFF + aead.tag_length) == 0xFFFF
    assert not any(buf[:0xFFFF])


def test_wipe_leaves_no_key():
    block = Aes(bytes(range(16)))
    aead = Ccm(block, 8)
    aead.seal(bytearray(12), bytearray(13), bytearray(40), 0, 20)
    aead.wipe()
    assert not any(block._last)
    assert not any(aead._stream) and not any(aead._mac)
