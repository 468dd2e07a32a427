"""CoAP with real servers, from both Pythons, plain and over DTLS: the ETSI plugtest cases."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from runtimes import BOTH, CPYTHON, micropython
from servers_coap import AioCoap, Californium, LibCoap, LibCoapGnuTls, LibCoapPlain

CASES = Path(__file__).resolve().parent / "coap_cases.py"
AIO_CASES = CASES.with_name("coap_aio_cases.py")
PLUGTEST = [
    node.name
    for node in ast.parse(CASES.read_text()).body
    if isinstance(node, ast.FunctionDef)
    and node.name.startswith(("core", "block", "obs", "link", "not_found", "ping"))
]
WAYS = [(python, secure) for python in BOTH for secure in (False, True)]
WAY_NAMES = ["%s-%s" % (python, "coaps" if secure else "coap") for python, secure in WAYS]
OTHERS = [
    (server, python, secure)
    for server in (LibCoap, LibCoapGnuTls, LibCoapPlain, AioCoap)
    for python, secure in WAYS
    if server.secure or not secure
]


def play(python, base, cases, server, secure, script=CASES, **options) -> dict:
    """Run cases of coap_cases.py, or another script; return {case: what failed or None}."""
    job = {"base": base, "cases": list(cases), "identity": server.identity, "options": options}
    job["key"] = server.key.hex() if secure else None
    done = subprocess.run(
        [sys.executable if python == CPYTHON else micropython(), str(script)],
        input=json.dumps(job) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def californium():
    with Californium() as server:
        yield server


@pytest.mark.parametrize("python, secure", WAYS, ids=WAY_NAMES)
def test_plugtest_cases_with_californium(californium, python, secure):
    found = play(python, californium.uri("", secure), PLUGTEST, californium, secure)
    assert found == dict.fromkeys(PLUGTEST)


@pytest.mark.parametrize("python, secure", WAYS, ids=WAY_NAMES)
def test_asyncio_with_californium(californium, python, secure):
    found = play(python, californium.uri("", secure), [], californium, secure, AIO_CASES)
    assert len(found) == 5
    assert not any(found.values()), found


@pytest.mark.parametrize(
    "server, python, secure", OTHERS, ids=["%s-%s-%s" % (s.name, p, c) for s, p, c in OTHERS]
)
def test_other_servers(server, python, secure):
    case = "aiocoap" if server is AioCoap else "libcoap"
    with server() as running:
        found = play(python, running.uri("", secure), [case], running, secure)
    assert found == {case: None}
