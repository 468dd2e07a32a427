"""Copies a build to a board: python -m tools.deploy rpi_pico_w --port /dev/ttyACM0.

Only what has changed is copied, and everything is verified on the board. Then the board's port
checks itself (tests/check_port.py) and tells how long each primitive takes.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from dtls_micro import credentials as identity

from . import board_copy, drive_copy
from .board_link import WAYS, Execute, board
from .boards import BOARDS
from .failure import Failure
from .wasm import Missing

ROOT = Path(__file__).resolve().parent.parent
_CHECK = ROOT / "tests/check_port.py"
_ON_BOARD = "credentials.dtls"
_DRIVE = "circuitpy-drive"


@click.command()
@click.argument("name")
@click.option("--port", help="The board's serial port, such as /dev/ttyACM0.")
@click.option("--via", type=click.Choice((*WAYS, _DRIVE)), default="ampy", show_default=True)
@click.option("--drive", type=click.Path(path_type=Path), help="Where CIRCUITPY is mounted.")
@click.option("--emulate", is_flag=True, help="No board: MicroPython's unix port on a pty.")
@click.option("--storage", type=click.Path(path_type=Path), help="Folder that --emulate uses.")
@click.option("--credentials", metavar="FILE", help="Copy the device's identity too.")
@click.option("--force", is_flag=True, help="Replace another identity on the board.")
@click.option("--check/--no-check", default=True, help="Have the port check itself at the end.")
@click.option("--build", "folder", default="build", type=click.Path(path_type=Path),
              show_default=True, help="Where the builds are.")  # fmt: skip
def main(
    name: str,
    port: str | None,
    via: str,
    drive: Path | None,
    emulate: bool,
    storage: Path | None,
    credentials: str | None,
    force: bool,
    check: bool,
    folder: Path,
) -> None:
    """Copy the build of board NAME to a board."""
    console = Console(highlight=False)
    step = console.print
    name = name.rstrip("/").removeprefix("boards/")
    try:
        if emulate and (drive or via == _DRIVE):
            raise Failure("--emulate is a board on a serial line, and no drive")
        if port and (emulate or drive or via == _DRIVE):
            raise Failure("--port is for a board on a serial line: leave it out, or the others")
        more = _identity(credentials)
        build = folder / name
        _check_build(build)
        if via == _DRIVE or drive:
            place = drive or drive_copy.find_drive()
            if not place.is_dir():
                raise Failure(
                    f"{place} is no folder: is the board plugged in and its drive mounted?"
                )
            if name in BOARDS and BOARDS[name].architecture:
                raise Failure(f"{name} runs MicroPython, which shows no drive: --via ampy")
            _refuse_another(more, place / _ON_BOARD, force)
            copied = drive_copy.deploy(place, build, more, step)
        else:
            with ExitStack() as stack:
                if emulate:
                    storage = storage or build.with_name(f"{name}.board")
                    port = _emulated(stack, storage)
                if not port:
                    raise Failure("--port names the board, and --emulate does without one")
                execute = stack.enter_context(board(port, via))
                if more and not force:
                    _refuse_other_on_board(execute, more)
                copied = _copy(execute, build, more, step)
                console.print(f"{len(copied)} files copied, all verified on the board")
                if emulate and _is_for_another(name):
                    console.print(
                        f"not run here: the port of {name} runs on that board only; try unix"
                    )
                elif check:
                    _check(execute, console)
            if emulate:
                console.print(f"the board's storage is {storage}")
            return
        console.print(f"{len(copied)} files copied, all verified on the drive")
    except (Failure, Missing) as error:
        sys.exit(f"{error}")


def _check_build(build: Path) -> None:
    """Refuse what is not built before a board is asked for."""
    if not build.is_dir() and build.name not in BOARDS:
        raise Failure(f"{build} is missing: the boards are {', '.join(sorted(BOARDS))}")
    board_copy.built(build)


def _is_for_another(name: str) -> bool:
    """Tell whether a build is for a board that the emulated one is not."""
    return name in BOARDS and name != "unix"


def _identity(path: str | None) -> dict[str, bytes]:
    """Return the file of a device's identity, once it is one."""
    if path is None:
        return {}
    try:
        identity.read(path)
        return {_ON_BOARD: Path(path).read_bytes()}
    except ValueError as error:
        raise Failure(f"{error}: python -m tools.provision makes one") from None
    except OSError:
        raise Failure(f"{path} is missing: python -m tools.provision makes it") from None


def _refuse_another(more: dict[str, bytes], there: Path, force: bool) -> None:
    if more and not force and there.exists() and there.read_bytes() != more[_ON_BOARD]:
        raise Failure("the board has another identity: --force replaces it, and it is lost")


def _refuse_other_on_board(execute: Execute, more: dict[str, bytes]) -> None:
    code = f"try: print(open({_ON_BOARD!r}, 'rb').read() == {more[_ON_BOARD]!r})\n"
    if execute(code + "except OSError: print(None)").strip() == b"False":
        raise Failure("the board has another identity: --force replaces it, and it is lost")


def _emulated(stack: ExitStack, storage: Path) -> str:
    try:
        from .emulated_board import EmulatedBoard
    except ImportError:
        raise Failure("--emulate needs pseudo-terminals, which this system has not") from None
    return stack.enter_context(EmulatedBoard(storage)).port


def _copy(
    execute: Execute, build: Path, more: dict[str, bytes], step: board_copy.Step
) -> list[str]:
    try:
        return board_copy.deploy(execute, build, more, step)
    except Failure as error:
        raise Failure(f"{error}; what was on the board still works: deploy again") from error


def _check(execute: Execute, console: Console) -> None:
    """Run check_port.py on the board."""
    console.print("the port checks itself:")
    try:
        text = execute(_CHECK.read_text()).decode(errors="replace")
    except Failure as error:
        raise Failure(
            f"the files are on the board, but its port fails its check: {error}"
        ) from error
    for line in text.splitlines():
        console.print("  " + line.rstrip())


if __name__ == "__main__":
    main()
