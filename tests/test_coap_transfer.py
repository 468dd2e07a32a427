"""Bodies in blocks (RFC 7959), Echo and Request-Tag (RFC 9175), with a server that is scripted."""

from io import BytesIO

from coap_fakes import (
    BLOCK1,
    BLOCK2,
    BODY,
    CHANGED,
    CONTINUE,
    SIZE1,
    acknowledged,
    block,
    connected,
    down,
    lost,
    octets,
    option,
    reply,
    said,
    told,
    up,
    uploaded,
)
from coap_peer import CONTENT, NON, datagram
from expect import raises

from dtls_micro.coap.errors import CoapError, TimedOut

_ECHO = 252
_REQUEST_TAG = 292
_UNAUTHORIZED = 0x81
_INCOMPLETE = 0x88
_TOO_LARGE = 0x8D
_TWO_GO_ON = [up(CONTINUE, 0, 1, 128), up(CONTINUE, 1, 1, 128)]
_TAKEN = _TWO_GO_ON + [up(CHANGED, 2, 0, 128)]


def test_figure_2_a_simple_get():
    e, channel = connected(down(0, 1, 128), down(1, 1, 128), down(2, 0, 128))
    response = e.get("/status")
    assert response.ok and bytes(response.payload) == BODY
    assert told(channel) == ["", "2:1/0/128", "2:2/0/128"]
    assert {option(seen, 11) for seen in channel.requests} == {b"status"}
    assert len({seen.mid for seen in channel.requests}) == 3
    assert all(seen.payload == b"" for seen in channel.requests)


def test_figure_3_early_negotiation():
    e, channel = connected(*[down(i, int(i < 4), 64) for i in range(5)])
    assert bytes(e.get("/status", block=64).payload) == BODY
    assert told(channel) == ["2:%d/0/64" % i for i in range(5)]
    e, channel = connected(reply(CONTENT))
    channel.receive_size = 64 + 100  # so small blocks are all that it can take
    assert e.get("/status").ok and told(channel) == ["2:0/0/64"]


def test_a_server_may_choose_smaller_blocks_at_once_or_later():
    e, channel = connected(*[down(i, int(i < 9), 32) for i in range(10)])
    assert bytes(e.get("/status", block=128).payload) == BODY
    assert told(channel) == ["2:0/0/128"] + ["2:%d/0/32" % i for i in range(1, 10)]
    e, channel = connected(down(0, 1, 128), *[down(i, int(i < 9), 32) for i in range(4, 10)])
    assert bytes(e.get("/status").payload) == BODY
    assert told(channel) == ["", "2:1/0/128"] + ["2:%d/0/32" % i for i in range(5, 10)]


def test_figures_5_and_6_a_request_or_its_answer_is_lost():
    e, channel = connected(down(0, 1, 128), lost, lost, down(1, 1, 128), down(2, 0, 128))
    assert bytes(e.get("/status").payload) == BODY
    assert told(channel) == ["", "2:1/0/128", "2:1/0/128", "2:1/0/128", "2:2/0/128"]
    assert len({seen.mid for seen in channel.requests}) == 3
    assert channel.requests[1].octets == channel.requests[3].octets


def test_figure_7_a_simple_put():
    e, channel = connected(*_TAKEN)
    response = e.put("/options", BODY, block=128, content_format=42)
    assert response.code == CHANGED and response.payload == b""
    assert told(channel) == ["1:0/1/128", "1:1/1/128", "1:2/0/128"]
    assert [len(seen.payload) for seen in channel.requests] == [128, 128, 44]
    assert uploaded(channel) == BODY
    for seen in channel.requests:  # section 2.5: all have the options of the request
        assert (option(seen, 11), option(seen, 12)) == (b"options", b"\x2a")
    assert option(channel.requests[0], SIZE1) == octets(300)


def test_figure_8_a_server_that_takes_each_block_for_itself():
    e, channel = connected(up(CHANGED, 0, 0, 128), up(CHANGED, 1, 0, 128), up(CHANGED, 2, 0, 128))
    assert e.put("/options", BODY, block=128).code == CHANGED
    assert told(channel) == ["1:0/1/128", "1:1/1/128", "1:2/0/128"]
    assert uploaded(channel) == BODY


def test_figure_9_a_server_that_wants_smaller_blocks():
    e, channel = connected(
        up(CONTINUE, 0, 1, 32),
        *[up(CONTINUE, i, 1, 32) for i in range(4, 9)],
        up(CHANGED, 9, 0, 32),
    )
    assert e.put("/options", BODY, block=128).code == CHANGED
    assert told(channel) == ["1:0/1/128"] + ["1:%d/%d/32" % (i, int(i < 9)) for i in range(4, 10)]
    assert uploaded(channel) == BODY


def test_figure_10_blocks_both_ways():
    e, channel = connected(
        *_TWO_GO_ON,
        reply(CHANGED, [(BLOCK2, block(0, 1, 128)), (BLOCK1, block(2, 0, 128))], BODY[:128]),
        down(1, 1, 128),
        down(2, 0, 128),
    )
    response = e.post("/soap", BODY, block=128)
    assert response.ok and bytes(response.payload) == BODY
    up_first = ["1:0/1/128", "1:1/1/128", "1:2/0/128"]
    assert told(channel) == up_first + ["2:1/0/128", "2:2/0/128"]  # section 2.7: no Block1
    assert uploaded(channel) == BODY


def test_a_body_of_whole_blocks_ends_with_a_whole_one():
    e, channel = connected(up(CONTINUE, 0, 1, 16), up(CHANGED, 1, 0, 16))
    assert e.put("/a", b"x" * 32, block=16).ok
    assert told(channel) == ["1:0/1/16", "1:1/0/16"]


def test_a_payload_that_fits_is_sent_without_blocks():
    for payload, size in ((b"x" * 1000, None), ("text", None), (b"x" * 16, 16)):
        e, channel = connected(reply(CHANGED))
        assert e.put("/a", payload, block=size).ok and "1:" not in told(channel)[0]
        assert len(uploaded(channel)) == len(payload)


class _Drops:
    """A source that gives what it likes, three bytes at most, and then its end."""

    def __init__(self, body):
        self._body = body

    def read(self, n):
        piece, self._body = self._body[: min(n, 3)], self._body[min(n, 3) :]
        return piece


def test_a_payload_that_is_read():
    e, channel = connected(*[up(CONTINUE, i, 1, 64) for i in range(4)] + [up(CHANGED, 4, 0, 64)])
    assert e.put("/a", _Drops(BODY), block=64).code == CHANGED
    assert told(channel) == ["1:%d/%d/64" % (i, int(i < 4)) for i in range(5)]
    assert uploaded(channel) == BODY
    assert option(channel.requests[0], SIZE1) is None  # nobody knows it


def test_4_13_with_a_smaller_size_is_tried_with_that():
    """RFC 7959 section 2.9.3."""
    e, channel = connected(
        up(_TOO_LARGE, 0, 1, 256, (SIZE1, octets(4096))),
        up(CONTINUE, 0, 1, 256),
        up(CHANGED, 1, 0, 256),
    )
    assert e.put("/a", BytesIO(BODY)).code == CHANGED
    assert told(channel) == ["1:0/0/1024", "1:0/1/256", "1:1/0/256"]
    assert uploaded(channel) == BODY + BODY


def test_4_13_that_is_final_comes_to_the_user():
    size = (SIZE1, b"\x40")
    for step in (reply(_TOO_LARGE, [size]), up(_TOO_LARGE, 0, 1, 128, size)):
        e, channel = connected(step)
        response = e.put("/a", BODY, block=128)
        assert response.code == _TOO_LARGE and response.uint(SIZE1) == 64
        assert len(channel.requests) == 1


def test_errors_amid_blocks_come_to_the_user():
    """4.08 is RFC 7959 section 2.9.2."""
    for code in (_INCOMPLETE, _TOO_LARGE, 0xA0):
        e, channel = connected(up(CONTINUE, 0, 1, 128), reply(code))
        assert e.put("/a", BODY, block=128).code == code and len(channel.requests) == 2
    e, channel = connected(down(0, 1, 128), reply(0x84, payload=b"gone"))
    assert e.get("/a").payload == b"gone"


def test_a_server_that_confuses_blocks_of_ours():
    for steps in (
        [up(CONTINUE, 1, 1, 128)],  # not the one that was sent
        [up(CONTINUE, 0, 1, 128), up(CONTINUE, 0, 1, 128)],
        _TWO_GO_ON + [up(CONTINUE, 2, 0, 128)],
        [reply(CHANGED)],  # it has no Block1, and took a part for the whole
    ):
        e, channel = connected(*steps + [reply(CONTENT)])
        raises(CoapError, e.put, "/a", BODY, block=128)
        assert e.get("/b").ok and channel.script == []


def test_a_server_that_confuses_its_blocks():
    for step in (
        down(2, 0, 128),
        reply(CONTENT, [(BLOCK2, block(1, 1, 128))], BODY[:127]),
        reply(CONTENT, [(BLOCK2, block(1, 1, 128))], BODY[:129]),
        reply(CONTENT, [(BLOCK2, b"\x1f")], BODY[:128]),
        reply(CONTENT, payload=BODY[:128]),
    ):
        e, channel = connected(down(0, 1, 128), step, reply(CONTENT))
        raises(CoapError, e.get, "/a")
        assert e.get("/b").ok and channel.script == []


def test_a_body_that_changes_is_fetched_anew():
    """RFC 7959 section 2.4: blocks of two ETags are not put together."""
    new = BODY[150:] + BODY[:150]
    steps = [down(0, 1, 128, etag=b"a"), down(1, 1, 128, new, b"b")]
    steps += [down(i, int(i < 2), 128, new, b"b") for i in range(3)]
    e, channel = connected(*steps)
    response = e.get("/a")
    assert bytes(response.payload) == new and response.etag == b"b"
    assert [said or "2:0/0" for said in told(channel)][2].startswith("2:0/0")


def test_a_body_that_changes_all_the_time_is_givenup():
    def changing(seen):
        etag = b"%d" % len(channel.script)
        return down(int("2:1" in said(seen)), 1, 128, etag=etag)(seen)

    e, channel = connected(*[changing] * 100)
    raises(CoapError, e.get, "/a")
    assert len(channel.requests) < 20


def test_a_body_that_changes_while_a_sink_takes_it_is_an_error():
    e, _ = connected(down(0, 1, 128, etag=b"a"), down(1, 1, 128, etag=b"b"))
    raises(CoapError, e.get, "/a", into=BytesIO())


def test_sinks_and_progress():
    heard = []
    steps = [down(i, int(i < 2), 128, total=300 if i == 0 else None) for i in range(3)]
    e, _ = connected(*steps)
    into = BytesIO()
    response = e.get("/a", into=into, most=1, progress=lambda *words: heard.append(words))
    assert response.ok and response.payload == b"" and into.getvalue() == BODY
    assert heard == [(128, 300), (256, 300), (300, 300)]
    heard.clear()
    connected(*_TAKEN)[0].put("/a", BODY, block=128, progress=lambda *words: heard.append(words))
    assert heard[:2] == [(128, 300), (256, 300)]


def test_a_body_that_is_longer_than_what_is_wanted():
    steps = [down(i, int(i < 2), 128) for i in range(3)]
    assert bytes(connected(*steps)[0].get("/a", most=300).payload) == BODY
    for most in (299, 128, 127):
        raises(CoapError, connected(*steps)[0].get, "/a", most=most)


def test_an_echo_is_sent_back():
    """RFC 9175 section 2.3: the same request once more, with the Echo."""
    e, channel = connected(reply(_UNAUTHORIZED, [(_ECHO, b"fresh")]), reply(CHANGED))
    assert e.put("/a?b", b"on", content_format=0).code == CHANGED
    first, second = channel.requests
    assert second.options == first.options + [(_ECHO, b"fresh")]
    assert (second.code, second.payload) == (first.code, b"on") and first.mid != second.mid


def test_an_echo_amid_blocks():
    again = reply(_UNAUTHORIZED, [(_ECHO, b"fresh")])
    e, channel = connected(_TAKEN[0], again, _TAKEN[1], _TAKEN[2])
    assert e.put("/a", BODY, block=128).code == CHANGED
    assert told(channel) == ["1:0/1/128", "1:1/1/128", "1:1/1/128", "1:2/0/128"]
    assert channel.requests[1].payload == channel.requests[2].payload
    assert option(channel.requests[2], _ECHO) == b"fresh"


def test_4_01_without_an_echo_or_for_ever():
    e, channel = connected(reply(_UNAUTHORIZED))
    assert e.get("/a").code == _UNAUTHORIZED and len(channel.requests) == 1
    e, channel = connected(*[reply(_UNAUTHORIZED, [(_ECHO, b"x")])] * 10)
    assert e.get("/a").code == _UNAUTHORIZED and len(channel.requests) < 10


def test_an_upload_after_a_broken_one_has_another_request_tag():
    """RFC 9175 section 3.3: else a server could join blocks of both."""
    e, channel = connected(*[_TAKEN[0], acknowledged] * 3 + _TAKEN)
    for _ in range(3):
        raises(TimedOut, e.put, "/a", BODY, block=128, timeout=10)
    assert e.put("/a", BODY, block=128).code == CHANGED
    tags = [option(seen, _REQUEST_TAG) for seen in channel.requests]
    assert tags[0] == tags[1] and tags[2] == tags[3] and tags[4] == tags[5]
    assert tags[6] == tags[7] == tags[8]
    assert len({tags[0], tags[2], tags[4], tags[6]}) == 4


def test_blocks_of_non_confirmable_requests():
    def none(code, *options):
        return lambda seen: [datagram(NON, code, 7 + seen.mid, seen.token, options)]

    e, channel = connected(
        none(CONTINUE, (BLOCK1, block(0, 1, 256))), none(CHANGED, (BLOCK1, block(1, 0, 256)))
    )
    assert e.put("/a", BODY, block=256, confirmable=False).code == CHANGED
    assert [seen.kind for seen in channel.requests] == [NON, NON]
    assert uploaded(channel) == BODY
