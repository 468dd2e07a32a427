"""The drivers of the RP2350's TRNG and SHA-256 blocks against models of their registers."""

import sys
from hashlib import sha256

from dtls_port import random
from expect import Numbers, raises
from models.rp2350 import Sha, Trng
from models.sha256_compress import compress

ROOT = __file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else "."
sys.path.append(ROOT + "/ports/rp2")

from rp2350_sha256 import Sha256  # noqa: E402
from rp2350_trng import fill  # noqa: E402

from dtls_micro.crypto.hmac import Hmac  # noqa: E402

LENGTHS = (0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 128, 200)


def test_entropy_is_the_hash_of_two_blocks():
    for n in (0, 1, 31, 32, 33, 64, 100):
        bits = Numbers(n).octets
        right = Numbers(n).octets
        expected = b""
        for _ in range((n + 31) // 32):
            expected += sha256(right(24) + right(24)).digest()
        model = Trng(bits)
        assert fill(n, model) == expected[:n]
        assert model.source == 0
        assert model.blocks == (n + 31) // 32 * 2


def test_every_call_gives_other_bytes():
    model = Trng(random)
    assert len({fill(32, model) for _ in range(20)}) == 20


def test_blocks_that_fail_a_test_are_thrown_away():
    for fault in ("autocorrelation", "equal words", "equal bits", "late", "others", "ones"):
        for before in range(3):
            model = Trng(Numbers(1).octets, before * [None] + [fault])
            data = fill(64, model)
            assert model.blocks == 5, fault
            assert model.soft_resets == 2
            given = Numbers(1).octets
            blocks = [given(24) for _ in range(4 if fault == "ones" else 5)]
            if fault != "ones":
                del blocks[before]
            assert data == b"".join([sha256(blocks[i] + blocks[i + 1]).digest() for i in (0, 2)])


def test_an_oscillator_that_goes_on_failing_is_an_error():
    for fault in ("autocorrelation", "equal words", "equal bits", "late", "others", "ones"):
        model = Trng(random, 100 * [fault])
        raises(OSError, fill, 32, model)
        assert model.blocks == 4
        assert model.source == 0
        assert len(fill(32, Trng(random, 3 * [fault]))) == 32


def test_an_oscillator_that_repeats_itself_is_an_error():
    raises(OSError, fill, 32, Trng(random, [None, "same"]))
    raises(OSError, fill, 64, Trng(random, [None, None, "same"]))
    raises(OSError, fill, 32, Trng(lambda n: bytes(n)))


def test_a_silent_block_is_an_error():
    raises(OSError, fill, 32, Trng(random, ["silent"]))
    raises(OSError, fill, 32, Trng(random, [None, "silent"]))
    raises(OSError, fill, 32, Trng(random, deaf=True))
    model = Trng(random)
    model.stays_reset = True
    raises(OSError, fill, 32, model)


def _fresh(**options):
    Sha256.owner = None
    Sha256.broken = False
    return Sha(compress, **options)


def _hashed(model, parts):
    h = Sha256(model)
    for part in parts:
        h.update(part)
    return h.digest()


def test_hashes_are_those_of_the_software():
    model = _fresh()
    for length in LENGTHS:
        data = random(length)
        assert _hashed(model, [data]) == sha256(data).digest()
        view = memoryview(data)
        parts = [view[i : i + 7] for i in range(0, length, 7)]
        assert _hashed(model, parts) == sha256(data).digest()
    assert not Sha256.broken
    assert Sha256.owner is None
    assert model.blocks > 3 * len(LENGTHS)


def test_one_object_has_the_block_and_others_do_without():
    model = _fresh()
    data = random(150)
    first, second = Sha256(model), Sha256(model)
    begun = model.blocks
    second.update(data)
    assert model.blocks == begun
    first.update(data[:100])
    assert model.blocks == begun + 1
    third = Sha256(model)
    third.update(data)
    first.update(data[100:])
    for h in (third, first, second):
        assert h.digest() == sha256(data).digest()
    fourth = Sha256(model)
    assert Sha256.owner is fourth
    fourth.release()
    assert Sha256.owner is None


def test_hmac_of_it():
    model = _fresh()
    for length in (0, 20, 64, 100):
        key = random(length)
        right = Hmac(sha256, key).digest(b"one", key)
        assert Hmac(lambda: Sha256(model), key).digest(b"one", key) == right
    assert not Sha256.broken


def test_every_fault_at_every_time_gives_the_hash_all_the_same():
    data = random(300)
    for fault in ("never ready", "never valid", "early"):
        for after in range(7):
            model = _fresh(fault=fault, after=after)
            h = Sha256(model)
            for i in range(0, 300, 50):
                h.update(data[i : i + 50])
            assert h.digest() == sha256(data).digest(), fault
            broken = after < 6 or fault == "never valid"  # there are 6 blocks, one as a test
            assert Sha256.broken == broken
            assert Sha256.owner is None
            begun = model.blocks
            assert _hashed(model, [data]) == sha256(data).digest()
            assert model.blocks == begun or not broken
    Sha256.broken = False


def test_a_block_that_calculates_wrong_or_stays_in_reset_is_not_used():
    for fault in ("wrong first", "wrong last", None):
        broken = _fresh(fault=fault)
        broken.stays_reset = fault is None
        assert _hashed(broken, [b"data"]) == sha256(b"data").digest()
        assert Sha256.broken
    Sha256.broken = False
