"""Packages for mip and `mpremote mip install`: python -m tools.mip.

build/mip/ becomes a site that any HTTP server can give out. Its folders are packages, each with a
package.json and its files: a profile of the library as source (psk) and as bytecode (psk-mpy),
and the port of a board as source (port-rp2) and compiled (port-rp2-armv6m). A board needs one of
the profiles and one port. With --source the packages have no files and name those of a
repository: `python -m tools.mip --source github:OWNER/REPOSITORY --output packages`.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import dtls_micro

from .board_files import LIBRARY, ROOT, modules_of
from .boards import BOARDS
from .failure import Failure
from .making import compile_mpy, replace, target_of
from .wasm import Missing

# AEADs are the ports' choice; both kinds of sockets are the program's
_CIPHERS = [
    f"dtls_micro.crypto.{name}" for name in ("ccm", "ccm_bulk", "chachapoly", "gcm", "gcm_bulk")
]
_ALL = ["dtls_micro.blocking", "dtls_micro.aio", "dtls_micro.credentials", *_CIPHERS]
_P256 = [f"dtls_micro.crypto.{name}" for name in ("p256", "p256_comb", "p256_kernel")]
_ECDHE = [f"dtls_micro.{name}" for name in ("ecdhe", "pin", "rpk", "client_key")] + _P256
_COAP = [
    f"dtls_micro.coap.{name}"
    for name in ("connection", "blocking", "secure", "aio", "aio_endpoint", "resources")
]
_LWM2M = ["dtls_micro.lwm2m.aio"] + [
    f"dtls_micro.lwm2m.{name}" for name in ("connectivity", "device", "firmware", "store")
]
PROFILES = {
    "psk": [*_ALL, "dtls_micro.psk"],
    "ecdhe-pin": [*_ALL, *_ECDHE],
    "x509": [*_ALL, *_ECDHE, "dtls_micro.x509", "dtls_micro.p384", "dtls_micro.rsa"],
    "coap": [*_ALL, "dtls_micro.psk", *_COAP],
    "lwm2m": [*_ALL, *_P256, "dtls_micro.psk", *_COAP, *_LWM2M],
}


def ports() -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Return {port: (its folders, the architectures of its boards)}, as the boards have them."""
    found: dict[str, tuple[tuple[str, ...], set[str]]] = {}
    for board in BOARDS.values():
        if board.architecture:
            name = Path(board.ports[0]).name
            found.setdefault(name, (board.ports, set()))[1].add(board.architecture)
    return found


def package(
    folder: Path,
    modules: dict[str, Path],
    kind: str | None,
    source: str | None,
    compiled: dict[tuple[Path, str], Path],
) -> None:
    """Write a package of mip into `folder`.

    kind:     None: source; an architecture of mpy-cross; "" compiles bytecode for all
    source:   where the repository's files are, without an end slash; None: copy them
    compiled: what other packages have: (source, architecture) -> file; new ones are added
    """
    folder.mkdir(parents=True)
    urls = []
    for name, path in modules.items():
        target = target_of(name, path)
        if kind is not None:
            target = target.with_suffix(".mpy")
        if source:
            urls.append([target.as_posix(), f"{source}/{path.relative_to(ROOT).as_posix()}"])
            continue
        urls.append([target.as_posix(), target.as_posix()])
        file = folder / target
        file.parent.mkdir(parents=True, exist_ok=True)
        if kind is None:
            shutil.copyfile(path, file)
        elif (path, kind) in compiled:
            shutil.copyfile(compiled[path, kind], file)
        else:
            compile_mpy(path, file, kind)
            compiled[path, kind] = file
    facts = {"urls": urls, "deps": [], "version": dtls_micro.__version__}
    (folder / "package.json").write_text(json.dumps(facts, indent=1) + "\n")


def site(folder: Path, source: str | None = None) -> dict[str, int]:
    """Write all packages into `folder`; return {package: number of its files}."""
    counts = {}
    compiled: dict[tuple[Path, str], Path] = {}

    def add(name: str, modules: dict[str, Path], kind: str | None) -> None:
        package(folder / name, modules, kind, source, compiled)
        counts[name] = len(modules)

    for name, start in PROFILES.items():
        modules = modules_of(start, [])
        add(name, modules, None)
        if not source:
            add(name + "-mpy", modules, "")
    for port, (folders, architectures) in ports().items():
        modules = modules_of(["dtls_port", "dtls_wifi"], [ROOT / place for place in folders])
        modules = {name: path for name, path in modules.items() if not name.startswith(LIBRARY)}
        add(f"port-{port}", modules, None)
        for architecture in [] if source else sorted(architectures):
            chosen = _for_boards(modules, folders, architecture)
            add(f"port-{port}-{architecture}", chosen, architecture)
    return counts


def _for_boards(
    modules: dict[str, Path], folders: tuple[str, ...], architecture: str
) -> dict[str, Path]:
    """Return the modules that boards of a port and an architecture have."""
    boards = [b for b in BOARDS.values() if (b.ports, b.architecture) == (folders, architecture)]
    without = [set(board.leave_out) for board in boards]
    return {name: path for name, path in modules.items() if name not in set.intersection(*without)}


@click.command()
@click.option("--source", metavar="URL", help="Where the repository's files are given out.")
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "build" / "mip",
              help="Folder, else build/mip.")  # fmt: skip
def main(source: str | None, output: Path) -> None:
    """Write packages for mip."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".making-") as temporary:
            fresh = Path(temporary) / "fresh"
            counts = site(fresh, source.rstrip("/") if source else None)
            replace(output, fresh)
    except (Missing, Failure, OSError) as error:
        sys.exit(f"mip: {error}")
    table = Table("package", "files", title=f"version {dtls_micro.__version__}")
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(name, str(count))
    console = Console()
    console.print(table)
    console.print(f"give them out: python -m http.server -d {output}", soft_wrap=True)
    console.print("a board takes one of each kind: mip.install('http://HOST:8000/coap-mpy'), and")
    console.print("its port: mip.install('http://HOST:8000/port-rp2-armv6m') on a Pico W")


if __name__ == "__main__":
    main()
