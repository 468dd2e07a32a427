"""A board's program, made ready to copy: python -m tools.build boards/rpi_pico_w.

build/NAME/ gets main.py (CircuitPython: code.py) and config.py as they are, lib/ with the modules
that the program and the board's port import, sizes.json, and manifest.json with the SHA-256 of
each file for the tool that copies them: "files" to the board's file system, and "beside" what goes
elsewhere, an image for ROMFS or sources for a firmware. The same sources make the same bytes.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import dtls_micro

from .board_files import LIBRARY, ROOT, Sources, sources
from .boards import BOARDS, PROGRAM, Board
from .failure import Failure
from .making import compile_mpy, replace, run, target_of
from .wasm import Missing, find_tool

FORMATS = ("mpy", "py", "romfs", "frozen")
_REPORTS = ("manifest.json", "sizes.json")  # of the folder, and not for the board
_BESIDE = ("frozen/", "manifest.py", "romfs.img")  # for its firmware, and not its file system


def build(board: Board, found: Sources, kind: str, folder: Path) -> None:
    """Write a program's files into `folder`, which is empty.

    kind: of FORMATS; romfs and frozen have an image or a manifest.py in place of lib/
    """
    shutil.copyfile(found.entry, folder / board.entry)
    if found.config:
        shutil.copyfile(found.config, folder / "config.py")
    lib = folder / {"frozen": "frozen"}.get(kind, "lib")
    lib.mkdir()
    for name, path in found.modules.items():
        target = lib / target_of(name, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind in ("py", "frozen"):
            shutil.copyfile(path, target)
        else:
            compile_mpy(path, target.with_suffix(".mpy"), board.architecture)
    if kind == "frozen":
        (folder / "manifest.py").write_text(freeze(found))
    elif kind == "romfs":
        _image(folder, lib)


def freeze(found: Sources) -> str:
    """Return the manifest.py for a firmware build that has the modules in it."""
    lines = ['"""Freeze the library and the port: make FROZEN_MANIFEST=.../manifest.py"""', ""]
    lines.append(f'metadata(version="{dtls_micro.__version__}")')
    lines.append(f'package("{LIBRARY}", base_path="frozen", opt=3)')
    for name in found.modules:
        if "." not in name and name != LIBRARY:
            lines.append(f'module("{name}.py", base_path="frozen", opt=3)')
    return "\n".join(lines) + "\n"


def _image(folder: Path, lib: Path) -> None:
    """Put lib/ into the image romfs.img and remove it."""
    with tempfile.TemporaryDirectory() as temporary:
        rom = Path(temporary) / "rom"
        rom.mkdir()
        lib.rename(rom / "lib")
        run(
            [find_tool("mpremote"), "romfs", "--no-mpy", "--output", str(folder / "romfs.img")]
            + ["build", str(rom)],
            "the ROMFS image",
        )


def files_of(folder: Path) -> dict[str, Path]:
    """Return {path on the board: file} of a build."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {k: p for k, p in sorted(found.items()) if p.is_file() and k not in _REPORTS}


def ram(found: Sources) -> tuple[int | None, str]:
    """Return the heap that the library's modules of a program take, and how that was found."""
    names = found.imported()
    try:
        from .size import code, import_cost

        modules = code(["dtls_micro.blocking", *names])
        cost = import_cost(modules, [], ["dtls_micro.blocking", *names])
    except ImportError as error:
        return None, f"not measured: {error.name} is missing: make size installs it"
    except Missing as error:
        return None, f"not measured: {error}"
    except RuntimeError as error:
        return None, f"not measured: {error}".strip().replace("\n", " ")
    return cost, "bytecode of the library in 32-bit MicroPython, without the port"


def report(
    name: str, board: Board, use: str, kind: str, found: Sources, folder: Path, measured: bool
) -> dict[str, Any]:
    """Write manifest.json and sizes.json; return the latter."""
    files = files_of(folder)
    hashes = {k: hashlib.sha256(p.read_bytes()).hexdigest() for k, p in files.items()}
    beside = {k for k in files if k.startswith(_BESIDE)}
    manifest = {
        "board": name,
        "version": dtls_micro.__version__,
        "use": use,
        "format": kind,
        "architecture": board.architecture if kind in ("mpy", "romfs") else None,
        "files": {path: digest for path, digest in hashes.items() if path not in beside},
        "beside": {path: hashes[path] for path in sorted(beside)},
    }
    heap, how = None, "not measured: source is compiled on board"
    if kind != "py" and measured:
        heap, how = ram(found)
    sizes = {path: file.stat().st_size for path, file in files.items()}
    facts = {
        "board": name,
        "files": sizes,
        "total": sum(sizes.values()),
        "ram_after_import": heap,
        "ram": how,
        "left_out": found.left_out,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (folder / "sizes.json").write_text(json.dumps(facts, indent=1) + "\n")
    return facts


def show(facts: dict[str, Any]) -> None:
    """Print the sizes of a build."""
    console = Console()
    table = Table("file", "bytes", title=facts["board"])
    table.columns[1].justify = "right"
    for path, size in facts["files"].items():
        table.add_row(path, str(size))
    table.add_section()
    table.add_row("together", str(facts["total"]))
    heap = facts["ram_after_import"]
    if heap is not None:
        table.add_row("RAM after import", str(heap))
    console.print(table)
    console.print(f"RAM after import: {facts['ram']}", markup=False, highlight=False)
    # A package that is left out says it of all it holds
    names = [
        name for name in facts["left_out"] if name.rpartition(".")[0] not in facts["left_out"]
    ]
    left = ", ".join(name.removeprefix(LIBRARY + ".") for name in names)
    console.print(f"Left out: {left}", markup=False, highlight=False)


def make(
    folder: Path,
    kind: str | None,
    use: str | None,
    output: Path | None,
    measured: bool = True,
) -> dict[str, Any]:
    """Build a board's program; return what sizes.json holds. Failure says what is wrong.

    measured: also find the RAM that it takes
    """
    if not folder.is_dir() and (ROOT / "boards" / folder).is_dir():
        folder = ROOT / "boards" / folder
    name = folder.resolve().name
    board = BOARDS.get(name)
    if board is None:
        raise Failure(f"no board is called {name}: the boards are {', '.join(sorted(BOARDS))}")
    kind = kind or ("mpy" if board.architecture else "py")
    if board.architecture is None and kind != "py":
        raise Failure(f"{name} runs CircuitPython, whose mpy-cross is another: use --py")
    found = sources(folder.resolve(), board, use, PROGRAM)
    target = output or ROOT / "build" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as temporary:
        fresh = Path(temporary) / "fresh"
        fresh.mkdir()
        build(board, found, kind, fresh)
        facts = report(name, board, use or found.entry.stem, kind, found, fresh, measured)
        replace(target, fresh)
    return facts


@click.command()
@click.argument("folder", metavar="boards/NAME", type=click.Path(path_type=Path))
@click.option("--mpy", "kind", flag_value="mpy", help="Compile for the board's processor.")
@click.option("--py", "kind", flag_value="py", help="Copy the source.")
@click.option("--romfs", "kind", flag_value="romfs", help="Compile into an image for ROMFS.")
@click.option("--frozen", "kind", flag_value="frozen", help="Write manifest.py for a firmware.")
@click.option("--use", metavar="USE", help="Run boards/programs/USE.py.")
@click.option("--output", type=click.Path(path_type=Path), help="Folder, else build/NAME.")
def main(folder: Path, kind: str | None, use: str | None, output: Path | None) -> None:
    """Make a board's program ready to copy."""
    try:
        facts = make(folder, kind, use, output)
    except (Missing, Failure, OSError) as error:
        sys.exit(f"build: {error}")
    show(facts)


if __name__ == "__main__":
    main()
