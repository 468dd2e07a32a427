"""`dtls-micro probe` and servers with certificates: whom it trusts, and what it says of others."""

import json
import subprocess

import pytest
from runtimes import need_program
from server_process import Server
from test_probe import at, call

CCM_8 = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"


class Certified(Server):
    """`openssl s_server` with a certificate; `words` are more of its options."""

    program = "openssl"
    install = "apt install openssl"

    def command(self):
        words = ["openssl", "s_server", "-dtls1_2", "-quiet", "-no_ticket", "-listen"]
        words += ["-accept", "%s:%d" % self.address, "-cipher", "ALL:@SECLEVEL=0"]
        return words + ["-cert", self.options["pem"], *self.options.get("words", ())]

    def ready_text(self):
        return None

    def on_output(self, piece):
        """Keep it."""


def openssl(*words):
    need_program("openssl", Certified.install)
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A CA, a server's key with its certificate, a client's."""
    folder = tmp_path_factory.mktemp("certificates")
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    new += ["-days", "3"]
    ca = [folder / "ca.pem", folder / "ca.key"]
    openssl(*new, "-subj", "/CN=Test CA", "-keyout", ca[1], "-out", ca[0])
    for name in ("server", "client"):
        pem = folder / (name + ".pem")
        words = [*new, "-subj", "/CN=" + name, "-keyout", pem, "-out", folder / "certificate"]
        words += ["-CA", ca[0], "-CAkey", ca[1]]
        words += ["-addext", "subjectAltName=DNS:coap.example,IP:127.0.0.1"]
        try:
            openssl(*words)
        except AssertionError:  # no -CA in OpenSSL 1
            pytest.skip("openssl 3 is needed: apt install openssl")
        with pem.open("ab") as opened:
            opened.write((folder / "certificate").read_bytes())
    public = openssl("pkey", "-in", folder / "server.pem", "-pubout")
    (folder / "server.pub").write_bytes(public)
    return folder


@pytest.fixture
def server(files):
    with Certified(pem=files / "server.pem") as server:
        yield server


def probe(server, *words):
    return call(at(server), *words, key=None, identity=None)


def test_the_pin_is_shown_and_works(files):
    with Certified(pem=files / "server.pem") as server:
        shown = probe(server, "--show-pin")
    assert shown.returncode == 0 and len(shown.stdout) == 65
    with Certified(pem=files / "server.pem") as server:
        done = probe(server, "--pin", shown.stdout.strip(), "--suite", CCM_8, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["suite"] == CCM_8
    assert report["certificates"][0]["pin"] == shown.stdout.strip()
    assert report["certificates"][0]["subject"] == "CN=server"
    assert report["certificates"][0]["issuer"] == "CN=Test CA"


def test_a_trust_anchor_and_the_address_as_name(server, files):
    done = probe(server, "--ca", files / "ca.pem")
    assert done.returncode == 0, done.stderr
    assert "issued by CN=Test CA" in done.stdout


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("--ca", "ca.pem", "--server-name", "other.example"), "other.example"),
        (("--ca", "client.pem"), "certificate"),
        (("--pin", "00" * 32), "none of those pinned"),
        (("--pin", "00" * 32, "--server-name", "coap.example"), "none of those pinned"),
    ],
)
def test_who_is_not_trusted_is_told_with_the_chain(server, files, words, sentence):
    words = [files / word if word.endswith(".pem") else word for word in words]
    done = probe(server, *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "CN=server, issued by CN=Test CA" in done.stdout


def test_the_key_alone(server, files):
    done = probe(server, "--rpk", files / "server.pub")
    assert done.returncode == 0, done.stderr


def test_another_key_is_refused(server, files):
    done = probe(server, "--rpk", files / "client.pem")
    assert done.returncode == 1
    assert "not the one expected" in done.stderr


def test_a_certificate_of_our_own(files):
    words = ("-CAfile", files / "ca.pem", "-Verify", "1", "-verify_return_error")
    with Certified(pem=files / "server.pem", words=words) as server:
        mine = ("--cert", files / "client.pem", "--key", files / "client.pem")
        done = probe(server, "--rpk", files / "server.pub", *mine)
    assert done.returncode == 0, done.stderr
    with Certified(pem=files / "server.pem", words=words) as server:
        done = probe(server, "--rpk", files / "server.pub")
    assert done.returncode == 1
    assert "--cert" in done.stderr


@pytest.mark.parametrize(
    "words, message",
    [
        ((), "how is the server to be trusted?"),
        (("--pin", "00"), "SHA-256"),
        (("--ca", "/nowhere"), "cannot read /nowhere"),
        (("--ca", "server.pub"), "no certificate"),
        (("--rpk", "ca.key"), "no public key"),
        (("--rpk", "server.pub", "--cert", "client.pem"), "--cert needs --key"),
        (("--rpk", "server.pub", "--key", "server.pub"), "no private key"),
        (("--rpk", "server.pub", "--ca", "ca.pem"), "does not go together"),
        (("--rpk", "server.pub", "--psk-identity", "a"), "do not go together"),
        (("--psk-key", "00"), "no identity"),
        (("--rpk", "server.pub", "--suite", "TLS_PSK_WITH_AES_128_CCM_8"), "no suite"),
    ],
)
def test_wrong_usage_is_told(files, words, message):
    words = [str(files / word) if (files / word).exists() else word for word in words]
    done = call("127.0.0.1:9", *words, key=None, identity=None)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in " ".join(done.stderr.split())
