"""Handshakes with a real server whose client's key, or ephemeral key, is in modelled hardware."""

import sys

import dtls_port
import pytest
from certificates_for_tests import CLIENT, STRANGER, identity
from conftest import ROOT
from dtls_port import random
from models.atecc608 import TEMPKEY, Atecc608
from models.esp32_ecc import Ecc
from servers_ecdhe import CCM_8, OpenSslEcdhe

import dtls_micro
from dtls_micro.client_key import ClientCertificate
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.errors import DtlsError
from dtls_micro.pin import PinnedKey

sys.path += [str(ROOT / "ports/native"), str(ROOT / "ports/esp32")]

from atecc608 import SecureElement  # noqa: E402
from ecc_esp32 import CHIPS, P256  # noqa: E402


class Port:
    """The desk's port, with another p256."""

    def __init__(self, p256):
        self.p256 = p256

    def __getattr__(self, name):
        return getattr(dtls_port, name)


def _chip(who=CLIENT):
    key = identity(who).key.private_numbers().private_value
    chip = Atecc608(random, {0: key})
    return chip, SecureElement(chip, 0, sleep_ms=chip.sleep_ms)


def _talk(peer, port, key, who=CLIENT):
    """Do a handshake with a client certificate and have one message echoed."""
    chain = identity(who).chain_der
    credential = Ecdhe(PinnedKey(peer.own.pin), ClientCertificate(chain, key))
    with dtls_micro.connect(peer.address, credential, port=port, timeout=10) as s:
        s.send(b"from the chip\n")
        return s.recv(100)


def test_the_clients_key_is_in_the_chip():
    chip, element = _chip()
    with OpenSslEcdhe([CCM_8], asks=True) as peer:
        assert _talk(peer, dtls_port, element.sign) == b"from the chip\n"
    assert chip.commands == [0x1B, 0x16, 0x41]


@pytest.mark.parametrize("slot", [TEMPKEY, 2])
def test_the_ephemeral_key_is_in_the_chip_too(slot):
    chip, element = _chip()
    port = Port(element.p256(slot))
    for faults in ([], ["damage", None, "nack", "watchdog", "damage once", "short"], 3 * ["nack"]):
        chip.faults = faults  # with the last, the ephemeral key is the software's
        with OpenSslEcdhe([CCM_8], asks=True) as peer:
            assert _talk(peer, port, element.sign) == b"from the chip\n"
        assert not chip.faults
        if port.p256.faults == 0:
            assert chip.commands[:2] == [0x40, 0x43]
    assert port.p256.faults == 1


def test_a_chip_that_fails_to_sign_ends_the_handshake():
    chip, element = _chip()
    with OpenSslEcdhe([CCM_8], asks=True) as peer:
        chip.faults = 20 * ["busy"]
        with pytest.raises(OSError, match="ATECC608"):
            _talk(peer, dtls_port, element.sign)


def test_a_server_refuses_the_key_of_another_chip():
    _, element = _chip(STRANGER)
    with OpenSslEcdhe([CCM_8], asks=True) as peer:
        with pytest.raises(DtlsError):
            _talk(peer, dtls_port, element.sign)


@pytest.mark.parametrize("fault", [None, "y", "silent"])
@pytest.mark.parametrize("name", sorted(CHIPS))
def test_the_multiplier_of_an_esp32_does_the_handshake(name, fault):
    model = Ecc(CHIPS[name], random, fault=fault)
    port = Port(P256(name, memory=model, irq=model.irq))
    key = identity(CLIENT).key.private_numbers().private_value.to_bytes(32, "big")
    with OpenSslEcdhe([CCM_8], asks=True) as peer:
        assert _talk(peer, port, key) == b"from the chip\n"
    assert (port.p256.faults > 0) == (fault is not None)
