"""`dtls-micro bootstrap` with Leshan, and what it says to mistakes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from certificates_for_tests import CLIENT, identity
from servers_coap import LibCoap
from servers_leshan import BOOTSTRAP_KEY, Leshan

from dtls_micro.coap.connection import connect
from dtls_micro.lwm2m import accounts, formats
from dtls_micro.psk import Psk

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def leshan():
    with Leshan() as peer:
        yield peer


def start(*words, key=BOOTSTRAP_KEY):
    environment = dict(os.environ, PYTHONPATH="%s:%s" % (ROOT / "ports/cpython", ROOT))
    environment.pop("DTLS_MICRO_PSK_KEY", None)
    if key:
        environment["DTLS_MICRO_PSK_KEY"] = key.hex()
    return subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "bootstrap", *[str(word) for word in words]],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def run(*words, key=BOOTSTRAP_KEY):
    """Return (exit status, what was printed, errors)."""
    process = start(*words, key=key)
    out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors, errors
    return process.returncode, out, errors


def test_the_accounts_are_shown_without_secrets(leshan, tmp_path):
    leshan.add("cli-1")
    words = [leshan.bootstrap_uri, "--endpoint", "cli-1", "--psk-identity", "cli-1-bs"]
    code, out, _ = run(*words, "--store", tmp_path / "accounts")
    assert code == 0 and (tmp_path / "accounts.trial").exists()
    assert "Finish: the accounts are stored" in out
    assert "account of server 123: %s, pre-shared key, lifetime 300 s" % leshan.uri in out
    assert b"key of a device.".hex() not in out and "key of a device." not in out


def test_then_register_until_ctrl_c(leshan, tmp_path):
    leshan.add("cli-2")
    words = [leshan.bootstrap_uri, "--endpoint", "cli-2", "--psk-identity", "cli-2-bs"]
    process = start(*words, "--then-register", "--store", tmp_path / "accounts")
    leshan.event("registered", "cli-2")
    assert leshan.ask("read", "cli-2", path="/3/0/1")["content"] == "desk"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in errors
    assert "de-registered" in out
    leshan.event("unregistered", "cli-2")
    assert (tmp_path / "accounts").exists() and not (tmp_path / "accounts.trial").exists()


def test_a_server_without_packs_is_told(leshan):
    leshan.add("cli-5")
    words = [leshan.bootstrap_uri, "--endpoint", "cli-5", "--psk-identity", "cli-5-bs", "--pack"]
    code, out, _ = run(*words)
    assert code == 0 and "no Bootstrap-Pack: 4.04" in out
    assert "account of server 123" in out


def test_a_pack(tmp_path):
    made = accounts.of(accounts.Security(), accounts.Security("coaps://h", 0, b"x", bytes(8)))
    made.remove((0, 0))
    made.instance((0, 1)).ssid = 5
    made.add(accounts.Server(5, 60))
    octets = formats.encode(112, made.read((0,), "") + made.read((1,), ""), ())
    with LibCoap() as server:
        with connect(server.uri("", True), Psk(b"any", server.key), timeout=10) as endpoint:
            assert endpoint.put("/bspack", octets, content_format=112).ok
        words = [server.uri("", True), "--endpoint", "cli-6", "--pack"]
        code, out, _ = run(*words, "--store", tmp_path / "accounts", key=server.key)
    assert code == 0 and (tmp_path / "accounts.trial").exists()
    assert "Bootstrap-Pack: the accounts are stored" in out
    assert "account of server 5: coaps://h, pre-shared key, lifetime 60 s" in out


def test_a_raw_public_key(leshan, tmp_path):
    leshan.add("cli-3")
    mine = identity(CLIENT)
    leshan.ask("bootstrap_key", "cli-3", mode="rpk", key=mine.spki.hex())
    words = [leshan.bootstrap_uri, "--endpoint", "cli-3", "--rpk", leshan.own.public_pem]
    code, out, errors = run(*words, "--key", mine.key_pem, key=None)
    assert code == 0, errors
    assert "account of server 123" in out


def test_a_certificate(leshan):
    mine = identity(CLIENT)
    name = mine.chain[0].subject.rfc4514_string().removeprefix("CN=")
    leshan.add(name)
    leshan.ask("bootstrap_key", name, mode="x509")
    words = [leshan.bootstrap_uri, "--endpoint", name, "--ca", mine.root_pem]
    code, out, errors = run(*words, "--cert", mine.chain_pem, "--key", mine.key_pem, key=None)
    assert code == 0, errors
    assert "account of server 123" in out


def test_a_wrong_key_is_told(leshan):
    leshan.add("cli-4")
    words = [leshan.bootstrap_uri, "--endpoint", "cli-4", "--psk-identity", "cli-4-bs"]
    code, _, errors = run(*words, "--timeout", "15", key=bytes(range(16)))
    assert code == 1 and "key" in errors and bytes(range(16)).hex() not in errors


@pytest.mark.parametrize(
    "words, reason",
    [
        (["coaps://h"], "--endpoint"),
        (["coaps://h", "--endpoint", "x"], "no key"),
        (["coap://h", "--endpoint", "x"], "without security is not allowed"),
        (["http://h", "--endpoint", "x", "--psk-key", "00" * 16], "coaps://"),
        (["coaps://h", "--endpoint", "x", "--pin", "00" * 32], "no pins"),
        (["coaps://h", "--endpoint", "x", "--cert", "absent"], "--cert goes with --key"),
        (["coaps://h", "--endpoint", "x", "--rpk", "absent"], "--rpk goes with --key"),
        (["coaps://h", "--endpoint", "x", "--psk-key", "0"], "hex"),
        (["coaps://h", "--endpoint", "x", "--psk-key", "00" * 16, "--store", "no/x"], "no folder"),
    ],
)
def test_mistakes_are_told(words, reason):
    code, _, errors = run(*words, key=None)
    assert code in (1, 2) and reason in errors, errors
