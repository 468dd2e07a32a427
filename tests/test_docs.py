"""README.md and docs/: what they show compiles, what they name exists, what is made is fresh."""

import re
from pathlib import Path

from tools import states

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERYTHING = "\n".join(page.read_text() for page in PAGES)


def test_the_states_are_those_of_the_code():
    assert states.PAGE.read_text() == states.page()


def test_every_row_of_the_code_is_in_the_page():
    import dtls_micro.handshake

    for _, module in states.EXCHANGES:
        loaded = __import__(f"dtls_micro.{module}", fromlist=["ROWS"])
        named = [row.handler for row in states.rows(module)]
        assert named == [row[2].__name__ for row in loaded.ROWS]
    shared = [row.handler for row in states.rows("handshake")]
    assert shared == [row[2].__name__ for row in dtls_micro.handshake.ROWS]


def test_every_python_block_compiles():
    blocks = 0
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S):
            compile(block, str(page), "exec")
            blocks += 1
    assert blocks


def test_every_tool_that_is_named_exists():
    named = set(re.findall(r"python3? -m (tools(?:\.\w+)+)", EVERYTHING))
    assert named
    for name in named:
        path = ROOT.joinpath(*name.split("."))
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^)make ([a-z][\w-]*)", EVERYTHING, re.M))
    assert named
    assert named <= targets


def test_every_link_to_a_file_leads_somewhere():
    links = 0
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
                links += 1
    assert links


def test_every_module_of_the_api_page_exists():
    for name in re.findall(r"^::: ([\w.]+)$", (ROOT / "docs/api.md").read_text(), re.M):
        path = ROOT / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name
