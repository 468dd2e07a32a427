"""What servers may do to objects: OMA LwM2M core 1.1 sections 6.3, 6.4 and 5.1.2."""

from expect import raises
from lwm2m_fakes import (
    CBOR,
    DELETE,
    FETCH,
    GET,
    IPATCH,
    JSON,
    LINK,
    OPAQUE,
    POST,
    PUT,
    TLV,
    Sensor,
    request,
    server,
)

from dtls_micro.lwm2m import formats
from dtls_micro.lwm2m.attributes import Attributes
from dtls_micro.lwm2m.management import Management
from dtls_micro.lwm2m.objects import Refused
from dtls_micro.lwm2m.tree import Tree


class Setup:
    """One sensor and one server."""

    def __init__(self):
        self.sensor = Sensor()
        self.tree = Tree()
        self.tree.add(self.sensor)
        self.server = server(123)
        self.written = []
        tree = self.tree.with_instance((1, 0), self.server)
        self.management = Management(tree, self.server, self.written.append)

    def ask(self, *arguments, **named):
        return self.management.handle(request(*arguments, **named))

    def code(self, *arguments, **named):
        found = self.ask(*arguments, **named).code
        return "%d.%02d" % (found >> 5, found & 31)


def test_a_resource_is_read_as_text():
    answer = Setup().ask(GET, "/3303/0/5700")
    assert (answer.code, answer.payload, answer.content_format) == (0x45, b"21.5", 0)


def test_an_opaque_resource_is_read_as_it_is():
    setup = Setup()
    setup.sensor.blob = b"\0\1"
    answer = setup.ask(GET, "/3303/0/5910")
    assert (answer.payload, answer.content_format) == (b"\0\1", OPAQUE)


def test_an_instance_is_read_without_what_cannot_be_read():
    setup = Setup()
    setup.sensor.on = True
    answer = setup.ask(GET, "/3303/0")
    assert answer.content_format == TLV
    records = formats.decode(TLV, answer.payload, (3303, 0), setup.tree.kind)
    assert [path[2] for path, _ in records] == [5700, 5701, 5850]


def test_every_format_that_is_asked_for():
    for form in (TLV, JSON, CBOR):
        setup = Setup()
        answer = setup.ask(GET, "/3303/0", accept=form)
        assert answer.content_format == form
        records = formats.decode(form, answer.payload, (3303, 0), setup.tree.kind)
        assert ((3303, 0, 5701), "Cel") in records
    assert Setup().code(GET, "/3303/0", accept=60) == "4.06"
    assert Setup().code(GET, "/3303/0", accept=0) == "4.06"


def test_what_cannot_be_read():
    setup = Setup()
    assert setup.code(GET, "/3303/0/5500") == "4.05"  # write only
    assert setup.code(GET, "/3303/0/5605") == "4.05"  # executable
    assert setup.code(GET, "/3303/0/1") == "4.04"
    assert setup.code(GET, "/3303/1") == "4.04"
    assert setup.code(GET, "/9") == "4.04"
    assert setup.code(GET, "/x") == "4.04"
    assert setup.code(GET, "/3303/0/5910") == "4.04"  # no value
    assert setup.code(GET, "/3303/0/5750/7") == "4.04"
    assert setup.code(GET, "/3303/0/5700/0/0") == "4.04"
    assert setup.code(GET, "/99999") == "4.04"


def test_security_is_refused():
    for code in (GET, PUT, POST, DELETE):
        assert Setup().code(code, "/0") == "4.01"
        assert Setup().code(code, "/0/0/3", b"x") == "4.01"


def test_a_resource_is_written():
    setup = Setup()
    assert setup.code(PUT, "/3303/0/5701", b"K", form=0) == "2.04"
    assert setup.sensor.units == "K"
    assert setup.written == [(3303, 0, 5701)]


def test_what_cannot_be_written():
    setup = Setup()
    assert setup.code(PUT, "/3303/0/5700", b"1", form=0) == "4.05"
    assert setup.code(PUT, "/3303/0/5850", b"-1", form=0) == "4.00"
    assert setup.code(PUT, "/3303/0/5850", b"one", form=0) == "4.00"
    assert setup.code(PUT, "/3303/0/5701", b"K", form=60) == "4.15"
    assert setup.code(PUT, "/3303/0/5", b"K", form=0) == "4.04"
    assert setup.code(PUT, "/3303", b"K", form=TLV) == "4.05"
    assert setup.sensor.units == "Cel" and setup.written == []


def test_a_write_is_all_or_nothing():
    setup = Setup()
    records = [((3303, 0, 5701), "s", "K"), ((3303, 0, 5850), "i", -5)]
    payload = formats.encode(TLV, records, (3303, 0))
    assert setup.code(POST, "/3303/0", payload, form=TLV) == "4.00"
    assert (setup.sensor.units, setup.sensor.limit) == ("Cel", 1)


def test_a_replacement_has_what_is_mandatory():
    setup = Setup()
    payload = formats.encode(TLV, [((3303, 0, 5850), "i", 5)], (3303, 0))
    assert setup.code(PUT, "/3303/0", payload, form=TLV) == "4.00"
    assert setup.code(POST, "/3303/0", payload, form=TLV) == "2.04"
    assert (setup.sensor.units, setup.sensor.limit) == ("Cel", 5)


def test_multiple_resources():
    setup = Setup()
    setup.sensor.names = {0: "a"}
    records = [((3303, 0, 5750, 1), "s", "b")]
    payload = formats.encode(TLV, records, (3303, 0, 5750))
    assert setup.code(POST, "/3303/0/5750", payload, form=TLV) == "2.04"
    assert setup.sensor.names == {0: "a", 1: "b"}
    assert setup.code(PUT, "/3303/0/5750", payload, form=TLV) == "2.04"
    assert setup.sensor.names == {1: "b"}
    assert setup.code(PUT, "/3303/0/5750/4", b"c", form=0) == "2.04"
    assert setup.sensor.names == {1: "b", 4: "c"}
    assert setup.ask(GET, "/3303/0/5750/4").payload == b"c"
    assert setup.code(PUT, "/3303/0/5701/0", b"c", form=0) == "4.00"


def test_execute():
    setup = Setup()
    assert setup.code(POST, "/3303/0/5605", b"0='x'") == "2.04"
    assert setup.sensor.executed == ["0='x'"]
    assert setup.code(POST, "/3303/0/5605", b"bad") == "4.00"
    assert setup.code(POST, "/3303/0/5605", b"\xff") == "4.00"
    assert setup.code(PUT, "/3303/0/5605", b"", form=0) == "4.05"
    assert setup.code(POST, "/3303/0/5700", b"", form=0) != "2.04"


def test_create_and_delete():
    setup = Setup()
    payload = formats.encode(TLV, [((3303, 4, 5701), "s", "K")], (3303,))
    answer = setup.ask(POST, "/3303", payload, form=TLV)
    assert (answer.code, answer.location) == (0x41, "/3303/4")
    assert setup.tree.instance((3303, 4)).units == "K"
    assert setup.written == [None]
    assert setup.code(POST, "/3303", payload, form=TLV) == "4.00"  # it is there
    assert setup.code(DELETE, "/3303/4") == "2.02"
    assert setup.code(DELETE, "/3303/4") == "4.04"
    assert setup.code(DELETE, "/3303") == "4.05"
    assert setup.code(DELETE, "/1/0") == "4.05"
    assert setup.code(POST, "/1", payload, form=TLV) in ("4.05", "4.00")


def test_create_without_a_number():
    setup = Setup()
    payload = formats.encode(TLV, [((9, 0, 5701), "s", "K")], (9, 0))
    answer = setup.ask(POST, "/3303", payload, form=TLV)
    assert (answer.code, answer.location) == (0x41, "/3303/1")
    assert setup.code(POST, "/3303", b"", form=TLV) == "4.00"  # what is mandatory is missing
    assert not setup.tree.has((3303, 2))


def test_discover():
    setup = Setup()
    setup.sensor.names = {0: "a", 3: "b"}
    assert setup.code(PUT, "/3303/0", query=("pmin=10",)) == "2.04"
    assert setup.code(PUT, "/3303/0/5700", query=("gt=25.5", "pmax=60")) == "2.04"
    answer = setup.ask(GET, "/3303/0", accept=LINK)
    assert answer.content_format == LINK
    assert bytes(answer.payload) == (
        b"</3303/0>;pmin=10,</3303/0/5700>;pmax=60;gt=25.5,</3303/0/5701>,</3303/0/5605>,"
        b"</3303/0/5750>;dim=2,</3303/0/5850>"
    )
    answer = setup.ask(GET, "/3303/0/5700", accept=LINK)
    assert bytes(answer.payload) == b"</3303/0/5700>;pmin=10;pmax=60;gt=25.5"
    answer = setup.ask(GET, "/3303", accept=LINK)
    assert bytes(answer.payload).startswith(b"</3303>;ver=1.1,</3303/0>;pmin=10,</3303/0/5700>")
    assert setup.code(GET, "/3304", accept=LINK) == "4.04"


def test_attributes_that_make_no_sense():
    setup = Setup()
    for query in (("pmin=x",), ("pmin=-1",), ("other=1",), ("gt=nan",), ("gt=5", "lt=6")):
        assert setup.code(PUT, "/3303/0/5700", query=query) == "4.00", query
    assert setup.code(PUT, "/3303/0", query=("gt=5",)) == "4.00"
    assert setup.code(PUT, "/3303/7", query=("pmin=5",)) == "4.04"
    assert setup.management.attributes.of((3303, 0, 5700)) == {}


def test_attributes_are_inherited_and_taken_away():
    attributes = Attributes(server(1, pmin=1, pmax=100))
    assert attributes.period((3, 0)) == (1, 100)
    attributes.write((3, 0), ["pmin=5"])
    attributes.write((3, 0, 9), ["pmax=4"])
    assert attributes.period((3, 0, 9)) == (5, None)  # pmax < pmin must be ignored
    attributes.write((3, 0), ["pmin"])
    assert attributes.period((3, 0, 9)) == (1, 4)


def test_attributes_cannot_fill_the_memory():
    attributes = Attributes(server(1))

    def fill():
        for number in range(1000):
            attributes.write((3303, number), ["pmin=1"])

    raises(Refused, fill)


def test_when_a_change_matters():
    attributes = Attributes(server(1))
    path = (3303, 0, 5700)
    assert attributes.matters(path, 1.0, 1.1)
    assert not attributes.matters(path, 1.0, 1.0)
    broken = float("nan")  # a sensor without a value
    for conditions in ([], ["st=3"]):
        attributes.write(path, conditions)
        assert not attributes.matters(path, broken, float("nan"))
        assert attributes.matters(path, broken, 1.0) and attributes.matters(path, 1.0, broken)
    attributes.write(path, ["gt=25", "lt=10", "st=3"])
    assert attributes.matters(path, 24.0, 25.5) and attributes.matters(path, 25.5, 25.0)
    assert attributes.matters(path, 10.0, 9.0) and attributes.matters(path, 9.0, 10.0)
    assert not attributes.matters(path, 20.0, 22.0)
    assert attributes.matters(path, 20.0, 23.0)
    assert not attributes.matters(path, 26.0, 27.0)
    assert attributes.matters(path, "a", "b") and not attributes.matters(path, "a", "a")


def test_read_composite():
    setup = Setup()
    payload = formats.encode(
        JSON, [((3303, 0, 5701), "s", ""), ((3303, 0, 5850), "i", 0)], ()
    )  # values are passed over
    answer = setup.ask(FETCH, "", payload, form=JSON, accept=JSON)
    assert answer.code == 0x45
    records = formats.decode(JSON, answer.payload, (), setup.tree.kind)
    assert records == [((3303, 0, 5701), "Cel"), ((3303, 0, 5850), 1)]
    answer = setup.ask(FETCH, "", b'[{"n":"/3303/0/5701"},{"n":"/77"}]', form=JSON)
    records = formats.decode(CBOR, answer.payload, (), setup.tree.kind)
    assert records == [((3303, 0, 5701), "Cel")]
    assert setup.code(FETCH, "", b'[{"n":"/0"}]', form=JSON) == "4.01"
    assert setup.code(FETCH, "", b"[{", form=JSON) == "4.00"
    assert setup.code(FETCH, "", b"", form=0) == "4.15"


def test_write_composite():
    setup = Setup()
    records = [((3303, 0, 5701), "s", "K"), ((3303, 0, 5850), "i", 9)]
    assert setup.code(IPATCH, "", formats.encode(CBOR, records, ()), form=CBOR) == "2.04"
    assert (setup.sensor.units, setup.sensor.limit) == ("K", 9)
    records = [((3303, 0, 5701), "s", "F"), ((3303, 0, 5700), "f", 9.0)]
    assert setup.code(IPATCH, "", formats.encode(CBOR, records, ()), form=CBOR) == "4.05"
    assert setup.sensor.units == "K"
    records = [((0, 0, 0), "s", "coaps://evil")]
    assert setup.code(IPATCH, "", formats.encode(CBOR, records, ()), form=CBOR) == "4.01"


def test_the_server_object():
    setup = Setup()
    assert setup.code(PUT, "/1/0/1", b"60", form=0) == "2.04"
    assert setup.server.lifetime == 60 and setup.written == [(1, 0, 1)]
    assert setup.code(PUT, "/1/0/1", b"-1", form=0) == "4.00"
    assert setup.code(PUT, "/1/0/0", b"5", form=0) == "4.05"
    assert setup.code(PUT, "/1/0/7", b"T", form=0) == "4.00"
    assert setup.code(POST, "/1/0/8") == "2.04" and setup.server.asked == "update"


def test_random_requests_get_an_answer_that_is_a_code():
    from expect import Numbers

    setup = Setup()
    numbers = Numbers(3)
    codes = (GET, POST, PUT, DELETE, FETCH, IPATCH, 6)
    forms = (0, 40, 42, 110, 112, 11542, 60, None)
    paths = ("/3303/0/5700", "/3303/0", "/3303", "/1/0", "/1/0/1", "/3303/0/5750/1", "")
    for _ in range(2000):
        pick = numbers.octets(4)
        payload = numbers.octets(pick[0] % 24)
        answer = setup.ask(
            codes[pick[1] % len(codes)],
            paths[pick[2] % len(paths)],
            payload,
            form=forms[pick[3] % len(forms)],
            accept=forms[pick[0] % len(forms)],
        )
        assert answer.code >> 5 in (2, 4), answer.code
