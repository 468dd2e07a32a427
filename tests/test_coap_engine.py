"""Requests and responses: RFC 7252 section 5, RFC 7967, tokens of RFC 9175 section 4."""

from coap_peer import (
    ACK,
    BAD_OPTION,
    CON,
    CONTENT,
    GET,
    NON,
    NOT_FOUND,
    RST,
    Peer,
    Random,
    Server,
)
from expect import raises

from dtls_micro.coap.engine import Engine
from dtls_micro.coap.errors import CoapError, TimedOut
from dtls_micro.coap.exchange import Exchange, Ping
from dtls_micro.coap.message import Message

_PROXYING_NOT_SUPPORTED = 0xA5
_METHOD_NOT_ALLOWED = 0x85
_NO_RESPONSE = 258


def _peer(answer=None, **options):
    engine = Engine(Random(given=[b"\x10\0"]), **options)
    if answer:
        engine.server = Server(answer)
    return Peer(engine)


def _request(peer, kind=CON, timeout_ms=93000, code=GET):
    """Send a request; return its exchange and what was sent."""
    message = Message(code)
    message.type = kind
    exchange = peer.engine.request(Exchange(message, timeout_ms))
    return exchange, peer.out()


def _asked(kind=CON, **options):
    """Return a peer, an exchange, and its request as the peer sees it."""
    peer = _peer(**options)
    exchange, sent = _request(peer, kind)
    assert len(sent) == 1 and not exchange.done
    return peer, exchange, sent[0]


def _content(_):
    return Message(CONTENT, b"body")


def _is_idle(peer):
    layer = peer.engine._layer
    assert peer.engine._exchanges == peer.engine._separate == [], peer.engine._exchanges
    assert layer._waiting == layer._ready == [] and layer._item is None and not layer._due
    assert peer.engine.tick(0) == -1 and peer.out() == []


def test_a_piggybacked_response():
    peer, exchange, request = _asked()
    assert peer.give(ACK, CONTENT, request.mid, request.token, [(12, b"\x28")], b"body") == []
    assert exchange.done and exchange.error is None
    assert exchange.response.payload == b"body" and exchange.response.content_format == 40
    _is_idle(peer)


def test_a_separate_response():
    for kind in (CON, NON):
        peer, exchange, request = _asked()
        assert peer.give(ACK, 0, request.mid) == []
        assert peer.pass_ms(60000) == [] and not exchange.done
        found = [one.head for one in peer.give(kind, CONTENT, 77, request.token)]
        assert found == ([(ACK, 0, 77)] if kind == CON else [])
        assert exchange.response.code == CONTENT
        found = [one.head for one in peer.give(kind, CONTENT, 77, request.token)]
        assert found == ([(ACK, 0, 77)] if kind == CON else [])  # our ACK was lost
        _is_idle(peer)


def test_a_response_before_or_instead_of_the_acknowledgement():
    peer, exchange, request = _asked()
    assert [one.head for one in peer.give(CON, CONTENT, 77, request.token)] == [(ACK, 0, 77)]
    assert exchange.response.code == CONTENT
    assert peer.give(ACK, 0, request.mid) == []
    assert peer.pass_ms(100000) == []
    _is_idle(peer)


def test_a_response_after_retransmissions():
    peer, exchange, request = _asked()
    again = peer.pass_ms(20000)
    assert len(again) == 3 and {one.octets for _, one in again} == {request.octets}
    assert peer.give(ACK, CONTENT, request.mid, request.token) == []
    assert exchange.response.ok
    for _ in again:  # each copy was answered
        assert peer.give(ACK, CONTENT, request.mid, request.token) == []
    _is_idle(peer)


def test_responses_to_a_non_confirmable_request():
    for kind in (CON, NON):
        peer, exchange, request = _asked(NON)
        assert request.kind == NON
        found = [one.head for one in peer.give(kind, CONTENT, 9, request.token)]
        assert found == ([(ACK, 0, 9)] if kind == CON else [])
        assert exchange.response.ok
        _is_idle(peer)


def test_an_error_response_is_a_response():
    for code in (0x80, NOT_FOUND, 0xA0):
        peer, exchange, request = _asked()
        peer.give(ACK, code, request.mid, request.token)
        assert exchange.response.code == code and not exchange.response.ok
        assert exchange.error is None


def test_a_reset_on_a_request():
    for kind in (CON, NON):
        peer, exchange, request = _asked(kind)
        assert peer.give(RST, 0, request.mid) == []
        assert isinstance(exchange.error, CoapError) and exchange.response is None
        assert not isinstance(exchange.error, TimedOut)
        _is_idle(peer)


def test_nobody_acknowledges():
    peer, exchange, _ = _asked(ack_timeout_ms=100)
    assert len(peer.pass_ms(93000 - 1)) == 4
    assert isinstance(exchange.error, TimedOut)
    _is_idle(peer)


def test_an_acknowledgement_without_a_response():
    peer, exchange, request = _asked()
    peer.give(ACK, 0, request.mid)
    peer.pass_ms(92999)
    assert not exchange.done
    peer.pass_ms(1)
    assert isinstance(exchange.error, TimedOut) and "in time" in str(exchange.error)
    _is_idle(peer)
    assert [one.head for one in peer.give(CON, CONTENT, 5, request.token)] == [(RST, 0, 5)]


def test_the_time_of_an_exchange_begins_when_it_is_sent():
    """An endpoint that was idle has a long time to tell of at its first tick."""
    peer = _peer()
    exchange = peer.engine.request(Exchange(Message(GET), 5000))
    assert 2000 <= peer.engine.tick(3600000) <= 3000
    assert len(peer.out()) == 1 and not exchange.done
    peer.pass_ms(4999)
    assert not exchange.done
    peer.pass_ms(1)
    assert isinstance(exchange.error, TimedOut)


def test_a_tick_that_ends_an_exchange_says_so():
    """0, so that whoever waits looks; else a lost response could be waited for for ever."""
    peer = _peer()
    exchange, _ = _request(peer, NON, 1000)
    assert peer.engine.tick(999) == 1 and not exchange.done
    assert peer.engine.tick(1) == 0 and exchange.done
    assert peer.engine.tick(0) == -1
    peer = _peer(max_retransmit=0)
    exchange, _ = _request(peer)
    assert peer.engine.tick(3000) == 0 and exchange.done
    assert peer.engine.tick(0) == -1


def test_a_message_that_begins_within_a_tick_is_waited_for():
    peer = _peer()
    first, _ = _request(peer, timeout_ms=1000)
    second, sent = _request(peer)
    assert sent == []
    sent = peer.pass_ms(1000)
    assert isinstance(first.error, TimedOut)
    assert [one.token for _, one in sent] == [second.message.token]
    assert 2000 <= peer.engine.tick(0) <= 3000
    assert len(peer.pass_ms(3000)) == 1


class _Restless(Exchange):
    """An exchange that goes on, and repeats its request as an observation does."""

    lasting = True
    engine = None

    def take(self, response):
        self.response = response
        return True

    def tick(self, elapsed_ms):
        self.left_ms -= elapsed_ms
        if self.left_ms <= 0:
            self.left_ms = 60000
            self.engine.repeat(self)
        return self.left_ms


def test_a_request_that_is_repeated_is_retransmitted():
    peer = _peer()
    exchange = _Restless(Message(GET), 60000)
    exchange.engine = peer.engine
    peer.engine.request(exchange)
    (first,) = peer.out()
    peer.give(ACK, CONTENT, first.mid, first.token)
    peer.pass_ms(59999)
    assert 2000 <= peer.engine.tick(1) <= 3000  # and not 60000
    (again,) = peer.out()
    assert (again.kind, again.token) == (CON, first.token) and again.mid != first.mid
    assert [one.octets for _, one in peer.pass_ms(3000)] == [again.octets]
    peer.give(ACK, 0, again.mid)
    assert len(peer.pass_ms(50000)) == 0


def test_a_lasting_exchange_takes_several_responses():
    peer = _peer()
    exchange = _Restless(Message(GET), 60000)
    exchange.engine = peer.engine
    peer.engine.request(exchange)
    (request,) = peer.out()
    peer.give(ACK, CONTENT, request.mid, request.token, (), b"0")
    for i in range(1, 10):
        found = [one.head for one in peer.give(CON, CONTENT, i, request.token, (), b"%d" % i)]
        assert found == [(ACK, 0, i)] and exchange.response.payload == b"%d" % i
    peer.engine.forget(exchange)
    assert [one.head for one in peer.give(CON, CONTENT, 99, request.token)] == [(RST, 0, 99)]
    assert [one.head for one in peer.give(NON, CONTENT, 98, request.token)] == [(RST, 0, 98)]
    _is_idle(peer)


def test_responses_under_an_unknown_token_are_reset():
    peer, exchange, request = _asked()
    other = bytes(4)
    for kind, mid in ((CON, 1), (NON, 2)):
        assert [one.head for one in peer.give(kind, CONTENT, mid, other)] == [(RST, 0, mid)]
        assert [one.head for one in peer.give(kind, CONTENT, mid + 2)] == [(RST, 0, mid + 2)]
    assert peer.give(ACK, CONTENT, request.mid, other) == []
    assert peer.give(ACK, CONTENT, request.mid + 1, request.token) == []
    assert not exchange.done
    peer.give(NON, CONTENT, 5, request.token[:3])
    peer.give(NON, CONTENT, 6, request.token + b"\0")
    assert not exchange.done


def test_tokens_are_random_and_of_one_exchange():
    peer = _peer()
    tokens = [_request(peer, NON)[0].message.token for _ in range(200)]
    assert len(set(tokens)) == 200 and {len(token) for token in tokens} == {4}
    assert len({token[0] for token in tokens}) > 60
    peer.engine._random.given += [tokens[7], tokens[8], b"new!"]
    assert _request(peer, NON)[0].message.token == b"new!"
    mine = peer.engine.request(Exchange(Message(GET), 1), b"mine")
    assert mine.message.token == b"mine"


def test_an_empty_token_stays():
    """A peer may choose it, and its notifications have it then (RFC 7252 section 5.3.1)."""
    peer = _peer()
    news = Exchange(Message(CONTENT), 0)
    peer.engine.send(news)
    assert [one.token for one in peer.out()] == [b""]
    request = Exchange(Message(GET), 0)
    request.message.type = NON
    peer.engine.send(request)
    assert [len(one.token) for one in peer.out()] == [4]
    peer = _peer(_content)
    (response,) = peer.give(CON, GET, 1, b"")
    assert response.token == b"" and response.payload == b"body"


def test_an_unknown_critical_option_in_a_request():
    peer = _peer(_content)
    for number, value in ((9, b""), (13, b"x"), (65535, b""), (7, b"123"), (11, b"x" * 256)):
        (response,) = peer.give(CON, GET, number, b"t", [(number, value)])
        assert response.head == (ACK, BAD_OPTION, number) and response.token == b"t"
        assert b"%d" % number in response.payload
        assert peer.give(NON, GET, number ^ 0x5555, b"t", [(number, value)]) == []
    (response,) = peer.give(CON, GET, 500, b"t", [(3, b"a"), (3, b"b")])
    assert response.code == BAD_OPTION
    assert peer.engine.server.requests == []


def test_an_unknown_elective_option_in_a_request():
    peer = _peer(_content)
    options = [(4, b""), (10, b"x"), (12, b"123"), (14, b"\1"), (14, b"\2"), (65534, b"")]
    for mid, kind in enumerate((CON, NON)):
        (response,) = peer.give(kind, GET, mid, b"t", options)
        assert response.code == CONTENT
        assert peer.engine.server.requests[mid].options == [(14, b"\1")]


def test_an_unknown_critical_option_in_a_response():
    for kind in (ACK, CON, NON):
        peer, exchange, request = _asked()
        mid = request.mid if kind == ACK else 9
        sent = peer.give(kind, CONTENT, mid, request.token, [(65535, b"")])
        assert [one.head for one in sent] == ([] if kind == ACK else [(RST, 0, 9)])
        assert "65535" in str(exchange.error) and isinstance(exchange.error, CoapError)
        assert exchange.response is None
        _is_idle(peer)


def test_an_unknown_elective_option_in_a_response():
    peer, exchange, request = _asked()
    options = [(12, b"\1"), (12, b"\2"), (65534, b"")]
    peer.give(ACK, CONTENT, request.mid, request.token, options)
    assert exchange.response.options == [(12, b"\1")]


def test_a_request_is_answered_in_its_acknowledgement():
    peer = _peer(_content)
    (response,) = peer.give(CON, GET, 5, b"token", [(11, b"a")])
    assert response.head == (ACK, CONTENT, 5)
    assert (response.token, response.payload) == (b"token", b"body")
    for _ in range(3):
        (again,) = peer.give(CON, GET, 5, b"token", [(11, b"a")])
        assert again.octets == response.octets
    assert len(peer.engine.server.requests) == 1
    assert peer.pass_ms(1000000) == []


def test_a_non_confirmable_request_is_answered_so():
    peer = _peer(_content)
    (response,) = peer.give(NON, GET, 5, b"token")
    assert (response.kind, response.code, response.token) == (NON, CONTENT, b"token")
    assert peer.give(NON, GET, 5, b"token") == []
    assert len(peer.engine.server.requests) == 1


def test_without_a_server():
    peer = _peer()
    assert [one.head for one in peer.give(CON, GET, 5)] == [(ACK, NOT_FOUND, 5)]
    assert [one.code for one in peer.give(NON, GET, 6)] == [NOT_FOUND]


def test_unknown_methods():
    """RFC 7252 section 5.8: 4.05, whatever the resource."""
    for peer in (_peer(), _peer(_content)):
        for code in (8, 9, 31):
            (response,) = peer.give(CON, code, code, b"t")
            assert response.head == (ACK, _METHOD_NOT_ALLOWED, code)


def test_a_server_is_no_proxy():
    for number, value in ((35, b"coap://a/"), (35, b"x" * 1034), (39, b"http")):
        peer = _peer(_content)
        (response,) = peer.give(CON, GET, 5, b"t", [(number, value)])
        assert response.head == (ACK, _PROXYING_NOT_SUPPORTED, 5)
        assert peer.engine.server.requests == []


def test_a_separate_response_of_ours():
    for kind in (CON, NON):
        peer = _peer(lambda request: None)
        engine = peer.engine
        engine.server._answer = lambda request, engine=engine: engine.separate(request)
        sent = [one.head for one in peer.give(kind, GET, 5, b"t")]
        assert sent == ([(ACK, 0, 5)] if kind == CON else [])
        assert [one.head for one in peer.give(kind, GET, 5, b"t")] == sent
        request = engine.server.requests[0]
        engine.respond(request, Message(CONTENT, b"late"))
        (response,) = peer.out()
        assert response.head == (kind, CONTENT, 0x1000)
        assert (response.token, response.payload) == (b"t", b"late")
        if kind == CON:
            assert [one.octets for _, one in peer.pass_ms(3000)] == [response.octets]
            assert peer.give(ACK, 0, 0x1000) == []
        else:
            assert peer.pass_ms(3000) == []
        assert [one.head for one in peer.give(kind, GET, 5, b"t")] == sent
        assert len(engine.server.requests) == 1
        _is_idle(peer)


def test_a_separate_response_that_nobody_takes():
    for words in ((RST, 0, 0x1000), None):
        peer = _peer(lambda request: None)
        engine = peer.engine
        engine.server._answer = lambda request, engine=engine: engine.separate(request)
        peer.give(CON, GET, 5, b"t")
        engine.respond(engine.server.requests[0], Message(CONTENT))
        assert len(peer.out()) == 1
        if words:
            assert peer.give(*words) == []
        peer.pass_ms(93000)
        _is_idle(peer)


def test_respond_without_separate():
    peer = _peer(lambda request: None)
    assert peer.give(CON, GET, 5, b"t") == []
    peer.engine.respond(peer.engine.server.requests[0], Message(CONTENT))
    assert [one.head for one in peer.out()] == [(ACK, CONTENT, 5)]


def test_no_response():
    for value in range(32):
        for code in (CONTENT, NOT_FOUND, 0xA0):
            unwanted = value >> (code >> 5) - 1 & 1
            options = [(_NO_RESPONSE, bytes([value]) if value else b"")]
            peer = _peer(lambda _, code=code: Message(code))
            (answer,) = peer.give(CON, GET, 5, b"t", options)
            assert answer.head == (ACK, 0 if unwanted else code, 5)
            assert len(peer.give(NON, GET, 6, b"t", options)) == 1 - unwanted
            engine = peer.engine
            engine.server._answer = lambda request, engine=engine: engine.separate(request)
            peer.give(CON, GET, 7, b"t", options)
            engine.respond(engine.server.requests[-1], Message(code))
            assert len(peer.out()) == 1 - unwanted and engine._separate == []


def test_ping():
    peer = _peer()
    ping = Ping(Message(0), 93000)
    peer.engine.ping(ping)
    (sent,) = peer.out()
    assert sent.head == (CON, 0, 0x1000) and sent.token == b""
    assert len(peer.pass_ms(3000)) == 1
    assert peer.give(NON, CONTENT, 5, b"") != [] and not ping.done
    assert peer.give(RST, 0, 0x1000) == []
    assert ping.done and ping.error is None
    _is_idle(peer)


def test_a_ping_without_an_answer():
    peer = _peer()
    ping = Ping(Message(0), 93000)
    peer.engine.ping(ping)
    peer.pass_ms(93000)
    assert isinstance(ping.error, TimedOut)
    _is_idle(peer)


def test_the_peer_pings_while_a_request_is_under_way():
    peer, exchange, _ = _asked()
    assert [one.head for one in peer.give(CON, 0, 7)] == [(RST, 0, 7)]
    assert not exchange.done


def test_forget_in_every_phase():
    for phase in ("waits", "begun", "sent", "repeated", "acknowledged", "done", "rejected"):
        peer = _peer()
        if phase == "waits":
            _request(peer)
        exchange = peer.engine.request(Exchange(Message(GET), 93000))
        other = peer.engine.request(Exchange(Message(GET), 93000))
        sent = peer.out() if phase != "begun" else []
        if phase == "repeated":
            assert peer.pass_ms(3000)
        mid, token = (sent[0].mid if sent else 0), exchange.message.token
        if phase == "acknowledged":
            peer.give(ACK, 0, mid)
        elif phase == "done":
            peer.give(ACK, CONTENT, mid, token)
        elif phase == "rejected":
            peer.give(RST, 0, mid)
        ended = exchange.done
        peer.engine.forget(exchange)
        peer.engine.forget(exchange)  # once more does no harm
        repeated = [one.token for _, one in peer.pass_ms(60000)]
        assert token not in repeated, phase
        assert exchange.done == ended == (phase in ("done", "rejected"))
        assert [one.head for one in peer.give(CON, CONTENT, 5, token)] == [(RST, 0, 5)]
        if phase != "waits":
            peer.give(NON, CONTENT, 6, other.message.token)
            assert other.response.ok
            _is_idle(peer)


class _Event:
    count = 0

    def set(self):
        self.count += 1


def test_whoever_waits_is_told():
    for words in ((ACK, CONTENT), (RST, 0), None):
        peer, exchange, request = _asked()
        exchange.event = _Event()
        if words:
            peer.give(*words, mid=request.mid, token=request.token if words[1] else b"")
        else:
            peer.pass_ms(93000)
        assert exchange.event.count == 1 and exchange.done


def test_the_end_of_the_connection():
    peer = _peer()
    exchanges = [peer.engine.request(Exchange(Message(GET), 93000)) for _ in range(3)]
    exchanges[0].event = _Event()
    ping = Ping(Message(0), 93000)
    peer.engine.ping(ping)
    (sent,) = peer.out()
    peer.give(ACK, CONTENT, sent.mid, sent.token)
    assert exchanges[0].done
    error = OSError("the network is down")
    peer.engine.fail(error)
    assert exchanges[0].error is None and exchanges[0].event.count == 1
    assert [one.error for one in exchanges[1:] + [ping]] == [error] * 3
    peer.pass_ms(100000)
    assert [one.error for one in exchanges[1:] + [ping]] == [error] * 3
    _is_idle(peer)
    assert raises(OSError, _request, peer) is error
    assert raises(OSError, peer.engine.ping, Ping(Message(0), 1)) is error
    _is_idle(peer)


def _sizes(peer):
    layer = peer.engine._layer
    return [
        len(one)
        for one in (
            peer.engine._exchanges,
            peer.engine._separate,
            layer._waiting,
            layer._ready,
            layer._answers,
            layer._datagram,
        )
    ]


def test_nothing_grows_over_ten_thousand_exchanges():
    peer = _peer(_content)
    most = [0] * 6
    for i in range(10000):
        way = i % 5
        message = Message(GET)
        message.type = NON if way == 1 else CON
        exchange = peer.engine.request(Exchange(message, 93000))
        (sent,) = peer.out()
        if way == 0:
            peer.give(ACK, CONTENT, sent.mid, sent.token)
        elif way == 1:
            peer.give(NON, CONTENT, i, sent.token)
        elif way == 2:
            peer.give(ACK, 0, sent.mid)
            assert len(peer.give(CON, CONTENT, i, sent.token)) == 1
        elif way == 3:
            peer.give(RST, 0, sent.mid)
        else:
            assert len(peer.give(CON if i & 1 else NON, GET, i, b"t")) == 1
            peer.engine.forget(exchange)
        assert exchange.done == (way != 4)
        assert sent.mid == 0x1000 + i & 0xFFFF or way == 4 or i > 4
        most = [max(pair) for pair in zip(most, _sizes(peer))]
    assert most[:3] == [0, 0, 0] and most[3] == 0 and most[4] <= 8 and most[5] < 20, most
    _is_idle(peer)
