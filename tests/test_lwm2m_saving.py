"""How often flash is written for management servers, and what an end or a power cut leaves."""

import asyncio

from expect import raises
from lwm2m_fakes import POST, PUT, bootstrap_security, request, security, server
from lwm2m_servers import Board, Network, Setup
from test_lwm2m_store import NAME, clean, interrupted

from dtls_micro import lwm2m
from dtls_micro.lwm2m import accounts, aio
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.firmware import Firmware
from dtls_micro.lwm2m.store import FileStore, MemoryStore


class Counting(MemoryStore):
    """A store that keeps the times at which it was written."""

    world = None

    def __init__(self):
        super().__init__()
        self.times = []
        self.fails = ()
        self.error = OSError("no space")

    def confirm(self, tree):
        if self.world:
            self.times.append(self.world.now())
            if len(self.times) - 1 in self.fails:
                raise self.error
        super().confirm(tree)


def lifetime(store):
    tree = store.load()[0]
    return tree.instances(1)[0][1].lifetime


def test_a_server_that_alternates_values_writes_flash_once_a_minute():
    values = [60 + i % 2 for i in range(300)]
    store = Counting()
    network = Network()
    setup = Setup(network, store=store)

    def begin(endpoint):
        store.world = setup.world
        setup.world.spawn(alternate(endpoint))

    async def alternate(endpoint):
        for value in values:
            endpoint.ask(request(PUT, "/1/0/1", b"%d" % value, form=0))
            await setup.world.sleep(1, setup.world.waker())

    network.after[4] = begin
    setup.stop_after(500)
    gaps = [b - a for a, b in zip(store.times, store.times[1:])]
    assert 5 <= len(store.times) <= 7, store.times
    assert min(gaps) >= 60000 and store.times[0] < 15000
    assert lifetime(store) == 61


def asked_later(setup, endpoint, seconds, *arguments, **named):
    """Have a server ask for something, without what client.later() does besides."""

    async def run():
        await setup.world.sleep(seconds, setup.world.waker())
        endpoint.ask(request(*arguments, **named))

    setup.world.spawn(run())


def written_twice(first=60, **settings):
    """Return a Setup and its store; a server writes 60, and 61 five seconds later."""
    network = Network()
    store = settings.setdefault("store", Counting())
    setup = Setup(network, **settings)

    def begin(endpoint):
        store.world = setup.world
        asked_later(setup, endpoint, 0, PUT, "/1/0/1", b"%d" % first, form=0)
        asked_later(setup, endpoint, 5, PUT, "/1/0/1", b"%d" % (first + 1), form=0)
        for step in setup.more:
            asked_later(setup, endpoint, *step)

    setup.more = []
    network.after[4] = begin
    return setup, store


def lifetimes_at(setup, store, moments):
    """Note what is stored at some seconds of the client's life."""
    found = []

    async def look(seconds):
        await setup.world.sleep(seconds, setup.world.waker())
        found.append(lifetime(store))

    for seconds in moments:
        setup.world.spawn(look(seconds))
    return found


def test_the_first_change_is_written_at_once_and_the_next_after_its_time():
    setup, store = written_twice()
    found = lifetimes_at(setup, store, (12, 40, 90))
    setup.stop_after(100)
    assert found == [60, 60, 61] and len(store.times) == 2


def test_the_time_is_the_user_s():
    setup, store = written_twice(save_every=10)
    found = lifetimes_at(setup, store, (25,))
    setup.stop_after(26)
    assert found == [61]


def test_what_servers_change_is_in_force_at_once():
    setup, store = written_twice()
    setup.stop_after(30)
    updates = [one[1] for one in setup.network.asked if one[0] == "update"]
    assert updates[:2] == ["/rd/1?lt=60", "/rd/1?lt=61"]


def test_an_orderly_stop_loses_nothing():
    setup, store = written_twice()

    async def stop():  # without client.later(), which stores all itself
        await setup.world.sleep(20, setup.world.waker())
        setup.client.stop()

    setup.world.spawn(stop())
    setup.world.run(setup.client.live())
    assert lifetime(store) == 61 and len(store.times) == 2


def test_all_is_stored_before_the_hooks_are_called():
    seen = []
    setup, store = written_twice(
        objects=[Device("Example", reboot=lambda: seen.append(lifetime(store)))]
    )
    setup.more = [(8, POST, "/3/0/4")]
    setup.stop_after(40)
    assert seen == [61]

    class Installer(Board):
        def install(self):
            seen.append(lifetime(store))

    firmware = Firmware(Installer())
    setup, store = written_twice(objects=[firmware])
    firmware.state = 2  # downloaded
    setup.more = [(8, POST, "/5/0/2")]
    setup.stop_after(40)
    assert seen == [61, 61]


def test_all_is_stored_before_a_deep_sleep():
    seen = []
    setup, store = written_twice(1000, queue=True, save_every=1000)

    def asleep(seconds):
        seen.append(lifetime(store))
        setup.world.port.now += int(seconds * 1000)

    setup.client.asleep = asleep
    setup.stop_after(400)
    assert seen[0] == 1001


def test_save_is_for_who_cuts_the_power():
    setup, store = written_twice(save_every=1000)

    async def cut():
        await setup.world.sleep(20, setup.world.waker())
        assert lifetime(store) == 60
        setup.client.save()
        assert lifetime(store) == 61
        setup.client.save()

    setup.world.spawn(cut())
    setup.stop_after(50)
    assert len(store.times) == 2


def test_a_trial_that_fails_comes_back_to_what_was_written_last():
    setup, store = written_twice(save_every=1000)
    network = setup.network

    async def lost():
        await setup.world.sleep(20, setup.world.waker())
        network.to_write = [(security(2), server(2, retries=1))]
        network.known = False
        setup.client.sessions[0].server.asked = "bootstrap"
        setup.client.sessions[0].wake()

    setup.world.spawn(lost())
    setup.stop_after(60)
    assert "those before are used again" in setup.text
    assert lifetime(store) == 61


def test_a_store_that_fails_is_tried_again():
    for error in (OSError("no space"), MemoryError(), ValueError("of the user's store")):
        store = Counting()
        store.fails = (0, 1)
        store.error = error
        setup, store = written_twice(store=store)
        found = lifetimes_at(setup, store, (50, 110, 150))
        setup.stop_after(160)
        assert found == [300, 300, 61] and setup.text.count("cannot be stored") == 2


def test_a_proof_that_cannot_be_stored_is_tried_again():
    """A server has registered us, so the accounts are no longer on trial: in the store neither."""
    store = Counting()
    store.fails = (0, 1)
    setup = Setup(store=store)
    store.world = setup.world
    found = []

    async def look():
        await setup.world.sleep(100, setup.world.waker())
        found.append(store.load()[1])
        await setup.world.sleep(100, setup.world.waker())
        found.append(store.load()[1])

    setup.world.spawn(look())
    setup.stop_after(300)
    assert setup.text.count("cannot be stored") == 2 and found == [False, False]
    assert [b - a >= 60000 for a, b in zip(store.times[1:], store.times[2:])] == [True]


def test_save_every_is_checked_at_once():
    for wrong in (0, -1, 0.5, 86401):
        raises(ValueError, Setup, save_every=wrong)
    for wrong in (None, "60"):
        raises(TypeError, Setup, save_every=wrong)


def test_no_store_of_the_user_s_ends_a_client():
    def broken(*_):
        raise RuntimeError("of the user's store")

    for name in ("load", "stage", "confirm"):
        store = MemoryStore()
        setattr(store, name, broken)
        setup = Setup(store=store)
        setup.stop_after(200)
        assert "of the user's store" in setup.text, name
        assert (setup.network.count("register") > 0) == (name != "stage")
    store = MemoryStore()
    store.confirm(accounts.of(bootstrap_security(), security(1), server(1, retries=1)))
    store.discard = broken
    network = Network()
    network.known = False
    setup = Setup(network, store=store)
    setup.stop_after(2000)
    assert "cannot be removed: of the user's store" in setup.text
    assert network.count("bootstrap") > 1


def test_a_reboot_is_asked_for_once():
    rebooted = []
    setup, store = written_twice(objects=[Device("Example", reboot=lambda: rebooted.append(1))])
    setup.more = [(8, POST, "/3/0/4"), (8, POST, "/3/0/4"), (12, POST, "/3/0/4")]
    setup.stop_after(40)
    assert len(rebooted) == 2


def test_a_bootstrap_that_brings_what_is_there_writes_no_trial():
    clean()
    store = FileStore(NAME)
    tree = accounts.of(bootstrap_security(), security(1), server(1))
    store.confirm(tree)
    other = accounts.of(bootstrap_security(), security(2), server(2))
    store.stage(other)
    assert store.load()[1]
    store.stage(tree)
    assert not store.load()[1]
    clean()


def test_bootstrap_loses_nothing_of_what_was_to_be_stored():
    store = MemoryStore()
    client = lwm2m.Client(
        "dev1", factory=[security(1), server(1)], store=store, timeout=0.1, save_every=1000
    )
    client.run(0.01)
    for _ in changed_twice(client):
        client.run(0.01)
    raises(OSError, client.bootstrap)  # there is no account of a bootstrap server
    assert lifetime(store) == 61


def registered(action):
    """Have a client with accounts of a file be registered for a while."""
    network = Network()
    setup = Setup(network, store=FileStore(NAME))
    network.after[2] = lambda endpoint: action(setup, endpoint)
    setup.stop_after(100)


def test_a_power_cut_leaves_a_whole_set_that_is_not_older_than_what_was_stored():
    values = (60, 61, 62, 63)
    order = (300,) + values
    seen = []

    def action(setup, endpoint):
        for i, value in enumerate(values):
            asked_later(setup, endpoint, 20 * i, PUT, "/1/0/1", b"%d" % value, form=0)

    for replaces in (True, False):
        last = 300
        for cut in range(60):
            clean()
            FileStore(NAME).confirm(accounts.of(bootstrap_security(), security(1), server(1)))
            done = interrupted(lambda: registered(action), cut, replaces)
            tree, trial = FileStore(NAME).load()
            ((one, there),) = accounts.pairs(tree)
            assert not trial and one.ssid == there.ssid == 1
            assert there.lifetime in order
            # A later cut finds no older value.
            assert order.index(there.lifetime) >= order.index(last), (cut, last)
            last = there.lifetime
            seen.append(last)
            if done:
                break
        else:
            raise AssertionError("it never ended")
        assert last == 63
    clean()
    assert 300 in seen and 60 in seen


def changed_twice(client):
    """Have a client hear of two writes; it stores the first."""
    ((_, there),) = accounts.pairs(client.accounts)
    for value in (60, 61):
        there.lifetime = value
        client.written((1, 0, 1))
        yield


def test_ctrl_c_loses_nothing():
    store = MemoryStore()
    client = lwm2m.Client(
        "dev1", factory=[security(1), server(1)], store=store, timeout=0.1, save_every=1000
    )

    async def press():
        raise KeyboardInterrupt

    client.run(0.01)
    for _ in changed_twice(client):
        client.run(0.01)
    assert lifetime(store) == 60
    client.world.spawn(press())
    raises(KeyboardInterrupt, client.run, 1)
    assert lifetime(store) == 61


def test_a_task_that_is_cancelled_loses_nothing():
    store = MemoryStore()

    async def go():
        client = aio.Client(
            "dev1", factory=[security(1), server(1)], store=store, timeout=0.1, save_every=1000
        )
        task = asyncio.create_task(client.run())
        for _ in changed_twice(client):
            await asyncio.sleep(0.05)
        assert lifetime(store) == 60
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return

    asyncio.run(go())
    assert lifetime(store) == 61
