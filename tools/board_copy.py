"""Makes the files of a board those of a build, so that it works at every moment.

Files go to the board under temporary names (PATH.new) and are verified there. When all have
arrived, a list of them is written, and the board renames them in one go. A cable that is pulled
before that leaves the old installation; after that, the next deployment ends what was begun.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from .board_link import Execute
from .failure import Failure

_CHUNK = 768  # bytes in one piece of code
_JOURNAL = "deploy.txt"  # on the board: what is to be renamed
_HELPERS = """
import os
try:
    from hashlib import sha256 as _new
except ImportError:
    from hashlib import new
    def _new():
        return new("sha256")
def _hash(p):
    h = _new()
    try:
        with open(p, "rb") as f:
            while True:
                b = f.read(512)
                if not b:
                    break
                h.update(b)
    except OSError:
        return "-"
    return "".join("%02x" % x for x in h.digest())
def _folder(p):
    try:
        os.mkdir(p)
    except OSError:
        os.stat(p)
def _remove(p):
    try:
        os.remove(p)
    except OSError:
        return 0
    return 1
def _move(p):
    try:
        os.stat(p + ".new")
    except OSError:
        return
    try:
        os.rename(p + ".new", p)
    except OSError:
        _remove(p)
        try:
            os.rename(p + ".new", p)
        except OSError:
            return
def _finish(j):
    try:
        f = open(j)
    except OSError:
        return 0
    n = 0
    with f:
        for p in f:
            _move(p.strip())
            n += 1
    os.remove(j)
    return n
"""
Step = Callable[[str], None]


def built(build: Path) -> dict[str, str]:
    """Return {path: sha256 hex} of a build, once each of its files has that hash."""
    try:
        files: dict[str, str] = json.loads((build / "manifest.json").read_text())["files"]
    except FileNotFoundError:
        how = f"python -m tools.build boards/{build.name}"
        raise Failure(f"{build} has no manifest.json: {how} makes it") from None
    for path, wanted in files.items():
        parts = PurePosixPath(path).parts
        if ".." in parts or path[:1] == "/" or "\\" in path or ":" in path:
            raise Failure(f"{build}/manifest.json names {path!r}, which is outside of the build")
        if not (build / path).is_file() or _hash(build / path) != wanted:
            raise Failure(f"{build / path} is not as it was built: build again")
    return files


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class BoardCopy:
    """A board at the other end of `execute`.

    step: called with a line before each file is copied
    """

    def __init__(self, execute: Execute, step: Step):
        self._execute = execute
        self._step = step
        execute(_HELPERS)

    def finish(self) -> int:
        """End a deployment that was cut while it renamed; return how many files it had."""
        return int(self._execute(f"print(_finish({_JOURNAL!r}))"))

    def missing(self, files: dict[str, str]) -> list[str]:
        """Return the paths whose content on the board is another, or that are not there."""
        code = "for p in %r: print(_hash(p))"
        paths = list(files)
        found: list[str] = []
        for i in range(0, len(paths), 8):
            found += self._execute(code % paths[i : i + 8]).decode().split()
        return [path for path, there in zip(paths, found, strict=True) if there != files[path]]

    def put(self, path: str, data: bytes) -> None:
        """Write a file under its temporary name and verify it, unless it is there already."""
        wanted = hashlib.sha256(data).hexdigest()
        new = path + ".new"
        if self._hash_of(new) == wanted:
            return
        self._step(f"{path}, {len(data)} bytes")
        parts = path.split("/")
        for i in range(1, len(parts)):
            self._execute("_folder({!r})".format("/".join(parts[:i])))
        self._execute(f"_f = open({new!r}, 'wb')")
        for i in range(0, len(data), _CHUNK):
            self._execute(f"_n = _f.write({data[i : i + _CHUNK]!r})")
        self._execute("_f.close()")
        if self._hash_of(new) != wanted:
            raise Failure(f"{path} arrived damaged: is the board's storage full? deploy again")

    def _hash_of(self, path: str) -> str:
        return self._execute(f"print(_hash({path!r}))").decode().strip()

    def rename(self, paths: list[str]) -> None:
        """Give files that have arrived their names."""
        lines = "".join(path + "\n" for path in paths)
        self._execute(f"_f = open({_JOURNAL + '.new'!r}, 'w')")
        for i in range(0, len(lines), _CHUNK):
            self._execute(f"_n = _f.write({lines[i : i + _CHUNK]!r})")
        self._execute(f"_f.close(); _move({_JOURNAL!r})")
        self.finish()

    def remove_hidden(self, files: dict[str, str]) -> list[str]:
        """Remove each .py beside a .mpy of ours, which it hides, or the other way round."""
        removed = []
        for path in files:
            base, _, ending = path.rpartition(".")
            other = f"{base}.{'py' if ending == 'mpy' else 'mpy'}"
            if other not in files and self._execute(f"print(_remove({other!r}))").strip() == b"1":
                removed.append(other)
        return removed


def deploy(execute: Execute, build: Path, more: dict[str, bytes], step: Step) -> list[str]:
    """Make the board's files those of a build, and `more`; return the paths that were copied."""
    files = built(build)
    files.update((path, hashlib.sha256(data).hexdigest()) for path, data in more.items())
    copy = BoardCopy(execute, step)
    if copy.finish():
        step("an earlier deployment was cut short: ended")
    paths = copy.missing(files)
    for path in paths:
        copy.put(path, more[path] if path in more else (build / path).read_bytes())
    if paths:
        copy.rename(paths)
    for path in copy.remove_hidden(files):
        step(f"removed {path}: it hid a new file, or was hidden by it")
    wrong = copy.missing(files)
    if wrong:
        raise Failure(f"{wrong[0]} on the board is not as built: deploy again, or is it a folder?")
    return paths
