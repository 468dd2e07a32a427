"""Observed resources, as the client sees them (RFC 7641 section 3), with a scripted server."""

from coap_fakes import (
    BODY,
    ETAG,
    OBSERVE,
    acknowledged,
    connected,
    down,
    lost,
    octets,
    option,
    refused,
    reply,
    told,
)
from coap_peer import (
    ACK,
    CON,
    CONTENT,
    GET,
    NON,
    NOT_FOUND,
    RST,
    Peer,
    Random,
    datagram,
)  # fmt: skip
from expect import raises

from dtls_micro.coap.engine import Engine
from dtls_micro.coap.errors import CoapError, TimedOut
from dtls_micro.coap.message import Message
from dtls_micro.coap.observation import Observation

_MAX_AGE = 14
_LONG = 500000
_HALF = 1 << 23
_LAST = (1 << 24) - 1


def _state(number, max_age=_LONG):
    """Return the options of a notification."""
    found = [(OBSERVE, octets(number))] if number is not None else []
    return found + ([(_MAX_AGE, octets(max_age))] if max_age is not None else [])


def _observed(*script, first=1, max_age=_LONG):
    """Return an endpoint, its channel, the notifications, and a function that sends more."""
    e, channel = connected(reply(CONTENT, _state(first, max_age), b"first"), *script)
    states = e.observe("/o?q", accept=0)
    assert states.next().payload == b"first"
    token = channel.requests[0].token
    mids = list(range(100, 200))

    def notify(number, payload=b"", after_ms=0, kind=NON, code=CONTENT, max_age=_LONG):
        mid = mids.pop(0)
        message = datagram(kind, code, mid, token, _state(number, max_age), payload)
        channel.give(message, after_ms)
        return mid

    return e, channel, states, notify


def _heads(channel) -> list:
    return [seen.head for seen in channel.sent if seen.code == 0]


def _quiet(states, seconds=1):
    """Check that nothing new comes within some seconds."""
    raises(TimedOut, states.next, seconds)


def test_a_registration_and_what_follows():
    _, channel, states, notify = _observed()
    (request,) = channel.requests
    assert (request.kind, request.code) == (CON, GET) and len(request.token) == 4
    assert request.options == [(OBSERVE, b""), (11, b"o"), (15, b"q"), (17, b"")]
    mids = [notify(i, b"%d" % i, 1000 * i, (CON, NON)[i % 2]) for i in range(2, 8)]
    assert [next(states).payload for _ in range(6)] == [b"%d" % i for i in range(2, 8)]
    assert _heads(channel) == [(ACK, 0, mid) for mid in mids[::2]]
    assert channel.port.now == 7000 and len(channel.requests) == 1


def test_the_order_of_notifications():
    """RFC 7641 section 3.4, with numbers of 24 bits that wrap."""
    for last, number, newer in (
        (1, 2, True),
        (2, 1, False),
        (2, 2, False),
        (0, _HALF - 1, True),
        (0, _HALF, False),
        (0, _HALF + 1, False),
        (0, _LAST, False),
        (_LAST, 0, True),
        (_LAST, _HALF - 2, True),
        (_LAST, _HALF - 1, False),
        (_LAST, _LAST, False),
        (_LAST - 1, _LAST, True),
        (_HALF + 1, 0, True),
        (_HALF, 0, False),
    ):
        _, channel, states, notify = _observed(first=last)
        mid = notify(number, b"second", 10, CON)
        if newer:
            assert states.next(1).payload == b"second", (last, number)
        else:
            _quiet(states)
        assert _heads(channel) == [(ACK, 0, mid)]  # of an old one too


def test_an_old_number_does_not_count_as_the_last():
    _, _, states, notify = _observed(first=10)
    for number in (5, 7):
        notify(number, b"old")
    notify(11, b"new", 10)
    assert states.next(1).payload == b"new"


def test_a_notification_after_128_seconds_is_newer_whatever_its_number():
    for ms, newer in ((128000, False), (128001, True)):
        engine = Engine(Random())
        peer = Peer(engine)
        exchange = Observation(Message(GET), 93000, engine, Random())
        token = engine.request(exchange).message.token
        peer.give(ACK, CONTENT, peer.out()[0].mid, token, _state(1000), b"first")
        assert exchange.take_news().payload == b"first"
        peer.pass_ms(ms)
        peer.give(NON, CONTENT, 1, token, _state(3), b"after a restart")
        assert exchange.done == newer
        peer.give(NON, CONTENT, 2, token, _state(4), b"and on")
        assert exchange.done == newer
        exchange.take_news()
        peer.give(NON, CONTENT, 5, token, _state(2), b"old")
        assert not exchange.done


def test_states_that_nobody_takes_are_replaced():
    e, _, states, notify = _observed(lambda seen: [], reply(CONTENT, payload=b"other"))
    for i in range(2, 5):
        notify(i, b"%d" % i, 100 * i)
    notify(3, b"late", 700)
    assert e.get("/other").payload == b"other"  # at the second attempt
    assert states.next(1).payload == b"4"
    _quiet(states)


def test_a_stale_state_is_asked_for_again():
    """RFC 7641 section 3.3.1: 5 to 15 s after Max-Age, under the same token."""
    for max_age, seconds in ((10, 10), (None, 60), (0, 0)):
        _, channel, states, _ = _observed(reply(CONTENT, _state(2), b"again"), max_age=max_age)
        assert states.next().payload == b"again"
        first, second = channel.requests
        assert (seconds + 5) * 1000 <= second.at_ms <= (seconds + 15) * 1000
        assert (second.token, second.options) == (first.token, first.options)
        assert second.kind == CON and second.mid != first.mid


def test_news_put_the_next_registration_off():
    e, channel, _, notify = _observed(max_age=10)
    for i in range(2, 6):
        notify(i, after_ms=14000, max_age=10)
        e.serve(14)
    assert len(channel.requests) == 1 and channel.port.now == 56000
    channel.script.append(reply(CONTENT, _state(9)))
    e.serve(30)
    assert 71000 <= channel.requests[1].at_ms <= 81000


def test_a_registration_that_is_repeated_is_one():
    """What is lost is retransmitted, and the peer's silence ends the observation."""
    _, channel, states, _ = _observed(lost, reply(CONTENT, _state(2), b"again"), max_age=1)
    assert states.next().payload == b"again"
    assert channel.requests[1].octets == channel.requests[2].octets
    for steps in ([lost] * 5, [acknowledged]):
        _, channel, states, _ = _observed(*steps, max_age=1)
        raises(TimedOut, states.next)
        assert channel.script == []


def test_registrations_that_fail():
    e, channel = connected(*[lost] * 5 + [refused, acknowledged])
    raises(TimedOut, e.observe("/o").next)
    assert not isinstance(raises(CoapError, e.observe("/o").next), TimedOut)
    raises(TimedOut, e.observe("/o", timeout=9).next)
    assert channel.script == []


def test_a_resource_that_cannot_be_observed():
    """RFC 7641 section 3.1: it is a GET then."""
    for code in (CONTENT, NOT_FOUND, 0xA0):
        e, channel = connected(reply(code, payload=b"once"))
        found = list(e.observe("/o"))
        assert [(one.code, one.payload) for one in found] == [(code, b"once")]
        assert len(channel.requests) == 1 and channel.port.now == 0


def test_the_end_by_the_server():
    """RFC 7641 section 3.2: an error, or a success without Observe, is the last one."""
    for code, number in ((NOT_FOUND, None), (NOT_FOUND, 3), (CONTENT, None)):
        e, channel, states, notify = _observed()
        notify(2, b"2", 10)
        mid = notify(number, b"end", 20, CON, code)
        assert [(one.code, one.payload) for one in states] == [(CONTENT, b"2"), (code, b"end")]
        assert states.next() is None and _heads(channel) == [(ACK, 0, mid)]
        states.cancel()  # there is nothing to tell
        mid = notify(4, kind=CON)
        e.serve(1)
        assert _heads(channel)[1:] == [(RST, 0, mid)] and len(channel.requests) == 1


def test_a_notification_that_is_not_understood():
    _, channel, states, _ = _observed()
    token = channel.requests[0].token
    channel.give(datagram(CON, CONTENT, 5, token, _state(2) + [(65535, b"")], b"x"))
    assert "65535" in str(raises(CoapError, states.next))
    assert _heads(channel) == [(RST, 0, 5)]


def test_cancelling_by_a_request():
    """RFC 7641 section 3.6: a GET with Observe 1, otherwise the same."""
    e, channel, states, notify = _observed(lost, reply(CONTENT, payload=b"unwanted"))
    states.cancel()
    first, second = channel.requests[:2]
    assert (second.code, second.token) == (GET, first.token)
    assert second.options == [(OBSERVE, b"\1")] + first.options[1:]
    assert len(channel.requests) == 3 and channel.port.now >= 2000  # it waited for the answer
    states.cancel()
    assert list(states) == []
    for kind in (CON, NON):
        mid = notify(2, kind=kind)
        e.serve(1)
        assert _heads(channel)[-1] == (RST, 0, mid)
    assert len(channel.requests) == 3


def test_leaving_a_with_statement_cancels():
    _, channel, states, _ = _observed(reply(CONTENT))
    with states:
        assert len(channel.requests) == 1
    assert option(channel.requests[1], OBSERVE) == b"\1"


def test_leaving_by_an_exception_cancels_by_a_reset():
    """RFC 7641 section 3.6: nothing is waited for, the next notification is refused."""
    e, channel, states, notify = _observed(max_age=1)

    def fail():
        with states:
            raise KeyError

    raises(KeyError, fail)
    mid = notify(2, after_ms=60000, kind=CON)
    e.serve(100)  # nor is it asked for again
    assert _heads(channel) == [(RST, 0, mid)] and len(channel.requests) == 1


def test_a_state_in_blocks():
    """RFC 7959 section 2.6: the rest is fetched without Observe, under other tokens."""
    e, channel, states, _ = _observed(*[down(i, int(i < 2), 128, etag=b"e") for i in (1, 2)])
    token = channel.requests[0].token
    options = [(ETAG, b"e"), (OBSERVE, b"\2"), (_MAX_AGE, b"\xff"), (23, b"\x0b")]
    channel.give(datagram(CON, CONTENT, 5, token, options, BODY[:128]))
    state = states.next()
    assert bytes(state.payload) == BODY and state.etag == b"e"
    assert told(channel) == ["", "2:1/0/128", "2:2/0/128"]
    for seen in channel.requests[1:]:
        assert seen.token != token and option(seen, OBSERVE) is None
        assert (option(seen, 11), option(seen, 15), option(seen, 17)) == (b"o", b"q", b"")
    channel.script = [reply(NOT_FOUND)]
    channel.give(
        datagram(CON, CONTENT, 6, token, options[:1] + _state(3) + options[3:], bytes(128))
    )
    assert states.next().code == NOT_FOUND
    channel.give(datagram(CON, CONTENT, 7, token, _state(4), b"short"))
    assert states.next().payload == b"short"


def test_several_observations_and_requests_meanwhile():
    e, channel, states, notify = _observed(
        reply(CONTENT, _state(50), b"b"), reply(CONTENT, payload=b"get")
    )
    others = e.observe("/b")
    assert others.next().payload == b"b" and e.get("/c").payload == b"get"
    tokens = [seen.token for seen in channel.requests]
    assert len(set(tokens)) == 3
    notify(2, b"a2")
    channel.give(datagram(NON, CONTENT, 5, tokens[1], _state(51), b"b51"))
    assert others.next().payload == b"b51" and states.next().payload == b"a2"


def test_a_broken_channel_ends_an_observation():
    _, channel, states, _ = _observed()
    channel.give(OSError(5))
    assert raises(OSError, states.next).args == (5,)
    raises(OSError, states.next)
