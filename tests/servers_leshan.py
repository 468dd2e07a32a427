"""Leshan's LwM2M server and bootstrap server, and devices that talk to them, in processes.

with Leshan() as leshan:
    leshan.add("dev1")                                   # keys for both servers, and accounts
    with Device(CPYTHON, leshan.job("dev1")) as device:
        leshan.event("registered", "dev1")
        leshan.ask("read", "dev1", path="/3/0/0")        # {"code": "2.05", "content": "Example"}
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from built_peers import peer_in_java
from certificates_for_tests import CLIENT, LEAF, identity
from cryptography.hazmat.primitives import serialization
from server_process import HOST, Server, free_port

from runtimes import MICROPYTHON, micropython, need_program  # isort: skip

_TESTS = Path(__file__).resolve().parent
_WAIT_S = 120  # more than LeshanPeer waits for a device
KEY = b"key of a device."  # text, as libcoap wants it
BOOTSTRAP_KEY = bytes(range(16, 32))


def der(certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def pkcs8(key) -> bytes:
    """Return a private key as Leshan writes it."""
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class Leshan(Server):
    """Both servers in one process."""

    name = "leshan"
    program = "mvn"
    install = "apt install default-jdk-headless maven, and access to Maven Central"

    def __init__(self, **options):
        super().__init__(**options)
        self.own = identity(LEAF)
        self.plain_port = free_port()
        self._answers: dict = {}
        self._events: list = []
        self._count = 0
        self._heard = threading.Condition()
        self._left = b""

    def command(self):
        need_program("javac", self.install)
        classes = peer_in_java("leshan")
        words = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
        words += ["-cp", "%s:%s/jars/*" % (classes, classes), "LeshanPeer"]
        return [*words, self.port, self.port + 1, self.plain_port]

    def _wait_ready(self):
        own = {
            "private": pkcs8(self.own.key).hex(),
            "chain": [der(one).hex() for one in self.own.chain],
            "trusted": [der(self.own.root).hex()],
        }
        self._say(own)
        super()._wait_ready()

    def _say(self, line):
        self.process.stdin.write(json.dumps(line).encode() + b"\n")

    def on_output(self, piece):
        lines = (self._left + piece).split(b"\n")
        self._left = lines.pop()
        with self._heard:
            for line in lines:
                if line.startswith(b"{"):
                    told = json.loads(line)
                    if "id" in told:
                        self._answers[told["id"]] = told
                    else:
                        self._events.append(told)
            self._heard.notify_all()

    @property
    def bootstrap_uri(self) -> str:
        return "coaps://%s:%d" % (HOST, self.port)

    @property
    def uri(self) -> str:
        return "coaps://%s:%d" % (HOST, self.port + 1)

    @property
    def plain_uri(self) -> str:
        return "coap://%s:%d" % (HOST, self.plain_port)

    def ask(self, op, endpoint, **more) -> dict:
        """Have the peer do something; return its answer."""
        self._count += 1
        number = self._count
        self._say({"id": number, "op": op, "endpoint": endpoint, **more})
        with self._heard:
            assert self._heard.wait_for(lambda: number in self._answers, _WAIT_S), "no answer"
            return self._answers.pop(number)

    def event(self, name, endpoint, timeout=_WAIT_S, count=1) -> dict:
        """Return the next event of a name and an endpoint, which is taken out."""
        with self._heard:
            found: list = []

            def there():
                found[:] = [
                    one
                    for one in self._events
                    if (one["event"], one["endpoint"]) == (name, endpoint)
                ]
                return len(found) >= count

            assert self._heard.wait_for(there, timeout), "no %s of %s in %s" % (
                name,
                endpoint,
                [one for one in self._events if one["endpoint"] == endpoint],
            )
            self._events.remove(found[0])
            return found[0]

    def events(self, endpoint) -> list:
        """Return the events of an endpoint that nobody has taken."""
        with self._heard:
            return [one for one in self._events if one["endpoint"] == endpoint]

    def add(self, endpoint, ssid=123, lifetime=300, delete=("/0", "/1"), **more):
        """Let an endpoint be known with pre-shared keys, and its accounts be written."""
        known = self.ask(
            "bootstrap_key",
            endpoint,
            mode="psk",
            identity=endpoint + "-bs",
            key=BOOTSTRAP_KEY.hex(),
        )
        assert "error" not in known, known
        known = self.ask("key", endpoint, mode="psk", identity=endpoint, key=KEY.hex())
        assert "error" not in known, known
        self.configure(
            endpoint, self.psk_account(endpoint, ssid), ssid, lifetime, delete=delete, **more
        )

    def psk_account(self, endpoint, ssid=123, **more) -> dict:
        """Return an account for configure()."""
        account = {"uri": self.uri, "mode": "PSK", "ssid": ssid}
        account.update(identity=endpoint.encode().hex(), key=KEY.hex(), **more)
        return account

    def configure(self, endpoint, account, ssid=123, lifetime=300, servers=None, **more):
        """Set what the bootstrap server writes: its own account, and that of the server."""
        own = {"uri": self.bootstrap_uri, "bootstrap": True, "mode": "PSK"}
        own.update(identity=(endpoint + "-bs").encode().hex(), key=BOOTSTRAP_KEY.hex())
        if servers is None:
            servers = {"0": {"ssid": ssid, "lifetime": lifetime}}
        more["delete"] = list(more.get("delete", ("/0", "/1")))
        known = self.ask(
            "config", endpoint, security={"0": own, "1": account}, servers=servers, **more
        )
        assert "error" not in known, known

    def job(self, endpoint, **more) -> dict:
        """Return the job of a factory-fresh device; see lwm2m_device.py."""
        account = {"uri": self.bootstrap_uri, "identity": (endpoint + "-bs").encode().hex()}
        job = {"name": endpoint, "bootstrap": dict(account, secret=BOOTSTRAP_KEY.hex())}
        job["settings"] = {"retry": 1}
        job.update(more)
        return job

    def registered_job(self, endpoint, lifetime=300, **more) -> dict:
        """Return the job of a device that has an account from the factory."""
        account = {"uri": self.uri, "identity": endpoint.encode().hex(), "secret": KEY.hex()}
        job = {"name": endpoint, "settings": {"retry": 1}}
        job["accounts"] = [[dict(account, ssid=1), {"ssid": 1, "lifetime": lifetime}]]
        job.update(more)
        return job


class Device:
    """lwm2m_device.py in a process."""

    def __init__(self, python, job, folder=None, nice=False):
        program = (
            [micropython(), "-X", "heapsize=4m"] if python == MICROPYTHON else [sys.executable]
        )
        words = ["nice", "-n", "19"] if nice else []
        words += [*program, str(_TESTS / "lwm2m_device.py"), job.get("use", "blocking")]
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            text=True,
            bufsize=1,
        )
        self.lines: list = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.say(json.dumps(job))

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip())
                self._news.notify_all()

    def say(self, line):
        """Give it a command."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self, part, timeout=_WAIT_S) -> str:
        """Wait for a line that has a part; return it."""

        def there():
            return any(part in line for line in self.lines)

        with self._news:
            assert self._news.wait_for(there, timeout), "no %r in:\n%s" % (part, self.text)
            return next(line for line in self.lines if part in line)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def stop(self):
        """End it; it de-registers."""
        self.say("stop")
        until = time.monotonic() + _WAIT_S
        while self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        self._thread.join(5)
        assert self.process.returncode == 0 and self.lines[-1] == "ended", self.text

    def kill(self):
        """Cut its power."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind=None, *_):
        self.kill()
        self._thread.join(5)
        if kind:
            print(self.text)  # pytest shows it with what failed
        self.process.stdin.close()
        self.process.stdout.close()


def client_account(leshan, usage=3) -> dict:
    """Return an X.509 account for a device with the certificate CLIENT."""
    mine = identity(CLIENT)
    server_key = der(leshan.own.chain[0] if usage in (1, 3) else leshan.own.root)
    return {
        "uri": leshan.uri,
        "mode": "X509",
        "ssid": 123,
        "identity": der(mine.chain[0]).hex(),
        "key": pkcs8(mine.key).hex(),
        "server_key": server_key.hex(),
        "usage": usage,
    }


def raw_key_account(leshan) -> dict:
    """Return an account for a device with the raw key of CLIENT."""
    mine = identity(CLIENT)
    return {
        "uri": leshan.uri,
        "mode": "RPK",
        "ssid": 123,
        "identity": mine.spki.hex(),
        "key": pkcs8(mine.key).hex(),
        "server_key": leshan.own.spki.hex(),
    }
