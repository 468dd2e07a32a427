"""Mutated and random datagrams, the same on every run: nothing is raised, nothing is stuck."""

from coap_peer import ACK, CON, CONTENT, GET, NON, RST, Peer, Random, Seen, Server, datagram
from expect import Numbers

from dtls_micro.coap.engine import Engine
from dtls_micro.coap.errors import FormatError
from dtls_micro.coap.exchange import Exchange
from dtls_micro.coap.message import Message, encode, parse

_ROUNDS = 4000
_CODES = (0, 1, 2, 3, 4, 5, 7, 8, 31, 32, 0x41, 0x45, 0x5F, 0x80, 0x84, 0xA0, 0xA5, 0xC0, 0xFF)
_NUMBERS = (0, 1, 3, 4, 6, 7, 9, 11, 12, 14, 15, 23, 27, 35, 39, 252, 258, 292, 2049, 65535)


def _valid(numbers, token):
    """Return a message that is well-formed, of any meaning."""
    options = []
    for number in sorted(
        [_NUMBERS[numbers.below(len(_NUMBERS))] for _ in range(numbers.below(5))]
    ):
        options.append((number, numbers.octets((0, 1, 2, 12, 13, 270)[numbers.below(6)])))
    code = _CODES[numbers.below(len(_CODES))]
    token = (b"", token, numbers.octets(8))[numbers.below(3)]
    payload = numbers.octets(numbers.below(4))
    return datagram(numbers.below(4), code, 0x0FF8 + numbers.below(16), token, options, payload)


def _damaged(numbers, octets):
    """Return a datagram with up to three faults."""
    octets = bytearray(octets)
    for _ in range(numbers.below(4)):
        at = numbers.below(len(octets)) if octets else 0
        way = numbers.below(5)
        if way == 0 and octets:
            octets[at] ^= 1 << numbers.below(8)
        elif way == 1 and octets:
            octets[at] = (0, 13, 14, 0xD0, 0xE0, 0xDD, 0xEE, 0xF0, 0xFF)[numbers.below(9)]
        elif way == 2:
            octets = octets[:at]
        elif way == 3:
            octets = octets[:at] + numbers.octets(1 + numbers.below(4)) + octets[at:]
        else:
            octets = octets[:at] + octets[at + 1 + numbers.below(4) :]
    return bytes(octets)


def _readable(octets) -> bool:
    """Tell whether the codec of the tests can read it."""
    try:
        seen = Seen(octets)
    except (AssertionError, IndexError):
        return False
    return seen.code >> 5 not in (1, 6, 7) and all(one < 65536 for one, _ in seen.options)


def test_two_codecs_agree_on_what_is_a_message():
    numbers = Numbers(11)
    good = bad = 0
    for i in range(_ROUNDS):
        octets = _damaged(numbers, _valid(numbers, b"tokn")) if i % 4 else numbers.octets(i % 40)
        try:
            message = parse(octets)
        except FormatError:
            message = None
        assert (message is not None) == _readable(octets), octets
        if message is None:
            bad += 1
            continue
        good += 1
        seen = Seen(octets)
        assert (message.type, message.code, message.mid) == seen.head
        assert (message.token, message.payload) == (seen.token, seen.payload)
        assert all(pair in seen.options for pair in message.options)
        again = bytearray()
        encode(message, again)
        assert parse(again).options == message.options
        if message.options == seen.options:
            assert len(again) <= len(octets)
    assert good > _ROUNDS // 4 and bad > _ROUNDS // 4, (good, bad)


def _asks(engine):
    message = Message(GET)
    return engine.request(Exchange(message, 20000))


def test_an_engine_outlives_everything():
    for seed in range(4):
        numbers = Numbers(100 + seed)
        engine = Engine(Random(seed, [b"\x0f\xf8"]))
        later = []
        answers = (
            lambda request: Message(CONTENT, b"body"),
            lambda request: Message(0x84),
            lambda request, engine=engine, later=later: (
                later.append(request) or engine.separate(request)
            ),
        )
        engine.server = Server(lambda request, n=numbers, a=answers: a[n.below(3)](request))
        peer = Peer(engine)
        done = sent = 0
        exchange = _asks(engine)
        for i in range(_ROUNDS // 4):
            octets = _valid(numbers, exchange.message.token)
            octets = _damaged(numbers, octets) if i % 5 else numbers.octets(numbers.below(30))
            out = peer.give(octets)  # reads what is sent, strictly
            sent += len(out)
            assert len(out) <= 3
            if later and i % 3 == 0:
                engine.respond(later.pop(0), Message(CONTENT))
                sent += len(peer.out())
            if i % 7 == 0:
                peer.pass_ms(numbers.below(3000))
            if exchange.done:
                done += 1
                exchange = _asks(engine)
            engine.server.requests.clear()
            layer = engine._layer
            assert len(engine._exchanges) <= 2 and len(layer._answers) <= 24 and not layer._ready
        assert done > 5 and sent > 100, (done, sent)
        _still_works(peer, later)


def _still_works(peer, later):
    engine = peer.engine
    while later:
        engine.respond(later.pop(), Message(CONTENT))
    while peer.pass_ms(250000):
        pass
    exchange = _asks(engine)
    (request,) = peer.out()
    assert request.kind == CON
    peer.give(ACK, CONTENT, request.mid, request.token)
    assert exchange.response.code == CONTENT and engine.tick(0) == -1
    engine.server = None
    assert [one.kind for one in peer.give(CON, GET, 1)] == [ACK]
    assert [one.kind for one in peer.give(NON, GET, 2)] == [NON]
    assert [one.kind for one in peer.give(CON, 0, 3)] == [RST]
    assert engine._exchanges == engine._separate == engine._layer._waiting == []
