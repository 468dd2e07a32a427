"""A board that is none: MicroPython's unix port behind the raw REPL of a board, on a pty.

The unix port's own REPL has no raw mode, which is how tools talk to boards. So this speaks that
protocol on a pseudo-terminal and has each piece of code run by one real MicroPython process, in
a folder that stands for the board's storage.

    with EmulatedBoard(folder) as board:
        ...  # tools find it at board.port
"""

import os
import pty
import subprocess
import threading
import tty
from pathlib import Path
from typing import Any

from .wasm import find_tool

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_FRIENDLY = b"MicroPython on the unix port, behind an emulated board\r\n>>> "
_PASTE = b"\x05A\x01"
# One line is a piece of code; what it prints and what it raises end with \x04.
_LOOP = """
import io, sys
sys.path[:] = ["", "lib", ".frozen"]
names = {"__name__": "__main__"}
while True:
    line = sys.stdin.readline()
    if not line:
        break
    error = ""
    try:
        exec(eval(line), names)
    except BaseException as fault:
        text = io.StringIO()
        sys.print_exception(fault, text)
        error = text.getvalue()
    sys.stdout.write("\\x04" + error + "\\x04")
"""


class EmulatedBoard:
    """A board whose storage is a folder; pull_after: bytes until its cable is pulled, or None."""

    def __init__(self, folder: Path, pull_after: int | None = None):
        self._folder = folder
        self._left = pull_after
        self._raw = False
        self._code = b""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "EmulatedBoard":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._boot()
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop()
        os.close(self._slave)
        self._thread.join(2)
        try:
            os.close(self._master)
        except OSError:
            self._raw = False  # the cable was pulled: it is closed

    def _boot(self) -> None:
        self._process = subprocess.Popen(
            [find_tool("micropython"), "-X", "heapsize=4m", "-c", _LOOP],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()

    def _serve(self) -> None:
        try:
            while True:
                octets = os.read(self._master, 4096)
                if self._left is not None:
                    self._left -= len(octets)
                    if self._left < 0:
                        break
                self._take(octets)
        except OSError:
            return  # the board is no more
        self._stop()
        os.close(self._master)

    def _say(self, octets: bytes) -> None:
        os.write(self._master, octets)

    def _take(self, octets: bytes) -> None:
        for octet in octets:
            one = bytes((octet,))
            if one == b"\x01" and self._code[-2:] != b"\x05A":
                self._raw = True
                self._code = b""
                self._say(_BANNER)
            elif one == b"\x02":
                self._raw = False
                self._say(b"\r\n" + _FRIENDLY)
            elif one == b"\x03":
                self._code = b""
            elif one == b"\x04":
                self._end_of_code()
            elif self._raw:
                self._code += one
                if self._code == _PASTE:  # raw paste mode is optional: no
                    self._code = b""
                    self._say(b"R\x00")

    def _end_of_code(self) -> None:
        code, self._code = self._code, b""
        if code.strip():
            self._say(b"OK")
            self._run(code)
            return
        self._stop()
        self._boot()
        self._say(b"OK\r\nMPY: soft reboot\r\n" if self._raw else b"MPY: soft reboot\r\n")
        self._say(_BANNER if self._raw else _FRIENDLY)

    def _run(self, code: bytes) -> None:
        process = self._process
        assert process and process.stdin and process.stdout
        process.stdin.write(repr(code.decode()).encode() + b"\n")
        process.stdin.flush()
        ends = 0
        while ends < 2:
            octets = os.read(process.stdout.fileno(), 4096)
            if not octets:
                self._say(b"\x04the board has crashed\x04>")
                return
            ends += octets.count(b"\x04")
            self._say(octets)
        self._say(b">")
