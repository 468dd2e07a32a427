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
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from .closure import closure
from .readme_sizes import README, updated
from .wasm import HERE, Missing, Wasm, find_tool
from .wasm.handshake import handshake

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "size.json"
_STEPS = 20  # of the LwM2M client, until it is registered
AES = "dtls_micro.crypto.aes"  # every board with cryptolib or aesio has it in the firmware
ECDHE = ["dtls_micro.client", "dtls_micro.ecdhe", "dtls_micro.pin", "dtls_micro.crypto.ccm"]
# Modules of CoAP that a client over DTLS does not load: other channels, the server role ...
ON_DEMAND = (
    *("aio_endpoint", "link", "notifications", "observation", "observers", "resources"),
    *("served_blocks", "udp", "upload"),
)
# kind of handshake, buffers, name, what the program imports, what the board may have itself
PROFILES = (
    (
        "psk",
        (1152, 256),
        "PSK client",
        ["dtls_micro.client", "dtls_micro.psk", "dtls_micro.crypto.ccm"],
        [AES],
    ),
    (
        "pin",
        (1152, 768),  # openssl packs a flight into one datagram, whatever its records hold
        "ECDHE client with a pinned key",
        [*ECDHE, "dtls_micro.crypto.p256"],
        [AES],
    ),
    (
        "",
        (),
        "ECDHE client with X.509, P-256 only",
        [*ECDHE, "dtls_micro.crypto.p256", "dtls_micro.x509"],
        ["dtls_micro.p384", "dtls_micro.rsa"],
    ),
)


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


def import_cost(
    modules: dict[str, bytes], before: list[str], names: list[str], spare: int = 0
) -> int:
    """Return the bytes of heap that importing `names` takes after `before` is imported.

    spare: how many other names are known by then; MicroPython keeps names in tables, of which it
    now and then begins another one, of some kilobytes
    """
    with Wasm() as python:
        load(python, modules)
        python.run("\n".join(f"spare_name_{i} = 0" for i in range(spare)))
        for name in ["hashlib", *before]:
            python.run(f"import {name}")
        start = python.used()
        for name in names:
            python.run(f"import {name}")
        return python.used() - start


def profile(table: dict[str, int], name: str, program: list[str], extra: list[str]) -> None:
    """Add what a program costs; `extra` modules may be in the firmware or in the port."""
    modules = code(["dtls_micro.blocking", *program, *extra])
    own = code(["dtls_micro.blocking", *program])
    for module, data in modules.items():
        table[f"mpy {module}"] = len(data)
    table[f"{name}: mpy with sockets"] = sum(len(data) for data in own.values())
    table[f"{name}: RAM after import"] = import_cost(modules, [], program)
    with_sockets = ["dtls_micro.blocking", *program]
    table[f"{name}: RAM after import with sockets"] = import_cost(modules, [], with_sockets)
    for module in extra:
        cost = min(import_cost(modules, with_sockets, [module], spare) for spare in (0, 100))
        table[f"{name}: RAM of {module}"] = cost


def without_arithmetic(table: dict[str, int]) -> None:
    """Add what a client with a pinned key takes on a port that has a P-256 of its own."""
    cost = import_cost(code(ECDHE), [], ECDHE)
    table["ECDHE client with a pinned key: RAM after import without P-256"] = cost


def handshakes(kind: str, size: int, name: str, modules: dict[str, bytes]) -> dict[str, int]:
    """Return what a handshake takes with buffers of `size` bytes, the least of three.

    The collector takes a number on the stack for an address now and then, and keeps garbage.
    """
    runs = []
    for _ in range(3):
        with Wasm() as python:
            load(python, modules)
            runs.append(handshake(python, kind, size))
    least = {what: min(run[what] for run in runs) for what in runs[0]}
    return {f"{name}: {size}-byte buffers: {what}": value for what, value in least.items()}


def coap(table: dict[str, int]) -> None:
    """Add what CoAP costs beside a PSK client with sockets."""
    before = ["dtls_micro.blocking", "dtls_micro.psk"]
    client = ["dtls_micro.coap.connection", "dtls_micro.coap.blocking", "dtls_micro.coap.secure"]
    modules = code([*before, *client, "dtls_micro.coap.resources", "dtls_micro.coap.aio_endpoint"])
    own = [name for name in modules if name.startswith("dtls_micro.coap")]
    loaded = set(own) - {f"dtls_micro.coap.{name}" for name in ON_DEMAND}
    for name in own:
        table[f"mpy {name}"] = len(modules[name])
    table["CoAP client: mpy"] = sum(len(modules[name]) for name in loaded)
    table["CoAP client: RAM after import"] = import_cost(modules, before, client)
    role = import_cost(modules, [*before, *client], ["dtls_micro.coap.resources"])
    table["CoAP client: RAM of the server role"] = role
    with Wasm() as python:
        load(python, modules)
        python.put("/lib/measure_coap.py", (HERE / "measure_coap.py").read_bytes())
        python.run("import measure_coap")
        allocated = python.eval("measure_coap.request()")
    table["CoAP client: heap of a request and its response, garbage included"] = allocated


def lwm2m(table: dict[str, int]) -> None:
    """Add what LwM2M with a pre-shared key costs beside a CoAP client over DTLS."""
    before = ["dtls_micro.blocking", "dtls_micro.psk", "dtls_micro.coap.connection"]
    before += [f"dtls_micro.coap.{name}" for name in ("blocking", "secure", "resources")]
    own = ["dtls_micro.lwm2m", "dtls_micro.lwm2m.device", "dtls_micro.lwm2m.store"]
    modules = code([*before, *own])
    sizes = {name: len(modules[name]) for name in modules if name.startswith(own[0])}
    table.update((f"mpy {name}", size) for name, size in sizes.items())
    table["LwM2M client: mpy"] = sum(sizes.values())
    table["LwM2M client: RAM after import"] = import_cost(modules, before, own)
    with Wasm() as python:
        load(python, modules)
        python.put("/lib/measure_lwm2m.py", (HERE / "measure_lwm2m.py").read_bytes())
        python.run("import measure_lwm2m")
        begin = python.used()
        python.run("measure_lwm2m.start()")
        most = python.used() - begin
        for _ in range(_STEPS):
            python.run("measure_lwm2m.step()")
            most = max(most, python.used() - begin)
        assert python.eval("measure_lwm2m.world.registered")
        table["LwM2M client: heap when registered"] = python.used() - begin
        table["LwM2M client: heap peak"] = most


def measure() -> dict[str, int]:
    """Return every number of the table, in bytes but for the datagrams."""
    table: dict[str, int] = {}
    for kind, sizes, name, program, extra in PROFILES:
        profile(table, name, program, extra)
        for size in sizes:
            table.update(handshakes(kind, size, name, code([*program, *extra])))
    coap(table)
    without_arithmetic(table)
    lwm2m(table)
    return table


def worse(new: dict[str, int], old: dict[str, int]) -> list[str]:
    """Return a sentence for each number that grew or has no committed value.

    The heap of ECDHE depends on the random numbers of both sides, by some hundred bytes.
    """

    def slack(name: str) -> int:
        return 400 if name.startswith("ECDHE") and "heap" in name else 0

    return [
        f"{name}: {value}, was {old.get(name, 'not there')}"
        for name, value in new.items()
        if name not in old or value > old[name] + slack(name)
    ]


@click.command()
@click.option("--check", is_flag=True, help="Fail where a number is worse than the table's.")
@click.option("--update", is_flag=True, help="Write the table, and the README's rows.")
def main(check: bool, update: bool) -> None:
    """Measure and print the sizes."""
    try:
        new = measure()
    except Missing as error:
        sys.exit(f"size: {error}")
    old = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    table = Table("what", "bytes", "committed", title="With AES_128_CCM_8 suites")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value in new.items():
        table.add_row(name, str(value), str(old.get(name, "-")))
    Console().print(table)
    if update:
        TABLE.write_text(json.dumps(new, indent=1) + "\n")
        README.write_text(updated(README.read_text(), new))
    grown = worse(new, old) if check else []
    for line in grown:
        print("worse:", line)
    sys.exit(1 if grown else 0)


if __name__ == "__main__":
    main()
