"""ChaCha20, Poly1305 and their AEAD against Wycheproof's vectors and those of RFC 8439."""

from aead_check import (
    check_every_flipped_byte,
    check_long,
    check_open,
    check_seal,
    check_short,
    check_wycheproof,
)
from vector_files import cases, octets, wycheproof

from dtls_micro.crypto.chacha import ChaCha
from dtls_micro.crypto.chachapoly import ChaChaPoly
from dtls_micro.crypto.poly1305 import Poly1305


def test_wycheproof():
    checked = 0
    for group, test in wycheproof("chacha20_poly1305"):
        if group["ivSize"] == 96:
            check_wycheproof(test, ChaChaPoly)
            checked += 1
    assert checked == 316, checked


def test_chacha20_blocks_of_the_rfc():
    """The files' counter has 64 bits: the upper 32 are the first word of our nonce."""
    count = 0
    for case in cases("chacha20-rfc7539.txt", "COUNT"):
        cipher = ChaCha(octets(case["KEY"]))
        cipher.start(octets("00000000" + case["NONCE"]))
        counter = int(case["INITIAL_BLOCK_COUNTER"])
        text = octets(case["PLAINTEXT"])
        for at in range(len(text)):
            if at % 64 == 0:
                cipher.block(counter)
                counter += 1
            text[at] ^= cipher.stream[at % 64]
        assert text == octets(case["CIPHERTEXT"])
        count += 1
    assert count == 3, count


def test_chacha20_counts_above_16_bits():
    """A counter is split into halves: 0x10002 is neither block 2 nor block 3."""
    cipher = ChaCha(bytes(32))
    cipher.start(bytes(12))
    streams = []
    for counter in (0, 1, 2, 3, 0x10000, 0x10002, 0x3FFFFFFF):
        cipher.block(counter)
        assert bytes(cipher.stream) not in streams
        streams.append(bytes(cipher.stream))


def _poly1305(mac: Poly1305, key, message) -> bytearray:
    """Return the authenticator of RFC 8439 section 2.5, whose last block is not padded."""
    whole = len(message) // 16 * 16
    mac.start(key)
    mac.update(message, 0, whole)
    if whole < len(message):
        mac.update(message[whole:] + b"\x01", 0, len(message) - whole + 1, 0)
    tag = bytearray(16)
    mac.finish(tag)
    return tag


def test_poly1305_of_the_rfc():
    mac = Poly1305()
    count = 0
    for case in cases("poly1305-rfc7539.txt", "COUNT"):
        assert _poly1305(mac, octets(case["KEY"]), octets(case["MSG"])) == octets(case["TAG"])
        count += 1
    assert count == 11, count


def test_poly1305_against_plain_arithmetic():
    """All-ones and single-bit messages and keys, at every length, with whole integers."""
    mac = Poly1305()
    for key in (b"\xff" * 32, bytes(range(32)), b"\x02" + bytes(31), b"\x01" + b"\xff" * 31):
        r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
        s = int.from_bytes(key[16:], "little")
        for size in range(0, 70):
            for message in (b"\xff" * size, b"\xfb" + b"\xff" * size, bytes(range(size))):
                h = 0
                for at in range(0, len(message), 16):
                    block = int.from_bytes(message[at : at + 16] + b"\x01", "little")
                    h = (h + block) * r % (2**130 - 5)
                expected = ((h + s) % 2**128).to_bytes(16, "little")
                assert _poly1305(mac, key, message) == expected, (key, message)


def test_aead_of_the_rfc():
    """Source: RFC 8439 section 2.8.2."""
    key = bytearray(range(0x80, 0xA0))
    plaintext = bytearray(
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    sealed = octets(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
    )
    nonce = octets("070000004041424344454647")
    aad = octets("50515253c0c1c2c3c4c5c6c7")
    check_seal(ChaChaPoly(key), nonce, aad, plaintext, sealed)
    check_open(ChaChaPoly(key), nonce, aad, sealed, plaintext)


def test_every_flipped_byte_is_refused():
    aead = ChaChaPoly(bytes(range(32)))
    nonce = bytearray(range(12))
    check_every_flipped_byte(aead, nonce, bytearray(range(13)), bytearray(range(37)))


def test_sizes_out_of_range_are_refused():
    check_short(ChaChaPoly(bytes(32)))
    check_long(ChaChaPoly(bytes(32)))


def test_other_key_lengths_are_refused():
    for size in (0, 16, 31, 33):
        try:
            ChaChaPoly(bytes(size))
        except ValueError:
            continue
        raise AssertionError(size)


def test_every_block_of_a_long_record_has_its_own_counter():
    """RFC 8439 section 2.8: the text begins with block 1."""
    key, nonce = bytes(range(32)), bytearray(range(12))
    cipher = ChaCha(key)
    cipher.start(nonce)
    buf = bytearray(17000 + 16)
    ChaChaPoly(key).seal(nonce, bytearray(13), buf, 0, 17000)
    for n in (1, 2, 255, 256, 257, 265):
        cipher.block(n)
        assert buf[64 * n - 64 : 64 * n] == cipher.stream, n


def test_wipe_leaves_no_key():
    aead = ChaChaPoly(bytes(range(32)))
    aead.seal(bytearray(12), bytearray(13), bytearray(40), 0, 20)
    aead.wipe()
    cipher, mac = aead._cipher, aead._mac
    for state in (cipher._low, cipher._high, cipher._start_low, cipher._start_high):
        assert not any(state)
    for state in (cipher.stream, mac._h, mac._r, mac._wrapped, mac._s, mac._pad, aead._tag):
        assert not any(state)
