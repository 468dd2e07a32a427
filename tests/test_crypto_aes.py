"""The AES block cipher against the examples of FIPS 197."""

from vector_files import octets

from dtls_micro.crypto.aes import Aes

# Source: FIPS 197, appendix B, C.1 and C.3: key, plaintext, ciphertext
_EXAMPLES = (
    (
        "2b7e151628aed2a6abf7158809cf4f3c",
        "3243f6a8885a308d313198a2e0370734",
        "3925841d02dc09fbdc118597196a0b32",
    ),
    (
        "000102030405060708090a0b0c0d0e0f",
        "00112233445566778899aabbccddeeff",
        "69c4e0d86a7b0430d8cdb78070b4c55a",
    ),
    (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff",
        "8ea2b7ca516745bfeafc49904b496089",
    ),
)


def test_examples_of_fips_197():
    for key, plaintext, ciphertext in _EXAMPLES:
        block = octets(plaintext)
        output = bytearray(16)
        aes = Aes(octets(key))
        aes.encrypt(block, output)
        assert output == octets(ciphertext)
        assert block == octets(plaintext)
        aes.encrypt(block, block)
        assert block == octets(ciphertext)


def test_last_words_of_the_key_schedules():
    """Source: FIPS 197, appendix A.1 and A.3."""
    aes128 = Aes(octets("2b7e151628aed2a6abf7158809cf4f3c"))
    assert aes128._last == octets("d014f9a8c9ee2589e13f0cc8b6630ca6")
    aes256 = Aes(octets("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
    assert aes256._last == octets("fe4890d1e6188d0b046df344706c631e")


def test_every_entry_of_the_s_box_is_the_inverse_and_the_affine_map():
    """FIPS 197 section 5.1.1, computed from its definition."""
    from dtls_micro.crypto.aes import _DOUBLE, _SBOX

    power = [1]  # of the generator x + 1
    while len(power) < 255:
        power.append(power[-1] ^ _DOUBLE[power[-1]])
    assert sorted(power) == list(range(1, 256))
    inverse = [0] * 256
    for i in range(255):
        inverse[power[i]] = power[-i % 255]
    for x in range(256):
        b = inverse[x]
        y = 0x63
        for shift in range(5):
            y ^= (b << shift | b >> (8 - shift)) & 255
        assert _SBOX[x] == y


def test_other_key_lengths_are_refused():
    for size in (0, 15, 17, 24, 33):
        try:
            Aes(bytes(size))
        except ValueError:
            continue
        raise AssertionError(size)


def test_wipe_zeroes_every_round_key():
    for size in (16, 32):
        aes = Aes(bytes(range(size)))
        aes.wipe()
        for key in aes._keys + [aes._final, aes._last]:
            assert key == bytearray(16)
