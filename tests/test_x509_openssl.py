"""Chains as the openssl command makes them, with RSA, P-384 and P-256 in one chain."""

import shutil
import subprocess

import dtls_port
import pytest
from expect import refused

from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rsa import RSA
from dtls_micro.x509 import X509

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")

_KEYS = {
    "p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "rsa": ["-newkey", "rsa:2048"],
}
_PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
_CA = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
_SERVER = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
_SERVER += ["extendedKeyUsage=serverAuth", "subjectAltName=DNS:*.example.org,IP:127.0.0.1"]


def issued(folder, name, key, issuer=None, extensions=(), options=()):
    """Make <name>.pem and <name>.key with openssl req; return the DER."""
    command = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/O=Test/CN=" + name]
    command += [*_KEYS[key], "-keyout", name + ".key", "-out", name + ".pem", *options]
    command += ["-addext", "subjectKeyIdentifier=hash", "-addext", "authorityKeyIdentifier=keyid"]
    for extension in extensions:
        command += ["-addext", extension]
    if issuer:
        command += ["-CA", issuer + ".pem", "-CAkey", issuer + ".key"]
    # an empty configuration: its defaults would come on top of what is asked for
    (folder / "empty.cnf").write_text("[req]\ndistinguished_name = dn\n[dn]\n")
    command += ["-config", "empty.cnf"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    der = ["openssl", "x509", "-in", name + ".pem", "-outform", "DER"]
    return subprocess.run(der, cwd=folder, check=True, stdout=subprocess.PIPE).stdout


@pytest.mark.parametrize(
    "root, options", [("rsa", ["-sha384"]), ("rsa", ["-sha256", *_PSS]), ("p384", ["-sha384"])]
)
def test_a_chain_of_openssl(tmp_path, root, options):
    top = issued(tmp_path, "root", root, None, _CA, options)
    middle = issued(tmp_path, "middle", "p384", "root", _CA, options)
    leaf = issued(tmp_path, "leaf", "p256", "middle", _SERVER, ["-sha384"])
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem"]
    command += ["-untrusted", "middle.pem", "leaf.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    trust = X509([top], verifiers=(P256, P384, RSA))
    sent = [memoryview(leaf), memoryview(middle)]
    for name in (b"a.example.org", b"127.0.0.1"):
        assert trust.check(dtls_port, 0, sent, name)
    refused(42, trust.check, dtls_port, 0, sent, b"example.org")
    refused(48, trust.check, dtls_port, 0, sent[:1], b"a.example.org")
