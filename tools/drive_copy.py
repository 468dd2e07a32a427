"""The CIRCUITPY drive: a folder, to which files are copied whole."""

import hashlib
import os
import sys
from pathlib import Path

from .board_copy import Step, built
from .failure import Failure

_PLACES = ("/media/*/CIRCUITPY", "/media/CIRCUITPY", "/run/media/*/CIRCUITPY",
           "/Volumes/CIRCUITPY")  # fmt: skip


def find_drive() -> Path:
    """Return where the drive is mounted."""
    for place in _PLACES:
        for found in Path("/").glob(place.lstrip("/")):
            return found
    raise Failure("no CIRCUITPY drive: plug the board in, or name its folder with --drive")


def deploy(drive: Path, build: Path, more: dict[str, bytes], step: Step) -> list[str]:
    """Make the drive's files those of a build, and `more`; return the paths that were copied."""
    files = built(build)
    contents = {path: (build / path).read_bytes() for path in files} | more
    copied = [path for path, data in contents.items() if _read(drive / path) != data]
    try:
        for path in copied:
            step(f"{path}, {len(contents[path])} bytes")
            _write(drive / (path + ".new"), contents[path])
        for path in copied:
            os.replace(drive / (path + ".new"), drive / path)
        _sync()
    except OSError as error:
        raise Failure(
            f"{error.filename or drive}: {error.strerror}: is the drive full, or read-only?"
        ) from None
    for path in contents:
        base, _, ending = path.rpartition(".")
        other = drive / f"{base}.{'py' if ending == 'mpy' else 'mpy'}"
        if other.exists():
            other.unlink()
            step(f"removed {other.name}: it hid a new file, or was hidden by it")
    for path, data in contents.items():
        if hashlib.sha256(_read(drive / path) or b"").digest() != hashlib.sha256(data).digest():
            raise Failure(f"{path} on the drive is not as built: deploy again")
    return copied


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync() -> None:
    if sys.platform != "win32":
        os.sync()
