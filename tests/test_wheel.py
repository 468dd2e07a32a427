"""The wheel and the sdist, from a copy of the tree: what a clean venv gets by `pip install`."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from runtimes import need, need_module
from servers import OpenSsl

ROOT = Path(__file__).resolve().parent.parent
_LEFT_OUT = (
    ".git",
    ".venv*",
    "build",
    "dist",
    "node_modules",
    "__pycache__",
    "*.egg-info",
    "*.tmp*",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of both, the wheel made of the sdist."""
    need_module("build", "build: pip install build")
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    command = [sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and "ConnectionError" in done.stdout + done.stderr:
        need(False, "a network, from which setuptools comes")
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "dist"


def test_the_wheel_has_all_modules_and_the_sdist_all_sources(made):
    with zipfile.ZipFile(next(made.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    library = {str(path.relative_to(ROOT)) for path in (ROOT / "dtls_micro").rglob("*.py")}
    assert library | {"dtls_port.py", "micropython.py"} <= names
    with tarfile.open(next(made.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for folder in ("ports", "boards", "tests", "tools", "examples", "typings"):
        wanted = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py")}
        assert {name for name in wanted if "node_modules" not in name} <= names, folder
    assert {"README.md", "LICENSE", "Makefile", "manifest.py", ".ci/run"} <= names


def test_a_clean_venv_probes_a_server(made, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    wheel = next(made.glob("*.whl"))
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    pip = [str(venv / "bin/pip"), "install", "--quiet", str(wheel)]
    subprocess.run(pip, check=True, env=clean, cwd=tmp_path)

    def run(*words):
        command = [str(venv / "bin/dtls-micro"), *words]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)

    server = OpenSsl()
    with server:
        key = tmp_path / "key"
        key.write_text(server.key.hex())
        done = run(
            *("probe", f"127.0.0.1:{server.address[1]}", "--psk-identity", server.identity),
            *("--psk-key-file", str(key)),
        )
    assert done.returncode == 0 and "TLS_PSK_WITH_AES_128_CCM_8" in done.stdout, done.stderr
    for command in ("get", "observe", "bootstrap"):
        assert run(command, "--help").returncode == 0, command
