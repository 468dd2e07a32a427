"""What a kernel of GHASH must do, and GCM on it, on both Pythons."""

from aead_check import (
    check_every_flipped_byte,
    check_long,
    check_open,
    check_seal,
    check_short,
    check_wycheproof,
)
from ccm_bulk_check import Modes

from dtls_micro.crypto.aes import Aes
from dtls_micro.crypto.gcm import Gcm
from dtls_micro.crypto.gcm_bulk import GcmBulk

KEY = bytes(range(16))
_R = 0xE1 << 120  # NIST SP 800-38D section 6.3


def reference(state, buf, where):
    """Be the kernel, by the specification."""
    start, blocks = where & 0xFFFF, where >> 16
    h = int.from_bytes(state[16:32], "big")
    for at in range(start, start + 16 * blocks, 16):
        x = int.from_bytes(state[:16], "big") ^ int.from_bytes(buf[at : at + 16], "big")
        z, v = 0, h
        for i in range(127, -1, -1):
            if x >> i & 1:
                z ^= v
            v = v >> 1 ^ _R if v & 1 else v >> 1
        state[:16] = z.to_bytes(16, "big")


def check_kernel(ghash):
    """Compare a kernel with the reference: all the rest of the memory stays as it is."""
    masks = GcmBulk(Modes(KEY, 1), None, None)._state[32:]
    for fill in (0, 1, 128, 255, 90):
        for start, blocks in ((0, 0), (0, 1), (3, 1), (5, 4)):
            state = bytearray([(i * fill + fill) & 255 for i in range(32)]) + masks
            buf = bytearray([(i * 37 + fill) & 255 for i in range(90)])
            wanted = bytearray(state)
            reference(wanted, buf, start | blocks << 16)
            before = bytearray(buf)
            ghash(state, buf, start | blocks << 16)
            assert state == wanted and buf == before, (fill, start, blocks)


def check_gcm(run, ghash, aes=Modes, sizes=(0, 1, 15, 16, 17, 64, 111, 112, 113, 224, 500, 1200)):
    """Compare GCM on kernels with the portable one, one object for many records."""
    nonce = bytearray(range(12))
    plain = Gcm(Aes(KEY))
    bulk = GcmBulk(aes(KEY, 1), run, ghash)
    opener = GcmBulk(aes(KEY, 1), run, ghash)
    for size in sizes:
        for long in (0, 13, 16, 40) if size in (1, 64) else (13,):
            aad = bytearray([i & 255 for i in range(long)])
            text = bytearray([(i * 7 + size) & 255 for i in range(size)])
            sealed = text + bytearray(16)
            plain.seal(nonce, aad, sealed, 0, size)
            check_seal(bulk, nonce, aad, text, sealed)
            check_open(opener, nonce, aad, sealed, text)
            nonce[11] = nonce[11] + 1 & 255
    check_short(bulk)


def check_limits(run, ghash, aes=Modes):
    """Check that what was changed is refused, and that the object goes on after it."""
    for size in (0, 5, 40):
        bulk = GcmBulk(aes(KEY, 1), run, ghash)
        text = bytearray(b"secret" * 9)[:size]
        check_every_flipped_byte(bulk, bytearray(12), bytearray(13), text)
    check_long(bulk)
    bulk.wipe()
    assert not any(bulk._state) and not any(bulk._tag)


def check_vectors(run, ghash, stride, aes=Modes):
    """Each `stride`-th of Wycheproof's for keys of 128 bits; return how many."""
    from vector_files import wycheproof  # reads files, which most of this does not

    checked = 0
    for i, (group, test) in enumerate(wycheproof("aes_gcm")):
        if i % stride or (group["keySize"], group["ivSize"], group["tagSize"]) != (128, 96, 128):
            continue
        check_wycheproof(test, lambda key: GcmBulk(aes(key, 1), run, ghash))
        checked += 1
    return checked
