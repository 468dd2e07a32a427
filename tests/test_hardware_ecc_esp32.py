"""The driver of the ESP32's ECC multiplier against a model of its registers."""

import sys
from hashlib import sha256

from dtls_port import random
from expect import Numbers, raises
from models.esp32_ecc import Ecc

from dtls_micro.crypto import p256

ROOT = __file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else "."
sys.path.append(ROOT + "/ports/esp32")

from ecc_esp32 import CHIPS, P256, chip_of, for_this_chip  # noqa: E402

NAMES = sorted(CHIPS)
PRIVATE = bytes(range(1, 33))
PUBLIC = p256.public(PRIVATE, random)
OTHER = p256.keypair(random)
SECRET = p256.shared(PRIVATE, OTHER[1], random)
DIGEST = sha256(b"message").digest()
SIGNATURE = p256.sign(PRIVATE, DIGEST, sha256, random)
CURVE = p256.CURVE


def _pair(name="ESP32C6", software=None, **options):
    model = Ecc(CHIPS[name], random, **options)
    return model, P256(name, software, model, model.irq)


def _check(port):
    private, public = port.keypair(random)
    assert p256.public(private, random) == public
    assert port.shared(PRIVATE, OTHER[1], random) == SECRET
    assert port.sign(PRIVATE, DIGEST, sha256, random) == SIGNATURE
    assert port.verify(PUBLIC, DIGEST, SIGNATURE)
    assert not port.verify(PUBLIC, sha256(b"other").digest(), SIGNATURE)
    assert not port.verify(OTHER[1], DIGEST, SIGNATURE)


def test_every_chip_gives_what_the_software_gives():
    for name in NAMES:
        for clocked in (False, True):
            model, port = _pair(name, clocked=clocked)
            before = model.words[model.clock]
            _check(port)
            assert port.faults == 0
            assert model.count == 2 + 2 + 4 + 3 * 2
            assert model.words[model.clock] == before  # as it was found
            assert not model.power or model.words[model.power] == 5


def test_nothing_secret_stays_in_the_block():
    model, port = _pair(clocked=True)
    port.shared(PRIVATE, OTHER[1], random)
    assert model.number(0x100) == model.number(0x120) == 0


def test_a_secret_is_never_multiplied_as_it_is():
    model, port = _pair()
    for _ in range(4):
        port.shared(PRIVATE, OTHER[1], random)
    d = int.from_bytes(PRIVATE, "big")
    assert d not in model.scalars
    assert len(set(model.scalars)) == 8
    for i in range(0, 8, 2):
        assert (model.scalars[i] + model.scalars[i + 1]) % CURVE.n == d


class Counted:
    """The software, counting its calls."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        self.calls += 1
        return getattr(p256, name)


def test_every_fault_falls_back_to_software_and_the_block_is_left_alone_in_the_end():
    for fault in ("silent", "flag", "idle", "y", "large", "deaf", "zero"):
        model, port = _pair(software=Counted(), fault=fault)
        _check(port)
        assert port.faults == 3, fault
        assert fault != "deaf" or model.count == 0  # it is not even begun
        begun = model.count
        _check(port)
        assert (port.faults, model.count) == (3, begun)
        assert not model.words[model.clock] & model.clock_bit


def test_a_fault_that_passes_is_one_fault():
    for which in range(4):
        model, port = _pair(fault="y", faulty=(which,))
        assert port.sign(PRIVATE, DIGEST, sha256, random) == SIGNATURE
        assert port.faults == 1
        model.fault = None
        _check(port)
        assert port.faults == 1


def test_a_signature_with_a_wrong_point_of_the_curve_is_never_given_out():
    for which in range(4):
        model, port = _pair(fault="other", faulty=(which,))
        assert port.sign(PRIVATE, DIGEST, sha256, random) == SIGNATURE
        assert port.faults == 1


def test_a_block_that_is_at_work_for_others_is_not_touched():
    model, port = _pair(clocked=True)
    model.words[model.power] = 2
    model.words[model.base + 0x1C] |= 1
    words = dict(model.words)
    assert port.shared(PRIVATE, OTHER[1], random) == SECRET
    assert model.words == words
    assert port.faults == 1


def test_what_is_no_key_is_refused_and_no_fault():
    model, port = _pair()
    n = CURVE.n.to_bytes(32, "big")
    off = OTHER[1][:64] + bytes((OTHER[1][64] ^ 1,))
    for private in (bytes(32), n, b"\xff" * 32, PRIVATE[1:], PRIVATE + b"\x00"):
        raises(ValueError, port.shared, private, OTHER[1], random)
        raises(ValueError, port.sign, private, DIGEST, sha256, random)
    for peer in (off, OTHER[1][1:], b"\x02" + OTHER[1][1:33], b"\x04" + bytes(64), b""):
        raises(ValueError, port.shared, PRIVATE, peer, random)
        assert not port.verify(peer, DIGEST, SIGNATURE)
    for signature in (SIGNATURE[:63], SIGNATURE + b"\x00", bytes(64), n + n, n + SIGNATURE[32:]):
        assert not port.verify(PUBLIC, DIGEST, signature)
    assert port.faults == model.count == 0


def test_zero_times_the_base_point_is_left_to_the_software():
    model, port = _pair()
    digest = bytes(32)
    signature = p256.sign(PRIVATE, digest, sha256, random)
    assert port.verify(PUBLIC, digest, signature)
    assert port.faults == 1


def test_scalars_at_the_edges():
    model, port = _pair()
    for k in (1, 2, CURVE.n - 2, CURVE.n - 1):
        private = k.to_bytes(32, "big")
        right = p256.shared(private, OTHER[1], random)
        assert port.shared(private, OTHER[1], random) == right
    assert port.faults == 0


def test_random_keys():
    numbers = Numbers(5)
    model, port = _pair("ESP32H2")
    for _ in range(8):
        private, public = p256.keypair(numbers.octets)
        digest = numbers.octets(32)
        signature = p256.sign(private, digest, sha256, random)
        assert port.sign(private, digest, sha256, random) == signature
        assert port.verify(public, digest, signature)
        assert port.shared(private, OTHER[1], random) == p256.shared(OTHER[0], public, random)
    assert port.faults == 0


def test_the_chip_is_what_the_board_is_said_to_be_with():
    beside = "Generic ESP32P4 module with WIFI module of external ESP32C6 with ESP32P4"
    for machine, name in (
        ("ESP32C6 module with ESP32C6", "ESP32C6"),
        ("ESP32-C2 board with ESP32-C2", "ESP32C2"),
        ("Generic ESP32C6 module with ESP32C6FH4", "ESP32C6"),
        (beside, None),
        ("Generic ESP32C61 module with ESP32C61", None),
        ("Generic ESP32 module with ESP32", None),
        ("Raspberry Pi Pico W with RP2040", None),
    ):
        assert chip_of(machine) == name, machine


def test_a_forger_cannot_make_the_block_seem_broken():
    model, port = _pair()
    for s in (SIGNATURE[:32], DIGEST):  # r = s, and e = s: a product with one
        assert not port.verify(PUBLIC, DIGEST, SIGNATURE[:32] + s)
    assert not port.verify(PUBLIC, DIGEST, DIGEST * 2)
    assert port.faults == 0


def test_other_chips_do_without():
    if hasattr(sys.implementation, "_machine"):
        assert for_this_chip() is None


def test_a_wrong_point_of_the_curve_makes_no_good_signature_bad():
    for which in range(2):
        model, port = _pair(software=Counted(), fault="other", faulty=(which,))
        assert port.verify(PUBLIC, DIGEST, SIGNATURE)
        assert port.faults == 0 and port._software.calls == 1
    model, port = _pair(software=Counted())
    assert port.verify(PUBLIC, DIGEST, SIGNATURE)
    assert port._software.calls == 1 and model.count == 2


def test_entropy_that_is_missing_is_no_fault_of_the_block():
    def none(size):
        raise OSError("no entropy while the radio is off")

    model, port = _pair()
    for _ in range(5):
        raises(OSError, port.keypair, none)
    assert port.faults == 0
    _check(port)
    assert port.faults == 0


def test_whoever_comes_in_between_has_the_software():
    model, port = _pair()
    inner = []

    def between(size):
        if not inner:
            inner.append(None)
            inner[0] = port.shared(PRIVATE, OTHER[1], random)
        return random(size)

    private, public = port.keypair(between)
    assert inner == [SECRET] and p256.public(private, random) == public
    assert port.faults == 1 and model.count == 2
