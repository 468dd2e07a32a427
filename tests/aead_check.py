"""What every AEAD must do with one record, whoever's vector it is."""

_BEFORE = 3  # bytes around the record that must stay as they are
_AFTER = 5
_FILL = 0xA5


def _framed(data, room: int = 0) -> bytearray:
    buf = bytearray([_FILL] * (_BEFORE + len(data) + room + _AFTER))
    buf[_BEFORE : _BEFORE + len(data)] = data
    return buf


def check_seal(aead, nonce, aad, plaintext, sealed):
    """Check that seal() makes `sealed`, ciphertext and tag, and writes nowhere else."""
    buf = _framed(plaintext, aead.tag_length)
    aead.seal(nonce, aad, buf, _BEFORE, _BEFORE + len(plaintext))
    assert buf == _framed(sealed), (nonce, buf)


def check_open(aead, nonce, aad, sealed, plaintext):
    """Check that open() returns the plaintext, and writes nowhere but over the ciphertext."""
    buf = _framed(sealed)
    size = aead.open(nonce, aad, buf, _BEFORE, _BEFORE + len(sealed))
    assert size == len(plaintext), (nonce, size)
    expected = _framed(sealed)
    expected[_BEFORE : _BEFORE + size] = plaintext
    assert buf == expected, (nonce, buf)


def check_refused(aead, nonce, aad, sealed):
    """Check that open() returns -1 and leaves ciphertext or zeros, never plaintext."""
    buf = _framed(sealed)
    assert aead.open(nonce, aad, buf, _BEFORE, _BEFORE + len(sealed)) == -1, nonce
    size = len(sealed) - aead.tag_length
    zeroed = _framed(sealed)
    for i in range(size):
        zeroed[_BEFORE + i] = 0
    assert buf == _framed(sealed) or buf == zeroed, (nonce, buf)


def check_every_flipped_byte(aead, nonce, aad, plaintext):
    """Seal once, then change each byte of tag, ciphertext, aad and nonce: all are refused."""
    buf = bytearray(len(plaintext) + aead.tag_length)
    buf[: len(plaintext)] = plaintext
    aead.seal(nonce, aad, buf, 0, len(plaintext))
    check_open(aead, nonce, aad, buf, plaintext)
    for changed in (buf, aad, nonce):
        for i in range(len(changed)):
            for bit in (1, 128):
                changed[i] ^= bit
                check_refused(aead, nonce, aad, buf)
                changed[i] ^= bit
    check_open(aead, nonce, aad, buf, plaintext)


def check_short(aead):
    """Check that whatever is shorter than a tag is refused, and nothing is written."""
    for size in range(aead.tag_length):
        buf = _framed(bytes(size))
        assert aead.open(bytearray(12), bytearray(13), buf, _BEFORE, _BEFORE + size) == -1
        assert buf == _framed(bytes(size))


def check_long(aead):
    """Check that 65536 bytes are too many, both ways."""
    buf = bytearray(0x10000 + aead.tag_length)
    assert aead.open(bytearray(12), bytearray(13), buf, 0, len(buf)) == -1
    try:
        aead.seal(bytearray(12), bytearray(13), buf, 0, 0x10000)
    except ValueError:
        assert not any(buf)
    else:
        raise AssertionError("a record of 65536 bytes was sealed")


def check_wycheproof(test, make):
    """Check one AeadTest of a Wycheproof file with the AEAD that make(key) returns."""
    from vector_files import octets

    aead = make(octets(test["key"]))
    nonce, aad, plaintext = octets(test["iv"]), octets(test["aad"]), octets(test["msg"])
    sealed = octets(test["ct"] + test["tag"])
    if test["result"] == "valid":
        check_seal(aead, nonce, aad, plaintext, sealed)
        check_open(aead, nonce, aad, sealed, plaintext)
    else:
        check_refused(aead, nonce, aad, sealed)
