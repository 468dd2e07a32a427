"""CoAP through a network that loses a fifth of the datagrams, repeats and reorders some."""

import pytest
from proxy import Link, Relay
from runtimes import BOTH
from servers_coap import AioCoap, Californium
from test_coap_interop import play

FAST = {"ack_timeout_ms": 100, "max_retransmit": 8}  # 4 fail too often for so many blocks
PATIENT = {"first_timeout_ms": 300}
CASES = [
    "core_01_to_04_confirmable",
    "core_09_separate",
    "block_05_post_both_ways",
    "obs_01_confirmable",
    "link_02_by_type",
]


@pytest.fixture(scope="module")
def californium():
    with Californium() as server:
        yield server


@pytest.mark.parametrize("secure", [False, True], ids=["coap", "coaps"])
@pytest.mark.parametrize("python", BOTH)
def test_lost_repeated_and_reordered(californium, python, secure):
    link = Link(seed=7, loss=0.2, duplicate=0.1, reorder=0.1, delay_ms=2)
    address = californium.address[0], californium.port + secure
    with Relay(address, link) as relay:
        base = "%s://127.0.0.1:%d" % ("coaps" if secure else "coap", relay.address[1])
        options = PATIENT if secure else {}
        found = play(python, base, CASES, californium, secure, **FAST, **options)
    assert found == dict.fromkeys(CASES)
    happened = {what for _, _, whats, _ in link.log for what in whats}
    assert happened >= {"drop", "duplicate", "late"}


def test_nobody_answers(californium):
    with Relay(californium.address, Link(loss=1.0)) as relay:
        base = "coap://127.0.0.1:%d" % relay.address[1]
        found = play("cpython", base, ["nobody_there"], californium, False)
    assert found == {"nobody_there": None}


def test_aiocoap_through_the_same_network():
    with AioCoap() as server, Relay(server.address, Link(seed=3, loss=0.2, delay_ms=2)) as relay:
        base = "coap://127.0.0.1:%d" % relay.address[1]
        found = play("micropython", base, ["aiocoap"], server, False, **FAST)
    assert found == {"aiocoap": None}
