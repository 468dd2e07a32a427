"""What tools/size.py has the wasm runtime do: bootstrap and register, without a network.

What the servers send are the messages of a Leshan: an account, a server, Finish.
"""

from binascii import unhexlify

from dtls_micro import lwm2m  # noqa: F401  (the client with sockets is in memory)
from dtls_micro.coap.message import Message, add
from dtls_micro.coap.options import uint
from dtls_micro.lwm2m.accounts import Security
from dtls_micro.lwm2m.base import Base
from dtls_micro.lwm2m.blocking import Task, Turn, Waker
from dtls_micro.lwm2m.device import Device

_WRITES = (
    (
        (b"0", b"1"),
        "c80016636f6170733a2f2f3132372e302e302e313a35363834c10100c10200c40364657631c004c805100f0e"
        "0d0c0b0a09080706050403020100c10603c007c008c009c10a7bc10b01c10c00",
    ),
    ((b"1", b"0"), "c1007bc201012cc10201c10601c10755"),
)


class Endpoint:
    """One to which a server sends what a bootstrap server does."""

    def __init__(self):
        self.resources = self.observers = self
        self.fallback = None
        self.observable = False

    def all(self):
        return ()

    def bootstrap(self):
        for path, octets in _WRITES:
            request = Message(3, unhexlify(octets))
            for part in path:
                add(request.options, 11, part)
            add(request.options, 12, uint(11542))
            assert self.fallback(request).code == 0x44
        request = Message(2)
        add(request.options, 11, b"bs")
        assert self.fallback(request).code == 0x44


class World:
    """Time that does not pass; the first connection is the bootstrap server's."""

    waker = Waker

    def __init__(self):
        self.port = self
        self.tasks = []
        self.registered = False

    def random(self, n):
        return b"\x5a" * n

    def spawn(self, coroutine):
        task = Task(coroutine)
        self.tasks.append(task)
        return task

    def now(self):
        return 0

    def since(self, then):
        return 0

    async def connect(self, uri, credential, timeout, **options):
        return Endpoint()

    async def close(self, endpoint):
        """Nothing is open."""

    async def request(self, endpoint, code, path, payload=b"", **settings):
        if path[:3] == "/bs":
            endpoint.bootstrap()
            return Message(0x44)
        self.registered = True
        answer = Message(0x41)
        add(answer.options, 8, b"rd")
        add(answer.options, 8, b"SnlU9WmlFa")
        return answer

    async def work(self, endpoint, seconds, waker):
        waker.is_set = False
        await Turn()

    async def sleep(self, seconds, waker):
        waker.is_set = False
        await Turn()


world = client = None


def start():
    """Make a client; then step() is to be called some twenty times."""
    global world, client
    world = World()
    account = Security("coaps://127.0.0.1:5784", 0, b"dev1-bs", bytes(16))
    client = Base(world, "dev1", bootstrap=account, objects=[Device("ACME", "M1", "SN1")])
    world.spawn(client.live())


def step():
    """Let each task go on until it waits."""
    for task in list(world.tasks):
        task.step()
