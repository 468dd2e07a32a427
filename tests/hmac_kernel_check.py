"""What a kernel of HMAC must do (ports/native/hmac_kernel.py), and one in Python that does it."""

import sys
from hashlib import sha256

from models.sha256_compress import compress
from vector_files import cases, octets, sample, wycheproof

from dtls_micro.crypto.hmac import Hmac as Portable

sys.path.append("ports/native")
from hmac_kernel import Hmac  # noqa: E402


def reference(arena, data, size, mask):
    """Do what a kernel does."""
    if mask:
        word = mask.to_bytes(4, "big")
        arena[:32] = _after(arena[:32], bytes([data[i] ^ word[i % 4] for i in range(64)]))
        return
    message = bytes(data)[:size]
    for place in (0, 32):
        length = (8 * (64 + len(message))).to_bytes(8, "big")
        message += b"\x80" + bytes(-(len(message) + 9) % 64) + length
        state = bytes(arena[place : place + 32])
        arena[place + 64 : place + 96] = message = _after(state, message)


def _after(state, blocks):
    words = [int.from_bytes(state[i : i + 4], "big") for i in range(0, 32, 4)]
    for at in range(0, len(blocks), 64):
        words = compress(words, blocks[at : at + 64])
    return b"".join([word.to_bytes(4, "big") for word in words])


def check_sizes(run, sizes):
    """Keys and messages of many sizes, in one part and in more."""
    for size in sizes:
        key, message = bytes(range(size % 100)), bytes([(7 * i + size) & 255 for i in range(size)])
        expected = Portable(sha256, key).digest(message)
        hmac = Hmac(run, sha256, key)
        assert hmac.digest(message) == expected, size
        parts = (bytearray(message[: size // 2]), memoryview(message)[size // 2 :], b"")
        assert hmac.digest(*parts) == expected, size
        assert bytes(parts[0]) == message[: size // 2]


def check_vectors(run):
    """RFC 4231."""
    for case in cases("rfc-4231-sha256.txt", "MD"):
        hmac = Hmac(run, sha256, octets(case["Key"]))
        assert hmac.digest(octets(case["Msg"])) == octets(case["MD"])


def check_wycheproof(run, stride):
    """Wycheproof's hmac_sha256; return how many there were."""
    checked = 0
    for group, test in sample(list(wycheproof("hmac_sha256")), stride):
        tag = Hmac(run, sha256, octets(test["key"])).digest(octets(test["msg"]))
        same = tag[: group["tagSize"] // 8] == octets(test["tag"])
        assert same == (test["result"] == "valid"), test["tcId"]
        checked += 1
    return checked


def check_wipe(run):
    """Nothing stays of a key, nor of what was hashed."""
    hmac = Hmac(run, sha256, bytes(range(64)))
    hmac.digest(b"message")
    hmac.wipe()
    assert hmac._arena == bytearray(128)
