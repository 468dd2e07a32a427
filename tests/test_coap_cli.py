"""`dtls-micro get`, `put` and the others against libcoap's servers, and against worse ones."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import cbor2
import pytest
from click.testing import CliRunner
from server_process import HOST, IDENTITY, KEY
from servers import CCM_8, GCM, OpenSsl
from servers_coap import LibCoap, LibCoapPlain
from test_probe_certificates import Certified, files  # noqa: F401  (a fixture)

from dtls_micro.coap.errors import CoapError, TimedOut
from dtls_micro.coap.message import ACK, CON, NON, Message, encode, parse
from dtls_micro.coap.options import uint
from dtls_micro.errors import PeerAlert
from tools import coap_show
from tools.cli import main
from tools.coap_errors import explain

ROOT = Path(__file__).resolve().parent.parent
OBSERVE = 6
BLOCK2 = 23
PSK = ("--psk-identity", IDENTITY, "--psk-key", KEY.hex())
BIG = bytes(range(256)) * 20  # five blocks


@pytest.fixture(scope="module")
def server():
    with LibCoapPlain() as server:
        yield server


@pytest.fixture(scope="module")
def secure_server():
    with LibCoap() as server:
        yield server


def at(server, path="", scheme="coap", host=HOST) -> str:
    return "%s://%s:%d%s" % (scheme, host, server.port, path)


def call(*words, **options):
    """Run `dtls-micro` in this process; the result has exit_code, stdout and stderr."""
    done = CliRunner().invoke(main, [str(word) for word in words], **options)
    if not isinstance(done.exception, SystemExit | None):
        raise done.exception
    assert KEY.hex() not in done.output
    assert KEY.decode() not in done.output
    return done


def good(*words, **options):
    """Run a command that succeeds and says nothing on stderr; return its stdout."""
    done = call(*words, **options)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout_bytes


def bad(status, *words, **options) -> str:
    """Run a command that ends with this status; return its sentence."""
    done = call(*words, **options)
    assert done.exit_code == status, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("dtls-micro: ")
    assert done.stderr.count("\n") == 1
    return done.stderr[len("dtls-micro: ") : -1]


def _as_in_a_terminal():
    """Have signals again that a shell has its background jobs ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def process(*words):
    """Give a `dtls-micro` in a process of its own."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "ports/cpython")))
    command = [sys.executable, "-m", "tools.cli", *map(str, words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdout=pipe,
        stderr=pipe,
        preexec_fn=_as_in_a_terminal,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def scripted(*answers):
    """Give a peer, with its port, whose answer to each request the next function makes.

    None as an answer is silence. What came is in the list `requests` of what is given.
    """
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        s.settimeout(0.1)
        over = threading.Event()

        def come():
            while not over.is_set():
                with suppress(TimeoutError):
                    return s.recvfrom(2048)
            return None, None

        def serve():
            for answer in answers:
                datagram, address = come()
                if datagram is None:
                    return
                request = parse(datagram)
                thread.requests.append(request)
                response = answer(request)
                if response is not None:
                    response.type = ACK if request.type == CON else NON
                    response.mid, response.token = request.mid, request.token
                    out = bytearray()
                    encode(response, out)
                    s.sendto(out, address)

        thread = threading.Thread(target=serve)
        thread.requests = []
        thread.port = s.getsockname()[1]
        thread.start()
        try:
            yield thread
        finally:
            over.set()
            thread.join()


def content(payload, *options):
    """Return an answer for scripted()."""
    return lambda request: Message(0x45, payload, list(options))


# Requests


def test_get_prints_a_text_as_it_came(server):
    assert good("get", at(server)).startswith(b"This is a test server made with libcoap")


def test_include_prints_code_and_options_first(server):
    uri = at(server, "/example_data")
    good("put", uri, "--payload", "{}", "--content-format", "json")
    head, body = good("get", uri, "--include").split(b"\n\n", 1)
    assert head.startswith(b"2.05 Content\n")
    assert b"\nContent-Format: 50 (application/json)" in head
    assert body == b"{}\n"


@pytest.mark.parametrize("words", [(), ("--non",), ("--block", "64")])
def test_what_was_put_is_got_and_deleted(server, words):
    uri = at(server, "/made/here?really")
    assert good("put", uri, "--payload", "käse", "--content-format", "text", *words) == b""
    assert good("get", uri, "--accept", "text/plain", *words).decode() == "käse"
    assert good("delete", uri, *words) == b""
    assert "4.04 Not Found" in bad(22, "get", uri, *words)


def test_the_words_become_a_request():
    with scripted(content(b""), content(b"")) as peer:
        words = ("--payload", "{}", "--content-format", "json", "--accept", "60", "--non")
        good("post", at(peer, "/a/b?c=d"), *words)
        good("discover", at(peer))
    post, discover = peer.requests
    assert (post.type, post.code, post.payload) == (NON, 2, b"{}")
    assert post.options == [(11, b"a"), (11, b"b"), (12, b"\x32"), (15, b"c=d"), (17, b"\x3c")]
    assert (discover.type, discover.code, discover.path) == (CON, 1, "/.well-known/core")
    assert discover.uint(17) == 40


def test_a_payload_comes_from_a_file_or_stdin(server, tmp_path):
    (tmp_path / "big").write_bytes(BIG)
    for source, given in ((f"@{tmp_path / 'big'}", None), ("@-", BIG[::-1])):
        good("put", at(server, "/example_data"), "--payload", source, input=given)
        words = ("--output", tmp_path / "got") if given is None else ("--output", "-")
        got = good("get", at(server, "/example_data"), *words)
        assert (got or (tmp_path / "got").read_bytes()) == (given or BIG)


def test_over_dtls_with_a_key_in_the_environment(secure_server, monkeypatch):
    monkeypatch.setenv("DTLS_MICRO_PSK_KEY", KEY.hex())
    uri = f"coaps://localhost:{secure_server.port + 1}/example_data"
    good("put", uri, "--payload", BIG.hex(), "--psk-identity", IDENTITY)
    assert good("get", uri, "--psk-identity", IDENTITY) == BIG.hex().encode()


def test_a_name_with_two_addresses_finds_the_server_at_either(server):
    assert good("get", at(server, "/time", host="localhost"))


def test_discover_prints_a_link_a_line(server):
    lines = good("discover", at(server)).decode().splitlines()
    assert '</time>;if="clock";rt="ticks";title="Internal Clock";ct=0;obs' in lines
    chosen = good("discover", at(server, "?rt=ticks")).decode().splitlines()
    assert [line.split(";")[0] for line in chosen] == ["</time>"]


@pytest.mark.parametrize("way", ["sent", "received"])
def test_progress_shows_a_bar_for_bodies_in_blocks(server, way):
    uri = at(server, "/example_data")
    done = call("put", uri, "--payload", "x" * 5000, "--progress")
    if way == "received":
        done = call("get", uri, "--progress")
    assert done.exit_code == 0
    assert way in done.stderr
    assert "4.9/4.9 KiB" in done.stderr
    assert call("get", at(server, "/time"), "--progress").stderr == ""


# Bodies


@pytest.mark.parametrize(
    ("name", "body", "shown"),
    [
        ("json", b'{"a":[1.10,1e400],"a":{}}',
         '{\n  "a": [\n    1.10,\n    1e400\n  ],\n  "a": {}\n}\n'),
        ("json", b"{", "{"),
        ("cbor", cbor2.dumps({1: b"\xff", "t": [None, 1.5]}),
         '{\n  1: h\'ff\',\n  "t": [\n    null,\n    1.5\n  ]\n}\n'),
        ("cbor", cbor2.dumps(cbor2.CBORTag(4711, cbor2.undefined)), "4711(undefined)\n"),
        ("cbor-seq", b"\x01\xf9\x7e\x00\xf0", "1\nNaN\nsimple(16)\n"),
        ("senml+json", b'[{"n":"t","v":21}]', '[\n  {\n    "n": "t",\n    "v": 21\n  }\n]\n'),
        ("senml+cbor", cbor2.dumps([{-2: "x:", 0: "t", 2: 21}]),
         '[\n  {\n    "bn": "x:",\n    "n": "t",\n    "v": 21\n  }\n]\n'),
        ("link", b'</a,b>;title="c, \\"d",</e>', '</a,b>;title="c, \\"d"\n</e>\n'),
        ("text", b"as it is\r\n ", "as it is\r\n "),
        ("65000", b"text", "text"),
    ],
)  # fmt: skip
def test_bodies_are_readable(server, tmp_path, name, body, shown):
    (tmp_path / "body").write_bytes(body)
    uri = at(server, "/example_data")
    good("put", uri, "--payload", f"@{tmp_path / 'body'}", "--content-format", name)
    assert good("get", uri).decode() == shown
    assert good("get", uri, "--output", "-") == body


@pytest.mark.parametrize("body", [b"\x81" * 300, b"\xd8\x1c\x81\xd8\x1d\x00", b"\x5f\x41", b""])
def test_cbor_that_cannot_be_shown_stays_as_it_is(body):
    with scripted(content(body, (12, uint(60)))) as peer:
        assert good("get", at(peer)) == body


def test_binary_is_raw_in_a_pipe_and_hex_on_a_terminal():
    message = Message(0x45, b"\x00\xffab")
    with scripted(content(message.payload)) as peer:
        assert good("get", at(peer)) == message.payload
    dump = "00000000  00 ff 61 62                                      |..ab|\n"
    assert coap_show.shown(message, terminal=True, lines=False).decode() == dump


def test_text_cannot_steer_a_terminal():
    message = Message(0x45, "\x1b[31m\tred\n\u202e".encode())
    shown = coap_show.shown(message, terminal=True, lines=False).decode()
    assert shown == "\\x1b[31m\tred\n\\u202e\n"


# Files


def test_an_output_is_complete_or_as_it_was(tmp_path):
    def block(request):
        return Message(0x45, b"x" * 64, [(BLOCK2, uint(8 | 2)), (28, uint(128))])

    file = tmp_path / "file"
    file.write_text("older")
    file.chmod(0o640)
    with scripted(block, lambda request: None) as peer:
        words = ("--output", file, "--timeout", 2)
        assert "the server fell silent" in bad(28, "get", at(peer), *words)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "older"
    with scripted(content(b"newer")) as peer:
        good("get", at(peer), "--output", file)
    assert file.read_text() == "newer"
    assert file.stat().st_mode & 0o777 == 0o640


def test_an_error_leaves_no_file_and_its_text_goes_to_stderr(tmp_path):
    with scripted(lambda _: Message(0x84, b"no such\x1bthing")) as peer:
        said = bad(22, "get", at(peer), "--output", tmp_path / "file")
    assert said == "the server answered 4.04 Not Found: no such\\x1bthing"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["no/file", "."])
def test_an_output_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path, place):
    with scripted(content(b"")) as peer:
        assert "cannot write" in bad(23, "get", at(peer), "--output", f"{tmp_path}/{place}")
        assert "cannot write" in bad(23, "observe", at(peer), "--output", f"{tmp_path}/{place}")
        assert not peer.requests


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_told(server):
    assert "No space left" in bad(23, "get", at(server), "--output", "/dev/full")
    command = [sys.executable, "-m", "tools.cli", "get", at(server)]
    path = os.pathsep.join((str(ROOT), str(ROOT / "ports/cpython")))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": path}, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 23
    assert done.stderr == b"dtls-micro: cannot write the output: No space left on device\n"


def test_a_payload_that_cannot_be_read_is_told(tmp_path):
    for name in ("none", ""):
        assert "cannot read" in bad(26, "put", "coap://h", "--payload", f"@{tmp_path / name}")


# Observe


def test_observe_prints_as_many_states_as_are_wanted(server, tmp_path):
    uri = at(server, "/time")
    lines = good("observe", uri, "--observe-count", 3).decode().splitlines()
    assert len(lines) == 3
    assert lines[0] != lines[2]  # libcoap may tell the same second twice, at its beginning
    good("observe", uri, "--observe-count", 2, "--output", tmp_path / "latest")
    assert len((tmp_path / "latest").read_text()) == len(lines[0])


def test_observe_ends_after_the_seconds_given(server):
    begin = time.monotonic()
    for _ in range(3):
        assert good("observe", at(server, "/example_data"), "--seconds", 1)
    assert 3 <= time.monotonic() - begin < 60
    with scripted(lambda _: None) as peer:
        said = bad(28, "observe", at(peer), "--seconds", 0.1)
    assert said == "no answer in the 0.1 s of --seconds"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_observation(number):
    def state(request):
        return Message(0x45, b"state", [(OBSERVE, b"\1")])

    with scripted(state, content(b"state")) as peer, process("observe", at(peer)) as running:
        assert running.stdout.readline() == b"state\n"
        running.send_signal(number)
        assert running.wait(60) == 0
        assert (running.stdout.read(), running.stderr.read()) == (b"", b"")
    first, last = peer.requests
    assert (first.option(OBSERVE), last.option(OBSERVE)) == (b"", b"\1")
    assert first.token == last.token


def test_a_signal_ends_other_commands_and_leaves_nothing(tmp_path):
    heard = threading.Event()
    with scripted(lambda _: heard.set()) as peer:
        with process("get", at(peer), "--output", tmp_path / "file") as running:
            assert heard.wait(60)
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 130
            assert running.stderr.read() == b""
    assert not list(tmp_path.iterdir())


def test_a_resource_that_cannot_be_observed_is_told():
    with scripted(content(b"alone")) as peer:
        done = call("observe", at(peer))
    assert (done.exit_code, done.stdout) == (56, "alone\n")
    assert "does not notify" in done.stderr


# What goes wrong


@pytest.mark.parametrize("uri", ["", "host/path", "http://host/", "coap://", "coap://h:70000/",
                                 "coap://h/a#b", "coap://[::1/", "coap://%ff/",
                                 "coap://h/\udcff"])  # fmt: skip
def test_a_malformed_uri_is_told(uri):
    assert "is no CoAP URI: " in bad(3, "get", uri)


def test_a_host_without_an_address_is_told():
    assert "check it" in bad(6, "get", "coap://" + "x" * 70 + ".example/")


@pytest.mark.parametrize("scheme", ["coap", "coaps"])
def test_a_closed_port_is_told_at_once(scheme):
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        port = s.getsockname()[1]
    begin = time.monotonic()
    words = PSK if scheme == "coaps" else ()
    assert "nothing listens" in bad(7, "get", f"{scheme}://localhost:{port}/", *words)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("scheme", ["coap", "coaps"])
def test_silence_is_told_after_the_time_out(scheme):
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        words = (*(PSK if scheme == "coaps" else ()), "--timeout", 0.5)
        said = bad(28, "get", f"{scheme}://{HOST}:{s.getsockname()[1]}/", *words)
    assert said.startswith("no answer in 0.5 s: check address, UDP port and firewall")


def test_a_handshake_that_fails_is_told(secure_server):
    words = ("--psk-identity", IDENTITY, "--psk-key", "00" * 16, "--timeout", 10)
    assert "key" in bad(35, "get", secure_server.uri("/", True), *words)
    with OpenSsl(suites=[GCM]) as server:
        words = (*PSK, "--suite", CCM_8, "--timeout", 10)
        assert "handshake_failure (40)" in bad(35, "get", at(server, scheme="coaps"), *words)


def test_a_server_that_is_not_trusted_is_told(files):  # noqa: F811
    with Certified(pem=files / "server.pem") as server:
        said = bad(60, "get", at(server, scheme="coaps"), "--pin", "00" * 32)
    assert said


def test_a_reset_is_told():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))

        def reset():
            datagram, address = s.recvfrom(2048)
            s.sendto(b"\x70\0" + datagram[2:4], address)

        threading.Thread(target=reset, daemon=True).start()
        assert "Reset" in bad(56, "get", f"coap://{HOST}:{s.getsockname()[1]}/")


@pytest.mark.parametrize(
    ("error", "answered", "status"),
    [
        (TimedOut("silence"), False, 28),
        (TimedOut("silence"), True, 28),
        (CoapError("nonsense"), True, 56),
        (PeerAlert(40), True, 56),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), False, 7),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), True, 56),
        (OSError(errno.ENETUNREACH, "no way"), False, 7),
        (OSError(errno.ENETUNREACH, "no way"), True, 56),
    ],
)
def test_each_error_has_its_status_and_a_sentence(error, answered, status):
    ended = explain(error, answered, 30.0)
    assert ended.status == status
    assert len(str(ended)) > 7


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("get", "coaps://h/"), "how is the server to be trusted?"),
        (("get", "coap://h/", *PSK), "coap:// protects nothing"),
        (("get", "coap://h/", "--accept", "no"), "no format 'no'"),
        (("get", "coap://h/", "--accept", "65536"), "no format '65536'"),
        (("get", "coap://h/", "--block", "100"), "'100' is not one of"),
        (("get", "coap://h/", "--payload", "x"), "No such option"),
        (("post", "coap://h/", "--content-format", "json"), "is of a --payload"),
        (("put", "coap://h/"), "nothing to put"),
        (("put", "coaps://h/", "--payload", "@-", "--psk-key-file", "-"), "stdin is either"),
        (("observe", "coap://h/", "--observe-count", "0"), "x>=1"),
    ],
)
def test_wrong_usage_is_told(words, message):
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_help_has_the_exit_statuses():
    for name in ("get", "put", "post", "delete", "observe", "discover"):
        shown = call(name, "--help").stdout
        assert "  28  no answer in time\n" in shown
