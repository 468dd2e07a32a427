"""Requests and worlds for the LwM2M tests, of both Pythons; no network, no real time."""

from expect import Numbers

from dtls_micro.coap.message import Message, add
from dtls_micro.coap.options import uint
from dtls_micro.lwm2m import tlv
from dtls_micro.lwm2m.accounts import Security, Server
from dtls_micro.lwm2m.objects import Object, Resource

GET, POST, PUT, DELETE, FETCH, IPATCH = 1, 2, 3, 4, 5, 7
TLV, TEXT, LINK, OPAQUE, JSON, CBOR = 11542, 0, 40, 42, 110, 112
KEY = bytes(range(16))


def request(code, path="", payload=b"", form=None, accept=None, query=(), observe=None):
    """Return a request as the engine gives it to a handler."""
    message = Message(code, payload)
    message.token = b"tokn"
    if observe is not None:
        add(message.options, 6, uint(observe))
    for part in path.strip("/").split("/"):
        add(message.options, 11, part.encode())
    if form is not None:
        add(message.options, 12, uint(form))
    for one in query:
        add(message.options, 15, one.encode())
    if accept is not None:
        add(message.options, 17, uint(accept))
    return message


def security(ssid, uri="coaps://127.0.0.1:5684", **more):
    """Return an account."""
    return Security(uri, 0, b"dev1", KEY, ssid=ssid, **more)


def bootstrap_security():
    """Return the account of a bootstrap server."""
    return Security("coaps://127.0.0.1:5784", 0, b"dev1-bs", KEY, bootstrap=True)


def server(ssid, **more):
    """Return how to be registered."""
    return Server(ssid, 300, **more)


def tlv_of(tree, path):
    """Return what is at a path in TLV, for whoever may read all."""
    return tlv.encode(tree.read(path, ""), path)


class Sensor(Object):
    """An object of a user's, with everything that resources can be."""

    number = 3303
    version = "1.1"
    multiple = creatable = True
    resources = (
        Resource(5700, "value", "f", "R"),
        Resource(5701, "units", "s", "RW", mandatory=True),
        Resource(5605, "reset", None, "E"),
        Resource(5750, "names", "s", "RW", multiple=True),
        Resource(5850, "limit", "i", "RW"),
        Resource(5500, "on", "b", "W"),
        Resource(5910, "blob", "o", "RW"),
    )
    units = "Cel"
    blob = None
    names = None
    on = None
    limit = 1

    def __init__(self):
        self.measured = 21.5
        self.executed = []

    def value(self):
        return self.measured

    def reset(self, arguments):
        if arguments == "bad":
            raise ValueError("no such reset")
        self.executed.append(arguments)

    def set_limit(self, value):
        if value < 0:
            raise ValueError("negative")
        self.limit = value


class Port:
    """What a world needs of a port; `now` is the time in ms."""

    def __init__(self, seed=1):
        self.now = 0
        self._numbers = Numbers(seed)

    def random(self, n):
        return self._numbers.octets(n)

    @staticmethod
    def sha256():
        import dtls_port

        return dtls_port.sha256()

    def ticks_ms(self):
        return self.now

    def elapsed(self, now, then):
        return now - then


class Waker:
    """As blocking.Waker."""

    is_set = False

    def set(self):
        self.is_set = True


class FakeEndpoint:
    """An endpoint whose peer is a scripted server."""

    def __init__(self, peer):
        self.peer = peer
        self.resources = self
        self.observers = self
        self.fallback = None
        self.observable = False
        self.open = True
        self.notified = []
        self.observed = []

    def all(self):
        return self.observed

    def wake(self):
        """As Resources.wake()."""

    def ask(self, message):
        """Have the device answer a request."""
        answer = self.fallback(message)
        if message.uint(6) == 0 and answer.ok:
            self.observed.append(Observed(self, message))
        return answer


class Observed:
    def __init__(self, endpoint, message):
        self.request = message
        self._endpoint = endpoint

    def notify(self, confirmable):
        self._endpoint.notified.append(self._endpoint.fallback(self.request).payload)


class World:
    """Runs coroutines with time that only passes when one waits.

    peer: object with connect(uri, credential) that returns an endpoint's peer or raises, and
          whose peers have request(endpoint, code, path, payload) and work(endpoint)
    """

    waker = Waker

    def __init__(self, peer, seed=1):
        self.port = Port(seed)
        self.peer = peer
        self.opened = 0
        self._tasks = []

    def spawn(self, coroutine):
        from dtls_micro.lwm2m.blocking import Task

        task = Task(coroutine)
        self._tasks.append(task)
        return task

    def run(self, coroutine, seconds=100000):
        """Run until a coroutine is done; it must not take longer than so many seconds."""
        main = self.spawn(coroutine)
        while not main.done:
            assert self.port.now < seconds * 1000, "it never ends"
            for task in list(self._tasks):
                task.step()
                if task.done:
                    self._tasks.remove(task)
            self.port.now += 50

    def now(self):
        return self.port.now

    def since(self, then):
        return self.port.now - then

    async def connect(self, uri, credential, timeout, **options):
        self.opened += 1
        return FakeEndpoint(self.peer.connect(uri, credential))

    async def close(self, endpoint):
        assert endpoint.open
        endpoint.open = False

    async def request(self, endpoint, code, path, payload=b"", **settings):
        assert endpoint.open
        endpoint.settings = settings
        return endpoint.peer.request(endpoint, code, path, payload)

    async def work(self, endpoint, seconds, waker):
        endpoint.peer.work(endpoint)
        await self.sleep(seconds, waker)

    async def sleep(self, seconds, waker):
        from dtls_micro.lwm2m.blocking import Turn

        begin = self.port.now
        while not waker.is_set and self.port.now - begin < seconds * 1000:
            await Turn()
        waker.is_set = False


def answer(code, location="", payload=b"", form=None):
    """Return a response."""
    message = Message(code, payload)
    for part in location.strip("/").split("/") if location else ():
        add(message.options, 8, part.encode())
    if form is not None:
        add(message.options, 12, uint(form))
    return message
