"""The life of a client against scripted servers, with time that passes at once."""

import os
from binascii import hexlify

import dtls_port
from expect import raises
from lwm2m_fakes import (
    GET,
    KEY,
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
)
from lwm2m_servers import BOOTSTRAP, Board, Network, Peer, Setup, names

from dtls_micro import files
from dtls_micro.errors import HandshakeTimeout
from dtls_micro.lwm2m import accounts, reasons
from dtls_micro.lwm2m.base import Base
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.firmware import Firmware
from dtls_micro.lwm2m.store import FileStore, MemoryStore


def test_bootstrap_register_update_deregister():
    setup = Setup()
    network = setup.stop_after(500)
    assert names(network) == ["bootstrap", "register", "update", "update", "deregister"]
    assert network.asked[0] == ("connect", BOOTSTRAP)
    assert network.asked[1][1] == "/bs?ep=dev1&pct=11542"
    _, path, payload = network.asked[3]
    assert path == "/rd?lwm2m=1.1&ep=dev1&b=U&lt=300"
    assert payload == (
        b'</>;rt="oma.lwm2m";ct="42 110 112 11542",</1>;ver=1.1,</1/0>,</3>;ver=1.1,</3/0>,'
        b"</3303>;ver=1.1,</3303/0>"
    )
    assert setup.settings["store"].load()[1] is False  # it has registered: not on trial


def test_accounts_that_are_stored_need_no_bootstrap():
    store = MemoryStore()
    store.confirm(accounts.of(bootstrap_security(), security(1), server(1)))
    network = Setup(store=store).stop_after(100)
    assert names(network) == ["register", "deregister"]


def test_factory_accounts_are_used_first():
    network = Setup(factory=[security(1), server(1)]).stop_after(100)
    assert names(network) == ["register", "deregister"]


def test_no_server_answers_so_bootstrap():
    store = MemoryStore()
    tree = accounts.of(bootstrap_security(), security(1), server(1, retries=2, retry_timer=10))
    store.confirm(tree)
    network = Network()
    network.known = False
    setup = Setup(network, store=store)
    setup.stop_after(100)
    assert network.count("connect") >= 3 and network.count("bootstrap") >= 1
    assert "identity or key may be unknown" in setup.text


def test_new_accounts_that_do_not_work_are_given_up():
    store = MemoryStore()
    old = server(7, retries=1)
    store.confirm(accounts.of(bootstrap_security(), security(7), old))
    network = Network()
    network.to_write = [(security(8, "coaps://127.0.0.9"), server(8, retries=1))]
    refused = []

    def connect(uri, credential):
        if uri == "coaps://127.0.0.9":
            refused.append(uri)
            raise OSError("not there")
        return Network.connect(network, uri, credential)

    network.connect = connect
    setup = Setup(network, store=store)

    def ask_for_bootstrap(endpoint):
        assert endpoint.ask(request(POST, "/1/0/9")).code == 0x44

    network.after[2] = ask_for_bootstrap
    setup.stop_after(200)
    assert refused and "those before are used again" in setup.text
    tree, trial = store.load()
    assert ([one.ssid for _, one in tree.instances(1)], trial) == ([7], False)
    assert setup.client.accounts.instances(1)[0][1].ssid == 7


def test_finish_is_refused_and_bootstrap_tried_again():
    network = Network()
    network.to_write = [(security(1), None)]
    setup = Setup(network)
    setup.stop_after(400)
    assert set(network.finishes) == {0x86} and len(network.finishes) >= 2
    assert "not usable" in setup.text and "register" not in names(network)
    assert setup.settings["store"].load() == (None, False)


def test_a_bootstrap_that_does_not_finish_is_given_up():
    network = Network()
    network.bootstrap = 0x44
    whole = Peer._bootstrap
    Peer._bootstrap = lambda self, endpoint: endpoint.ask(request(4, "/0"))
    try:
        setup = Setup(network)
        setup.stop_after(1000)
    finally:
        Peer._bootstrap = whole
    assert "did not finish" in setup.text and network.count("bootstrap") >= 2


def test_bootstrap_backs_off_and_devices_do_not_march_in_step():
    times = []
    for seed in (1, 2):
        network = Network()
        network.bootstrap = 0x84
        setup = Setup(network, seed=seed, retry=10)
        found = []
        begin = network.connect

        def connect(uri, credential, found=found, setup=setup, begin=begin):
            found.append(setup.world.port.now)
            return begin(uri, credential)

        network.connect = connect
        setup.stop_after(400)
        times.append(found)
        pauses = [found[i + 1] - found[i] for i in range(len(found) - 1)]
        assert len(pauses) >= 4
        assert 9000 <= pauses[0] <= 17000 and pauses[2] > pauses[0] * 2, pauses
    assert times[0] != times[1]
    assert "4.04" in setup.text


def test_hold_off_time_is_kept():
    one = bootstrap_security()
    one.hold_off = 30
    setup = Setup(bootstrap=one)
    setup.stop_after(20)
    assert setup.network.count("connect") == 0
    setup = Setup(bootstrap=one)
    setup.stop_after(60)
    assert setup.network.count("bootstrap") == 1


def test_a_server_that_has_forgotten_us_gets_a_registration():
    network = Network()
    network.update = 0x84
    setup = Setup(network)
    setup.stop_after(300)
    assert names(network)[:4] == ["bootstrap", "register", "update", "register"]
    assert network.count("bootstrap") == 1  # one lost Update is no reason


def test_the_update_trigger_and_a_new_lifetime():
    network = Network()

    def act(endpoint):
        assert endpoint.ask(request(PUT, "/1/0/1", b"60", form=0)).code == 0x44

    network.after[4] = act
    setup = Setup(network)
    setup.stop_after(100)
    updates = [one[1] for one in network.asked if one[0] == "update"]
    assert updates[0] == "/rd/1?lt=60" and updates[1] == "/rd/1"
    # What a server has written is stored.
    assert setup.settings["store"].load()[0].instances(1)[0][1].lifetime == 60

    network = Network()
    network.after[4] = lambda endpoint: endpoint.ask(request(POST, "/1/0/8"))
    Setup(network).stop_after(50)
    assert network.count("update") == 1


def test_instances_that_come_are_told():
    network = Network()
    setup = Setup(network)
    network.after[4] = lambda endpoint: setup.client.add(Sensor())
    setup.stop_after(50)
    (update,) = [one for one in network.asked if one[0] == "update"]
    assert b"</3303/1>" in update[2]


def timed(setup, wanted):
    """Return a list of the times, in ms, of requests of a name."""
    times = []
    whole = setup.world.request

    async def asked(endpoint, code, path, payload=b"", **settings):
        found = await whole(endpoint, code, path, payload, **settings)
        if setup.network.asked[-1][0] == wanted:
            times.append(setup.world.port.now)
        return found

    setup.world.request = asked
    return times


def test_disable():
    network = Network()
    setup = Setup(network)
    asked = []

    def act(endpoint):
        asked.append(setup.world.port.now)
        assert endpoint.ask(request(PUT, "/1/0/5", b"20", form=0)).code == 0x44
        assert endpoint.ask(request(POST, "/1/0/4")).code == 0x44

    network.after[4] = act
    times = timed(setup, "deregister")
    setup.stop_after(60)
    assert names(network) == ["bootstrap", "register", "deregister", "register", "deregister"]
    # A server that has not got the answer asks again, within 3 seconds.
    assert times[0] - asked[0] > 3000


def test_answers_can_be_asked_for_again_before_a_connection_ends():
    network = Network()
    setup = Setup(network)
    times, asked = [], []
    close = setup.world.close

    async def closed(endpoint):
        times.append(setup.world.port.now)
        await close(endpoint)

    def act(endpoint):
        asked.append(setup.world.port.now)
        endpoint.ask(request(POST, "/1/0/9"))
        endpoint.ask(request(POST, "/1/0/8"))  # what is more counts
        endpoint.ask(request(POST, "/1/0/4"))

    setup.world.close = closed
    network.after[4] = act
    setup.stop_after(60)
    assert names(network)[:4] == ["bootstrap", "register", "bootstrap", "register"]
    assert times[0] > 3000 and times[1] - asked[0] > 3000


def test_109_queue_mode_in_a_binding_is_a_flag_in_1_1():
    network = Network()
    network.after[2] = lambda endpoint: endpoint.ask(request(PUT, "/1/0/7", b"U", form=0))
    setup = Setup(network, factory=[security(1), server(1, binding="UQ")])
    setup.stop_after(20)
    paths = [one[1] for one in network.asked[1:]]
    assert paths == ["/rd?lwm2m=1.1&ep=dev1&b=U&lt=300&Q", "/rd/1?b=U", "/rd/1"]
    for binding in ("UQ", "U"):
        network = Network()
        network.register = 0x8C
        factory = [security(1), server(1, binding=binding, retries=1)]
        Setup(network, factory=factory, queue=binding == "U").stop_after(5)
        paths = [one[1] for one in network.asked if one[0] == "register"]
        assert paths[1] == "/rd?lwm2m=1.0&ep=dev1&b=UQ&lt=300"


class Failing(Peer):
    """A server that fails twice at one of our requests, `network.failing`."""

    def request(self, endpoint, code, path, payload):
        network = self.network
        found = Peer.request(self, endpoint, code, path, payload)
        if network.asked[-1][0] != network.failing or not network.failures:
            return found
        network.failures -= 1
        self.work_queue = []
        if network.code is None:
            raise OSError("no answer in time")
        return answer(network.code)


def test_servers_that_answer_4_xx_or_5_xx_or_nothing_are_tried_again():
    for failing in ("bootstrap", "register", "update"):
        for code in (0x80, 0xA0, 0xA3, None):
            network = Network()
            network.failing, network.failures, network.code = failing, 2, code
            network.connect = lambda uri, credential, one=network: Failing(one, uri)
            Setup(network, retry=1).stop_after(1500)
            assert not network.failures and names(network)[-1] == "deregister"
            assert network.count("update") >= 2, (failing, code)
            if failing != "bootstrap":
                assert network.count("bootstrap") == 1


def test_a_board_that_is_short_of_memory_tries_again():
    network = Network()
    begin = network.connect
    failed = []

    def connect(uri, credential):
        if len(failed) < 4:
            failed.append(uri)
            raise MemoryError("no room for a handshake")
        return begin(uri, credential)

    network.connect = connect
    one = server(1, retries=2, retry_timer=1)
    setup = Setup(network, factory=[security(1), one], bootstrap=bootstrap_security(), retry=1)
    setup.stop_after(200)
    assert "no room" in setup.text and "register" in names(network)


def test_a_long_sleep_is_made_of_shorter_ones():
    network = Network()
    one = server(1)
    one.lifetime = 40 * 86400
    setup = Setup(network, factory=[security(1), one], queue=True)
    sleeps = []
    sleep = setup.world.sleep

    async def noted(seconds, waker):
        sleeps.append(seconds)
        await sleep(seconds, waker)

    setup.world.sleep = noted
    setup.stop_after(200)
    # What is more overflows the clock of MicroPython's asyncio.
    assert max(sleeps) == 86400 and "asleep for 34" in setup.text


def test_version_1_0_is_spoken_to_servers_that_want_it():
    network = Network()
    network.register = 0x8C
    setup = Setup(network, factory=[security(1), server(1, retries=1)])
    setup.stop_after(5)
    assert [one[1][:15] for one in network.asked if one[0] == "register"][:2] == [
        "/rd?lwm2m=1.1&e",
        "/rd?lwm2m=1.0&e",
    ]


def test_a_refusal_is_told_with_its_reason():
    network = Network()
    network.register = 0x83
    setup = Setup(network, factory=[security(1), server(1, retries=1)])
    setup.stop_after(5)
    assert "4.03" in setup.text and "endpoint name" in setup.text


def test_several_servers():
    network = Network()
    network.to_write = [
        (security(1), server(1)),
        (security(2, "coaps://127.0.0.2"), server(2)),
    ]
    setup = Setup(network)
    setup.client.later(30, lambda: setup.told.append(str(setup.client.registrations)))
    setup.stop_after(100)
    assert network.count("register") == 2 and network.count("deregister") == 2
    assert "2" in setup.told
    # Each server sees its own instance of object 1 only.
    payloads = [one[2] for one in network.asked if one[0] == "register"]
    assert b"</1/0>" in payloads[0] and b"</1/1>" in payloads[1]
    assert b"</1/1>" not in payloads[0]


def test_one_server_of_two_is_gone():
    network = Network()
    network.to_write = [
        (security(1), server(1)),
        (security(2, "coaps://127.0.0.2"), server(2, retries=1)),
    ]
    begin = network.connect

    def connect(uri, credential):
        if uri == "coaps://127.0.0.2":
            raise OSError("not there")
        return begin(uri, credential)

    network.connect = connect
    setup = Setup(network)
    setup.stop_after(250)
    assert network.count("update") == 1 and network.count("bootstrap") == 1


def test_queue_mode():
    slept = []
    network = Network()
    setup = Setup(network, queue=True)

    def asleep(seconds):
        slept.append(int(seconds))
        setup.world.port.now += int(seconds * 1000)

    setup.client.asleep = asleep
    setup.stop_after(350)
    (register,) = [one for one in network.asked if one[0] == "register"]
    assert register[1].endswith("&lt=300&Q")
    assert 100 <= slept[0] <= 115 and network.count("update") >= 1


def test_observation_and_its_attributes():
    network = Network()
    sensor = Sensor()
    setup = Setup(network, objects=[sensor])
    seen = []

    def observe(endpoint):
        assert endpoint.ask(request(GET, "/3303/0/5700", observe=0)).payload == b"21.5"
        assert endpoint.ask(request(PUT, "/3303/0/5700", query=("pmin=10",))).code == 0x44
        sensor.measured = 22.5
        setup.client.later(5, lambda: seen.append(list(endpoint.notified)))
        setup.client.later(20, lambda: seen.append(list(endpoint.notified)))
        setup.client.later(30, lambda: setattr(sensor, "measured", 21.5))
        setup.client.later(50, lambda: seen.append(list(endpoint.notified)))

    network.after[4] = observe
    setup.stop_after(80)
    assert seen == [[], [b"22.5"], [b"22.5", b"21.5"]]


def test_pmax_notifies_without_a_change():
    network = Network()
    setup = Setup(network)
    seen = []

    def observe(endpoint):
        endpoint.ask(request(GET, "/3303/0/5700", observe=0))
        endpoint.ask(request(PUT, "/3303/0/5700", query=("pmax=15",)))
        setup.client.later(50, lambda: seen.append(len(endpoint.notified)))

    network.after[4] = observe
    setup.stop_after(80)
    assert seen == [3]


def test_a_user_s_resource_that_fails_does_not_end_the_client():
    network = Network()
    sensor = Sensor()
    failed = []

    def observe(endpoint):
        endpoint.failed = failed.append
        endpoint.ask(request(GET, "/3303/0/5701", observe=0))
        sensor.units = Units()

    class Units:
        def __call__(self):
            raise OSError("the wire is loose")

    network.after[4] = observe
    setup = Setup(network, objects=[sensor])
    setup.stop_after(300)
    assert failed and network.count("update") == 1


def test_reboot_is_done_after_the_answer():
    rebooted = []
    network = Network()
    device = Device("Example", reboot=lambda: rebooted.append(1))
    setup = Setup(network, objects=[device])

    def act(endpoint):
        assert endpoint.ask(request(POST, "/3/0/4")).code == 0x44
        assert not rebooted

    network.after[4] = act
    setup.stop_after(30)
    assert rebooted == [1]


def test_a_device_without_a_hook_has_no_reboot():
    network = Network()
    codes = []
    network.after[4] = lambda endpoint: codes.append(endpoint.ask(request(POST, "/3/0/4")).code)
    Setup(network).stop_after(30)
    assert codes == [0x85]


def firmware_run(board, uri=b"coaps://127.0.0.1/fw", body=b"image", code=0x45, more=()):
    """Have a server write the URI; return (states, results) at some moments, and the device."""
    network = Network()
    firmware = Firmware(board, name="fw", installed="1")
    setup = Setup(network, objects=[firmware])
    seen = []

    async def get(address, into):
        for octet in body:
            into.write(bytes((octet,)))
        return answer(code)

    setup.client.get = get

    def act(endpoint):
        assert endpoint.ask(request(PUT, "/5/0/1", uri, form=0)).code == 0x44
        seen.append((firmware.state, firmware.result))
        setup.client.later(5, lambda: seen.append((firmware.state, firmware.result)))
        for when, code, path in more:
            setup.client.later(when, lambda c=code, p=path: endpoint.ask(request(c, p)))
        setup.client.later(15, lambda: seen.append((firmware.state, firmware.result)))

    network.after[4] = act
    setup.stop_after(40)
    return seen


def test_firmware_is_downloaded_and_installed():
    board = Board()
    seen = firmware_run(board, more=[(8, POST, "/5/0/2")])
    assert seen == [(1, 0), (2, 0), (0, 1)]
    hashed = dtls_port.sha256()
    hashed.update(b"image")
    assert (board.image, board.digest, board.installed) == (b"image", hashed.digest(), 1)


def test_firmware_that_is_no_good():
    assert firmware_run(Board(good=False))[1] == (0, 5)
    assert firmware_run(Board(room=False))[1] == (0, 2)
    assert firmware_run(Board(), code=0x84)[1] == (0, 7)
    assert firmware_run(Board(), uri=b"http://x/")[0] == (0, 7)
    assert firmware_run(Board(), uri=b"coap://x/")[0] == (0, 9)
    board = Board()
    firmware_run(board, code=0x84, more=[(8, POST, "/5/0/2")])
    assert not board.installed


def test_an_update_that_is_being_installed_is_not_reset():
    codes = []

    class Slow(Board):
        def install(self):
            super().install()
            codes.extend([endpoints[0].ask(request(PUT, "/5/0/%d" % n, b"")).code for n in (0, 1)])

    endpoints = []
    network = Network()
    firmware = Firmware(Slow())
    setup = Setup(network, objects=[firmware])
    firmware.state = 2

    def act(endpoint):
        endpoints.append(endpoint)
        assert endpoint.ask(request(POST, "/5/0/2")).code == 0x44

    network.after[4] = act
    setup.stop_after(40)
    assert codes == [0x80, 0x80] and (firmware.state, firmware.result) == (0, 1)


def test_a_client_that_has_nothing_is_refused():
    raises(ValueError, Base, World(Network()), "dev1")


def test_no_security_is_refused_unless_allowed():
    plain = accounts.Security("coap://127.0.0.1", accounts.NO_SEC, ssid=1)
    setup = Setup(factory=[plain, server(1, retries=1)])
    setup.stop_after(10)
    assert "not allowed" in setup.text and "register" not in names(setup.network)
    setup = Setup(factory=[plain, server(1, retries=1)], allow_nosec=True)
    setup.stop_after(10)
    assert "register" in names(setup.network)


def test_a_cipher_suite_that_is_not_there_is_told():
    one = security(1, suites={0: 0x1301})
    setup = Setup(factory=[one, server(1, retries=1)])
    setup.stop_after(10)
    assert "none of the cipher suites" in setup.text


def test_accounts_in_files_survive_restarts():
    name = "lwm2m_session_%s.tmp" % hexlify(dtls_port.random(4)).decode()
    try:
        Setup(store=FileStore(name)).stop_after(50)
        network = Setup(store=FileStore(name)).stop_after(50)
        assert names(network) == ["register", "deregister"]
        with open(name, "rb") as file:
            assert KEY in file.read()
    finally:
        for path in (name, name + ".trial"):
            files.remove(path)
    assert name not in os.listdir()


def test_a_name_is_encoded_and_so_is_what_the_server_calls_us():
    network = Network()
    asked = network.asked

    class Odd(Peer):
        def request(self, endpoint, code, path, payload):
            found = Peer.request(self, endpoint, code, path, payload)
            return answer(0x41, "/rd/a?b %") if found.code == 0x41 else found

    network.connect = lambda uri, credential: asked.append(("connect", uri)) or Odd(network, uri)
    setup = Setup(network)
    setup.client.name = "a b&c"
    setup.stop_after(20)
    assert asked[1][1] == "/bs?ep=a%20b%26c&pct=11542"
    assert asked[3][1].startswith("/rd?lwm2m=1.1&ep=a%20b%26c&")
    assert asked[-1][1] == "/rd/a%3Fb%20%25"


def test_registrations_that_do_not_last_become_rare():
    network = Network()

    class Falling(Peer):
        def work(self, endpoint):
            raise OSError("reset")

    network.connect = lambda uri, credential: (
        network.asked.append(("connect", uri)) or Falling(network, uri)
    )
    Setup(network, factory=[security(1), server(1)]).stop_after(300)
    assert 5 <= network.count("register") <= 12, network.count("register")


def test_servers_cannot_create_instances_without_end():
    network = Network()
    codes = []

    def act(endpoint):
        for _ in range(40):
            payload = b"\xe6\x16\x45Kelvin"
            codes.append(endpoint.ask(request(POST, "/3303", payload, form=TLV)).code)

    network.after[4] = act
    Setup(network).stop_after(20)
    assert codes.count(0x41) == 15 and codes.count(0x80) == 25


def test_a_bootstrap_account_that_was_overwritten_is_the_factory_s_again():
    store = MemoryStore()
    store.confirm(accounts.of(security(7), server(7, retries=1)))
    network = Network()
    network.known = False
    Setup(network, store=store).stop_after(60)
    assert ("connect", BOOTSTRAP) in network.asked


def test_a_download_that_was_given_up_writes_no_more():
    network = Network()
    board = Board()
    firmware = Firmware(board)
    setup = Setup(network, objects=[firmware])
    writes = []

    async def get(address, into):
        for octet in range(20):
            await setup.world.sleep(1, setup.world.waker())
            into.write(bytes((octet,)))
            writes.append((address, octet))
        return answer(0x45)

    setup.client.get = get

    def put(endpoint, uri):
        assert endpoint.ask(request(PUT, "/5/0/1", uri, form=0)).code == 0x44

    def act(endpoint):
        put(endpoint, b"coaps://127.0.0.1/a")
        setup.client.later(5, lambda: put(endpoint, b""))
        setup.client.later(6, lambda: put(endpoint, b"coaps://127.0.0.1/b"))

    network.after[4] = act
    setup.stop_after(60)
    assert firmware.state == 2 and board.image[-20:] == bytes(range(20))
    assert len([one for one in writes if one[0].endswith("/a")]) <= 6


def test_a_port_where_nothing_listens_is_told_as_that():
    text = "the host says that nothing listens on that port"
    assert reasons.of_error(HandshakeTimeout(text)) == text
    assert reasons.of_error(HandshakeTimeout("no answer at all")).startswith("no answer: identity")
