"""Paths for pytest: the library, CPython's port, and helpers of the tests."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "ports/cpython", ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
