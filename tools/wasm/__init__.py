"""MicroPython's wasm runtime, driven over JSON lines: the objects of a 32-bit board."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


class Missing(RuntimeError):
    """A tool is not there; the text says what to install."""


def find_tool(name: str) -> str:
    """Return the path of a tool, which may be installed beside this Python or on the PATH."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if path is None:
        raise Missing(f"{name} is missing: make size installs it")
    return path


class Wasm:
    """A fresh interpreter; a context manager."""

    def __init__(self) -> None:
        node = find_tool("node")
        if not (HERE / "node_modules").is_dir():
            raise Missing("MicroPython's wasm runtime is missing: make size installs it")
        self._process = subprocess.Popen(
            [node, str(HERE / "host.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Wasm":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def _request(self, **request: str) -> Any:
        assert self._process.stdin and self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        reply = json.loads(self._process.stdout.readline())
        if not reply["ok"]:
            raise RuntimeError(reply["error"])
        return reply.get("value")

    def put(self, path: str, data: bytes) -> None:
        """Write a file in the interpreter's file system."""
        self._request(put=path, hex=data.hex())

    def run(self, source: str) -> None:
        """Run Python source."""
        self._request(run=source)

    def eval(self, source: str) -> Any:
        """Return the value of a Python expression, which must go through JSON."""
        return self._request(eval=source)

    def used(self) -> int:
        """Return the bytes of heap in use after a collection."""
        self.run("gc.collect()")
        return self.eval("gc.mem_alloc()")
