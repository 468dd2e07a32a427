"""tools/provision.py: identities for devices, which the device and the server can use."""

import calendar
import datetime
import json
import stat
import time
from pathlib import Path

import pytest
from certificates_for_tests import CHAIN, LEAF, identity
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from dtls_micro import credentials, files
from tools.provision import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words, code=0, **more):
    """Run the tool; return what it printed."""
    done = CliRunner().invoke(main, [str(word) for word in words], **more)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert (done.exit_code != 0) == (code != 0), done.output
    return done.output


def test_a_pre_shared_key(folder):
    text = run("--endpoint", "board-1")
    mine = credentials.read("credentials.dtls")
    assert mine.identity == b"board-1" and len(mine.key) == 16
    assert mine.key.hex() not in text
    known = json.loads((folder / "board-1.leshan.json").read_text())
    assert known["endpoint"] == "board-1"
    assert known["tls"]["details"] == {"identity": "board-1", "key": mine.key.hex()}
    assert (folder / "board-1.psk.hex").read_text().strip() == mine.key.hex()
    assert "openssl s_server" in text and "coap-server-openssl" in text


def test_each_device_has_another_key(folder):
    keys = set()
    for number in range(5):
        run("--endpoint", "d%d" % number, "--out", "%d.dtls" % number)
        keys.add(credentials.read("%d.dtls" % number).key)
    assert len(keys) == 5


def test_files_are_for_their_owner_only(folder):
    run("--endpoint", "board-1")
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_nothing_is_overwritten_without_force(folder):
    run("--endpoint", "board-1")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    text = run("--endpoint", "board-1", code=1)
    assert "--force" in text and "already" in text
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "credentials.dtls").unlink()
    run("--endpoint", "board-1", code=1)  # one of the others is there
    assert not (folder / "credentials.dtls").exists()
    run("--endpoint", "board-1", "--force")
    assert (folder / "board-1.psk.hex").read_bytes() != before[folder / "board-1.psk.hex"]


def test_all_files_are_replaced_or_none(folder, monkeypatch):
    run("--endpoint", "dev1")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 3

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert "as they were" in run("--endpoint", "dev1", "--force", code=1)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    run("--endpoint", "dev1", "--force")
    assert all(path.read_bytes() != octets for path, octets in before.items())
    (folder / "credentials.dtls").unlink()
    (folder / "credentials.dtls").mkdir()
    assert "is a folder" in run("--endpoint", "dev1", "--force", code=1)


def test_a_key_that_is_given_comes_from_a_file(folder):
    (folder / "key").write_text("000102030405060708090a0b0c0d0e0f\n")
    run("--endpoint", "board-1", "--psk-key-file", "key")
    assert credentials.read("credentials.dtls").key == bytes(range(16))
    text = run("--psk-key-file", "-", "--out", "2.dtls", input="ff" * 3 + "\n", code=2)
    assert "16 to 64" in text and not (folder / "2.dtls").exists()
    text = run("--psk-key-file", "-", "--out", "2.dtls", input="00" * 16 + "\n", code=2)
    assert "no random one" in text
    assert "--psk-key " not in run("--help")  # an argument would show the key to everybody


def test_a_pin_and_a_key_pair_with_its_request(folder):
    pin = bytes.fromhex(identity(LEAF).pin)
    text = run("--endpoint", "board-1", "--pin", pin.hex(), "--new-key")
    mine = credentials.read("credentials.dtls")
    assert mine.pins == [pin] and len(mine.private_key) == 32 and mine.key is None
    request = x509.load_pem_x509_csr((folder / "board-1.csr.pem").read_bytes())
    assert request.is_signature_valid and "board-1" in request.subject.rfc4514_string()
    key = serialization.load_pem_private_key((folder / "board-1.key.pem").read_bytes(), None)
    assert key.private_numbers().private_value.to_bytes(32, "big") == mine.private_key
    assert mine.private_key.hex() not in text
    own = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert mine.public_key == own
    assert 0 <= time.time() - calendar.timegm((*mine.floor(), 0, 0, 0)) < 600


def test_a_certificate_that_comes_later(folder):
    """The line that is printed for it works."""
    text = run("--endpoint", "b", "--pin", "ab" * 32, "--new-key")
    words = text.split("--key ")[1].split()
    assert words[1:4] == ["--cert", "FILE", "--force"]
    key = serialization.load_pem_private_key(Path(words[0]).read_bytes(), None)
    name = x509.Name([])
    day = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    Path("cert").write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    words[2] = "cert"
    run("--endpoint", "b", "--pin", "ab" * 32, "--key", *words[:4])
    assert len(credentials.read("credentials.dtls").certificates) == 1


def test_a_folder_that_is_not_there_is_told(folder):
    text = run("--endpoint", "b", "--out", "nowhere/x.dtls", code=1)
    assert "nowhere is no folder: make it first" in text


def test_anchors_and_a_certificate_of_the_device(folder):
    own = identity(LEAF)
    words = [
        "--endpoint",
        "b",
        "--ca",
        own.root_pem,
        "--key",
        own.key_pem,
        "--cert",
        own.chain_pem,
    ]
    run(*words)
    mine = credentials.read("credentials.dtls")
    der = serialization.Encoding.DER
    assert mine.anchors == [own.root.public_bytes(der)]
    assert mine.certificates == [one.public_bytes(der) for one in own.chain]


def test_a_raw_public_key_of_the_server(folder):
    run("--endpoint", "b", "--server-key", identity(LEAF).public_pem)
    assert credentials.read("credentials.dtls").server_key == identity(LEAF).spki


@pytest.mark.parametrize(
    "words, reason",
    [
        (["--endpoint", "a/b"], "slash"),
        (["--endpoint", ""], "1 to 128 bytes"),
        (["--pin", "ab" * 32, "--server-key", identity(LEAF).public_pem], "one of them"),
        (["--endpoint", "x" * 129], "128 bytes"),
        (["--pin", "12"], "64 hex digits"),
        (["--new-key"], "how is the server trusted"),
        (["--cert", "x"], "--cert goes with --key"),
        (["--pin", "00" * 32, "--psk-key-file", "x"], "do not go together"),
        (["--psk-key-file", "absent"], "absent"),
        (["--ca", "absent"], "absent"),
        (["--out", "no/such/folder/x"], "no/such/folder"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(folder, words, reason):
    text = run(*words, code=1)
    assert reason in text and "Traceback" not in text
    assert not list(folder.glob("*.dtls"))


def test_a_file_that_is_damaged_is_told(folder):
    run("--endpoint", "board-1")
    octets = bytearray((folder / "credentials.dtls").read_bytes())
    octets[12] ^= 1
    (folder / "credentials.dtls").write_bytes(octets)
    with pytest.raises(ValueError, match="damaged"):
        credentials.read("credentials.dtls")


def test_the_version_of_the_file_is_told(folder):
    files.write("credentials.dtls", b"", credentials.VERSION + 1)
    with pytest.raises(ValueError, match="version"):
        credentials.read("credentials.dtls")


def test_a_new_key_survives_a_shell(folder, monkeypatch):
    keys = [bytes(16), b"k" * 15 + b"\n", b"0123456789abcdef"]
    monkeypatch.setattr("tools.provision.secrets.token_bytes", lambda n: keys.pop(0))
    text = run("--endpoint", "board-1")
    assert credentials.read("credentials.dtls").key == b"0123456789abcdef"
    assert "coap-server-openssl" in text


@pytest.mark.parametrize("key", [bytes(range(16)), bytes(range(26, 10, -1))[:-1] + b"\n"])
def test_no_line_is_printed_that_a_shell_would_spoil(folder, key):
    text = run("--endpoint", "a", "--psk-key-file", "-", input=key.hex())
    assert "coap-server-openssl" not in text and "libcoap:  not with this key" in text


def test_names_are_quoted_for_the_shell(folder):
    text = run("--endpoint", "a $(id)")
    assert "--data '@a $(id).leshan.json'" in text
    assert "-psk_identity 'a $(id)' -psk $(cat 'a $(id).psk.hex')" in text
    assert "xxd -r -p 'a $(id).psk.hex'" in text


def test_a_certificate_of_another_key_is_refused(folder):
    own, other = identity(LEAF), identity(CHAIN)
    words = "--ca", own.root_pem, "--cert", own.chain_pem
    assert "another key" in run(*words, "--key", other.key_pem, code=2)
    assert not (folder / "credentials.dtls").exists()
