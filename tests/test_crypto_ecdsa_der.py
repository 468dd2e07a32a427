"""ECDSA-Sig-Value: strict DER, and nothing else."""

from expect import Numbers, raises

from dtls_micro.crypto.ecdsa_der import decode, encode


def _integer(number, length=None) -> bytes:
    return bytes([2, len(number) if length is None else length]) + number


def _sequence(*parts) -> bytes:
    body = b"".join(parts)
    return bytes([0x30, len(body)]) + body


def test_what_is_encoded_is_decoded():
    numbers = Numbers(1)
    for size in (1, 2, 20, 32, 48, 60):
        for _ in range(20):
            signature = bytearray(numbers.octets(2 * size))
            for i in range(numbers.below(size)):  # leading zeros of r
                signature[i] = 0
            assert decode(encode(signature), size) == signature


def test_the_form_of_numbers():
    assert encode(bytes([0, 0, 0, 1])) == _sequence(_integer(b"\x00"), _integer(b"\x01"))
    assert encode(b"\x7f\x80") == _sequence(_integer(b"\x7f"), _integer(b"\x00\x80"))
    longest = _sequence(_integer(b"\x00" + b"\xff" * 32), _integer(b"\x00" + b"\x80" * 32))
    assert encode(b"\xff" * 32 + b"\x80" * 32) == longest and len(longest) == 72
    assert decode(memoryview(bytearray(longest)), 32) == b"\xff" * 32 + b"\x80" * 32
    assert decode(_sequence(_integer(b"\x05"), _integer(b"\x00")), 2) == b"\x00\x05\x00\x00"


def test_every_truncation_and_a_byte_more_are_refused():
    der = encode(bytes(range(100, 164)))
    assert decode(der, 32)
    for size in range(len(der)):
        raises(ValueError, decode, der[:size], 32)
        if size > 1:  # the outer length made to fit
            raises(ValueError, decode, bytes([0x30, size - 2]) + der[2:size], 32)
    raises(ValueError, decode, der + b"\x00", 32)
    raises(ValueError, decode, bytes([0x30, len(der) - 1]) + der[2:] + b"\x00", 32)


def test_what_only_ber_allows_is_refused():
    one = _integer(b"\x01")
    good = _sequence(one, one)
    assert decode(good, 1) == b"\x01\x01"
    bad = (
        b"\x30\x81\x06" + one + one,  # length of two bytes
        b"\x30\x82\x00\x06" + one + one,
        b"\x30\x80" + one + one + b"\x00\x00",  # indefinite length
        b"\x31" + good[1:],
        b"\x10" + good[1:],
        _sequence(b"\x02\x81\x01\x01", one),
        _sequence(one, b"\x02\x81\x01\x01"),
        _sequence(b"\x03\x01\x01", one),
        _sequence(one, b"\x42\x01\x01"),
        _sequence(one),
        _sequence(one, one, one),
        _sequence(one, one, b"\x05\x00"),
        _sequence(),
        b"",
    )
    for der in bad:
        raises(ValueError, decode, der, 32)


def test_numbers_that_are_not_minimal_negative_empty_or_too_large_are_refused():
    one = _integer(b"\x01")
    for number in (b"", b"\x00\x01", b"\x00\x00", b"\x00\x7f", b"\x80", b"\xff\x01"):
        raises(ValueError, decode, _sequence(_integer(number), one), 32)
        raises(ValueError, decode, _sequence(one, _integer(number)), 32)
    raises(ValueError, decode, _sequence(_integer(b"\x01\x00"), one), 1)
    raises(ValueError, decode, _sequence(one, _integer(b"\x00\x80\x00")), 1)
    raises(ValueError, decode, _sequence(_integer(b"\x01", 3), one), 32)  # reaches into s
    raises(ValueError, decode, _sequence(one, _integer(b"\x01", 2)), 32)
    raises(ValueError, decode, _sequence(one, _integer(b"\x01", 200)), 32)


def test_lengths_that_would_need_two_bytes_are_refused():
    largest = b"\xff" * 120
    assert len(encode(largest)) == 128 and decode(encode(largest), 60) == largest
    raises(ValueError, encode, bytes(122))
    raises(ValueError, decode, encode(largest), 61)
    raises(ValueError, decode, bytes([0x30, 0x80]) + bytes(0x80), 60)
    for odd in (b"", b"\x01", bytes(63)):
        raises(ValueError, encode, odd)
