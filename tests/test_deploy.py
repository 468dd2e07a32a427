"""tools/deploy.py with the real ampy and the real mpremote, over a pty, on a real MicroPython."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from dtls_micro import credentials
from tools import board_copy, board_link
from tools.board_copy import built
from tools.deploy import main
from tools.emulated_board import EmulatedBoard
from tools.failure import Failure

from runtimes import micropython, need_module  # isort: skip

ROOT = Path(__file__).resolve().parent.parent
WAYS = {"ampy": "ampy", "mpremote": "mpremote"}
OLD = {
    "lib/one.py": b"word = 'old'\n",
    "lib/deep/two.py": b"x = 1\n" * 900,
    "main.py": b"import one\n",
}
NEW = dict(OLD, **{"lib/one.py": b"word = 'new'\n", "lib/three.py": b"y = 3\n" * 300})


@pytest.fixture(params=sorted(WAYS))
def via(request):
    need_module(WAYS[request.param], "pip install 'dtls-micro[boards]'")
    micropython()
    return request.param


def build(folder, files):
    """Make a build of these files; return its folder."""
    shutil.rmtree(folder, ignore_errors=True)
    hashes = {}
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        hashes[path] = board_copy._hash(folder / path)
    (folder / "manifest.json").write_text(json.dumps({"files": hashes}))
    return folder


def deploy(storage, built, via, more=None, pull_after=None):
    """Deploy to an emulated board; return (paths that were copied, lines)."""
    lines: list = []
    with EmulatedBoard(storage, pull_after) as one, board_link.board(one.port, via) as execute:
        return board_copy.deploy(execute, built, more or {}, lines.append), lines


def there(storage):
    """Return {path: contents} of a board."""
    return {
        path.relative_to(storage).as_posix(): path.read_bytes()
        for path in storage.rglob("*")
        if path.is_file()
    }


def word(storage):
    """Return what the program on a board says."""
    words = [micropython(), "-c", "import sys; sys.path[:] = ['lib']; import one; print(one.word)"]
    return subprocess.run(words, cwd=storage, capture_output=True, text=True).stdout.strip()


def test_only_what_has_changed_is_copied(tmp_path, via):
    storage = tmp_path / "board"
    built = build(tmp_path / "build", OLD)
    copied, lines = deploy(storage, built, via)
    assert sorted(copied) == sorted(OLD) and there(storage) == OLD
    assert "lib/deep/two.py, 5400 bytes" in lines
    assert deploy(storage, built, via) == ([], [])
    copied, _ = deploy(storage, build(tmp_path / "build", NEW), via)
    assert sorted(copied) == ["lib/one.py", "lib/three.py"] and there(storage) == NEW


def test_what_would_hide_a_new_file_is_removed_and_told(tmp_path, via):
    storage = tmp_path / "board"
    built = build(tmp_path / "build", {"lib/one.mpy": b"not looked into"})
    (storage / "lib").mkdir(parents=True)
    (storage / "lib/one.py").write_text("word = 'stale'")
    _, lines = deploy(storage, built, via)
    assert not (storage / "lib/one.py").exists()
    assert any("removed lib/one.py" in line for line in lines)


@pytest.mark.parametrize("pull_after", [900, 3000, 5000, 9000, 11000, 12500, 13500])
def test_a_cable_that_is_pulled_leaves_the_old_files_or_the_new(tmp_path, via, pull_after):
    storage = tmp_path / "board"
    deploy(storage, build(tmp_path / "build", OLD), via)
    built = build(tmp_path / "build", NEW)
    try:
        deploy(storage, built, via, pull_after=pull_after)
        said = ["new"]
    except Failure:
        said = ["old", "new"]
    assert word(storage) in said
    deploy(storage, built, via)
    assert there(storage) == NEW  # and nothing is left over


def test_the_cable_is_pulled_before_the_end_in_the_test_above(tmp_path):
    storage = tmp_path / "board"
    micropython()
    need_module("mpremote", "pip install 'dtls-micro[boards]'")
    built = build(tmp_path / "build", OLD)
    with pytest.raises(Failure):
        deploy(storage, built, "mpremote", pull_after=3000)
    assert there(storage) != OLD


def test_a_power_cut_while_files_are_renamed_is_mended_by_the_next_deployment(tmp_path, via):
    storage = tmp_path / "board"
    built = build(tmp_path / "build", OLD)
    deploy(storage, built, via)
    (storage / "lib/one.py.new").write_bytes(NEW["lib/one.py"])
    (storage / "deploy.txt").write_text("lib/one.py\nmain.py\n")  # main.py has its name already
    copied, lines = deploy(storage, build(tmp_path / "build", NEW), via)
    assert "an earlier deployment was cut short: ended" in lines
    assert copied == ["lib/three.py"] and there(storage) == NEW


def test_damage_on_the_way_is_noticed(tmp_path, via):
    built = build(tmp_path / "build", OLD)
    with EmulatedBoard(tmp_path / "board") as one, board_link.board(one.port, via) as execute:

        def damaged(code):
            return execute(code.replace("word = ", "w0rd = "))

        with pytest.raises(Failure, match="damaged"):
            board_copy.deploy(damaged, built, {}, print)
    assert "lib/one.py" not in there(tmp_path / "board")


@pytest.mark.parametrize("path", ["../x.py", "/x.py", "lib/../../x.py", "C:x.py", "..\\x.py"])
def test_a_build_names_no_files_outside_of_it(tmp_path, path):
    (tmp_path / "x.py").write_text("")
    made = tmp_path / "build"
    made.mkdir()
    wanted = hashlib.sha256(b"").hexdigest()
    (made / "manifest.json").write_text(json.dumps({"files": {path: wanted}}))
    with pytest.raises(Failure, match="outside"):
        built(made)


def test_a_folder_where_a_file_is_to_be_blocks_no_other_deployment(tmp_path, via):
    storage = tmp_path / "board"
    (storage / "lib/helper.py").mkdir(parents=True)
    with pytest.raises(Failure, match="folder"):
        deploy(storage, build(tmp_path / "one", {"lib/helper.py": b"x = 1"}), via)
    other = {"main.py": b"print(2)"}
    assert deploy(storage, build(tmp_path / "two", other), via)[0] == ["main.py"]


def test_a_build_that_was_changed_is_refused(tmp_path):
    built = build(tmp_path / "build", OLD)
    (built / "lib/one.py").write_text("other")
    with pytest.raises(Failure, match="not as it was built"):
        board_copy.built(built)
    with pytest.raises(Failure, match=r"python -m tools.build boards/nothing"):
        board_copy.built(tmp_path / "nothing")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with a build and a device's identity."""
    monkeypatch.chdir(tmp_path)
    build(tmp_path / "build/one", OLD)
    mine = credentials.Credentials()
    mine.identity, mine.key = b"board-1", bytes(range(16))
    credentials.write("mine.dtls", mine)
    return tmp_path


def run(*words, code=0):
    done = CliRunner().invoke(main, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert (done.exit_code != 0) == (code != 0), done.output
    return done.output


def test_the_command_copies_the_identity_and_keeps_it(desk, via):
    words = ["one", "--emulate", "--via", via, "--no-check", "--credentials", "mine.dtls"]
    assert "4 files copied" in run(*words)
    board = desk / "build/one.board/credentials.dtls"
    assert credentials.read(str(board)).identity == b"board-1"
    assert "0 files copied" in run(*words)
    other = credentials.Credentials()
    other.identity, other.key = b"board-2", bytes(16)
    credentials.write("mine.dtls", other, force=True)
    assert "another identity" in run(*words, code=1)
    assert credentials.read(str(board)).identity == b"board-1"
    assert "1 files copied" in run(*words, "--force")
    text = run(*words[:5])
    assert bytes(range(16)).hex() not in text and "0 files copied" in text


def test_the_port_checks_itself_on_the_board(tmp_path, monkeypatch):
    need_module("ampy", "pip install 'dtls-micro[boards]'")
    from tools.build import make

    make(ROOT / "boards/unix", None, "sensor_psk", tmp_path / "build/unix")
    monkeypatch.chdir(tmp_path)
    text = run("unix", "--emulate")
    assert "ok test_sha256_of_abc" in text and "seal 64 bytes" in text
    assert "not in this program: test_p256_is_the_curve" in text


def test_a_build_for_another_processor_is_copied_and_not_run(desk):
    need_module("ampy", "pip install 'dtls-micro[boards]'")
    (desk / "build/one").rename(desk / "build/rpi_pico_w")
    assert "not run here: the port of rpi_pico_w" in run("rpi_pico_w", "--emulate")


def test_a_port_that_fails_its_check_is_told(desk):
    need_module("ampy", "pip install 'dtls-micro[boards]'")
    text = run("one", "--emulate", code=1)  # there is no dtls_port
    assert "port fails its check" in text or "not in this program" in text


def test_the_drive(desk):
    drive = desk / "CIRCUITPY"
    drive.mkdir()
    words = ["one", "--via", "circuitpy-drive", "--drive", drive]
    assert "3 files copied, all verified on the drive" in run(*words)
    assert there(drive) == OLD
    assert "0 files copied" in run(*words)
    (drive / "lib/one.mpy").write_bytes(b"stale")
    assert "removed one.mpy" in run(*words)
    run(*words, "--credentials", "mine.dtls")
    assert credentials.read(str(drive / "credentials.dtls")).identity == b"board-1"


@pytest.mark.parametrize(
    "words, reason",
    [
        (["one"], "--port names the board"),
        (["one", "--port", "/dev/ttyNONE"], "/dev/ttyNONE is missing"),
        (["unix", "--emulate"], "tools.build boards/unix"),
        (["one", "--emulate", "--credentials", "absent"], "tools.provision"),
        (["one", "--via", "circuitpy-drive"], "CIRCUITPY"),
        (["one", "--via", "circuitpy-drive", "--port", "/dev/ttyACM0"], "serial line"),
        (["one", "--emulate", "--port", "/dev/ttyACM0"], "serial line"),
        (["one", "--emulate", "--drive", "."], "no drive"),
        (["nonsense", "--emulate"], "the boards are circuitpython_esp32s3, "),
        (["one", "--via", "circuitpy-drive", "--drive", "/proc/nothing"], "drive"),
    ],
)
def test_mistakes_are_told(desk, words, reason):
    text = run(*words, code=1)
    assert reason in text and "Traceback" not in text
