"""A LwM2M client whose servers mean it no good: row by row of what they could do to it."""

from lwm2m_fakes import (
    DELETE,
    IPATCH,
    JSON,
    POST,
    PUT,
    TLV,
    Sensor,
    answer,
    bootstrap_security,
    request,
    security,
    server,
)
from lwm2m_servers import BOOTSTRAP, Board, Network, Peer, Setup, names

from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.connectivity import Connectivity
from dtls_micro.lwm2m.firmware import Firmware
from dtls_micro.lwm2m.management import Management
from dtls_micro.lwm2m.objects import INTERNAL_ERROR
from dtls_micro.lwm2m.store import MemoryStore
from dtls_micro.lwm2m.tree import Tree

GONE = "coaps://127.0.0.9"


def without(network, *uris):
    """Have some servers not be there; return the times of all connects, in ms."""
    begin = network.connect
    times = []

    def connect(uri, credential):
        times.append((setup_of[0].world.port.now, uri))
        if uri in uris:
            raise OSError("not there")
        return begin(uri, credential)

    setup_of = [None]
    network.connect = connect
    network.setup_of = setup_of
    return times


def run(network, seconds, **settings):
    setup = Setup(network, **settings)
    network.setup_of[0] = setup
    setup.stop_after(seconds)
    return setup


def test_a_location_that_leaves_no_room_for_updates_is_refused():
    network = Network()
    network.connect = lambda uri, credential: Long(network, uri)
    setup = Setup(network, factory=[security(1), server(1)])
    setup.stop_after(300)
    assert network.count("update") == 0 and network.count("register") >= 2


class Long(Peer):
    def request(self, endpoint, code, path, payload):
        found = super().request(endpoint, code, path, payload)
        return answer(0x41, "/rd/" + "a" * 255) if path[:4] == "/rd?" else found


def test_a_request_that_cannot_be_sent_ends_no_client():
    network = Network()

    class Peerless(Peer):
        def request(self, endpoint, code, path, payload):
            if path.startswith("/rd/"):
                network.asked.append(("update", path, payload))
                raise ValueError("message too long")
            return super().request(endpoint, code, path, payload)

    network.connect = lambda uri, credential: Peerless(network, uri)
    setup = Setup(network, factory=[security(1), server(1)])
    setup.stop_after(600)
    assert network.count("update") >= 2 and network.count("register") >= 2


def test_a_server_that_writes_no_pauses_is_not_hammered():
    network = Network()
    times = without(network, GONE)
    one = server(1, retries=1, retry_timer=0, sequence_delay=0, sequences=2**63)
    run(network, 300, factory=[security(1, GONE), one])
    assert 10 <= len(times) <= 31, len(times)


def test_new_accounts_cannot_keep_the_old_ones_away():
    store = MemoryStore()
    store.confirm(accounts.of(bootstrap_security(), security(7), server(7, retries=1)))
    network = Network()
    long = {"retry_timer": 2**40, "retries": 10**6, "sequences": 2**60, "sequence_delay": 2**60}
    network.to_write = [(security(8, GONE, hold_off=2**40), server(8, **long))]
    without(network, GONE)
    network.after[2] = lambda endpoint: endpoint.ask(request(POST, "/1/0/9"))
    setup = run(network, 5000, store=store)
    assert "those before are used again" in setup.text
    assert store.load()[0].instances(1)[0][1].ssid == 7


class Away(Network):
    """Servers that come back after so many ms; a bootstrap server that does not."""

    def connect(self, uri, credential):
        if uri == BOOTSTRAP or self.setup_of[0].world.port.now < 10_000_000:
            raise OSError("not there")
        return super().connect(uri, credential)


def test_a_server_that_was_away_for_long_is_found_again():
    for bootstrap in (None, bootstrap_security()):
        network = Away()
        network.setup_of = [None]
        run(network, 20000, factory=[security(1), server(1)], bootstrap=bootstrap)
        assert "register" in names(network) and network.count("update")


def test_servers_may_forbid_to_bootstrap_on_failure():
    for forbidden in (False, True):
        network = Network()
        times = without(network, GONE)
        one = server(1, retries=1, bootstrap_on_failure=False if forbidden else None)
        run(network, 1000, factory=[security(1, GONE), one], bootstrap=bootstrap_security())
        assert (BOOTSTRAP in [uri for _, uri in times]) != forbidden
        assert not forbidden or len(times) >= 4


def test_a_server_that_always_wants_a_bootstrap_gets_fewer_and_fewer():
    network = Network()

    class Again(Peer):
        def work(self, endpoint):
            super().work(endpoint)
            if self.uri != BOOTSTRAP:
                endpoint.ask(request(POST, "/1/0/9"))

    network.connect = lambda uri, credential: Again(network, uri)
    Setup(network).stop_after(1000)
    assert 5 <= network.count("bootstrap") <= 14, network.count("bootstrap")


def test_factory_accounts_come_back_after_a_trial():
    network = Network()
    network.to_write = [(security(8, GONE), server(8, retries=1))]
    without(network, GONE)
    network.after[2] = lambda endpoint: endpoint.ask(request(POST, "/1/0/9"))
    factory = [security(7), server(7, retries=1)]
    setup = run(network, 3000, factory=factory, bootstrap=bootstrap_security())
    assert setup.client.accounts.instances(1)[0][1].ssid == 7
    assert setup.network.count("register") >= 2 and network.count("update") >= 1


def test_a_bootstrap_that_drips_comes_to_an_end_and_so_does_stop():
    network = Network()

    class Drip(Peer):
        turns = 0

        def work(self, endpoint):
            self.turns += 1
            if self.turns % 100 == 0:  # each takes a second
                endpoint.ask(request(DELETE, "/0"))

    network.connect = lambda uri, credential: Drip(network, uri)
    setup = Setup(network)
    setup.stop_after(2000)
    assert "did not finish" in setup.text
    setup = Setup(network)
    setup.stop_after(100)
    assert setup.world.port.now < 110_000


def test_a_connection_that_ends_after_finish_has_done_its_work():
    network = Network()

    class Hasty(Peer):
        def work(self, endpoint):
            super().work(endpoint)
            if self.uri == BOOTSTRAP:
                raise OSError("closed")

    network.connect = lambda uri, credential: Hasty(network, uri)
    setup = Setup(network)
    setup.stop_after(100)
    assert names(network) == ["bootstrap", "register", "deregister"]


def test_an_account_of_the_bootstrap_server_that_was_made_another_is_put_back():
    network = Network()
    whole = Peer._bootstrap

    def bootstrap(self, endpoint):
        endpoint.ask(request(PUT, "/0/0/1", b"0", form=0))
        endpoint.ask(request(DELETE, "/0/0"))
        for _, there in ((1, server(1)),):
            octets = accounts.of(security(1), there)
            for number in (0, 1):
                body = tlv_of_instances(octets, number)
                assert endpoint.ask(request(PUT, "/%d" % number, body, form=TLV)).code == 0x44
        network.finishes.append(endpoint.ask(request(POST, "/bs")).code)

    Peer._bootstrap = bootstrap
    try:
        setup = Setup(network)
        setup.stop_after(50)
    finally:
        Peer._bootstrap = whole
    assert network.finishes == [0x44]
    assert accounts.bootstrap_account(setup.client.accounts) is not None


def tlv_of_instances(tree, number):
    from lwm2m_fakes import tlv_of

    return tlv_of(tree, (number,))


def test_a_server_that_is_away_is_tried_again_while_another_is_there():
    network = Network()
    network.to_write = [
        (security(1), server(1)),
        (security(2, GONE), server(2, retries=1, sequence_delay=100)),
    ]
    times = without(network, GONE)
    run(network, 1000)
    assert 5 <= len([uri for _, uri in times if uri == GONE]) <= 10


def test_objects_that_are_added_while_registered_can_be_read():
    network = Network()
    setup = Setup(network)
    codes = []

    def act(endpoint):
        setup.client.add(Connectivity(lambda: (-60, "127.0.0.1")))
        codes.append(endpoint.ask(request(1, "/4/0/0")).code)

    network.after[4] = act
    setup.stop_after(20)
    assert codes == [0x45]


def test_one_download_at_a_time():
    network = Network()
    firmware = Firmware(Board())
    setup = Setup(network, objects=[firmware])
    going, most = [], []

    async def get(address, into):
        going.append(address)
        most.append(len(going))
        try:
            for _ in range(5):
                await setup.world.sleep(1, setup.world.waker())
            into.write(b"image")
            return answer(0x45)
        finally:
            going.remove(address)

    setup.client.get = get

    def act(endpoint):
        for i in range(50):
            for uri in (b"coaps://127.0.0.1/%d" % i, b""):
                assert endpoint.ask(request(PUT, "/5/0/1", uri, form=0)).code == 0x44
        endpoint.ask(request(PUT, "/5/0/1", b"coaps://127.0.0.1/last", form=0))

    network.after[4] = act
    setup.stop_after(60)
    assert max(most) == 1 and len(most) <= 2 and firmware.state == 2


def test_a_board_that_fails_ends_no_client():
    class Failing(Board):
        def verify(self, digest):
            raise RuntimeError("flash")

        def install(self):
            raise RuntimeError("flash")

    for bad in (Failing(), FailsLater()):
        network = Network()
        firmware = Firmware(bad)
        setup = Setup(network, objects=[firmware])

        async def get(address, into):
            into.write(b"image")
            return answer(0x45)

        setup.client.get = get

        def act(endpoint, setup=setup):
            endpoint.ask(request(PUT, "/5/0/1", b"coaps://127.0.0.1/fw", form=0))
            setup.client.later(5, lambda: endpoint.ask(request(POST, "/5/0/2")))

        network.after[4] = act
        setup.stop_after(300)
        assert (firmware.state, firmware.result) == (0, 8) and network.count("update")


class FailsLater(Board):
    def install(self):
        raise RuntimeError("flash")


def managed():
    tree = Tree()
    sensor = Sensor()
    tree.add(sensor)
    one = server(1)
    tree.add(one)
    return Management(tree, one, lambda path: None), sensor, one


def test_a_write_is_undone_where_there_was_no_value():
    management, _, one = managed()
    body = b'[{"n":"/1/0/1","v":77},{"n":"/1/0/2","v":5},{"n":"/1/0/7","vs":"X"}]'
    assert management.handle(request(IPATCH, "", body, form=JSON)).code == 0x80
    assert (one.lifetime, one.pmin, one.binding) == (300, None, "U")


def test_a_setter_that_fails_otherwise_leaves_nothing_half_written():
    management, sensor, _ = managed()

    def broken(value):
        raise OSError("bus")

    sensor.set_limit = broken
    body = b'[{"n":"/3303/0/5701","vs":"K"},{"n":"/3303/0/5850","v":5}]'
    try:
        management.handle(request(IPATCH, "", body, form=JSON))
        raise AssertionError("the error of the user's code was kept back")
    except OSError:
        assert sensor.units == "Cel"


def test_instances_of_a_resource_may_stand_apart():
    management, sensor, _ = managed()
    parts = [("5750/0", '"vs":"a"'), ("5850", '"v":3'), ("5750/1", '"vs":"b"')]
    body = "[" + ",".join(['{"n":"/3303/0/%s",%s}' % one for one in parts]) + "]"
    assert management.handle(request(IPATCH, "", body.encode(), form=JSON)).code == 0x44
    assert sensor.names == {0: "a", 1: "b"} and sensor.limit == 3


def test_a_resource_has_64_instances_at_most():
    management, sensor, _ = managed()
    for i in range(70):
        body = b'[{"n":"/3303/0/5750/%d","vs":"x"}]' % i
        code = management.handle(request(IPATCH, "", body, form=JSON)).code
        assert code == (0x44 if i < 64 else 0x80), i
    assert len(sensor.names) == 64


def test_bindings_and_attributes_have_bounds():
    management, _, one = managed()
    for binding in (b"U" * 300, b"UX", b"U,"):
        assert management.handle(request(PUT, "/1/0/7", binding, form=0)).code == 0x80
    assert management.handle(request(PUT, "/1/0/7", b"UQ", form=0)).code == 0x44
    for query in ("pmin=1_0", "pmin=" + "9" * 30, "pmin=4294967296", "pmin=-1", "gt=1_0"):
        assert management.handle(request(PUT, "/3303/0/5700", query=[query])).code == 0x80, query
    assert INTERNAL_ERROR == 0xA0 and one.binding == "UQ"
