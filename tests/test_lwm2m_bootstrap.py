"""What bootstrap servers may do: OMA LwM2M core 1.1 section 6.1; the payloads are Leshan's."""

from binascii import unhexlify

from lwm2m_fakes import (
    DELETE,
    GET,
    JSON,
    KEY,
    LINK,
    POST,
    PUT,
    TLV,
    Sensor,
    bootstrap_security,
    request,
    security,
    server,
    tlv_of,
)

from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.bootstrap import Bootstrap
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.store import MemoryStore
from dtls_micro.lwm2m.tree import Tree

# PUT /0/0, /0/1 and /1/0 of Leshan's bootstrap server
ACCOUNT_0 = unhexlify(
    "c80016636f6170733a2f2f3132372e302e302e313a35373834c10101c10200c703646576312d6273c004c8051000"
    "112233445566778899aabbccddeeffc10603c007c008c009c10a00c10b01c10c00"
)
ACCOUNT_1 = unhexlify(
    "c80016636f6170733a2f2f3132372e302e302e313a35363834c10100c10200c40364657631c004c805100f0e0d0c"
    "0b0a09080706050403020100c10603c007c008c009c10a7bc10b01c10c00"
)
SERVER_0 = unhexlify("c1007bc201012cc10201c10601c10755")


class Setup:
    """A factory-fresh device, or one with accounts."""

    def __init__(self, *more, allow_nosec=False):
        self.before = accounts.of(bootstrap_security(), *more)
        self.octets = accounts.encode(self.before)
        self.objects = Tree()
        self.device = Device("Example")
        self.objects.add(self.device)
        self.objects.add(Sensor())
        self.store = MemoryStore()
        self.told = []
        self.session = Bootstrap(
            self.before, self.objects, self.store, allow_nosec, self.told.append
        )

    def ask(self, *arguments, **named):
        return self.session.handle(request(*arguments, **named))

    def code(self, *arguments, **named):
        found = self.ask(*arguments, **named).code
        return "%d.%02d" % (found >> 5, found & 31)

    def put_all(self):
        assert self.code(PUT, "/0/0", ACCOUNT_0, form=TLV) == "2.04"
        assert self.code(PUT, "/0/1", ACCOUNT_1, form=TLV) == "2.04"
        assert self.code(PUT, "/1/0", SERVER_0, form=TLV) == "2.04"

    def unchanged(self):
        return accounts.encode(self.before) == self.octets and not self.session.finished


def test_leshan_s_sequence():
    setup = Setup()
    assert setup.code(DELETE, "/0") == "2.02"
    assert setup.code(DELETE, "/1") == "2.02"
    setup.put_all()
    assert setup.unchanged() and setup.store.load() == (None, False)
    assert setup.code(POST, "/bs") == "2.04"
    stored, trial = setup.store.load()
    assert trial and setup.session.finished
    ((one, there),) = accounts.pairs(stored)
    assert (one.uri, one.identity, one.ssid) == ("coaps://127.0.0.1:5684", b"dev1", 123)
    assert one.secret == unhexlify("0f0e0d0c0b0a09080706050403020100")
    assert (there.lifetime, there.binding, there.ssid) == (300, "U", 123)
    assert accounts.bootstrap_account(stored).identity == b"dev1-bs"
    assert setup.code(PUT, "/1/0", SERVER_0, form=TLV) == "4.05"  # it is over


def test_writes_to_the_object():
    setup = Setup()
    both = accounts.of(bootstrap_security(), security(5))
    servers = accounts.of(server(5))
    assert setup.code(PUT, "/0", tlv_of(both, (0,)), form=TLV) == "2.04"
    assert setup.code(PUT, "/1", tlv_of(servers, (1,)), form=TLV) == "2.04"
    assert setup.code(POST, "/bs") == "2.04"
    assert len(accounts.pairs(setup.session.accounts)) == 1


def test_writes_to_resources():
    setup = Setup()
    values = ((0, b"coaps://127.0.0.1"), (1, b"0"), (2, b"0"), (10, b"7"))
    for number, value in values:
        assert setup.code(PUT, "/0/1/%d" % number, value, form=0) == "2.04"
    for number, value in ((3, b"me"), (5, KEY)):
        assert setup.code(PUT, "/0/1/%d" % number, value, form=42) == "2.04"
    assert setup.code(PUT, "/1/0/0", b"7", form=0) == "2.04"
    assert setup.code(PUT, "/1/0/1", b"60", form=0) == "2.04"
    assert setup.code(POST, "/bs") == "2.04"
    ((one, there),) = accounts.pairs(setup.session.accounts)
    assert (one.identity, one.secret, there.lifetime) == (b"me", KEY, 60)


def test_discover():
    setup = Setup(security(7), server(7))
    answer = setup.ask(GET, "", accept=LINK)
    assert answer.code == 0x45 and answer.content_format == LINK
    assert bytes(answer.payload) == (
        b'</>;lwm2m=1.1,</0>;ver=1.1,</0/0>;uri="coaps://127.0.0.1:5784",'
        b'</0/1>;ssid=7;uri="coaps://127.0.0.1:5684",</1>;ver=1.1,</1/0>;ssid=7,</3>;ver=1.1,'
        b"</3/0>,</3303>;ver=1.1,</3303/0>"
    )
    answer = setup.ask(GET, "/1", accept=LINK)
    assert bytes(answer.payload) == b"</1>;ver=1.1,</1/0>;ssid=7"
    assert setup.code(GET, "/77", accept=LINK) == "4.04"


def test_8_read_gives_servers_only():
    setup = Setup(security(7), server(7))
    assert setup.ask(GET, "/1/0").code == 0x45
    assert setup.ask(GET, "/1").code == 0x45
    assert setup.code(GET, "/2") == "4.04"  # it could be read, and is not here
    for path in ("/0", "/0/0", "/3/0", "/", "/1/0/1"):
        assert setup.code(GET, path) == "4.05", path


def test_delete_keeps_the_bootstrap_account_and_the_device():
    setup = Setup(security(7), server(7))
    assert setup.code(DELETE, "/") == "2.02"
    left = setup.session.accounts
    assert [one.bootstrap for _, one in left.instances(0)] == [True]
    assert left.instances(1) == [] and setup.objects.has((3, 0))
    assert setup.code(DELETE, "/0/0") == "4.00"
    assert setup.code(DELETE, "/0/9") == "4.04"
    assert setup.code(DELETE, "/3/0") == "4.00"
    assert setup.code(DELETE, "/3303/77") == "4.04"
    assert setup.code(DELETE, "/0/0/1") == "4.05"
    assert setup.unchanged()


def test_finish_refuses_what_is_not_usable():
    def setup_with(*made, **options):
        setup = Setup(**options)
        tree = accounts.of(*made)
        for number in (0, 1):
            octets = tlv_of(tree, (number,))
            records = [("/%d" % number, octets)] if octets else []
            for path, payload in records:
                # The bootstrap account is instance 0 of the device: ours begin with 1.
                assert setup.code(PUT, path, payload, form=TLV) == "2.04"
        return setup

    boot = bootstrap_security
    cases = (
        ((boot(),), "no account of a server"),
        ((boot(), security(5)), "no server for the account of server 5"),
        ((boot(), server(5)), "no account of a server"),
        ((boot(), security(5), server(5), server(5)), "no account of server 5, or two"),
        ((boot(), security(5), security(5), server(5)), "another account"),
        ((boot(), boot(), security(5), server(5)), "two accounts"),
        ((boot(), security(0), server(0)), "short server ID"),
        ((boot(), security(5, "coap://h"), server(5)), "coap:// with security"),
        ((boot(), security(5, "http://h"), server(5)), ""),
        ((boot(), changed(security(5), mode=9), server(5)), "unknown security mode 9"),
        ((boot(), changed(security(5), mode=3), server(5)), "not allowed"),
        ((boot(), changed(security(5), secret=b"1234567"), server(5)), "8 to 64"),
        ((boot(), changed(security(5), secret=bytes(65)), server(5)), "8 to 64"),
        ((boot(), changed(security(5), identity=b""), server(5)), "1 to 128"),
        ((boot(), changed(security(5), identity=bytes(129)), server(5)), "1 to 128"),
        ((boot(), changed(security(5), mode=1), server(5)), ""),
        ((boot(), changed(security(5), mode=2), server(5)), ""),
        (
            (boot(), changed(security(5), suites={0: 0x1301}), server(5)),
            "none of the cipher suites",
        ),
    )
    for made, reason in cases:
        setup = setup_with(*made)
        answer = setup.ask(POST, "/bs")
        assert answer.code == 0x86 and reason in bytes(answer.payload).decode(), reason
        assert setup.unchanged() and setup.store.load() == (None, False)
        assert setup.session.refused


def changed(instance, **values):
    for name in values:
        setattr(instance, name, values[name])
    return instance


def test_no_security_if_it_is_allowed():
    setup = Setup(allow_nosec=True)
    setup.put_all()
    assert setup.code(PUT, "/0/1/2", b"3", form=0) == "2.04"
    assert setup.code(PUT, "/0/1/0", b"coap://127.0.0.1", form=0) == "2.04"
    assert setup.code(POST, "/bs") == "2.04"


def test_what_is_malformed_changes_nothing():
    setup = Setup(security(7), server(7))
    before = accounts.encode(setup.session.accounts)
    assert setup.code(PUT, "/0/1", ACCOUNT_1[:-1], form=TLV) == "4.00"
    assert setup.code(PUT, "/0/1", b"{", form=JSON) == "4.00"
    assert setup.code(PUT, "/0/1", ACCOUNT_1, form=60) == "4.15"
    assert setup.code(PUT, "/1/0", b"\xc1\x07\x55", form=TLV) == "4.00"  # not all that must be
    assert setup.code(PUT, "/5/0/1", b"x", form=0) == "4.04"
    assert setup.code(POST, "/0/1", ACCOUNT_1, form=TLV) == "4.05"
    assert setup.code(PUT, "/0/70000", ACCOUNT_1, form=TLV) == "4.04"
    assert accounts.encode(setup.session.accounts) == before


def test_other_objects_are_written_at_finish():
    setup = Setup()
    setup.put_all()
    assert setup.code(PUT, "/3/0/15", b"Europe/Berlin", form=0) == "2.04"
    assert setup.device.timezone is None
    assert setup.code(PUT, "/3/0/99", b"x", form=0) == "4.04"
    assert setup.code(POST, "/bs") == "2.04"
    assert setup.device.timezone == "Europe/Berlin"


def test_other_objects_are_written_whole_or_not_at_all():
    class Broken(MemoryStore):
        def __init__(self, error):
            super().__init__()
            self.error = error

        def stage(self, tree):
            raise self.error

    cases = (MemoryStore(), b"-1"), (Broken(MemoryError()), b"5"), (Broken(OSError("full")), b"5")
    for store, last in cases:
        setup = Setup()
        setup.session._store = store
        sensor = setup.objects.instance((3303, 0))
        setup.put_all()
        assert setup.code(PUT, "/3303/0/5701", b"K", form=0) == "2.04"
        assert setup.code(PUT, "/3303/0/5500", b"1", form=0) == "2.04"
        assert setup.code(PUT, "/3303/7", NAMED, form=JSON) == "2.04"
        assert setup.code(DELETE, "/3303/0") == "2.02"
        assert setup.code(PUT, "/3303/0/5701", b"K", form=0) == "2.04"
        assert setup.code(PUT, "/3/0/15", b"Europe/Berlin", form=0) == "2.04"
        assert setup.code(PUT, "/3303/7/5850", last, form=0) == "2.04"
        assert setup.code(POST, "/bs") == ("4.00" if last == b"-1" else "5.00")
        assert setup.objects.instances(3303) == [(0, sensor)] and not setup.session.finished
        assert sensor.units == "Cel" and sensor.on is None and setup.device.timezone is None
    setup.session._store = MemoryStore()
    assert setup.code(POST, "/bs") == "2.04"
    assert [(n, one.units, one.limit) for n, one in setup.objects.instances(3303)] == [
        (0, "K", 1),
        (7, "F", 5),
    ]
    assert setup.device.timezone == "Europe/Berlin" and setup.objects.instance((3303, 0)) != sensor


NAMED = b'[{"bn":"/3303/7/","n":"5701","vs":"F"}]'


def test_deletions_of_other_objects_are_done_at_finish():
    for path in ("/3303/0", "/3303", "/"):
        setup = Setup()
        assert setup.code(DELETE, path) == "2.02"
        setup.put_all()
        assert len(setup.objects.instances(3303)) == 1
        assert setup.code(POST, "/bs") == "2.04"
        assert setup.objects.instances(3303) == [] and len(setup.objects.instances(3)) == 1


def test_what_nobody_may_write_no_bootstrap_server_does():
    setup = Setup()
    assert setup.code(PUT, "/3303/0/5700", b"99.5", form=0) == "4.05"  # a measured value
    assert setup.code(PUT, "/3303/0/5605", b"1", form=0) == "4.05"  # what is executed
    assert setup.code(PUT, "/3303", b"", form=TLV) == "2.04"  # of no instance
    sensor = setup.objects.instance((3303, 0))
    try:
        sensor.write(sensor.resource(5700), 99.5)
        raise AssertionError("a method was written over")
    except ValueError:
        assert sensor.value() == 21.5


def test_numbers_and_texts_that_could_not_be_stored_are_refused():
    setup = Setup(security(1), server(1))
    assert setup.code(PUT, "/1/65535/0", b"1", form=0) == "4.00"
    assert setup.code(PUT, "/0/1/0", b"coaps://h\n", form=0) == "4.00"
    assert setup.code(PUT, "/0/1/3/1", b"x", form=0) == "4.05"
    assert setup.code(PUT, "/0", b'[{"bn":"/0/"}]', form=JSON) == "2.04"  # nothing
    surrogate = b'[{"bn":"/0/1/14","vs":"\\ud800"}]'
    assert setup.code(PUT, "/0/1/14", surrogate, form=JSON) in ("4.00", "2.04")
    assert setup.code(PUT, "/3/0", b'[{"\\ud800_":1}]', form=JSON) == "4.00"
    assert setup.code(GET, "/", accept=LINK) == "2.05"
    assert setup.code(POST, "/bs") == "2.04" and setup.store.load()[1]


def test_memory_does_not_grow_with_the_number_of_writes():
    setup = Setup(security(1), server(1))
    for i in range(40):
        assert setup.code(PUT, "/3303/0/5701", b"%d" % i, form=0) == "2.04"
        code = setup.code(PUT, "/1/%d/0" % (i + 1), b"1", form=0)
        assert code == ("2.04" if i < 15 else "4.00"), i
    assert len(setup.session._pending._asked) == 1
    assert len(setup.session.accounts.instances(1)) == 16
    codes = [setup.code(PUT, "/3303/%d/5701" % i, b"K", form=0) for i in range(1, 70)]
    assert codes == ["2.04"] * 63 + ["4.00"] * 6


def test_a_server_that_changes_its_mind_between_writes():
    setup = Setup()
    setup.put_all()
    assert setup.code(PUT, "/0/1", ACCOUNT_1[:-1], form=TLV) == "4.00"
    assert setup.code(DELETE, "/0") == "2.02"
    assert setup.code(POST, "/bs") == "4.06"  # of the account nothing is left
    assert setup.unchanged() and setup.store.load() == (None, False)
    assert setup.code(PUT, "/0/4", ACCOUNT_1, form=TLV) == "2.04"
    assert setup.code(PUT, "/1/0/1", b"60", form=0) == "2.04"
    assert setup.code(PUT, "/1/0/1", b"90", form=0) == "2.04"
    assert setup.code(POST, "/bs") == "2.04" and setup.session.refused is None
    ((_, there),) = accounts.pairs(setup.store.load()[0])
    assert there.lifetime == 90


def test_a_store_that_fails_refuses_finish():
    class Broken(MemoryStore):
        def stage(self, tree):
            raise OSError("full")

    setup = Setup()
    setup.session._store = Broken()
    setup.put_all()
    assert setup.code(POST, "/bs") == "5.00"
    assert not setup.session.finished


def test_no_secret_is_told():
    setup = Setup()
    setup.put_all()
    setup.code(PUT, "/0/1/5", KEY, form=42)
    setup.code(PUT, "/0/1/5", b"\xff" * 300, form=0)
    setup.code(POST, "/bs")
    assert setup.told and KEY.decode() not in "".join(setup.told)
    assert "\xff" not in "".join(setup.told)
