"""A handshake of the client in the wasm runtime with openssl: bytes of heap and on the wire."""

import base64
import hashlib
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dtls_micro.spki import public_key

from . import HERE, Missing, Wasm

SERVER = HERE / "server.pem"  # a key and a certificate for measuring; the key is no secret
KINDS = {
    "psk": "-nocert -psk 73656372657450534b -psk_identity Client_identity -cipher PSK-AES128-CCM8",
    "pin": f"-cert {SERVER} -cipher ECDHE-ECDSA-AES128-CCM8",
    "mutual": f"-cert {SERVER} -verify 1 -verify_quiet -cipher ECDHE-ECDSA-AES128-CCM8",
}
MODULES = {
    "psk": "measure_psk, dtls_micro.crypto.ccm, dtls_micro.crypto.aes",
    "pin": "measure_pin, dtls_micro.crypto.ccm, dtls_micro.crypto.aes, dtls_micro.crypto.p256",
}
LONGEST_SIGNATURE = 72  # bytes of ECDSA's on P-256


def certificate() -> bytes:
    """Return the certificate of the measured server, as DER."""
    found = re.search("-----BEGIN CERT.*", SERVER.read_text(), re.DOTALL)
    assert found
    return ssl.PEM_cert_to_DER_cert(found.group())


def private_key() -> bytes:
    """Return its key, 32 bytes, out of the ECPrivateKey (RFC 5915)."""
    found = re.search("EC PRIVATE KEY-----(.*)-----END EC", SERVER.read_text(), re.DOTALL)
    assert found
    return base64.b64decode(found.group(1))[7:39]


def pin() -> str:
    """Return its pin."""
    return hashlib.sha256(public_key(memoryview(certificate()))).hexdigest()


@contextmanager
def openssl_server(kind: str) -> Iterator[int]:
    """Run an openssl server for a kind of KINDS; give its UDP port."""
    if shutil.which("openssl") is None:
        raise Missing("openssl is missing: apt install openssl")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"openssl s_server -dtls1_2 -listen -no_ticket -accept 127.0.0.1:{port} -quiet "
    command += KINDS[kind] + ":@SECLEVEL=0"
    server = subprocess.Popen(
        command.split(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield port
    finally:
        server.kill()
        server.communicate()


def wait_for_port(port: int) -> None:
    """Return when something is bound to a UDP port of this machine."""
    for _ in range(200):
        if re.search(rf":{port:04X} ", Path("/proc/net/udp").read_text()):
            return
        time.sleep(0.05)
    raise RuntimeError("the openssl server did not start")


def payloads(datagram: bytes) -> list[bytes]:
    """Return what the records of a datagram hold."""
    found = []
    while len(datagram) > 13:
        end = 13 + int.from_bytes(datagram[11:13], "big")
        found.append(datagram[13:end])
        datagram = datagram[end:]
    return found


def spared_by_the_signature(datagram: bytes) -> int:
    """Return how many bytes a datagram's ServerKeyExchange is shorter than it may be.

    The length of an ECDSA signature is a matter of chance, and the table should repeat.
    """
    for payload in payloads(datagram):
        if payload[0] == 12 and payload[12] == 3:  # a named curve: no identity hint
            at = 12 + 4 + payload[15] + 2
            return LONGEST_SIGNATURE - int.from_bytes(payload[at : at + 2], "big")
    return 0


class Exchange:
    """A client in the wasm runtime and a socket to the server, with the account of both."""

    def __init__(self, python: Wasm, address: tuple[str, int], make: str):
        self.python = python
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.connect(address)
        self.sent: list[int] = []
        self.received: list[int] = []
        self.base = python.used()
        self.peak = self.garbage = 0
        self.seen: set[bytes] = set()
        self.verb(make)

    def verb(self, source: str) -> str:
        """Run a verb that returns [value, bytes allocated]; account for it."""
        before = self.python.used()
        value, allocated = self.python.eval(source)
        after = self.python.used()
        self.peak = max(self.peak, after - self.base)
        self.garbage = max(self.garbage, allocated - (after - before))
        return value

    def flush(self) -> None:
        while data := self.verb("measure.datagram()"):
            self.sent.append(len(data) // 2)
            self.socket.send(bytes.fromhex(data))

    def receive(self) -> None:
        """Take a datagram; not what a server repeats that finds this runtime slow."""
        data = self.socket.recv(2048)
        if self.seen.issuperset(payloads(data)):
            return
        self.seen.update(payloads(data))
        self.received.append(len(data) + spared_by_the_signature(data))
        self.verb(f"measure.receive('{data.hex()}')")


def handshake(python: Wasm, kind: str, size: int) -> dict[str, int]:
    """Make a handshake with buffers of `size` bytes; return what it took.

    The library is in the interpreter's /lib already.
    """
    for name in ("dtls_port", "measure", f"measure_{kind}"):
        python.put(f"/lib/{name}.py", (HERE / f"{name}.py").read_bytes())
    python.run(f"import measure, dtls_micro.handshake, {MODULES[kind]}")
    argument = f"'{pin()}'" if kind == "pin" else ""
    with openssl_server(kind) as port:
        make = f"measure.make({size}, measure_{kind}.credential({argument}))"
        exchange = Exchange(python, ("127.0.0.1", port), make)
        exchange.flush()
        for _ in range(20):
            exchange.receive()
            exchange.flush()
            if python.eval("measure.client.state == dtls_micro.handshake.CONNECTED"):
                break
        else:
            raise RuntimeError("the handshake did not end")
    garbage = {"heap garbage": exchange.garbage} if kind == "psk" else {}  # chance otherwise
    return {
        "heap peak": exchange.peak,
        **garbage,
        "heap steady": python.used() - exchange.base,
        "handshake bytes": sum(exchange.sent) + sum(exchange.received),
        "handshake bytes of the client": sum(exchange.sent),
        "handshake datagrams": len(exchange.sent) + len(exchange.received),
    }
