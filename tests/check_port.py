"""Check a port against typings/dtls_port.pyi and print what each call takes.

On a desk, for a port in ports/NAME:
MICROPYPATH=.frozen:.:ports/NAME:ports/native micropython -X heapsize=16m tests/check_port.py
On a board, with the library and the port in /lib: import check_port; check_port.main()
It does not check sockets; tests/test_port.py does, for ports of a desk.
"""

import time
from binascii import unhexlify

import dtls_port

_ABC = unhexlify("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
# Plaintext b"dtls_micro" * 2 under key 00 01 02 .., nonce 40 41 .. 4b, additional data
# 80 81 .. 8c, sealed by OpenSSL: ciphertext, tag.
_SEALED = {
    "AES_128_CCM_8": "14fbc15dc0d44157eda800794d7ab4f1e9d9dae3dfaa11a5dd71af47",
    "AES_128_CCM": "14fbc15dc0d44157eda800794d7ab4f1e9d9dae32cd3fc053cf79c9c523a2760e88177a8",
    "AES_128_GCM": "5d5d05b9322690d3fed6276b92542295251ecb0489f5fdaea1797c3e54d07eaa5019de87",
    "CHACHA20_POLY1305": "9c2010f22d2787622aa09274d79c32a0ddaf1177"
    "663fd50c657e736b1daee802c0f5e21c",
}
_HMAC_2 = unhexlify("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
_HMAC_6 = unhexlify("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
_PLAIN = b"dtls_micro" * 2
_NONCE = bytearray(range(0x40, 0x4C))
_DATA = bytearray(range(0x80, 0x8D))


def test_random_gives_as_many_bytes_as_asked_and_never_the_same():
    for size in (1, 16, 32, 48):
        assert len(dtls_port.random(size)) == size
    assert dtls_port.random(32) != dtls_port.random(32)
    seen = {}
    for byte in dtls_port.random(1024):
        seen[byte] = True
    assert len(seen) > 200  # 251 of 256 are expected


def test_sha256_of_abc():
    running = dtls_port.sha256()
    running.update(b"a")
    running.update(memoryview(bytearray(b"bc")))
    assert running.digest() == _ABC


def test_hmac_if_there_is_one():
    """RFC 4231 test cases 2 and 6, and one key for two messages."""
    own = getattr(dtls_port, "hmac", None)
    if own is None:
        return
    key = bytearray(b"\xaa" * 131)
    long = own(key)
    key[:] = bytes(131)  # it is a copy
    parts = (
        b"Test Using Larger Than Block-Size Key",
        bytearray(b" - Hash"),
        memoryview(b" Key First"),
    )
    for _ in range(2):
        assert long.digest(*parts) == _HMAC_6
        assert bytes(parts[1]) == b" - Hash"
    short = own(b"Jefe")
    assert short.digest(b"what do ya want ", b"for nothing?") == _HMAC_2
    for size in (0, 55, 56, 63, 64, 65, 119, 120):
        assert short.digest(_ABC * 4, bytes(size)) == short.digest(_ABC * 4 + bytes(size))
    long.wipe()
    assert short.digest(b"what do ya want for nothing?") == _HMAC_2


def test_the_clock_if_there_is_one_gives_six_numbers_or_none():
    now = dtls_port.utc() if hasattr(dtls_port, "utc") else None
    assert now is None or (len(now) == 6 and now > (2000, 1, 1, 0, 0, 0))


def test_each_aead_seals_as_openssl_does():
    for kind, expected in _SEALED.items():
        buf = _sealed(kind)
        assert bytes(buf) == b"##" + unhexlify(expected) + b"##", kind


def test_each_aead_opens_what_it_sealed():
    for kind in _SEALED:
        buf = _sealed(kind)
        assert _aead(kind).open(_NONCE, _DATA, buf, 2, len(buf) - 2) == len(_PLAIN)
        assert buf[2 : 2 + len(_PLAIN)] == _PLAIN


def test_each_aead_refuses_a_change_anywhere():
    for kind in _SEALED:
        aead = _aead(kind)
        for i in range(2, len(_sealed(kind)) - 2):
            buf = _sealed(kind)
            buf[i] ^= 1
            assert aead.open(_NONCE, _DATA, buf, 2, len(buf) - 2) == -1
            assert buf[2 : 2 + len(_PLAIN)] != _PLAIN
        buf = _sealed(kind)
        other = bytearray(_DATA)
        other[0] ^= 1
        assert aead.open(_NONCE, other, buf, 2, len(buf) - 2) == -1
        assert aead.open(_NONCE, _DATA, buf, 2, 2 + aead.tag_length - 1) == -1


def test_the_key_of_an_aead_is_a_copy():
    for kind in _SEALED:
        key = bytearray(_key(kind))
        aead = dtls_port.aead(kind, key)
        for i in range(len(key)):
            key[i] = 0
        buf = _sealed(kind)
        assert aead.open(_NONCE, _DATA, buf, 2, len(buf) - 2) == len(_PLAIN)


def test_the_clock_counts_milliseconds():
    then = dtls_port.ticks_ms()
    time.sleep(0.05)
    assert 40 <= dtls_port.elapsed(dtls_port.ticks_ms(), then) < 20000


def test_p256_is_the_curve():
    """The port's own arithmetic, or what it gets without, against the portable one."""
    from dtls_micro.crypto import p256 as portable

    own = _p256()
    random = dtls_port.random
    private, public = own.keypair(random)
    other, other_public = portable.keypair(random)
    assert public == portable.public(private, random)
    assert own.shared(private, other_public, random) == portable.shared(other, public, random)
    digest = _hash()
    signature = own.sign(private, digest, dtls_port.sha256, random)
    assert portable.verify(public, digest, signature)
    assert own.verify(public, digest, signature)
    assert not own.verify(other_public, digest, signature)
    try:
        own.shared(private, public[:64] + bytes([public[64] ^ 1]), random)
    except ValueError:
        return
    raise AssertionError("a point off the curve was taken")


def _p256():
    own = getattr(dtls_port, "p256", None)
    if own is None:
        from dtls_micro.crypto import p256 as own
    return own


def _key(kind):
    return bytes(range(32 if kind == "CHACHA20_POLY1305" else 16))


def _aead(kind):
    return dtls_port.aead(kind, _key(kind))


def _sealed(kind):
    aead = _aead(kind)
    buf = bytearray(b"##" + _PLAIN + bytes(aead.tag_length) + b"##")
    aead.seal(_NONCE, _DATA, buf, 2, 2 + len(_PLAIN))
    return buf


def _time(name, call, *arguments):
    """Print the microseconds of a call, the best of five."""
    best = None
    for _ in range(5):
        then = time.ticks_us() if hasattr(time, "ticks_us") else time.monotonic_ns() // 1000
        call(*arguments)
        now = time.ticks_us() if hasattr(time, "ticks_us") else time.monotonic_ns() // 1000
        took = (now - then) & 0x3FFFFFFF
        best = took if best is None or took < best else best
    print("%-32s %8d us" % (name, best))


def _hash():
    running = dtls_port.sha256()
    running.update(_ABC)
    return running.digest()


def main():
    """Run every check, then print the time of each call."""
    for name in sorted(globals()):
        if name.startswith("test_"):
            _run(name)
    _time("random(32)", dtls_port.random, 32)
    _time("sha256 of 32 bytes", _hash)
    if hasattr(dtls_port, "hmac"):
        _time("hmac(32 bytes)", dtls_port.hmac, _ABC)
        _time("  digest of 32 bytes", dtls_port.hmac(_ABC).digest, _ABC)
    for work in (_time_of_p256, _time_of_aeads):
        try:
            work()
        except ImportError as error:
            print("not in this program:", error)


def _run(name):
    try:
        globals()[name]()
        print("ok", name)
    except ImportError as error:  # a program for a board has what it needs, and no more
        print("not in this program:", name, error)


def _time_of_p256():
    own = _p256()
    private, public = own.keypair(dtls_port.random)
    signature = own.sign(private, _hash(), dtls_port.sha256, dtls_port.random)
    _time("p256.keypair", own.keypair, dtls_port.random)
    _time("p256.shared", own.shared, private, public, dtls_port.random)
    _time("p256.sign", own.sign, private, _hash(), dtls_port.sha256, dtls_port.random)
    _time("p256.verify", own.verify, public, _hash(), signature)


def _time_of_aeads():
    for kind in _SEALED:
        aead = _aead(kind)
        _time("aead(%s)" % kind, _aead, kind)
        _time("  seal 64 bytes", aead.seal, _NONCE, _DATA, bytearray(80), 0, 64)
        buf = bytearray(64 + aead.tag_length)
        _time("  open 64 bytes, forged", aead.open, _NONCE, _DATA, buf, 0, len(buf))


if __name__ == "__main__":
    main()
