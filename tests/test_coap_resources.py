"""The server role: resources (RFC 7252, RFC 7959) and their observers (RFC 7641 section 4)."""

from io import BytesIO

from coap_fakes import (
    BLOCK1,
    BLOCK2,
    BODY,
    CHANGED,
    CONTINUE,
    ETAG,
    OBSERVE,
    SIZE1,
    SIZE2,
    Client,
    block,
    octets,
    option,
    said,
)
from coap_peer import ACK, CONTENT, GET, NON, NOT_FOUND, POST, PUT, RST

from dtls_micro.coap.message import Message

_BAD_REQUEST = 0x80
_BAD_OPTION = 0x82
_NOT_ALLOWED = 0x85
_INCOMPLETE = 0x88
_TOO_LARGE = 0x8D
_INTERNAL_ERROR = 0xA0
_REQUEST_TAG = 292


def _constant(result):
    return lambda request: result


def _observable(get):
    """Return a client of a resource "/a" that can be observed."""
    c = Client()
    c.resources.add("/a", get=get, observable=True)
    return c


def test_what_a_handler_returns():
    for result, code, payload in (
        (b"octets", CONTENT, b"octets"),
        ("text \xe9", CONTENT, b"text \xc3\xa9"),
        (None, CONTENT, b""),
        (0x43, 0x43, b""),
        (Message(0x83, b"no"), 0x83, b"no"),
    ):
        c = Client()
        c.resources.add("/a/b", get=_constant(result))
        response = c.ask(GET, "/a/b")
        assert (response.code, response.payload) == (code, payload)


def test_each_method_has_its_handler_and_code_of_success():
    """RFC 7252 section 5.9.1, RFC 8132."""
    names = ("get", "post", "put", "delete", "fetch", "patch", "ipatch")
    codes = (CONTENT, CHANGED, CHANGED, 0x42, CONTENT, CHANGED, CHANGED)
    for i, name in enumerate(names):
        c = Client()
        seen = []
        c.resources.add("/a", **{name: lambda request, seen=seen: seen.append(request)})
        for method in range(1, 8):
            good = method == i + 1
            assert c.ask(method, payload=b"x").code == (codes[i] if good else _NOT_ALLOWED)
        assert [(one.code, one.path, one.payload) for one in seen] == [(i + 1, "/a", b"x")]


def test_4_04_and_a_fallback():
    c = Client()
    c.resources.add("/a", get=_constant(b"a"))
    for path in ("/", "/b", "/a/", "/a/b", "/A"):
        assert c.ask(GET, path).code == NOT_FOUND and c.ask(PUT, path).code == NOT_FOUND
    c.resources.fallback = lambda request: request.path
    assert c.ask(GET, "/b/c").payload == b"/b/c" and c.ask(GET).payload == b"a"
    c.resources.remove("/a")
    assert c.ask(GET).payload == b"/a"


def test_4_02_for_conditions_that_nobody_heeds():
    """If-Match and If-None-Match are critical (RFC 7252 section 5.10.8)."""
    c = Client()
    c.resources.add("/a", put=_constant(None))
    c.resources.add("/b", put=_constant(None), conditional=True)
    for one in ((1, b""), (1, b"tag"), (5, b"")):
        assert c.ask(PUT, "/a", [one]).code == _BAD_OPTION
        assert c.ask(PUT, "/b", [one]).code == CHANGED


def test_5_00_for_a_handler_that_fails():
    c = Client()
    error = KeyError("secret")

    def fail(request):
        raise error

    c.resources.add("/a", get=fail, put=fail, sink=fail)
    for response in (c.ask(GET), c.ask(PUT, options=[(BLOCK1, b"\x08")], payload=bytes(16))):
        assert response.code == _INTERNAL_ERROR and b"secret" not in response.payload
    assert c.failures == [error] * 2


def _blocks(c, size, options=(), code=PUT, path="/a"):
    """Send BODY in blocks; return the responses."""
    return [
        c.ask(code, path, [(BLOCK1, block(i, int(i < 300 // size), size))] + list(options),
              BODY[i * size : (i + 1) * size])
        for i in range(300 // size + 1)
    ]  # fmt: skip


def test_a_body_that_comes_in_blocks():
    """RFC 7959 section 2.5: 2.31 until it is complete, and each with its Block1."""
    for size in (16, 64, 256):
        c = Client()
        bodies = []
        c.resources.add("/a", put=lambda request, b=bodies: b.append(bytes(request.payload)))
        responses = _blocks(c, size)
        assert [one.code for one in responses[:-1]] == [CONTINUE] * (len(responses) - 1)
        assert responses[-1].code == CHANGED and bodies == [BODY]
        for i, one in enumerate(responses):
            assert said(one) == "1:%d/%d/%d" % (i, int(one.code == CONTINUE), size)


def test_a_body_that_goes_to_a_sink():
    c = Client(most=10)
    sinks = []
    ends = []

    def sink(request):
        sinks.append(BytesIO())
        return sinks[-1]

    c.resources.add("/a", put=lambda request: ends.append(request.payload), sink=sink)
    assert _blocks(c, 128, [(SIZE1, octets(300))])[-1].code == CHANGED
    assert len(sinks) == 1 and ends == sinks and sinks[0].getvalue() == BODY
    c.ask(PUT, options=[(BLOCK1, block(0, 1, 128))], payload=BODY[:128])
    assert _blocks(c, 128)[-1].code == CHANGED  # one that begins anew has a new sink
    assert len(sinks) == 3 and ends[1:] == sinks[2:] and sinks[2].getvalue() == BODY


def test_blocks_that_do_not_fit_together():
    """4.08 of RFC 7959 section 2.9.2, with Request-Tags RFC 9175 section 3.3."""
    middle, last = (BLOCK1, block(1, 1, 16)), (BLOCK1, block(2, 0, 16))
    for path, code, options, before in (
        ("/a", PUT, [middle], []),  # nothing came before
        ("/a", PUT, [last], [(BLOCK1, block(0, 1, 16))]),  # one is missing
        ("/b", PUT, [middle], [(BLOCK1, block(0, 1, 16))]),
        ("/a", POST, [middle], [(BLOCK1, block(0, 1, 16))]),
        ("/a", PUT, [middle, (_REQUEST_TAG, b"x")], [(BLOCK1, block(0, 1, 16))]),
        ("/a", PUT, [middle], [(BLOCK1, block(0, 1, 16)), (_REQUEST_TAG, b"x")]),
        ("/a", PUT, [middle, (_REQUEST_TAG, b"")], [(BLOCK1, block(0, 1, 16))]),
    ):
        c = Client()
        for one in ("/a", "/b"):
            c.resources.add(one, put=_constant(None), post=_constant(None))
        if before:
            assert c.ask(PUT, "/a", before, bytes(16)).code == CONTINUE
        assert c.ask(code, path, options, bytes(16)).code == _INCOMPLETE
        assert c.ask(PUT, "/a", [last], bytes(16)).code == _INCOMPLETE
        blocks = (BLOCK1, block(0, 1, 16)), (BLOCK1, block(1, 0, 16)), last
        codes = [c.ask(PUT, "/a", [one], bytes(16)).code for one in blocks]
        assert codes == [CONTINUE, CHANGED, _INCOMPLETE]


def test_4_13_for_a_body_that_is_too_long():
    """RFC 7959 section 2.9.3: its Size1 tells how long it may be."""
    c = Client(most=299)
    c.resources.add("/a", put=_constant(None))
    response = c.ask(PUT, options=[(BLOCK1, b"\x0b"), (SIZE1, octets(300))], payload=BODY[:128])
    assert response.code == _TOO_LARGE and option(response, SIZE1) == octets(299)
    assert [one.code for one in _blocks(c, 128)] == [CONTINUE, CONTINUE, _TOO_LARGE]
    assert c.ask(PUT, options=[(BLOCK1, b"\0")], payload=b"x").code == CHANGED


def test_4_00_for_blocks_of_a_wrong_size():
    c = Client()
    c.resources.fallback = _constant(None)
    for value, size in ((b"\x08", 15), (b"\x08", 17), (b"\x0f", 2048), (b"\x07", 16)):
        assert c.ask(PUT, options=[(BLOCK1, value)], payload=bytes(size)).code == _BAD_REQUEST


def test_a_large_answer_goes_out_in_blocks():
    """RFC 7959 section 2.4, with the size that the client wants, or that fits."""
    for size, want, server in ((64, 64, 1152), (128, None, 200), (128, 1024, 200)):
        c = Client(server)
        c.resources.add("/a", get=_constant(BODY))
        c.resources.fallback = _constant(b"b" * 300)
        body, tags, i = b"", set(), 0
        while len(body) < 300:
            options = [] if i == 0 and not want else [(BLOCK2, block(i, 0, size if i else want))]
            seen = c.ask(GET, options=options)
            assert said(seen) == "2:%d/%d/%d" % (i, int(i < 300 // size), size)
            assert (option(seen, SIZE2) == octets(300)) == (i == 0) and seen.code == CONTENT
            tags.add(option(seen, ETAG))
            body, i = body + seen.payload, i + 1
        assert body == BODY and len(tags) == 1
        c.ask(GET, options=[(BLOCK2, b"\2")])  # one more body that is not fetched whole
        assert c.ask(GET, "/b", [(BLOCK2, block(1, 0, 64))]).payload == b"b" * 64
        assert c.ask(GET, options=[(BLOCK2, block(19, 0, 16))]).code == _BAD_REQUEST
        c.resources.add("/a", get=_constant(BODY[1:] + b"x"))
        assert option(c.ask(GET, options=[(BLOCK2, b"\2")]), ETAG) not in tags


def test_an_observer_is_told():
    """RFC 7641 section 4.2: with rising numbers, under its token, as the first response."""
    states = [b"0"]
    c = _observable(lambda request: states[0])
    c.resources.add("/b", get=_constant(b"b"), observable=True)
    numbers = [option(c.ask(GET, options=[(OBSERVE, b"")], token=b"me"), OBSERVE)]
    for i, confirmable in enumerate((True, False, True)):
        states[0] = b"%d" % i
        c.resources.notify("/a", confirmable)
        c.resources.notify("/b", confirmable)
        (seen,) = c.news()
        assert (seen.kind, seen.code, seen.token) == (NON - confirmable, CONTENT, b"me")
        assert seen.payload == states[0]
        numbers.append(option(seen, OBSERVE))
    numbers = [int.from_bytes(number, "big") for number in numbers]
    assert numbers == sorted(set(numbers)) and max(numbers) < 1 << 23


def test_only_some_requests_observe():
    c = Client()
    c.resources.add("/a", get=_constant(b"a"), put=_constant(None), observable=True)
    c.resources.add("/no", get=_constant(b"a"))
    c.resources.add("/bad", get=_constant(NOT_FOUND), observable=True)
    assert not c.observe("/no") and not c.observe("/bad") and not c.observe("/none")
    assert option(c.ask(GET), OBSERVE) is None
    assert option(c.ask(PUT, options=[(OBSERVE, b"")]), OBSERVE) is None
    [c.resources.notify(path) for path in ("/a", "/no", "/bad", "/none")]
    assert c.news() == []


def test_a_token_observes_once_until_it_is_taken_back():
    c = _observable(_constant(b"a"))
    assert c.observe() and c.observe() and c.observe(token=b"u")
    c.resources.notify("/a", False)
    assert sorted([one.token for one in c.news()]) == [b"t", b"u"]
    assert not c.observe(value=b"\1")  # section 3.6; the answer is that of a GET
    c.resources.notify("/a", False)
    assert [one.token for one in c.news()] == [b"u"]


def test_a_reset_or_silence_ends_an_observation():
    """RFC 7641 section 4.5."""
    for confirmable, reset in ((True, True), (False, True), (True, False)):
        c = _observable(_constant(b"a"))
        assert c.observe()
        c.resources.notify("/a", confirmable)
        (seen,) = c.peer.out()
        assert c.peer.give(RST, 0, seen.mid) == [] if reset else c.peer.pass_ms(100000)
        c.resources.notify("/a")
        assert c.news() == c.resources.observers._list == []


def test_the_end_of_a_resource_is_told():
    """RFC 7641 section 4.2: with the error, without Observe, and then no more."""
    c = _observable(_constant(b"a"))
    c.resources.add("/b", get=_constant(b"b"), observable=True)
    assert c.observe(token=b"1") and c.observe("/b", token=b"2") and c.news() == []
    c.resources.remove("/a")
    c.resources.add("/b", get=lambda request: 1 // 0)
    c.resources.notify("/b")
    found = [(one.token, one.code, option(one, OBSERVE)) for one in c.news()]
    assert found == [(b"1", NOT_FOUND, None), (b"2", _INTERNAL_ERROR, None)]
    c.resources.add("/a", get=_constant(b"a"), observable=True)
    [c.resources.notify(path) for path in ("/a", "/b")]
    assert c.news() == []


def test_what_changes_while_a_notification_is_under_way_is_told_after_it():
    """RFC 7641 section 4.5.2: not each state, but the last one."""
    states = [b"0"]
    c = _observable(lambda request: states[0])
    assert c.observe()
    c.resources.notify("/a")
    (first,) = c.peer.out()
    for state in (b"1", b"2"):
        states[0] = state
        c.resources.notify("/a")
        assert c.peer.out() == []
    (second,) = c.peer.give(ACK, 0, first.mid)
    assert (first.payload, second.payload) == (b"0", b"2")
    assert c.peer.give(ACK, 0, second.mid) == [] and c.peer.pass_ms(100000) == []


def test_more_observers_than_there_is_room_for():
    """RFC 7641 section 4.1: they have an answer without Observe."""
    c = _observable(_constant(b"a"))
    found = [c.observe(token=bytes([i])) for i in range(40)]
    most = sum(found)
    assert 1 < most < 40 and found == [True] * most + [False] * (40 - most)
    c.resources.notify("/a")
    assert len(c.news()) == most
    assert not c.observe(token=b"\0", value=b"\1") and c.observe(token=b"z")
