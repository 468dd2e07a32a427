"""The driver of the ATECC608 against a model of the chip, byte by byte."""

import sys
from hashlib import sha256

from dtls_port import random
from expect import raises
from models.atecc608 import AWAKE, IDLES, SLEEPS, TEMPKEY, Atecc608, checksum

from dtls_micro.crypto import p256

ROOT = __file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else "."
sys.path.append(ROOT + "/ports/native")

from atecc608 import SecureElement, SecureElementError, crc  # noqa: E402

PRIVATE = bytes(range(1, 33))
PUBLIC = p256.public(PRIVATE, random)
DIGEST = sha256(b"message").digest()
OTHER = p256.keypair(random)


def _pair(slot=0, **options):
    chip = Atecc608(random, {slot: int.from_bytes(PRIVATE, "big")}, **options)
    return chip, SecureElement(chip, slot, sleep_ms=chip.sleep_ms, **options)


def _asks(element):
    """Return the ways to use the chip, each with a check of the result."""
    return (
        (element.revision, lambda result: result == b"\x00\x00\x60\x03"),
        (lambda: element.random(70), lambda result: len(result) == 70),
        (element.public_key, lambda result: result == PUBLIC),
        (lambda: element.sign(DIGEST), lambda result: p256.verify(PUBLIC, DIGEST, result)),
        (lambda: element.shared(element.slot, OTHER[1]), _is_shared),
    )


def _is_shared(result) -> bool:
    return result == p256.shared(PRIVATE, OTHER[1], random)


def test_crc():
    assert crc(b"\x04\x11", 0, 2) == checksum(b"\x04\x11") == b"\x33\x43"  # of every wake-up
    data = random(75)
    assert crc(data, 0, 75) == checksum(data)
    assert crc(data, 7, 70) == checksum(data[7:70])


def test_everything_works_and_the_chip_idles_afterwards():
    chip, element = _pair(slot=3, address=0x35)
    for ask, good in _asks(element):
        assert good(ask())
        assert chip.state == IDLES
    assert chip.commands == [0x30, 0x1B, 0x1B, 0x1B, 0x40, 0x1B, 0x16, 0x41, 0x43]
    element.sleep()
    assert chip.state == SLEEPS


def test_a_chip_that_is_awake_already_is_understood():
    chip, element = _pair()
    for ask, good in _asks(element):
        try:
            chip.writeto(0, b"\x00")
        except OSError:
            chip.sleep_ms(2)
        chip.readfrom_into(0x60, bytearray(4))
        assert chip.state == AWAKE
        assert good(ask())


def test_two_signatures_differ():
    _, element = _pair()
    assert element.sign(DIGEST) != element.sign(DIGEST)


def test_what_passes_is_tried_again():
    for fault in ("nack", "damage once", "damage", "short", 0xFF, 0xEE, 0x11, "asleep"):
        chip, element = _pair()
        for ask, good in _asks(element):
            chip.faults = [fault]
            assert good(ask()), fault
            assert not chip.faults
        chip.faults = [None, None, fault]  # at the last of three
        assert p256.verify(PUBLIC, DIGEST, element.sign(DIGEST))
        chip.faults = [None, fault]
        assert p256.verify(PUBLIC, DIGEST, element.sign(DIGEST))


def test_what_does_not_pass_is_an_error_in_bounded_time():
    for fault in ("nack", "damage", "short", "heard badly", "watchdog", "asleep", "busy"):
        chip, element = _pair()
        for ask, _ in _asks(element):
            chip.faults = 20 * [fault]
            begin = chip.now_ms
            raises(OSError, ask)
            assert chip.now_ms - begin < 5000, fault
            assert bytes(element._reply) == bytes(67)
        chip.faults = []
        chip.sleep_ms(1 << 41)
        assert element.public_key() == PUBLIC


def test_a_damaged_status_is_not_taken_for_success():
    chip, element = _pair()
    chip.faults = 3 * [None, "damage"]
    raises(OSError, element.sign, DIGEST)
    assert chip.commands == 3 * [0x1B, 0x16]


def test_a_status_is_told_and_not_tried_again():
    for status in (0x01, 0x03, 0x05, 0x07, 0x08, 0x0F, 0x42):
        chip, element = _pair()
        for ask, _ in _asks(element):
            chip.faults = [status]
            error = _error(ask)
            assert isinstance(error, SecureElementError)
            assert error.status == status
    assert "42" in str(error)


def _error(ask):
    try:
        ask()
    except OSError as error:
        return error
    raise AssertionError("nothing raised")


def test_success_without_the_data_is_an_error():
    chip, element = _pair()
    for ask, _ in _asks(element):
        chip.faults = 20 * [0]
        assert not isinstance(_error(ask), SecureElementError)


def test_no_chip_is_an_error():
    chip, element = _pair()
    chip.dead = True
    for ask, _ in _asks(element):
        assert "60" in str(_error(ask))
    element = SecureElement(chip, 0, 0x35, chip.sleep_ms)
    chip.dead = False
    assert "35" in str(_error(element.public_key))


def test_a_point_off_the_curve_is_an_error():
    chip, element = _pair()
    chip.faults = ["off the curve"]
    raises(OSError, element.public_key)
    raises(ValueError, element.shared, 0, OTHER[1][:-1] + bytes((OTHER[1][-1] ^ 1,)))
    raises(ValueError, element.shared, 0, OTHER[1][1:])
    chip.faults = ["zero"]
    raises(OSError, element.shared, 0, OTHER[1])


def test_a_generator_that_stands_still_is_an_error():
    chip, element = _pair()
    chip.faults = 2 * ["stuck"]
    raises(OSError, element.random, 33)
    chip._random = lambda n: b"\xff\xff\x00\x00" * (n // 4)
    raises(OSError, element.random, 1)


def test_our_callers_mistakes():
    chip, element = _pair()
    raises(ValueError, element.sign, DIGEST[1:])
    raises(ValueError, SecureElement, chip, 16, 0x60, chip.sleep_ms)
    raises(ValueError, SecureElement, chip, -1, 0x60, chip.sleep_ms)


def test_ephemeral_keys_of_the_chip():
    for slot in (TEMPKEY, 2):
        chip, element = _pair()
        port = element.p256(slot)
        private, public = port.keypair(random)
        assert len(private) == 32 and chip.keys[slot] != int.from_bytes(private, "big")
        assert port.shared(private, OTHER[1], random) == p256.shared(OTHER[0], public, random)
        assert port.faults == 0
        assert (chip.state, slot in chip.keys) == ((SLEEPS, 0) if slot == TEMPKEY else (IDLES, 1))
        again = port.keypair(random)
        assert again[1] != public
        if slot != TEMPKEY:
            assert port.shared(again[0], OTHER[1], random)


def test_a_key_that_is_gone_is_not_used():
    chip, element = _pair()
    port = element.p256()
    private, _ = port.keypair(random)
    second, _ = port.keypair(random)
    used = len(chip.commands)
    raises(ValueError, port.shared, private, OTHER[1], random)
    assert len(chip.commands) == used
    assert port.shared(second, OTHER[1], random)
    raises(ValueError, port.shared, second, OTHER[1], random)
    third, _ = port.keypair(random)
    element.sleep()
    raises(SecureElementError, port.shared, third, OTHER[1], random)
    fourth, _ = port.keypair(random)
    chip.faults = 3 * ["damage"]
    port.keypair(random)
    used = len(chip.commands)
    raises(ValueError, port.shared, fourth, OTHER[1], random)
    assert len(chip.commands) == used


def test_an_ephemeral_key_survives_a_reply_that_got_lost():
    for fault in ("nack", "damage once", "heard badly", "watchdog", "woken", "damage", "short"):
        chip, element = _pair()
        port = element.p256()
        private, public = port.keypair(random)
        if fault == "woken":
            raises(OSError, chip.writeto, 0, b"\x00")  # by what was said to others
            chip.sleep_ms(5)
            chip.readfrom_into(0x60, bytearray(4))
        else:
            chip.faults = [fault]
        if fault in ("damage", "short"):  # whenever it is read, and the key is used up
            error = raises(SecureElementError, port.shared, private, OTHER[1], random)
            assert error.status == 0x0F
        else:
            right = p256.shared(OTHER[0], public, random)
            assert port.shared(private, OTHER[1], random) == right


def test_a_chip_that_fails_is_replaced_for_ephemeral_keys():
    for fault in ("nack", "damage", "busy", "off the curve", 0x0F):
        chip, element = _pair()
        port = element.p256()
        chip.faults = 3 * [fault]
        private, public = port.keypair(random)
        assert port.faults == 1
        assert p256.public(private, random) == public
        assert port.shared(private, OTHER[1], random) == p256.shared(OTHER[0], public, random)


def test_the_rest_of_a_port_is_software():
    _, element = _pair()
    port = element.p256()
    signature = port.sign(PRIVATE, DIGEST, sha256, random)
    assert signature == p256.sign(PRIVATE, DIGEST, sha256, random)
    assert port.verify(PUBLIC, DIGEST, signature)
    assert not port.verify(PUBLIC, DIGEST, signature[32:] + signature[:32])
