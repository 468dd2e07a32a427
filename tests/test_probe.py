"""`dtls-micro probe` against real servers, against none, and with wrong words."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from runtimes import need_program
from server_process import IDENTITY, KEY
from servers import CCM_8, GCM, GnuTls, OpenSsl

from dtls_micro.psk import Psk
from tools import probe as probing
from tools.failure import Failure

ROOT = Path(__file__).resolve().parent.parent
NOTHING = "127.0.0.1:9"  # an address for calls that never send


HEX = KEY.hex()


def call(*words, key=HEX, identity=IDENTITY, env=None, **options):
    """Run `dtls-micro probe`; there must be neither traceback nor key in what it prints."""
    if key is not None:
        words += ("--psk-key", key)
    if identity is not None and "--psk-identity" not in words:
        words += ("--psk-identity", identity)
    path = os.pathsep.join((str(ROOT), str(ROOT / "ports/cpython")))
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "probe", *map(str, words)],
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "100", **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert KEY.hex() not in said
    assert KEY.decode() not in said
    return done


def at(server) -> str:
    return "%s:%d" % server.address


@contextmanager
def udp(answer=None):
    """Give a bound UDP socket; with `answer`, it sends that to whatever comes."""
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))

        def serve():
            _, address = s.recvfrom(2048)
            s.sendto(answer, address)

        if answer is not None:
            threading.Thread(target=serve, daemon=True).start()
        yield s


@contextmanager
def on_ipv6(server):
    """Give the port of a relay on ::1 to a server on 127.0.0.1."""
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as near,
        socket.socket(type=socket.SOCK_DGRAM) as far,
    ):
        near.bind(("::1", 0))
        far.connect(server.address)
        client = []

        def outward():
            while True:
                data, address = near.recvfrom(2048)
                client[:] = [address]
                far.send(data)

        def inward():
            while True:
                near.sendto(far.recv(2048), client[0])

        for work in (outward, inward):
            threading.Thread(target=work, daemon=True).start()
        yield near.getsockname()[1]


@pytest.mark.parametrize(("kind", "cookie"), [(OpenSsl, 20), (GnuTls, 16)])
def test_json_reports_what_a_server_negotiates(kind, cookie):
    with kind(suites=[CCM_8]) as server:
        done = call(at(server), "--json", "--send", "hello\n")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["error"] is None
    assert (report["version"], report["suite"]) == ("DTLS 1.2", CCM_8)
    assert report["extended_master_secret"] is True
    names = [extension["name"] for extension in report["extensions"]]
    assert {"extended_master_secret", "renegotiation_info"} <= set(names)
    assert report["cookie_length"] == cookie
    assert report["handshake"]["sent"]["datagrams"] == 3
    assert report["handshake"]["sent"]["bytes"] > 200
    assert report["handshake"]["received"]["datagrams"] == (3 if kind is OpenSsl else 5)
    assert report["handshake"]["ms"] > 0
    assert report["reply"] == "hello\\n"


def test_the_report_for_the_eye_has_the_ladder_too():
    with OpenSsl(suites=[GCM]) as server:
        done = call("localhost:%d" % server.port, "--ladder", "--suite", GCM.lower())
    assert done.returncode == 0
    assert "├─ ClientKeyExchange, ChangeCipherSpec, Finished (encrypted) ─" in done.stdout
    assert re.search(r"extended master secret +yes\n", done.stdout)
    assert re.search(r"suite +%s\n" % GCM, done.stdout)
    assert "\x1b" not in done.stdout


def test_with_json_the_ladder_goes_to_stderr():
    with OpenSsl() as server:
        done = call(at(server), "--ladder", "--json")
    assert json.loads(done.stdout)["ok"] is True
    assert "ServerHelloDone" in done.stderr


def test_suites_are_offered_in_the_order_given():
    with OpenSsl(suites=[CCM_8, GCM]) as server:
        done = call(at(server), "--json", "--suite", GCM, "--suite", CCM_8)
    assert json.loads(done.stdout)["suite"] == GCM


def test_what_a_server_sends_cannot_steer_the_terminal():
    with OpenSsl() as server:
        done = call(at(server), "--send", "\x1b[31mred [bold]\n")
    assert done.returncode == 0
    assert r"\x1b[31mred [bold]\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_ipv6_address_stands_in_brackets(tmp_path):
    with OpenSsl() as server, on_ipv6(server) as port:
        done = call("[::1]:%d" % port, "--json", "--pcap", tmp_path / "six.pcap")
    assert json.loads(done.stdout)["address"] == "::1"
    need_program("tshark", "apt install tshark")
    shown = tshark(tmp_path / "six.pcap", port, "-o", "udp.check_checksum:TRUE", "-V")
    assert "Internet Protocol Version 6, Src: ::1" in shown
    assert "[Checksum Status: Good]" in shown
    assert "Bad" not in shown


def tshark(file, port, *options) -> str:
    command = ["tshark", "-r", str(file), "-d", "udp.port==%d,dtls" % port, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_wireshark_decrypts_the_pcap_with_the_key_log(tmp_path):
    need_program("tshark", "apt install tshark")
    log, packets = tmp_path / "keys.log", tmp_path / "probe.pcap"
    with OpenSsl() as server:
        words = ("--keylog", log, "--pcap", packets, "--send", "twenty two")
        assert call(at(server), *words).returncode == 0
    fields = ("-T", "fields", "-e", "dtls.handshake.verify_data", "-e", "data.data")
    checks = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    plain = tshark(packets, server.port, *fields)
    assert b"twenty two".hex() not in plain
    shown = tshark(packets, server.port, "-o", "tls.keylog_file:%s" % log)
    assert shown.count("Finished") == 2
    assert "Close Notify" in shown
    shown = tshark(packets, server.port, "-o", "tls.keylog_file:%s" % log, "-x")
    assert shown.count("Decrypted DTLS") >= 4  # two Finished, the datum and its echo
    assert "twenty two" in shown
    shown = tshark(packets, server.port, *checks, "-V")
    assert shown.count("[Checksum Status: Good]") == shown.count("User Datagram Protocol")
    assert "Header checksum status: Bad" not in shown


def test_a_key_log_is_appended_to_and_only_its_owner_reads_it(tmp_path):
    log = tmp_path / "keys.log"
    log.write_text("# older\n")
    log.chmod(0o644)
    for path in (log, tmp_path / "new.log"):
        with OpenSsl() as server:
            assert call(at(server), "--keylog", path).returncode == 0
    assert re.fullmatch(r"# older\nCLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n", log.read_text())
    for path in (log, tmp_path / "new.log"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("option", ["--keylog", "--pcap"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_sent(option, tmp_path):
    with udp() as s:
        target = "127.0.0.1:%d" % s.getsockname()[1]
        done = call(target, option, tmp_path / "no" / "file", "--json")
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(2048)
    assert done.returncode == 1
    assert "cannot write" in json.loads(done.stdout)["error"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("option", ["--keylog", "--pcap"])
def test_a_full_disk_is_a_failure(option):
    with OpenSsl() as server:
        done = call(at(server), option, "/dev/full")
    assert done.returncode == 1
    assert "cannot write /dev/full: No space left" in done.stderr


@pytest.mark.parametrize("way", ["file", "stdin", "variable"])
def test_the_key_need_not_stand_on_the_command_line(way, tmp_path):
    (tmp_path / "key").write_text(KEY.hex() + "\n")
    options = {
        "file": (("--psk-key-file", tmp_path / "key"), {}),
        "stdin": (("--psk-key-file", "-"), {"input": KEY.hex() + "\n"}),
        "variable": ((), {"env": {"DTLS_MICRO_PSK_KEY": KEY.hex()}}),
    }
    words, more = options[way]
    with OpenSsl() as server:
        assert call(at(server), *words, key=None, **more).returncode == 0


def failure(*words, **options) -> str:
    """Return the sentence of a call that must fail, from its JSON."""
    done = call(*words, "--json", **options)
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert report["ok"] is False
    return report["error"]


def test_a_closed_port_is_told_at_once():
    with udp() as s:
        port = s.getsockname()[1]
    begin = time.monotonic()
    assert "nothing listens on that UDP port" in failure("localhost:%d" % port, "--timeout", 45)
    assert time.monotonic() - begin < 30


def test_silence_is_told_after_the_time_out():
    with udp() as s:
        error = failure("127.0.0.1:%d" % s.getsockname()[1], "--timeout", 0.5)
    assert error.startswith("no answer in 0.5 s: check address, UDP port and firewall")


def test_an_answer_that_is_no_dtls_is_told():
    with udp(b"hello") as s:
        error = failure("127.0.0.1:%d" % s.getsockname()[1], "--timeout", 2)
    assert error == "what answers there is no DTLS server: check the port"


def test_a_wrong_key_is_told():
    with OpenSsl() as server:
        error = failure(at(server), "--timeout", 4, key="00" * 16)
    assert error.startswith("the server fell silent when the key was used: compare identity")


def test_a_server_without_a_common_suite_is_told():
    with OpenSsl(suites=[GCM]) as server:
        error = failure(at(server), "--suite", CCM_8, "--timeout", 4)
    assert "alert handshake_failure (40)" in error
    assert "--suite" in error


def test_a_failure_shows_the_ladder_and_what_is_known():
    with OpenSsl() as server:
        done = call(at(server), "--ladder", "--timeout", 5, key="00" * 16)
    assert done.returncode == 1
    assert "ClientKeyExchange (again), ChangeCipherSpec," in done.stdout
    assert "─ Finished (encrypted, again) ─" in done.stdout
    assert re.search(r"version +DTLS 1.2\n", done.stdout)
    assert done.stderr.startswith("dtls-micro: the server fell silent")
    assert done.stderr.count("\n") == 1


def test_what_does_not_fit_into_a_datagram_is_told():
    with GnuTls() as server:
        error = failure(at(server), "--send", "x" * 1200)
    assert "1200 bytes to --send do not fit" in error


class Mute(OpenSsl):
    """A server that never answers to data."""

    def on_output(self, piece):
        """Keep it."""


def test_a_missing_reply_is_a_failure_after_a_good_handshake():
    with Mute() as server:
        done = call(at(server), "--send", "hello", "--timeout", 3, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"], report["connected"]) == (1, False, True)
    assert "no reply came in 3 s" in report["error"]


def test_a_server_that_starts_late_gets_a_second_chance(monkeypatch):
    need_program("openssl", OpenSsl.install)
    server = OpenSsl()
    monkeypatch.setattr(probing, "time", SimpleNamespace(sleep=lambda _: server.__enter__()))
    try:
        done = probing.run(probing.Probe(*server.address, Psk(IDENTITY, KEY)))
    finally:
        server.__exit__()
    assert done.report.error is None
    assert done.report.connected


@pytest.mark.parametrize(
    ("words", "key", "message"),
    [
        ((NOTHING,), "0", "the key is not hex"),
        ((NOTHING,), "secret", "the key is not hex"),
        ((NOTHING,), "", "the key is empty"),
        ((NOTHING,), "00" * 65, "1 to 64 bytes"),
        ((NOTHING,), None, "no key: give --psk-key HEX or --psk-key-file FILE"),
        ((NOTHING, "--psk-key-file", "-"), "00", "not both"),
        ((NOTHING, "--psk-key-file", "/nowhere/key"), None, "cannot read /nowhere/key"),
        ((NOTHING, "--psk-identity", ""), "00", "1 to 128 bytes"),
        ((NOTHING, "--psk-identity", "x" * 129), "00", "1 to 128 bytes"),
        ((NOTHING, "--suite", "TLS_NO"), "00", "TLS_PSK_WITH_AES_128_GCM_SHA256"),
        ((NOTHING, "--suite", "TLS_NO"), "00", CCM_8),
        ((NOTHING, "--mtu", "63"), "00", "64<=x"),
        ((NOTHING, "--timeout", "0"), "00", "0.1<=x"),
        ((NOTHING, "--server-name", "käse.example"), "00", "ASCII"),
        (("host:0",), "00", "no UDP port"),
        (("host:65536",), "00", "no UDP port"),
        (("host:",), "00", "no UDP port"),
        (("[::1",), "00", "looks like [::1]:5684"),
        ((":5684",), "00", "no host"),
    ],
)
def test_wrong_usage_says_what_is_wrong(words, key, message):
    done = call(*words, key=key)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in re.sub(r"\s+", " ", done.stderr)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", "a\0b"])
def test_a_host_that_is_no_name_is_told(host):
    with pytest.raises(Failure, match="check it"):
        probing.resolve(host, 5684)


def test_a_name_without_an_address_is_told(monkeypatch):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Failure, match="'coap.example' has no address"):
        probing.resolve("coap.example", 5684)
