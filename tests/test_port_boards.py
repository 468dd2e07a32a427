"""The ports to RP2 and ESP32 boards on a real MicroPython, with the boards' modules imitated."""

import json
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from certificates_for_tests import LEAF, identity
from servers import GnuTls, OpenSsl
from servers_coap import LibCoap
from servers_ecdhe import CoapOpenSslEcdhe, GnuTlsEcdhe, OpenSslEcdhe
from test_port_circuitpython import NTP_2024, Responder

from dtls_micro import coap

from runtimes import micropython  # isort: skip

ROOT = Path(__file__).resolve().parent.parent
BOARDS = ("rp2040", "rp2350", "rp2350riscv", "esp32", "esp32c6")
ONE_OF_EACH = ("rp2040", "esp32")


def play(board, case, job=None):
    """Run a case on an imitated board; return its result."""
    words = [micropython(), "-X", "heapsize=8m", "tests/imitations/board.py", board, case]
    done = subprocess.run(
        words, cwd=ROOT, input=json.dumps(job) + "\n", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def job_for(server, **more):
    job = {"host": server.address[0], "port": server.address[1], "send": ["one", "two", "three"]}
    return dict(job, **more)


@pytest.mark.parametrize("board", BOARDS)
def test_the_check_of_ports_passes(board):
    checks, _, found = play(board, "check")
    assert found and "test_p256_is_the_curve" in checks and len(checks) > 5


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("kind", [OpenSsl, GnuTls])
def test_a_session_with_a_pre_shared_key_loads_no_curve(board, kind):
    with kind() as server:
        job = job_for(server, identity=server.identity, key=server.key.hex())
        suite, replies, curves, _ = play(board, "session", job)
        assert suite.startswith("TLS_PSK_") and len(replies) == 3 and curves == []


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("kind", [OpenSslEcdhe, GnuTlsEcdhe])
def test_a_session_with_a_pinned_key(board, kind):
    with kind() as server:
        suite, replies, curves, _ = play(board, "session", job_for(server, pin=identity(LEAF).pin))
        assert "ECDHE_ECDSA" in suite and len(replies) == 3
        assert "dtls_micro.crypto.p256_kernel" in curves


@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_a_session_with_asyncio(board):
    with OpenSsl() as server:
        job = job_for(server, identity=server.identity, key=server.key.hex())
        assert len(play(board, "session_aio", job)) == 3


class EmptyDatagrams(threading.Thread):
    """A relay that answers each datagram of a client with an empty one, and then as the server."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self._server = socket.socket(type=socket.SOCK_DGRAM)
        self._server.connect(address)
        self._own = socket.socket(type=socket.SOCK_DGRAM)
        self._own.bind(("127.0.0.1", 0))
        self.address = self._own.getsockname()
        self._ends = False
        self.clients = set()

    def run(self):
        for one in (self._own, self._server):
            one.settimeout(0.005)
        while not self._ends:
            try:
                datagram, client = self._own.recvfrom(2000)
                self.clients.add(client)
                self._own.sendto(b"", client)
                time.sleep(0.3)  # what waits behind an empty datagram is lost on the ESP32
                self._server.send(datagram)
            except TimeoutError:
                client = next(iter(self.clients), None)
            try:
                datagram = self._server.recv(2000)
                self._own.sendto(datagram, client)
            except TimeoutError:
                continue

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ends = True
        self.join()
        self._own.close()
        self._server.close()


@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_empty_datagrams_do_not_end_a_session(board):
    """On the ESP32 each one ends a socket: another one goes on from the same port."""
    with OpenSsl() as server, EmptyDatagrams(server.address) as relay:
        job = job_for(server, identity=server.identity, key=server.key.hex())
        job["port"] = relay.address[1]
        _, replies, _, made = play(board, "session", job)
        assert len(replies) == 3 and len(relay.clients) == 1
        assert (made > 1) == (board == "esp32")


@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_empty_datagrams_and_a_program_that_polls(board):
    with OpenSsl() as server, EmptyDatagrams(server.address) as relay:
        job = job_for(server, identity=server.identity, key=server.key.hex())
        job["port"] = relay.address[1]
        replies, made = play(board, "polled", job)
        assert replies == job["send"] and (made > 1) == (board == "esp32")


@pytest.mark.parametrize("board", ["esp32", "esp32c6"])
def test_no_entropy_while_the_radio_of_an_esp32_is_off(board):
    off, on, sizes, differ = play(board, "entropy")
    assert "radio" in off and on is None
    assert sizes == [0, 1, 31, 32, 33, 100] and differ


@pytest.mark.parametrize("board", ["rp2040", "rp2350", "rp2350riscv"])
def test_entropy_of_rp2_needs_no_radio(board):
    assert play(board, "entropy") == [None, None, [0, 1, 31, 32, 33, 100], True]


@pytest.mark.parametrize("pattern", ["stuck at 0", "stuck at 1", "biased", "in step",
                                     "a period of 3", "a period of 8"])  # fmt: skip
def test_a_ring_oscillator_that_is_no_good_gives_nothing(pattern):
    found = play("rp2040", "ring", pattern)
    first = next(i for i, one in enumerate(found) if one)
    assert first < (2 if pattern == "biased" else 1)
    assert all(one and "ring oscillator" in one for one in found[first:])


@pytest.mark.parametrize("pattern", ["sticks later", "biased later"])
def test_a_ring_oscillator_that_fails_later_stays_failed(pattern):
    found = play("rp2040", "ring", pattern)
    first = next(i for i, one in enumerate(found) if one)
    assert first > 0 and all(found[first:])


def test_a_ring_oscillator_goes_on_after_a_lack_of_memory():
    """At the start, and when a window is full later on; then nothing is taken as failed."""
    assert play("rp2040", "ring_memory") == [["MemoryError", 640], ["MemoryError", 640], False]


def test_what_a_ring_oscillator_gives():
    """Fresh bytes for each request, over several states in a long one, and none of the state."""
    sizes, pieces, kept = play("rp2040", "ring_output")
    assert sizes == [0, 1, 95, 96, 97, 1000]
    assert len(set(pieces)) == len(pieces) == 80 and not kept


def test_a_good_ring_oscillator_passes():
    assert play("rp2040", "ring", "good") == [None] * 100


@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_wifi_is_joined_and_kept(board):
    found = play(board, "wifi")
    assert "connect()" in found["before"]
    assert found["joined"] == [True, True, 1] and found["stays"] == [True, 1]
    assert found["again"] == [True, True]
    assert "password" in found["wrong"]
    assert found["sleep"] == [[600000], False]


def test_attempts_to_join_become_rare():
    at = play("esp32", "back_off")
    pauses = [round((at[i + 1] - at[i]) / 1000) for i in range(len(at) - 1)]
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("epoch_2000", [True, False])
@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_the_clock_is_set_by_sntp(board, epoch_2000):
    server = Responder([[{"originate": 1}, {"seconds": NTP_2024 + 3661}]])
    job = {"port": server.port, "epoch_2000": epoch_2000}
    assert play(board, "time", job) == [[2024, 1, 1, 0, 1, 1, 1, 0], None]


def test_an_address_that_is_not_known_is_an_oserror():
    assert play("rp2040", "resolve")


@pytest.mark.parametrize("board", ONE_OF_EACH)
def test_a_port_that_is_taken_is_drawn_anew(board):
    taken, all_draws, error = play(board, "ports")
    assert taken >= 3 and all_draws == taken + 8 and error


@pytest.mark.parametrize("board", BOARDS)
def test_the_curve_of_the_port(board):
    assert play(board, "chip_s_curve") == [True, True, False]


FOLDERS = {"rp2040": "rpi_pico_w", "rp2350": "rpi_pico2_w", "esp32": "esp32_generic"}
FOLDERS.update(rp2350riscv="rpi_pico2_w_riscv", esp32c6="esp32_c6")


@pytest.mark.parametrize("board", BOARDS)
def test_the_programs_of_boards_report_temperatures(board):
    with LibCoap() as server:
        job = {"folder": FOLDERS[board], "program": "sensor_psk", "key": server.key.hex()}
        job.update(identity=server.identity, server=server.uri("", secure=True))
        assert play(board, "program", job) == [[60, 60, 60], True]
        with coap.connect(server.uri("", secure=False)) as desk:
            read = desk.get("/example_data").payload
        assert read == (b"27.0" if board.startswith("rp") else b"26.7")
    with CoapOpenSslEcdhe() as server:
        job = {"folder": FOLDERS[board], "program": "sensor_pin", "pin": identity(LEAF).pin}
        job["server"] = "coaps://127.0.0.1:%d" % server.address[1]
        assert play(board, "program", job) == [[60, 60, 60], True]
