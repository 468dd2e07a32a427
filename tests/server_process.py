"""A DTLS server in a process of its own: how it is started, awaited, heard and stopped."""

import collections
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from runtimes import need_program

HOST = "127.0.0.1"
IDENTITY = "Client_identity"
KEY = b"secretPSK"
_READY_S = 120.0
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_given: collections.deque = collections.deque(maxlen=16)  # maybe not bound yet


def free_port() -> int:
    """Return a UDP port that is free, and the next one too, away from the ephemeral ones.

    Each test process draws ports of its own, and none that it was given just before, because
    whoever asks binds it only later.
    """
    draw = random.Random(os.getpid() * 1000003 + time.monotonic_ns())
    while True:
        port = 20000 + 2 * (draw.randrange(6000 // _WORKERS) * _WORKERS + _WORKER)
        if port in _given:
            continue
        with (
            socket.socket(type=socket.SOCK_DGRAM) as a,
            socket.socket(type=socket.SOCK_DGRAM) as b,
        ):
            try:
                a.bind(("0.0.0.0", port))
                b.bind(("0.0.0.0", port + 1))
            except OSError:
                continue
        _given.append(port)
        return port


class Server:
    """One server process, ready when its `with` block begins.

    Subclasses give its command and how it tells that it is ready.
    """

    name = ""
    kind = "psk"  # of the key exchange, as drive.py says it
    suites = ()
    install = ""
    program = ""
    identity_size = 128  # what it can at most
    key_size = 64
    echo_size = 16384  # of a datum, as much comes back
    knows_identities = True  # False: any identity will do
    client_options = {}  # that a client must have to talk to it

    def __init__(self, suites=None, identity=IDENTITY, key=KEY, **options):
        self.chosen = suites or self.suites
        self.identity = identity
        self.key = key
        self.options = options
        self.port = free_port()
        self.address = (HOST, self.port)
        self._text = bytearray()
        self._news = threading.Condition()
        self._folder = None

    def command(self) -> list:
        """Return the command line."""
        raise NotImplementedError

    def arguments(self) -> list:
        """Return the arguments that every server of tests/peers takes.

        PORT SUITE,SUITE,... psk IDENTITY KEY_HEX
        PORT SUITE,SUITE,... certificate CHAIN KEY ROOT    of clients, - to ask for none
        PORT SUITE,SUITE,... raw PUBLIC KEY CLIENT_PUBLIC  likewise

        Suites are IANA names. What is in capitals from CHAIN on is a PEM file; KEY's is SEC 1.
        """
        return [self.port, ",".join(self.chosen), "psk", self.identity, self.key.hex()]

    def ready_text(self):
        """Return what it prints when it listens; None: ask its port."""
        return "listening"

    def __enter__(self):
        if self.program:
            need_program(self.program, self.install)
        self._folder = tempfile.TemporaryDirectory(prefix="dtls-peer-")
        self._errors = (self.folder() / "stderr").open("w+b")
        self.process = subprocess.Popen(
            [str(word) for word in self.command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,  # nothing is left to be written when it ends
            cwd=self._folder.name,
            env=dict(os.environ, PYTHONUNBUFFERED="1"),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdin.close()
        self.process.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def folder(self) -> Path:
        """Return a folder for files of this server, gone with it."""
        return Path(self._folder.name)

    def output(self) -> str:
        """Return what the server printed so far, then its errors."""
        with self._news:
            text = bytes(self._text)
        return (text + (self.folder() / "stderr").read_bytes()).decode("utf-8", "replace")

    def on_output(self, piece: bytes):
        """Hear what the server prints on its standard output, in another thread."""

    def _read(self):
        while True:
            piece = os.read(self.process.stdout.fileno(), 65536)
            with self._news:
                self._text += piece
                self._news.notify_all()
            if not piece:
                return
            self.on_output(piece)

    def _wait_ready(self):
        until = time.monotonic() + _READY_S
        text = self.ready_text()

        def ready():
            there = text in self.output() if text else self._bound()
            return there and self.process.poll() is None  # and not by somebody else's server

        while not ready():
            with self._news:
                self._news.wait(0.01)
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("%s did not start: %s" % (self.name, self.output()))

    def _bound(self) -> bool:
        """Tell whether somebody listens on the port: else the host refuses a datagram."""
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.connect(self.address)
            s.setblocking(False)
            try:
                s.send(b"\0")
                s.recv(1)
            except BlockingIOError:
                return True
            except ConnectionRefusedError:
                return False
        return True
