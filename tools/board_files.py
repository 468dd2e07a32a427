"""The sources that a board's program is made of."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from .boards import P256_OF_PORTS, Board
from .closure import closure, find, imports
from .failure import Failure

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = "dtls_micro"
PROGRAMS = "programs"  # the folder of boards/ that all share


class Sources(NamedTuple):
    """A program for a board."""

    entry: Path  # what the firmware runs
    config: Path | None  # what the user edits
    modules: dict[str, Path]  # of the library, the port and the program: dotted name -> file
    left_out: list[str]  # modules of the library and of the port that are not among them

    def imported(self) -> list[str]:
        """Return the library's modules that the program itself names."""
        own = [path for path in self.modules.values() if path.parent.name == PROGRAMS]
        named = {name for path in [self.entry, *own] for name in imports(path, "")}
        return sorted(n for n in named if n in self.modules and n.startswith(LIBRARY))


def sources(folder: Path, board: Board, use: str | None, default: str) -> Sources:
    """Return what a board's program is made of.

    folder: boards/NAME; its parent has the shared programs/
    use:    a program of programs/; None: the folder's own entry, or else the program `default`
    """
    entry = _entry(folder, board, use, default)
    own = [folder, folder.parent / PROGRAMS]
    ports = [ROOT / port for port in board.ports]
    for port in ports:
        if not port.is_dir():
            raise Failure(f"{port} is missing: {folder.name}'s port is to be there")
    start = sorted(_imports(entry, ""))
    without = {entry.stem, *board.leave_out}
    if "dtls_micro.p256" not in modules_of(start, own, without):
        without |= set(P256_OF_PORTS)
    modules = modules_of(start, [*own, *ports], without)
    config = modules.pop("config", None)
    if config is None and (folder / "config.py").is_file():
        config = folder / "config.py"
    wanting = [name for name, path in modules.items() if "config" in imports(path, name)]
    if config is None and ("config" in start or wanting):
        who = entry.name if "config" in start else f"{wanting[0]}.py"
        raise Failure(f"{folder / 'config.py'} is missing: {who} imports it")
    everything = closure(_all_of(ROOT / LIBRARY, LIBRARY), [ROOT])
    left = {name for name in everything if name.startswith(LIBRARY)} - set(modules)
    left |= {name for name in without if find(name, ports)}
    return Sources(entry, config, modules, sorted(left))


def _entry(folder: Path, board: Board, use: str | None, default: str) -> Path:
    if not folder.is_dir():
        raise Failure(f"{folder} is missing: name a folder of boards/")
    programs = folder.parent / PROGRAMS
    if use is None and (folder / board.entry).is_file():
        return folder / board.entry
    path = programs / f"{use or default}.py"
    there = {found.stem: found for found in sorted(programs.glob("*.py"))}
    parts = {part for name, found in there.items() for part in _imports(found, name)}
    names = ", ".join(name for name in there if name not in parts)
    if path.stem not in there:
        raise Failure(f"{path} is missing: the programs there are {names or 'none'}")
    if use in parts:
        raise Failure(f"{path} is no program, but a part of some: these are {names or 'none'}")
    return path


def modules_of(
    start: list[str], folders: list[Path], without: Collection[str] = ()
) -> dict[str, Path]:
    """Return {dotted name: file} of these modules and all they import, but `without`.

    The library's are found without being in the folders.
    """
    modules: dict[str, Path] = {}
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        places = [ROOT] if name.partition(".")[0] == LIBRARY else folders
        path = None if name in modules or name in without else find(name, places)
        if path is None:
            continue
        modules[name] = path
        waiting.extend(_imports(path, name))
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return dict(sorted(modules.items()))


def _imports(path: Path, name: str) -> set[str]:
    try:
        return imports(path, name)
    except SyntaxError as error:
        raise Failure(f"{path} line {error.lineno}: {error.msg}: mend it") from None


def _all_of(folder: Path, package: str) -> list[str]:
    """Return the dotted names of all modules of a package."""
    files = folder.rglob("*.py")
    parts = (path.relative_to(folder).with_suffix("").parts for path in files)
    return [".".join([package, *part]) for part in parts if part[-1] != "__init__"]
