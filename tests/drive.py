"""Connect, send, receive, close: one client on CPython or MicroPython, for tests of either.

usage: python drive.py < job.json        micropython drive.py < job.json

The job comes on standard input, since MicroPython's arguments end at 255 bytes. It is:

    host, port      of the server
    kind            "psk" (default), "ecdhe_psk" or "ecdhe"
    identity, key   text, and hex: of the two with a pre-shared key
    suites          IANA names, or null for all
    groups          of "p256" and "x25519", most wanted first (default: p256)
    trust           of ecdhe: {"kind": "pin", "pins": [hex]}, {"kind": "rpk", "keys": [hex]} or
                    {"kind": "x509", "anchors": [hex]}; and "verifiers": names of modules, as
                    "p384", of whose keys the server may have one (default: p256, for
                    x509 all)
    client          of ecdhe: null, {"kind": "certificate", "chain": [hex], "key": hex} or
                    {"kind": "raw", "public": hex, "key": hex}
    send            messages in hex; after each one datum is awaited
    use             "blocking", "poll" or "aio"
    options         for dtls_micro.client.Client
    wait_s          seconds for each reply (default 5)

It prints one line, an object: ok, suite, replies (hex), peer (Client's, hex or null), error
(name of the class or null), text, alert, connect_ms (of the handshake), ms (of everything).
"""

import binascii
import json
import select
import sys

_ROOT = (__file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else ".") + "/"
_PORT = "ports/unix" if sys.implementation.name == "micropython" else "ports/cpython"
sys.path[0:0] = [_ROOT, _ROOT + _PORT]

import dtls_port as port  # noqa: E402

_BUFFER = 4096


def _credential(job):
    """Import what this job needs and nothing else, as a program on a board does."""
    return {"psk": _psk, "ecdhe_psk": _ecdhe_psk, "ecdhe": _ecdhe}[job.get("kind", "psk")](job)


def _psk(job):
    from dtls_micro.psk import Psk

    return Psk(job["identity"], binascii.unhexlify(job["key"]), suites=job.get("suites"))


def _ecdhe_psk(job):
    from dtls_micro.ecdhe_psk import EcdhePsk

    key = binascii.unhexlify(job["key"])
    groups = _curves(job.get("groups", ["p256"]))
    return EcdhePsk(job["identity"], key, suites=job.get("suites"), groups=groups)


def _ecdhe(job):
    from dtls_micro.ecdhe import Ecdhe

    groups = _curves(job.get("groups", ["p256"]))
    trust = _trust(job["trust"])
    return Ecdhe(trust, _client(job.get("client")), suites=job.get("suites"), groups=groups)


def _curves(names):
    """Return the objects of modules that are named like their curves, as p256.P256."""
    return tuple(
        [getattr(__import__("dtls_micro." + n, None, None, [n]), n.upper()) for n in names]
    )


def _trust(job):
    known = ["p256", "p384", "rsa"] if job["kind"] == "x509" else ["p256"]
    verifiers = _curves(job.get("verifiers", known))
    if job["kind"] == "pin":
        from dtls_micro.pin import PinnedKey

        return PinnedKey(*job["pins"], verifiers=verifiers)
    if job["kind"] == "rpk":
        from dtls_micro.rpk import RawPublicKey

        return RawPublicKey(*_unhex(job["keys"]), verifiers=verifiers)
    from dtls_micro.x509 import X509

    return X509(anchors=_unhex(job["anchors"]), verifiers=verifiers)


def _client(job):
    if not job:
        return None
    from dtls_micro.client_key import ClientCertificate, ClientRawKey

    key = binascii.unhexlify(job["key"])
    if job["kind"] == "certificate":
        return ClientCertificate(_unhex(job["chain"]), key)
    return ClientRawKey(binascii.unhexlify(job["public"]), key)


def _unhex(texts):
    return [binascii.unhexlify(text) for text in texts]


def _address(job):
    return job["host"], job["port"]


def _connected(result, client, begin):
    """Note what the handshake brought."""
    result["connect_ms"] = port.elapsed(port.ticks_ms(), begin)
    result["suite"] = client.suite
    if client.peer is not None:
        result["peer"] = binascii.hexlify(client.peer).decode()


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
    result = {"ok": False, "suite": None, "replies": [], "peer": None, "connect_ms": None}
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
