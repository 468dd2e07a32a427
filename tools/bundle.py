"""A library for the CircuitPython bundle: python -m tools.bundle --repository URL.

build/bundle/ becomes the tree of a repository that circuitpython-build-bundles (PyPI:
circuitpython-build-tools) takes, once it is committed and has the remote `origin`. A bundle ships
one package of a library, so CircuitPython's port goes into dtls_micro/ here, and the imports of
its modules become relative ones. circup reads __version__ and __repo__ of dtls_micro/__init__.py.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import click

import dtls_micro

from .board_files import LIBRARY, ROOT
from .boards import BOARDS
from .failure import Failure
from .making import MADE, replace

EXAMPLE = ROOT / "examples" / "dtls_micro_simpletest.py"
_PYPROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "circuitpython-dtls-micro"
version = "{version}"
description = "A DTLS 1.2 client for CircuitPython"
license = "MIT"
urls = {{Homepage = "{repository}"}}

[tool.setuptools]
packages = ["dtls_micro"]
"""
_README = """# CircuitPython DTLS Micro

A DTLS 1.2 client (RFC 6347) with pre-shared keys, ECDHE and CoAP. Made from another repository:
please mend things there and not here.

    circup install dtls_micro

`examples/dtls_micro_simpletest.py` is the smallest program. WiFi of a board that sleeps:
`from dtls_micro import dtls_wifi`. CircuitPython 9 needs `CIRCUITPY_PYSTACK_SIZE = 4096` in
`settings.toml`, or handshakes end with `pystack exhausted`.
"""


def port_modules() -> dict[str, Path]:
    """Return {name: file} of CircuitPython's port."""
    folders = BOARDS["circuitpython_pico_w"].ports
    files = [path for folder in folders for path in sorted((ROOT / folder).glob("*.py"))]
    return {path.stem: path for path in files}


def relative(source: str, names: list[str], depth: int) -> str:
    """Return a module's source with the imports of the modules `names` made relative.

    depth: 1 for a module in the folder where `names` are, 2 for one in a folder of that ...
    """
    dots = "." * depth
    for name in names:
        whole, part = rf"(?m)^(\s*)import {name}\b(?!\.)", rf"(?m)^(\s*)from {name} import "
        source = re.sub(whole, rf"\1from {dots} import {name}", source)
        source = re.sub(part, rf"\1from {dots}{name} import ", source)
    return source


def bundle(folder: Path, repository: str) -> None:
    """Write the library's tree into `folder`."""
    ports = port_modules()
    files = {path.relative_to(ROOT): path for path in (ROOT / LIBRARY).rglob("*.py")}
    files |= {Path(LIBRARY, path.name): path for path in ports.values()}
    for target, path in files.items():
        text = relative(path.read_text(), list(ports), len(target.parts) - 1)
        if target == Path(LIBRARY, "__init__.py"):
            text = _with_repository(text, repository)
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        (folder / target).write_text(text)
    (folder / "examples").mkdir()
    shutil.copyfile(EXAMPLE, folder / "examples" / EXAMPLE.name)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "README.md").write_text(_README)
    # asyncio is no part of the firmware; dtls_micro.aio wants it
    (folder / "requirements.txt").write_text("Adafruit-Blinka\nadafruit-circuitpython-asyncio\n")
    facts = _PYPROJECT.format(version=dtls_micro.__version__, repository=repository)
    (folder / "pyproject.toml").write_text(facts)


def put(output: Path, fresh: Path) -> None:
    """Put the tree where an older one is; a repository stays one, with all else that it has."""
    if not ((output / ".git").exists() and (output / MADE).is_file()):
        replace(output, fresh)
        return
    for path in fresh.iterdir():
        old = output / path.name
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
        shutil.move(path, old)


def _with_repository(text: str, repository: str) -> str:
    """Return the package's __init__ with the address that circup looks for."""
    version = f'__version__ = "{dtls_micro.__version__}"\n'
    assert version in text
    return text.replace(version, f'{version}__repo__ = "{repository}"\n')


def _address(context: click.Context, option: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"https://[\w.-]+/[\w./-]+", value):
        raise click.BadParameter(f"{value} is no address like https://github.com/OWNER/NAME.git")
    return value


@click.command()
@click.option("--repository", required=True, metavar="URL", callback=_address,
              help="Where the library's own repository is, https://...")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "build" / "bundle",
              help="Folder, else build/bundle.")  # fmt: skip
def main(repository: str, output: Path) -> None:
    """Write the library for the CircuitPython bundle."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".making-") as temporary:
            fresh = Path(temporary) / "fresh"
            fresh.mkdir()
            bundle(fresh, repository)
            put(output, fresh)
    except (Failure, OSError) as error:
        sys.exit(f"bundle: {error}")
    print(f"{output}: {len(list(output.rglob('*.py')))} modules, version {dtls_micro.__version__}")
    print("this is a repository for circuitpython-build-tools; circup installs what those make")


if __name__ == "__main__":
    main()
