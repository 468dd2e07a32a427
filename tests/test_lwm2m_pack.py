"""Bootstrap-Pack (OMA LwM2M core 1.2 section 6.1.7.7): taken whole, or Bootstrap-Request."""

from expect import raises
from lwm2m_fakes import CBOR, JSON, KEY, TLV, answer, bootstrap_security, security, server
from lwm2m_servers import BOOTSTRAP, Network, Setup, names
from test_lwm2m_store import NAME, OLD, every_cut

from dtls_micro.coap.errors import CoapError
from dtls_micro.lwm2m import accounts, cbor, formats
from dtls_micro.lwm2m.accounts import Security
from dtls_micro.lwm2m.consistency import fault
from dtls_micro.lwm2m.store import FileStore, MemoryStore

# The pack of the specification's example, its first server; other names and a key of RFC 4648's
EXAMPLE = b"""
    [{"bn":"/0/1/", "n":"0","vs":"coaps://server1.example.com"},
    {"n":"1","vb":false},
    {"n":"2","v":0},
    {"n":"3","vd":"YjMxM2NjMjItZjk2OS00MmVjLWFkNDI"},
    {"n":"4","vd":""},
    {"n":"5","vd":"HKICjXGXx3jprvXvaQgr6g"},
    {"n":"10","v":101},
    {"bn":"/1/0/", "n":"0","v":101},
    {"n":"1","v":86400},
    {"n":"2","v":300},
    {"n":"3","v":6000},
    {"n":"5","v":86400},
    {"n":"6","vb":true},
    {"n":"7","vs":"U"}]"""


def records(*made):
    """Return the records of accounts; those of object 0 begin with instance 1."""
    tree = accounts.of(Security())
    for one in made:
        tree.add(one)
    tree.remove((0, 0))
    return tree.read((0,), "") + tree.read((1,), "")


def pack(*made, form=CBOR, more=()):
    """Return the response that has accounts."""
    return answer(0x45, payload=formats.encode(form, records(*made) + list(more), ()), form=form)


def asking(response=None, form=CBOR, network=None, **settings):
    """Return a Setup whose bootstrap server gives a pack."""
    network = network or Network()
    if response is not None:
        network.packs[form] = response
    return Setup(network, pack=True, **settings)


def test_12_a_pack_takes_the_place_of_the_writes():
    for form in (CBOR, JSON):
        store = MemoryStore()
        setup = asking(pack(security(1), server(1), form=form), form, store=store)
        if form == JSON:
            setup.network.packs[CBOR] = answer(0x86)
        network = setup.stop_after(50)
        asked = ["pack"] * (2 if form == JSON else 1)
        assert names(network) == asked + ["register", "deregister"]
        assert network.asked[1][1] == "/bspack?ep=dev1&acc=%3C%2F0%2F0%3E"
        tree, trial = store.load()
        assert not trial and accounts.bootstrap_account(tree).uri == BOOTSTRAP
        ((one, there),) = accounts.pairs(tree)
        assert (one.ssid, one.secret, there.lifetime) == (1, KEY, 300)
        assert "Bootstrap-Pack: the accounts are stored" in setup.text


def test_the_specification_s_example():
    setup = asking(answer(0x45, payload=EXAMPLE, form=JSON))
    setup.stop_after(50)
    ((one, there),) = accounts.pairs(setup.client.accounts)
    assert one.identity == b"b313cc22-f969-42ec-ad42" and len(one.secret) == 16
    assert (there.ssid, there.lifetime, there.pmin, there.pmax) == (101, 86400, 300, 6000)


def test_nothing_is_asked_for_unless_it_is_wanted():
    network = Setup().stop_after(50)
    assert names(network) == ["bootstrap", "register", "deregister"]


def test_servers_that_give_none_get_a_bootstrap_request():
    for code in (0x80, 0x81, 0x84, 0x85, 0x86, 0xA1, 0xA3, 0x44):
        network = Network()
        network.packs = {CBOR: answer(code), JSON: answer(code)}
        setup = asking(network=network)
        setup.stop_after(50)
        asked = ["pack"] * (2 if code == 0x86 else 1)
        assert names(network) == asked + ["bootstrap", "register", "deregister"], code
        assert "no Bootstrap-Pack: " in setup.text and setup.network.finishes == [0x44]
        # It is the same connection.
        assert network.asked.count(("connect", BOOTSTRAP)) == 1


def test_a_pack_that_does_not_come_is_asked_for_again_at_the_next_bootstrap():
    for error in (CoapError("the body has more than 16384 bytes"), MemoryError()):
        network = Network()
        network.packs[CBOR] = error
        network.bootstrap = 0x84

        def better(network=network):
            network.packs[CBOR] = pack(security(1), server(1))

        setup = asking(network=network)
        setup.client.later(100, better)
        setup.stop_after(400)
        assert names(network)[:2] == ["pack", "bootstrap"]
        assert network.count("pack") > 1 and network.count("register") == 1


def test_after_a_pack_that_leads_nowhere_the_server_may_write():
    """The account that worked does no longer, and what the pack brings is no better."""
    for response in (
        answer(0x45, payload=b"\x80", form=CBOR),
        answer(0x45, payload=cbor.encode([{0: "/2/0/0", 2: 1}]), form=CBOR),
        pack(security(2, "coaps://127.0.0.1:9"), server(2, retries=1)),
    ):
        network = Network()
        network.known = False
        network.to_write = [(security(3), server(3))]
        store = Staging()
        store.confirm(accounts.of(bootstrap_security(), security(1), server(1, retries=1)))
        setup = asking(response, network=network, store=store)
        wrote = setup.network.finishes.append

        def begin(code, network=network, wrote=wrote):
            network.known = True
            wrote(code)

        network.finishes = Finishes(begin)
        setup.stop_after(3000)
        assert network.count("pack") <= 2 and network.count("register") == 1
        ((one, _),) = accounts.pairs(store.load()[0])
        assert one.ssid == 3


class Finishes(list):
    """Hears of each Finish."""

    def __init__(self, hear):
        super().__init__()
        self.hear = hear

    def append(self, code):
        self.hear(code)


def slowly(seconds, stopping=False):
    """Have a block of a pack come late; return the Setup, and whether the next is waited for."""
    setup = asking(pack(security(1), server(1)))
    found = []
    request = setup.world.request

    async def slow(endpoint, code, path, progress=None, **settings):
        if progress:
            setup.world.port.now += seconds * 1000
            setup.client.stopping = stopping
            found.append(False)
            progress(16, None)
            found[0] = True
        return await request(endpoint, code, path, **settings)

    setup.world.request = slow
    return setup, found


def test_a_pack_that_comes_slowly_ends_after_some_minutes():
    for seconds, goes_on in ((980, True), (990, False)):
        setup, found = slowly(seconds)
        setup.world.run(setup.client.bootstrap_once())
        assert found == [goes_on] and setup.network.count("bootstrap") == (not goes_on)


def test_stop_ends_a_pack_that_comes_slowly():
    setup, found = slowly(1, stopping=True)
    raises(OSError, setup.world.run, setup.client.bootstrap_once())
    assert found == [False] and names(setup.network) == []


def bad_packs():
    """Yield (what is wrong, response, a part of the reason)."""
    good = records(security(1), server(1))
    octets = formats.encode(CBOR, good, ())
    for size in range(0, len(octets), 7):
        yield "cut to %d" % size, answer(0x45, payload=octets[:size], form=CBOR), ""
    yield "2.04", answer(0x44, payload=octets, form=CBOR), "2.04"
    yield "a byte more", answer(0x45, payload=octets + b"\0", form=CBOR), "behind"
    text = formats.encode(JSON, good, ())
    yield "cut JSON", answer(0x45, payload=text[:-1], form=JSON), ""
    yield "no JSON", answer(0x45, payload=octets, form=JSON), ""
    yield "no pack", answer(0x45, payload=b"{}", form=JSON), "not a pack"
    yield "without a format", answer(0x45, payload=octets), "format None"
    yield "in TLV", answer(0x45, payload=octets, form=TLV), "format 11542"
    yield "empty", answer(0x45, payload=b"\x80", form=CBOR), "no account in it"
    for path in ("/3/0/15", "/5/0/1", "/21/0/1", "/3303/0/5701"):
        extra = cbor.encode([{0: path, 3: "x"}])[1:]
        yield path, with_records(good, extra), path + " is not for a pack"
    for path in ("/0/1/", "/0/", "/", "/2/0"):
        yield path, with_records(good, cbor.encode([{0: path}])[1:]), "is not for a pack"
    again = cbor.encode([{0: "/1/0/1", 2: 60}])[1:]
    yield "twice", with_records(good, again), "/1/0/1 comes twice"
    for record in ({0: "/1/1/1", 3: "x"}, {0: "/0/2/1", 2: 1}, {0: "/0/2/5", 3: "x"}):
        wrong = cbor.encode([record])[1:]
        yield "a wrong type", with_records(good, wrong), "not of kind"
    yield "single", with_records(good, cbor.encode([{0: "/1/0/2/0", 2: 1}])[1:]), "single"
    yield "half", with_records(good, cbor.encode([{0: "/1/1/1", 2: 60}])[1:]), "mandatory"
    yield "65535", with_records(good, cbor.encode([{0: "/1/65535/1", 2: 60}])[1:]), ""
    yield "lifetime", with_records(good[:-1], cbor.encode([{0: "/1/0/2", 2: -1}])[1:]), "range"
    most = [security(i, "coaps://h") for i in range(1, 19)] + [server(i) for i in range(1, 19)]
    yield "18 servers", pack(*most), "more than 16"
    yield "no server", pack(security(1)), "no server for the account"
    yield "no account", pack(server(1)), "no account"
    yield "a short key", pack(Security("coaps://h", 0, b"x", b"1234567", ssid=1), server(1)), "8"
    yield "two bootstrap servers", pack(bootstrap_security(), security(1), server(1)), "two acc"
    there = [((0, 0) + one[0][2:], one[1], one[2]) for one in good if one[0][0] == 0]
    there += [one for one in good if one[0][0] == 1]
    away = answer(0x45, payload=formats.encode(CBOR, there, ()), form=CBOR)
    yield "in its place", away, "the account of the bootstrap server"


def with_records(good, extra):
    """Return the pack of records with one in CBOR besides."""
    octets = formats.encode(CBOR, good, ())
    body = octets[1:] if octets[0] < 0x98 else octets[2:]
    return answer(0x45, payload=b"\x9f" + body + extra + b"\xff", form=CBOR)


class Staging(MemoryStore):
    """A store that counts the sets that a bootstrap has brought."""

    count = 0

    def stage(self, tree):
        self.count += 1
        super().stage(tree)


def test_bad_packs_are_refused_whole_with_a_reason():
    for what, response, reason in bad_packs():
        store = Staging()
        setup = asking(response, store=store)
        setup.network.to_write = [(security(9), server(9))]
        network = setup.stop_after(50)
        told = [one for one in setup.told if "Bootstrap-Pack" in one]
        assert len(told) == 1 and told[0].startswith("no Bootstrap-Pack: "), (what, told)
        assert reason in told[0] and len(told[0]) > 20, (what, told)
        assert names(network) == ["pack", "bootstrap", "register", "deregister"], what
        # What was staged is what was written, and nothing else.
        assert store.count == 1, what
        ((one, there),) = accounts.pairs(store.load()[0])
        assert (one.ssid, there.ssid) == (9, 9), what


def test_a_damaged_pack_is_usable_or_not_used():
    taken = 0
    for form in (CBOR, JSON):
        octets = formats.encode(form, records(security(1), server(1)), ())
        for at in range(len(octets)):
            for change in (1, 0x20, 0x80):
                damaged = bytearray(octets)
                damaged[at] ^= change
                setup = asking(answer(0x45, payload=bytes(damaged), form=form), CBOR)
                setup.network.bootstrap = 0x80
                try:
                    setup.world.run(setup.client.bootstrap_once())
                except OSError:
                    assert accounts.pairs(setup.client.accounts) == []
                    assert setup.client.store.load() == (None, False)
                    continue
                assert fault(setup.client.accounts) is None
                taken += 1
    assert taken > 50


def test_instances_that_a_pack_does_not_have_go_and_objects_stay():
    factory = [security(1), server(1), security(2), server(2)]
    setup = Setup(factory=factory, bootstrap=bootstrap_security(), pack=True)
    setup.network.packs[CBOR] = pack(server(1), server(2))  # of object 1 only
    setup.world.run(setup.client.bootstrap_once())
    found = setup.client.accounts
    assert [one.ssid for _, one in found.instances(0)] == [1, 2, 0]
    assert len(accounts.pairs(found)) == 2 and setup.client.on_trial
    setup = Setup(factory=factory, bootstrap=bootstrap_security(), pack=True)
    setup.network.packs[CBOR] = pack(security(7), server(7))
    setup.world.run(setup.client.bootstrap_once())
    assert setup.network.asked[1][1].endswith("&acc=%3C%2F0%2F2%3E")
    found = setup.client.accounts
    assert [(number, one.ssid) for number, one in found.instances(0)] == [(1, 7), (2, 0)]
    assert [one.ssid for _, one in found.instances(1)] == [7]


def test_a_pack_may_bring_another_account_of_the_bootstrap_server():
    other = Security("coaps://127.0.0.1:5784", 0, b"new-bs", KEY, bootstrap=True)
    tree = accounts.of(other, security(1), server(1))
    octets = formats.encode(CBOR, tree.read((0,), "") + tree.read((1,), ""), ())
    setup = asking(answer(0x45, payload=octets, form=CBOR))
    setup.stop_after(50)
    assert accounts.bootstrap_account(setup.client.accounts).identity == b"new-bs"


def test_what_is_not_known_here_is_passed_over():
    more = [((0, 1, 9), "s", "+1"), ((0, 1, 26), "l", (22, 0)), ((1, 0, 22), "s", "U")]
    setup = asking(pack(security(1), server(1), more=more))
    assert names(setup.stop_after(50)) == ["pack", "register", "deregister"]


def test_access_rights_matter_with_several_servers_only():
    rights = [((2, 0, 0), "i", 1), ((2, 0, 1), "i", 0), ((2, 0, 2, 1), "i", 15)]
    setup = asking(pack(security(1), server(1), more=rights))
    assert names(setup.stop_after(50)) == ["pack", "register", "deregister"]
    both = [security(1), security(2), server(1), server(2)]
    setup = asking(pack(*both, more=rights))
    setup.stop_after(50)
    assert "the rights of several servers" in setup.text
    assert names(setup.network)[:2] == ["pack", "bootstrap"]


def test_a_pack_is_stored_before_it_is_used():
    store = MemoryStore()
    setup = asking(pack(security(1), server(1)), store=store)
    seen = []
    connect = setup.network.connect

    def look(uri, credential):
        seen.append((uri == BOOTSTRAP, store.load()[1]))
        return connect(uri, credential)

    setup.network.connect = look
    setup.stop_after(50)
    assert seen == [(True, False), (False, True)]


def test_a_power_cut_while_a_pack_is_stored_leaves_a_whole_set():
    def before():
        FileStore(NAME).confirm(OLD)

    def action():
        both = pack(security(2), server(2), security(3), server(3))
        setup = asking(both, store=FileStore(NAME))
        setup.client._load()
        setup.world.run(setup.client.bootstrap_once())

    seen = every_cut(before, action, [([1], False), ([2, 3], True)])
    assert ([1], False) in seen and ([2, 3], True) in seen


def test_a_store_that_fails_takes_no_pack():
    store = MemoryStore()

    def stage(tree):
        raise OSError("no space")

    store.stage = stage
    setup = asking(pack(security(1), server(1)), store=store)
    setup.stop_after(30)
    assert "no Bootstrap-Pack: the accounts cannot be stored: no space" in setup.text
    assert setup.network.count("register") == 0 and store.load() == (None, False)


def test_a_pack_whose_server_does_not_register_us_gives_way_to_the_set_before():
    network = Network()
    store = MemoryStore()
    store.confirm(accounts.of(bootstrap_security(), security(1), server(1)))
    network.packs[CBOR] = pack(security(2, "coaps://127.0.0.1:9"), server(2, retries=1))
    connect = network.connect

    def refuse(uri, credential):
        network.known = not uri.endswith(":9")
        return connect(uri, credential)

    network.connect = refuse
    setup = Setup(network, store=store, pack=True)

    async def lost():
        await setup.world.sleep(20, setup.world.waker())
        setup.client.sessions[0].server.asked = "bootstrap"
        setup.client.sessions[0].wake()

    setup.world.spawn(lost())
    setup.stop_after(60)
    assert "those before are used again" in setup.text and network.count("pack") == 1
    assert [one for one in names(network) if one != "deregister"] == [
        "register",
        "pack",
        "register",
    ]
    ((one, _),) = accounts.pairs(store.load()[0])
    assert one.ssid == 1
