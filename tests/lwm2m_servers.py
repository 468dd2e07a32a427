"""Scripted servers for the life of a LwM2M client, and a client in a world of theirs."""

from lwm2m_fakes import (
    GET,
    POST,
    PUT,
    TLV,
    Sensor,
    World,
    answer,
    bootstrap_security,
    request,
    security,
    server,
    tlv_of,
)

from dtls_micro.errors import HandshakeTimeout
from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.base import Base
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.store import MemoryStore

BOOTSTRAP = "coaps://127.0.0.1:5784"


class Network:
    """The servers of a test: what they answer, and what they have been asked."""

    def __init__(self):
        self.asked = []
        self.known = True  # the management servers know our key
        self.to_write = [(security(1), server(1))]
        self.finishes = []
        self.after = {}  # after so many requests: called with the endpoint
        self.update = 0x44
        self.register = 0x41
        self.bootstrap = 0x44
        self.packs = {}  # by content format: the response to a Bootstrap-Pack-Request, or an error
        self.locations = 0
        self.begun = []

    def connect(self, uri, credential):
        self.asked.append(("connect", uri))
        if uri != BOOTSTRAP and not self.known:
            raise HandshakeTimeout("the server did not answer")
        return Peer(self, uri)

    def count(self, what):
        return len([one for one in self.asked if one[0] == what])


class Peer:
    def __init__(self, network, uri):
        self.network = network
        self.uri = uri
        self.work_queue = []

    def request(self, endpoint, code, path, payload):
        network = self.network
        name = {"/bs": "bootstrap", "/rd": "register"}.get(path[:3].rstrip("?"), "?")
        if path.startswith("/rd/"):
            name = "update" if code == POST else "deregister"
        if path.startswith("/bspack"):
            name = "pack"
        network.asked.append((name, path, payload))
        if name == "pack":
            return self._pack(code, endpoint.settings)
        if name == "bootstrap":
            if network.bootstrap == 0x44:
                self.work_queue.append(self._bootstrap)
            return answer(network.bootstrap)
        if name == "register":
            network.locations += 1
            if network.register != 0x41:
                return answer(network.register)
            return answer(0x41, "/rd/%d" % network.locations)
        if name == "update":
            return answer(network.update)
        return answer(0x42)

    def _pack(self, code, settings):
        assert code == GET and settings["most"] == 16384
        found = self.network.packs.get(settings["accept"], answer(0x84))
        if isinstance(found, Exception):
            raise found
        return found

    def _bootstrap(self, endpoint):
        tree = accounts.empty()
        tree.add(bootstrap_security(), 0)
        for one, there in self.network.to_write:
            if one:
                tree.add(one)
            if there:
                tree.add(there)
        for number in (0, 1):
            endpoint.ask(request(4, "/%d" % number))
            octets = tlv_of(tree, (number,))
            found = endpoint.ask(request(PUT, "/%d" % number, octets, form=TLV))
            assert found.code == 0x44, found.payload
        self.network.finishes.append(endpoint.ask(request(POST, "/bs")).code)

    def work(self, endpoint):
        action = self.network.after.pop(len(self.network.asked), None)
        if action:
            action(endpoint)
        while self.work_queue:
            self.work_queue.pop(0)(endpoint)


class Setup:
    def __init__(self, network=None, seconds=100000, seed=1, **settings):
        self.network = network or Network()
        self.world = World(self.network, seed)
        self.told = []
        self.settings = {"store": MemoryStore(), "tell": self.told.append}
        self.settings.update(settings)
        if "factory" not in settings:
            self.settings.setdefault("bootstrap", bootstrap_security())
        self.settings.setdefault("objects", [Device("Example"), Sensor()])
        self.client = Base(self.world, "dev1", **self.settings)

    def stop_after(self, seconds):
        """Run for some seconds, then stop."""

        def stop():
            self.client.stop()

        self.client.later(seconds, stop)
        self.world.run(self.client.live(), seconds + 1000)
        return self.network

    @property
    def text(self):
        return "\n".join(self.told)


def names(network):
    return [one[0] for one in network.asked if one[0] != "connect"]


class Board:
    """What takes a firmware image."""

    def __init__(self, good=True, room=True):
        self.good = good
        self.room = room
        self.image = b""
        self.digest = None
        self.installed = 0

    def begin(self):
        if not self.room:
            raise OSError("no room")

    def write(self, block):
        self.image += block

    def verify(self, digest):
        self.digest = digest
        return self.good

    def install(self):
        self.installed += 1
