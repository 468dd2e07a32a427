"""A LwM2M device for tests against servers, on CPython or MicroPython.

usage: python lwm2m_device.py < job.json and then commands, one on a line

The job is the first line:
    name            endpoint name
    bootstrap       null or an account, see _security()
    accounts        [[account, {"ssid": n, "lifetime": s}], ...]: factory accounts
    store           name of a file, or null
    settings        for the Client: queue, retry, allow_nosec, anchors ...
    use             "blocking" or "aio"

It prints a line for each step of the client, and "value N", "installed HEX" and "rebooted" for
what servers do to its objects. Commands: "stop", "value 22.5", "add", "remove 1", "update".
"""

import json
import select
import sys
from binascii import hexlify, unhexlify

_ROOT = (__file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else ".") + "/"
_PORT = "ports/unix" if sys.implementation.name == "micropython" else "ports/cpython"
sys.path[0:0] = [_ROOT, _ROOT + _PORT, _ROOT + "tests"]

from lwm2m_fakes import Sensor  # noqa: E402

from dtls_micro.lwm2m.accounts import Security, Server  # noqa: E402
from dtls_micro.lwm2m.connectivity import Connectivity  # noqa: E402
from dtls_micro.lwm2m.device import Device  # noqa: E402
from dtls_micro.lwm2m.firmware import Firmware  # noqa: E402
from dtls_micro.lwm2m.store import FileStore  # noqa: E402

_SLICE_S = 0.2
_STDIN = getattr(sys.stdin.buffer, "raw", sys.stdin)  # unbuffered, or poll() misses lines


def say(line):
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


class Board:
    """What takes a firmware image."""

    def begin(self):
        self.size = 0

    def write(self, block):
        self.size += len(block)

    def verify(self, digest):
        say("verified %d %s" % (self.size, hexlify(digest).decode()))
        return True

    def install(self):
        say("installed %d" % self.size)


class Thermometer(Sensor):
    """One whose values a test hears of."""

    def set_limit(self, value):
        if value < 0:
            raise ValueError("negative")
        self.limit = value
        say("limit %d" % value)

    def reset(self, arguments):
        say("reset " + arguments)


def _security(account):
    """Return an account: uri, mode, ssid, and in hex identity, secret, server_key."""
    values = dict(account)
    for name in ("identity", "secret", "server_key"):
        if name in values:
            values[name] = unhexlify(values[name])
    return Security(**values)


def made(job):
    """Return the Client."""
    settings = dict(job.get("settings", {}))
    if "anchors" in settings:
        settings["anchors"] = [unhexlify(one) for one in settings["anchors"]]
    bootstrap = job.get("bootstrap")
    factory = []
    for account, server in job.get("accounts", ()):
        factory.append(_security(account))
        factory.append(Server(**server))
    store = FileStore(job["store"]) if job.get("store") else None
    if job.get("use") == "aio":
        from dtls_micro.lwm2m.aio import Client
    else:
        from dtls_micro.lwm2m import Client
    return Client(
        job["name"],
        bootstrap=_security(bootstrap) if bootstrap else None,
        factory=factory,
        store=store,
        objects=[
            Device("Example", "M1", "SN1", "1.0", reboot=lambda: say("rebooted")),
            Connectivity(lambda: (-60, "127.0.0.1")),
            Firmware(Board(), name="fw", installed="1.0"),
            Thermometer(),
        ],
        tell=say,
        **settings,
    )


def obey(client, line):
    """Do what a command says."""
    words = line.split()
    if not words or words[0] == "stop":
        client.stop()
    elif words[0] == "value":
        client.tree.instance((3303, 0)).measured = float(words[1])
    elif words[0] == "add":
        client.add(Thermometer())
    elif words[0] == "remove":
        client.remove((3303, int(words[1])))
    elif words[0] == "update":
        client.update()


def waiting_commands(poller):
    """Return the lines that have come."""
    lines = []
    while poller.poll(0):
        line = _STDIN.readline()
        lines.append(line if isinstance(line, str) else line.decode())
        if not line:
            break
    return lines


def main():
    client = made(json.loads(_STDIN.readline()))
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN)
    while not client.run(_SLICE_S):
        for line in waiting_commands(poller):
            obey(client, line)
    say("ended")


async def main_aio():
    import asyncio

    client = made(json.loads(_STDIN.readline()))
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN)
    ended = []

    async def run():
        try:
            await client.run()
        finally:
            ended.append(1)

    task = asyncio.create_task(run())
    while not ended:
        await asyncio.sleep(_SLICE_S)
        for line in waiting_commands(poller):
            obey(client, line)
    await task
    say("ended")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "aio":
        import asyncio

        asyncio.run(main_aio())
    else:
        main()
