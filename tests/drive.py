"""Connect, send, receive, close: one client on CPython or MicroPython, for tests of either.

usage: python drive.py < job.json        micropython drive.py < job.json

The job comes on standard input, since MicroPython's arguments end at 255 bytes. It is:

    host, port      of the server
    identity, key   text, and hex
    suites          IANA names, or null for all
    send            messages in hex; after each one datum is awaited
    use             "blocking", "poll" or "aio"
    options         for dtls_micro.client.Client
    wait_s          seconds for each reply (default 5)

It prints one line, an object: ok, suite, replies (hex), hint (hex or null), error (name of
the class or null), text, alert, connect_ms (of the handshake), ms (of everything).
"""

import binascii
import json
import select
import sys

_ROOT = (__file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else ".") + "/"
_PORT = "ports/unix" if sys.implementation.name == "micropython" else "ports/cpython"
sys.path[0:0] = [_ROOT, _ROOT + _PORT]

import dtls_port as port  # noqa: E402

from dtls_micro.psk import Psk  # noqa: E402

_BUFFER = 4096


def _credential(job):
    return Psk(job["identity"], binascii.unhexlify(job["key"]), suites=job.get("suites"))


def _address(job):
    return job["host"], job["port"]


def _connected(result, client, begin):
    """Note what the handshake brought."""
    result["connect_ms"] = port.elapsed(port.ticks_ms(), begin)
    result["suite"] = client.suite
    result["hint"] = client.peer and binascii.hexlify(client.peer).decode()


def blocking(job, result, begin):
    """Use dtls_micro.connect() with a time-out."""
    import dtls_micro

    timeout = job.get("wait_s", 5)
    options = job.get("options", {})
    where = _address(job)
    with dtls_micro.connect(where, _credential(job), port=port, timeout=timeout, **options) as s:
        _connected(result, s.client, begin)
        for message in job["send"]:
            s.send(binascii.unhexlify(message))
            result["replies"].append(binascii.hexlify(s.recv(_BUFFER)).decode())


def poll(job, result, begin):
    """Use a non-blocking DtlsSocket and select.poll(), as a program with other sockets does."""
    from dtls_micro.blocking import DtlsSocket

    s = DtlsSocket(_address(job), _credential(job), port, **job.get("options", {}))
    s.setblocking(False)
    poller = select.poll()
    poller.register(s.pollable, select.POLLIN)
    try:
        _until(s, poller, s.do_handshake, 120000)
        _connected(result, s.client, begin)
        for message in job["send"]:
            s.send(binascii.unhexlify(message))
            reply = _until(s, poller, lambda: s.recv(_BUFFER), job.get("wait_s", 5) * 1000)
            result["replies"].append(binascii.hexlify(reply).decode())
    finally:
        s.close()


def _until(s, poller, attempt, limit_ms):
    """Return what attempt() returns once it no longer raises EAGAIN."""
    begin = port.ticks_ms()
    while True:
        try:
            return attempt()
        except OSError as error:
            if error.args[0] != 11:
                raise
        left = limit_ms - port.elapsed(port.ticks_ms(), begin)
        if left <= 0:
            raise OSError(110, "timed out")
        due = s.pending_ms()
        poller.poll(left if due < 0 else min(due, left))


def aio(job, result, begin):
    """Use dtls_micro.aio."""
    import asyncio

    asyncio.run(_aio(job, result, begin))


async def _aio(job, result, begin):
    import asyncio

    from dtls_micro.aio import connect

    s = await connect(_address(job), _credential(job), port, **job.get("options", {}))
    try:
        _connected(result, s.client, begin)
        for message in job["send"]:
            await s.send(binascii.unhexlify(message))
            reply = await asyncio.wait_for(s.recv(_BUFFER), job.get("wait_s", 5))
            result["replies"].append(binascii.hexlify(reply).decode())
    finally:
        await s.close()


def run(job):
    """Do the job; return the object to print."""
    result = {"ok": False, "suite": None, "replies": [], "hint": None, "connect_ms": None}
    result["error"] = result["text"] = result["alert"] = None
    begin = port.ticks_ms()
    try:
        {"blocking": blocking, "poll": poll, "aio": aio}[job.get("use", "blocking")](
            job, result, begin
        )
        result["ok"] = True
    except Exception as error:  # whatever it is, the test that started us judges it
        result["error"] = type(error).__name__
        result["text"] = str(error)
        result["alert"] = getattr(error, "alert", None)
    result["ms"] = port.elapsed(port.ticks_ms(), begin)
    return result


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.stdin.read()))))
