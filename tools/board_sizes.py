"""What each board's programs take: bytes of flash, and of RAM once they are imported.

Flash is what tools/build.py puts on the board. RAM is the library's, measured on 32-bit objects
in MicroPython's wasm runtime, without the port. CircuitPython boards get source, which is
larger on the drive and takes the same RAM.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from .board_files import PROGRAMS, ROOT, sources
from .boards import BOARDS
from .build import make, ram
from .failure import Failure
from .wasm import Missing

OF_README = "rpi_pico_w"  # the board of the README's table
_BEGIN = "<!-- sizes -->\n"
_END = "<!-- end of sizes -->\n"
_HOW = "`python -m tools.board_sizes --update` writes this table: bytes of flash, and of RAM"


def programs() -> list[str]:
    """Return the names of the programs that boards run."""
    files = sorted((ROOT / "boards" / PROGRAMS).glob("*.py"))
    return [path.stem for path in files if "def main()" in path.read_text()]


def measure() -> dict[str, dict[str, tuple[int, int | None]]]:
    """Return {board: {program: (bytes of flash, bytes of RAM after import)}}."""
    found: dict[str, dict[str, tuple[int, int | None]]] = {}
    heap = {one: _ram(one) for one in programs()}
    with tempfile.TemporaryDirectory() as temporary:
        for name in sorted(BOARDS):
            found[name] = {}
            for one in programs():
                made = Path(temporary) / name
                facts: dict[str, Any] = make(
                    ROOT / "boards" / name, None, one, made, measured=False
                )
                found[name][one] = (facts["total"], heap[one])
    return found


def _ram(program: str) -> int | None:
    name = OF_README
    found = sources(ROOT / "boards" / name, BOARDS[name], program, program)
    return ram(found)[0]


def lines(rows: dict[str, tuple[int, int | None]]) -> str:
    """Return the table of one board, in Markdown."""
    text = f"{_HOW} after import.\n\n| program | flash | RAM |\n|---|---:|---:|\n"
    for program, (flash, heap) in rows.items():
        text += f"| `{program}` | {flash} | {heap or 'not measured'} |\n"
    return text


def updated(text: str, rows: dict[str, tuple[int, int | None]]) -> str:
    """Return a README with the table of its board."""
    before, begun, rest = text.partition(_BEGIN)
    _, ended, after = rest.partition(_END)
    if not begun or not ended:
        raise Failure(f"a README of boards/ has no place for sizes: {_BEGIN}{_END}")
    return before + begun + lines(rows) + ended + after


def with_profiles(text: str, rows: dict[str, tuple[int, int | None]]) -> str:
    """Return the README with what programs take in the rows that name them, in kB of 1000."""
    for program, (flash, heap) in rows.items():
        kilo = f"{round(flash / 1000)} kB, {round((heap or 0) / 1000)} kB"
        row = rf"^(\| .* \| )\d+ kB, \d+ kB(.*`{program}` \|)$"
        text, count = re.subn(row, rf"\g<1>{kilo}\g<2>", text, flags=re.MULTILINE)
        if heap is None or count != 1:
            raise Failure(f"README.md has no row for {program}, or RAM is not measured: make size")
    return text


@click.command()
@click.option("--update", is_flag=True, help="Write the tables into the READMEs of boards/.")
def main(update: bool) -> None:
    """Print what the programs take on each board."""
    try:
        found = measure()
        table = Table("board", *[f"{one}: flash" for one in programs()], title="bytes")
        for name, rows in found.items():
            table.add_row(name, *[str(flash) for flash, _ in rows.values()])
            if update:
                path = ROOT / "boards" / name / "README.md"
                path.write_text(updated(path.read_text(), rows))
        if update:
            path = ROOT / "README.md"
            path.write_text(with_profiles(path.read_text(), found[OF_README]))
        table.add_section()
        first = next(iter(found.values()))
        heaps = [str(heap or "not measured: make size") for _, heap in first.values()]
        table.add_row("RAM after import", *heaps)
        Console().print(table)
    except (Failure, Missing, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
