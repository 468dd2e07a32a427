"""The endpoint that waits: time, errors, and the peer's requests meanwhile."""

from coap_fakes import (
    BLOCK1,
    BODY,
    CHANGED,
    CONTINUE,
    OBSERVE,
    acknowledged,
    answer,
    block,
    connected,
    lost,
    option,
    refused,
    reply,
    up,
)
from coap_peer import ACK, CON, CONTENT, GET, NON, NOT_FOUND, PUT, RST, datagram
from expect import raises

from dtls_micro.coap.errors import CoapError, TimedOut

_CONTENT_FORMAT, _ACCEPT, _NO_RESPONSE = 12, 17, 258


def _usable(e, channel):
    """Check that an endpoint can still be used, and waits for nothing."""
    assert e.engine._exchanges == []
    channel.script = [reply(CONTENT, payload=b"well")]
    assert e.get("/").payload == b"well" and channel.script == []


def test_a_request_and_its_response():
    e, channel = connected(reply(CONTENT, [(_CONTENT_FORMAT, b"\x32")], b"{}"), path="/x?y=1")
    response = e.get()
    assert (response.ok, response.payload, response.content_format) == (True, b"{}", 50)
    assert channel.requests[0].options == [(11, b"x"), (15, b"y=1")] and channel.port.now == 0


def test_what_requests_are_made_of():
    methods = ("get", "post", "put", "delete", "fetch", "patch", "ipatch")
    e, channel = connected(*[reply(CHANGED)] * 7 + [reply(CONTENT)], base=[(3, b"host")])
    for name in methods:
        assert getattr(e, name)("/a").code == CHANGED
    assert [seen.code for seen in channel.requests] == list(range(1, 8))
    assert all(seen.options == [(3, b"host"), (11, b"a")] for seen in channel.requests)
    e.put("/a", "p\xe4yload", content_format=0, accept=60, if_match=b"m", if_none_match=True,
          etag=b"e", options=[(2048, b"own"), (15, b"q")])  # fmt: skip
    assert channel.requests[7].payload == b"p\xc3\xa4yload"
    assert channel.requests[7].options == [
        (1, b"m"), (3, b"host"), (4, b"e"), (5, b""), (11, b"a"), (12, b""), (15, b"q"),
        (17, b"\x3c"), (2048, b"own"),
    ]  # fmt: skip


def test_errors_of_the_server_are_responses():
    for code in (0x80, 0x81, NOT_FOUND, 0xA0, 0xA3):
        e, _ = connected(reply(code, payload=b"why"))
        response = e.get("/a")
        assert (response.ok, response.code, response.payload) == (False, code, b"why")


def test_separate_responses():
    for kind in (CON, NON):
        e, channel = connected()

        def later(seen, channel=channel, kind=kind):
            channel.give(datagram(kind, CONTENT, 9, seen.token, (), b"late"), 50000)
            return acknowledged(seen)

        channel.script = [later]
        assert e.get("/a").payload == b"late" and channel.port.now == 50000
        assert [seen.head for seen in channel.sent[1:]] == [(ACK, 0, 9)] * (kind == CON)
        channel.give(datagram(kind, CONTENT, 10, channel.sent[0].token, (), b"late"))
        e.serve(1)
        assert channel.sent[-1].head == (RST, 0, 10)


def test_retransmission_until_nothing_helps():
    """RFC 7252 section 4.2: 2 to 3 s, doubled four times."""
    e, channel = connected(*[lost] * 5)
    assert "acknowledge" in str(raises(TimedOut, e.get, "/a"))
    times = [seen.at_ms for seen in channel.requests]
    first = times[1]
    assert 2000 <= first <= 3000 and times == [0, first, 3 * first, 7 * first, 15 * first]
    assert channel.port.now == 31 * first and channel.script == []
    _usable(e, channel)


def test_timeouts_end_a_request_and_not_the_endpoint():
    for step in (lost, acknowledged):
        for confirmable in (True, False):
            for at_endpoint in (True, False):
                options = {"timeout": 1.5} if at_endpoint else {}
                e, channel = connected(step, **options)
                options = {} if at_endpoint else {"timeout": 1.5}
                raises(TimedOut, e.get, "/a", confirmable=confirmable, **options)
                assert channel.port.now == 1500 and len(channel.requests) == 1
                _usable(e, channel)


def test_no_time_limit_means_that_of_the_protocol():
    e, channel = connected(acknowledged)
    raises(TimedOut, e.get, "/a")
    assert channel.port.now == 93000  # MAX_TRANSMIT_WAIT


def test_the_timeout_is_for_each_message():
    def slow(step):
        def later(seen):
            for one in step(seen):
                channel.give(one, 1000)
            return []

        return later

    e, channel = connected(
        slow(up(CONTINUE, 0, 1, 128)), slow(up(CONTINUE, 1, 1, 128)), slow(up(CHANGED, 2, 0, 128))
    )
    assert e.put("/a", BODY, block=128, timeout=1.5).code == CHANGED
    assert channel.port.now == 3000


def test_a_reset_ends_a_request_and_not_the_endpoint():
    e, channel = connected(refused)
    assert not isinstance(raises(CoapError, e.get, "/a"), TimedOut)
    _usable(e, channel)


def test_a_late_answer_is_not_that_of_the_next_request():
    e, channel = connected(lost)
    raises(TimedOut, e.get, "/a", timeout=1)
    old = channel.requests[0]
    for late in (answer(old, CONTENT, (), b"old"), datagram(NON, CONTENT, 5, old.token)):
        channel.script = [lambda seen, late=late: [late] + reply(CONTENT, (), b"new")(seen)]
        assert e.get("/b").payload == b"new"


def test_mistakes_of_the_caller_are_value_errors():
    e, channel = connected()
    for words in (
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": 500001},
        {"block": 0},
        {"block": 17},
        {"block": 2048},
        {"content_format": -1},
        {"accept": -1},
        {"path": "/a#b"},
        {"path": "/a b"},
        {"path": "/%4"},
        {"path": "/" + 256 * "a"},
    ):
        raises(ValueError, e.put, **dict({"path": "/a"}, **words))
    raises(ValueError, e.observe, "/a", timeout=0)
    raises(ValueError, e.ping, timeout=0)
    for name, value in (("ack_timeout_ms", 0), ("max_retransmit", -1), ("max_retransmit", 21)):
        raises(ValueError, connected, **{name: value})
    assert channel.sent == []
    _usable(e, channel)


def test_a_request_without_a_response():
    """RFC 7967: NON, with No-Response for all classes."""
    e, channel = connected(lost)
    assert e.put("/a", b"on", no_response=True) is None
    (seen,) = channel.requests
    assert (seen.kind, seen.payload) == (NON, b"on") and option(seen, _NO_RESPONSE) == b"\x1a"
    assert channel.port.now == 0
    _usable(e, channel)


def test_ping():
    e, channel = connected(lost, refused)
    e.ping()
    assert [(seen.kind, seen.code) for seen in channel.sent] == [(CON, 0)] * 2
    channel.script = [lost]
    raises(TimedOut, e.ping, timeout=1)
    _usable(e, channel)


def test_discovery():
    e, channel = connected(reply(CONTENT, [(12, b"\x28")], b'</a>;rt="x"'), reply(NOT_FOUND))
    assert e.discover("rt=x") == [("/a", {"rt": "x"})]
    assert channel.requests[0].options == [
        (11, b".well-known"), (11, b"core"), (15, b"rt=x"), (_ACCEPT, b"\x28")
    ]  # fmt: skip
    raises(CoapError, e.discover)
    channel.script = [reply(CONTENT, payload=b"no links")]
    raises(CoapError, e.discover)
    _usable(e, channel)


def test_requests_of_the_peer_while_we_wait():
    def asks(seen):
        found = [datagram(CON, GET, 1, b"p1", [(11, b"t")])]
        found += [datagram(NON, PUT, 2, b"p2", [(11, b"t")], b"21")]
        found += [datagram(CON, GET, 3, b"p3", [(11, b"none")]), datagram(CON, 0, 4)]
        found += [datagram(CON, GET, 1, b"p1", [(11, b"t")])]  # a duplicate
        return found + reply(CONTENT, (), b"ours")(seen)

    e, channel = connected(asks)
    heard = []
    e.resources.add("/t", get=lambda request: b"20", put=lambda request: heard.append(request))
    assert e.get("/a").payload == b"ours"
    sent = channel.sent[1:]
    assert [seen.head for seen in sent[:1] + sent[2:]] == [
        (ACK, CONTENT, 1), (ACK, NOT_FOUND, 3), (RST, 0, 4), (ACK, CONTENT, 1)
    ]  # fmt: skip
    assert (sent[1].kind, sent[1].code) == (NON, CHANGED)
    assert [seen.token for seen in sent] == [b"p1", b"p2", b"p3", b"", b"p1"]
    assert [one.payload for one in heard] == [b"21"]


def test_the_peer_observes_while_we_wait():
    def watch(seen):
        e.resources.notify("/t")
        return [datagram(CON, GET, 1, b"me", [(OBSERVE, b""), (11, b"t")])] + acknowledged(seen)

    e, channel = connected(watch)
    e.resources.add("/t", get=lambda request: b"20", observable=True)
    raises(TimedOut, e.get, "/a", timeout=1)
    assert option(channel.sent[-1], OBSERVE) is not None
    e.resources.notify("/t")
    e.serve(1)
    seen = channel.sent[-1]
    assert (seen.kind, seen.token, seen.payload) == (CON, b"me", b"20")
    channel.give(datagram(ACK, 0, seen.mid))
    count = len(channel.sent)
    e.serve(100)
    assert len(channel.sent) == count


def test_blocks_of_the_peer_while_ours_are_under_way():
    def theirs(number, code):
        def step(seen):
            value = (BLOCK1, block(number, int(number < 2), 128))
            piece = BODY[128 * number : 128 * number + 128]
            return [datagram(CON, PUT, 50 + number, b"p", [(11, b"t"), value], piece)] + up(
                code, number, int(number < 2), 128
            )(seen)

        return step

    e, channel = connected(theirs(0, CONTINUE), theirs(1, CONTINUE), theirs(2, CHANGED))
    bodies = []
    e.resources.add("/t", put=lambda request: bodies.append(bytes(request.payload)))
    assert e.put("/a", BODY, block=128).code == CHANGED and bodies == [BODY]
    answers = [seen.code for seen in channel.sent if seen.kind == ACK]
    assert answers == [CONTINUE, CONTINUE, CHANGED]


def test_serving_takes_as_long_as_it_is_told():
    e, channel = connected()
    e.resources.add("/t", get=lambda request: b"20")
    channel.give(datagram(CON, GET, 1, b"p", [(11, b"t")]), 300)
    e.serve(0.5)
    assert channel.port.now == 500 and channel.sent[0].head == (ACK, CONTENT, 1)
    channel.give(OSError(5), 1000)
    assert raises(OSError, e.serve).args == (5,)


def test_a_broken_channel_ends_the_endpoint():
    e, channel = connected(lost)
    channel.give(OSError(5), 100)
    error = raises(OSError, e.get, "/a")
    assert error.args == (5,) and not isinstance(error, CoapError)
    raises(OSError, e.get, "/a")
    raises(OSError, e.ping)
    assert len(channel.sent) == 1


def test_an_interrupted_request_is_forgotten():
    e, channel = connected(lost)
    channel.give(KeyboardInterrupt(), 100)
    raises(KeyboardInterrupt, e.get, "/a")
    e.serve(100)
    assert len(channel.sent) == 1
    _usable(e, channel)


def test_garbage_is_dropped():
    def garbage(seen):
        found = [b"", b"\x40", b"\xff" * 20, seen.octets[:3], b"\x60\x45\0\0\xff", bytes(2000)]
        return found + reply(CONTENT, (), b"good")(seen)

    e, channel = connected(garbage)
    assert e.get("/a").payload == b"good" and len(channel.sent) == 1


def test_close():
    e, channel = connected()
    with e:
        states = e.observe("/o")
    assert channel.closed
    raises(CoapError, states.next)
    raises(CoapError, e.get, "/a")
    assert channel.sent == []
