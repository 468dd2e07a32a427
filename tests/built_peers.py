"""Servers of tests/peers that must be compiled: built once, kept in a folder for caches.

What is built is named by a hash of its sources, so that new sources are built anew. One test
process builds, and others wait for it.
"""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from runtimes import need

_PEERS = Path(__file__).resolve().parent / "peers"
_BUILD_S = 300
_patient = {"mvn", "go"}  # these ask the network, until it failed for long
_NO_NETWORK = ("Could not transfer", "Unknown host", "no such host", "dial tcp")


def peer_in_go(name: str) -> Path:
    """Return the program of a folder of tests/peers."""
    folder = _PEERS / name
    return _built(folder, lambda made: _run(["go", "build", "-o", made, "."], folder))


def need_header(name: str, what: str):
    """Skip the test if the C compiler does not find a header, as need() does."""
    words = ["cc", "-E", "-include", name, "-x", "c", os.devnull]
    need(subprocess.run(words, capture_output=True, check=False).returncode == 0, what)


def peer_in_c(name: str, *libraries) -> Path:
    """Return the program of one C file of tests/peers."""
    source = _PEERS / name
    words = ["cc", "-O1", "-Wall", source] + ["-l" + name for name in libraries]
    return _built(source, lambda made: _run(words + ["-o", made], source.parent))


def peer_in_java(name: str) -> Path:
    """Return a folder with the classes of a Maven project, and in jars/ what they need."""
    folder = _PEERS / name

    def build(made):
        made.mkdir()
        jars = made / "jars"
        copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
        _run(["mvn", "-q", "-B", copy, "-DoutputDirectory=%s" % jars], folder)
        sources = sorted(folder.glob("*.java"))
        _run(["javac", "-nowarn", "-cp", "%s/*" % jars, "-d", made, *sources], folder)

    return _built(folder, build)


@functools.cache
def _digest(source: Path) -> str:
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _built(source: Path, build) -> Path:
    """Return where build(path) has made something of `source`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dtls_micro_peers"
    made = cache / ("%s-%s" % (source.stem, _digest(source)))
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:  # builders share ~/.m2, and are one at a time
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                fresh = made.with_name(made.name + ".new")
                shutil.rmtree(fresh, ignore_errors=True)
                build(fresh)
                os.rename(fresh, made)
    return made


def _run(words, folder):
    for pause in (5, 20, 0) if words[0] in _patient else (0,):
        done = subprocess.run(
            [str(word) for word in words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_BUILD_S,
            check=False,
        )
        said = done.stdout.decode(errors="replace")
        offline = done.returncode and any(word in said for word in _NO_NETWORK)
        if not offline:
            break
        time.sleep(pause)
    if offline:
        _patient.discard(words[0])
        need(False, "a network, from which %s takes what %s needs" % (words[0], folder.name))
    assert done.returncode == 0, "%s: %s" % (words[0], said)
