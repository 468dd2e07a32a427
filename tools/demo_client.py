"""The client of the demonstration, for MicroPython's unix build: one CoAP request.

usage: micropython demo_client.py < job
The job is one line of JSON: uri, credential {kind, ...}, suites.
Prints JSON lines: {"datagram": hex, "outgoing": bool, "ms": number} for each datagram, then
{"suite": name, "code": text, "reply": text, "python": name and version} or {"error": text}.
"""

import json
import sys
import time
from binascii import hexlify

ROOT = __file__.rsplit("/", 1)[0] + "/.."
sys.path[0:0] = [ROOT, ROOT + "/ports/unix"]

import dtls_port  # noqa: E402

from dtls_micro.coap.codes import text  # noqa: E402
from dtls_micro.coap.connection import connect  # noqa: E402
from dtls_micro.ecdhe import Ecdhe  # noqa: E402
from dtls_micro.pin import PinnedKey  # noqa: E402
from dtls_micro.psk import Psk  # noqa: E402

_TIMEOUT_S = 10


class Tap:
    """The port, but its sockets print what they carry."""

    def __getattr__(self, name):
        return getattr(dtls_port, name)

    def socket(self, address):
        """Return a tapped socket to (host, port)."""
        return TappedSocket(dtls_port.socket(address))


class TappedSocket:
    """A socket of the port that prints each datagram."""

    def __init__(self, inner):
        self._inner = inner
        self._then = time.ticks_us()

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def send(self, datagram):
        """Send one datagram."""
        self._print(True, datagram)
        self._inner.send(datagram)

    def receive(self, size):
        """Return one datagram or None."""
        datagram = self._inner.receive(size)
        if datagram is not None:
            self._print(False, datagram)
        return datagram

    def _print(self, outgoing, datagram):
        ms = time.ticks_diff(time.ticks_us(), self._then) / 1000
        line = {"datagram": hexlify(datagram).decode(), "outgoing": outgoing, "ms": ms}
        print(json.dumps(line))


def psk(credential, suites):
    """Return the credential of a job with a pre-shared key."""
    return Psk(credential["identity"], bytes.fromhex(credential["key"]), suites)


def pin(credential, suites):
    """Return the credential of a job with a pinned key."""
    return Ecdhe(PinnedKey(credential["pin"]), suites=suites)


CREDENTIALS = {"psk": psk, "pin": pin}


def run(job):
    """Ask for the resource; return what came of it."""
    credential = CREDENTIALS[job["credential"]["kind"]](job["credential"], job["suites"])
    with connect(job["uri"], credential, Tap(), timeout=_TIMEOUT_S) as server:
        reply = server.get()
        version = ".".join([str(n) for n in sys.implementation[1][:3]])
        return {
            "suite": server.channel.socket.client.suite,
            "code": text(reply.code),
            "reply": reply.payload.decode(),
            "python": "%s %s" % (sys.implementation[0], version),
        }


if __name__ == "__main__":
    try:
        result = run(json.loads(sys.stdin.readline()))
    except OSError as error:
        result = {"error": str(error)}
    print(json.dumps(result))
    sys.exit(1 if "error" in result else 0)
