"""Messages and options: RFC 7252 sections 3 and 5.4, against a codec of the tests' own."""

from coap_peer import ACK, CON, NON, RST, Seen, datagram
from expect import raises

from dtls_micro.coap import codes, options
from dtls_micro.coap.errors import CoapError, FormatError
from dtls_micro.coap.message import Message, add, encode, parse

_EDGES = (1, 12, 13, 14, 268, 269, 270, 524, 525, 65535)
_IF_MATCH = 1
_URI_HOST = 3
_ETAG = 4
_URI_PORT = 7
_URI_PATH = 11
_CONTENT_FORMAT = 12
_MAX_AGE = 14
_REQUEST_TAG = 292
# number: least and most length, may be repeated
_KNOWN = {
    1: (0, 8, True),
    3: (1, 255, False),
    4: (1, 8, True),
    5: (0, 0, False),
    6: (0, 3, False),
    7: (0, 2, False),
    8: (0, 255, True),
    11: (0, 255, True),
    12: (0, 2, False),
    14: (0, 4, False),
    15: (0, 255, True),
    17: (0, 2, False),
    20: (0, 255, True),
    23: (0, 3, False),
    27: (0, 3, False),
    28: (0, 4, False),
    35: (1, 1034, False),
    39: (1, 255, False),
    60: (0, 4, False),
    252: (1, 40, False),
    258: (0, 1, False),
    292: (0, 8, True),
}


def _encoded(message, kind=CON, mid=0x1234, token=b"") -> bytes:
    message.type = kind
    message.mid = mid
    message.token = token
    out = bytearray(b"what was there before, which is longer than it")
    encode(message, out)
    return bytes(out)


def test_the_examples_of_appendix_a():
    assert _encoded(Message(1, b"", [(11, b"temperature")]), mid=0x7D34) == (
        b"\x40\x01\x7d\x34\xbbtemperature"
    )
    message = parse(b"\x61\x45\x7d\x35\x20\xff22.3 C")
    assert (message.type, message.code, message.mid) == (ACK, 0x45, 0x7D35)
    assert (message.token, message.options, message.payload) == (b"\x20", [], b"22.3 C")
    assert message.ok and not message.bad


def test_every_header_goes_both_ways():
    for kind in (CON, NON, ACK, RST):
        for mid in (0, 1, 255, 256, 0xFFFF):
            for size in range(9):
                token = bytes(range(size))
                octets = _encoded(Message(0x45, b"p"), kind, mid, token)
                assert octets == datagram(kind, 0x45, mid, token, (), b"p")
                message = parse(octets)
                assert (message.type, message.mid, message.token) == (kind, mid, token)
                assert (message.code, message.payload) == (0x45, b"p")


def test_written_options_with_extended_deltas_and_lengths():
    for number in _EDGES:
        for size in (0,) + _EDGES:
            value = b"v" * size
            octets = _encoded(Message(1, b"p", [(number, value), (number, b"x")]))
            assert octets == datagram(CON, 1, 0x1234, b"", [(number, value), (number, b"x")], b"p")
            assert Seen(octets).options == [(number, value), (number, b"x")]


def test_read_deltas_at_the_edges():
    for number in _EDGES + (511, 65534, 65533):
        if number in _KNOWN:
            continue
        message = parse(datagram(CON, 1, 0, b"", [(number, b"")], b"p"))
        assert message.options == [] and message.payload == b"p"
        assert message.bad == (number if number & 1 else 0)
    for delta in (12, 13, 268, 269):
        first = _REQUEST_TAG - delta
        message = parse(datagram(CON, 1, 0, b"", [(first, b""), (_REQUEST_TAG, b"tag")]))
        assert message.option(_REQUEST_TAG) == b"tag"


def test_read_lengths_at_the_edges():
    for size in (0,) + _EDGES:
        pairs = [(_URI_PATH, b"a"), (2000, b"\xff" * size), (2000, b""), (2002, b"z" * size)]
        for buffer in (bytes, bytearray, memoryview):
            message = parse(buffer(datagram(CON, 1, 0, b"", pairs, b"payload")))
            assert message.options == [(_URI_PATH, b"a")]
            assert message.payload == b"payload" and not message.bad
    for size in (12, 13, 255):
        message = parse(datagram(CON, 1, 0, b"", [(_URI_PATH, b"x" * size)] * 2))
        assert message.all(_URI_PATH) == [b"x" * size] * 2


def test_an_option_number_has_16_bits():
    most = parse(b"\x40\x01\0\0\xe0\xfe\xf2p"[:-1])
    assert most.bad == 65535
    for tail in (b"\xe0\xfe\xf3", b"\xe0\xff\xff", b"\xe0\xfe\xf2\x10", b"\xe0\xf0\0" * 2):
        raises(FormatError, parse, b"\x40\x01\0\0" + tail)


def test_malformed_messages():
    good = datagram(CON, 1, 7, b"tok", [(_URI_PATH, b"abc"), (_URI_PATH, b"d" * 20)], b"p")
    for octets in (
        b"",
        b"\x40",
        b"\x40\x01\0",
        b"\0\x01\0\0",  # versions
        b"\x80\x01\0\0",
        b"\xc0\x01\0\0",
        b"\x41\x01\0\0",  # tokens
        b"\x48\x01\0\0" + bytes(7),
        b"\x49\x01\0\0" + bytes(9),
        b"\x4f\x01\0\0" + bytes(20),
        b"\x40\x20\0\0",  # codes of classes 1, 6 and 7
        b"\x40\x3f\0\0",
        b"\x40\xc0\0\0",
        b"\x40\xff\0\0",
        b"\x40\0\0\0x",  # empty messages that are not
        b"\x41\0\0\0x",
        b"\x60\0\0\0\xffp",
        b"\x40\x01\0\0\xff",  # a marker alone
        good[:-1],
        b"\x40\x01\0\0\xf0",  # reserved deltas and lengths
        b"\x40\x01\0\0\xfe" + bytes(20),
        b"\x40\x01\0\0\x0f" + bytes(20),
        b"\x40\x01\0\0\xdf" + bytes(20),
        b"\x40\x01\0\0\xd0",  # extensions that are missing
        b"\x40\x01\0\0\xe0\0",
        b"\x40\x01\0\0\x0d",
        b"\x40\x01\0\0\x0e\0",
        b"\x40\x01\0\0\xdd\0",
        b"\x40\x01\0\0\xee\0\0\0",
        b"\x40\x01\0\0\xb2a",  # values that are missing
        b"\x40\x01\0\0\xbd\x00" + bytes(12),
        b"\x40\x01\0\0\xbe\0\0" + bytes(268),
    ):
        error = raises(FormatError, parse, octets)
        assert isinstance(error, CoapError) and isinstance(error, OSError)


def test_a_message_cut_anywhere_is_malformed_or_shorter():
    good = datagram(CON, 1, 7, b"tok", [(_URI_PATH, b"abc"), (_URI_PATH, b"d" * 20)], b"p")
    whole = (7, 11, 33, 35)  # behind the token, each option, and the payload
    for size in range(len(good)):
        if size in whole:
            assert parse(good[:size]).token == b"tok"
        else:
            raises(FormatError, parse, good[:size])


def test_lengths_of_known_options():
    for number, (least, most, _) in _KNOWN.items():
        for size in (least - 1, least, most, most + 1):
            if size < 0:
                continue
            fits = least <= size <= most
            message = parse(datagram(CON, 1, 0, b"", [(number, b"v" * size)]))
            assert message.options == ([(number, b"v" * size)] if fits else []), (number, size)
            assert message.bad == (number if number & 1 and not fits else 0), (number, size)


def test_repeated_options():
    for number, (least, _, may) in _KNOWN.items():
        pairs = [(number, b"v" * least)] * 3
        message = parse(datagram(CON, 1, 0, b"", pairs))
        assert message.options == (pairs if may else pairs[:1]), number
        assert message.bad == (number if number & 1 and not may else 0), number


def test_which_numbers_are_known():
    for number in range(400):
        size = 0 if number not in _KNOWN else _KNOWN[number][0]
        assert options.understood(number, size, False) == (number in _KNOWN), number
    for number in (513, 65535, 2053, 0x10B):
        assert not options.understood(number, 1, False)


def test_the_first_unknown_critical_option_is_named():
    message = parse(datagram(CON, 1, 0, b"", [(9, b""), (10, b""), (13, b"x"), (_MAX_AGE, b"")]))
    assert message.bad == 9
    assert message.options == [(_MAX_AGE, b"")]


def test_numbers_in_options():
    for value, octets in (
        (0, b""),
        (1, b"\1"),
        (255, b"\xff"),
        (256, b"\1\0"),
        (65535, b"\xff\xff"),
        (65536, b"\1\0\0"),
        (0xFFFFFFFF, b"\xff" * 4),
    ):
        assert options.uint(value) == octets
        assert options.number(octets) == value
        assert options.number(b"\0" + octets) == value
    raises(ValueError, options.uint, -1)


def test_accessors():
    message = Message(0x41, b"", [(_ETAG, b"e"), (8, b"rd"), (8, b"5a"), (20, b"x=1"), (20, b"y")])
    assert message.location == "/rd/5a?x=1&y"
    assert message.etag == b"e"
    assert message.content_format is None and message.max_age == 60
    assert message.block(23) is None and message.option(_URI_HOST) is None
    assert message.uint(6) is None and message.uint(6, 5) == 5
    assert message.all(_URI_PATH) == [] and message.path == "/"
    message.add(_MAX_AGE, b"")
    message.add(_CONTENT_FORMAT, b"\x28")
    message.add(23, b"\x12\x3e")
    message.add(8, b"z")
    assert [one for one, _ in message.options] == [4, 8, 8, 8, 12, 14, 20, 20, 23]
    assert message.all(8) == [b"rd", b"5a", b"z"]
    assert message.content_format == 40 and message.max_age == 0
    assert message.block(23) == (0x123, 1, 6)
    assert Message(1).location == ""
    assert Message(1, b"", [(11, b"a"), (11, "\u00e9".encode()), (11, b"")]).path == "/a/\u00e9/"
    assert Message(1, b"", [(11, b"a\xff")]).path == "/a\u00ff"


def test_messages_share_nothing():
    given = [(_URI_PATH, b"a")]
    one, two = Message(1, b"", given), Message(1, b"", given)
    one.add(_IF_MATCH, b"")
    one.token = b"t"
    assert two.options == given == [(_URI_PATH, b"a")] and two.token == b""
    assert Message(1).options == []
    add(given, _URI_PORT, b"")
    assert given == [(_URI_PORT, b""), (_URI_PATH, b"a")]


def test_what_is_read_does_not_refer_to_the_datagram():
    buffer = bytearray(datagram(CON, 1, 7, b"tok", [(_URI_PATH, b"abc")], b"payload"))
    message = parse(buffer)
    for i in range(len(buffer)):
        buffer[i] = 0
    assert message.token == b"tok" and message.path == "/abc" and message.payload == b"payload"
    assert isinstance(message.token, bytes) and isinstance(message.payload, bytes)


def test_classes_of_codes():
    for code in range(256):
        ok = 0x40 <= code < 0x60
        assert codes.ok(code) == Message(code).ok == ok
    assert codes.text(0x45) == "2.05" and codes.text(0xA5) == "5.05" and codes.text(0x5F) == "2.31"
    assert (codes.GET, codes.POST, codes.PUT, codes.DELETE) == (1, 2, 3, 4)
    assert (codes.FETCH, codes.PATCH, codes.IPATCH) == (5, 6, 7)
