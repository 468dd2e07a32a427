"""Corners of CoAP that were once wrong: each test names what the RFC or the docstring says."""

import asyncio
from io import BytesIO

from coap_fakes import (
    BLOCK1,
    BLOCK2,
    BODY,
    CHANGED,
    CONTINUE,
    ETAG,
    OBSERVE,
    Client,
    acknowledged,
    block,
    connected,
    lost,
    octets,
    option,
    reply,
    up,
)
from coap_peer import ACK, CON, CONTENT, GET, POST, PUT, RST, datagram
from expect import raises
from test_coap_aio import _fails, _run, _until
from test_coap_observe import _observed

from dtls_micro.coap.errors import CoapError, TimedOut

_TAKEN = [up(CONTINUE, 0, 1, 128), up(CONTINUE, 1, 1, 128), up(CHANGED, 2, 0, 128)]


def test_128_seconds_count_while_the_endpoint_waits():
    """RFC 7641 section 3.4: T2 > T1 + 128 s; the wait itself is that time."""
    _, _, states, notify = _observed(first=1000)
    notify(3, b"after a restart", 128100)
    assert states.next(200).payload == b"after a restart"


def test_old_notifications_do_not_stop_the_clock():
    """RFC 7641 sections 3.3.1 and 3.4: stale ones neither renew Max-Age nor the 128 s."""
    _, channel, states, notify = _observed(reply(CONTENT, [(OBSERVE, octets(1001))], b"again"),
                                           first=1000, max_age=20)  # fmt: skip
    for i in range(40):
        notify(i + 1, b"old", 2000 * (i + 1), max_age=20)
    assert states.next(100).payload == b"again"
    assert channel.requests[1].at_ms <= 35000


def test_cancel_waits_for_its_own_answer():
    """A notification that crosses it, which has Observe, is not the answer (RFC 7641 3.6)."""
    _, channel, states, notify = _observed(lost, lost, reply(CONTENT, payload=b"end"))
    notify(2, b"crosses", 100)
    states.cancel()
    assert channel.script == [], "it took the notification for the answer"


def test_an_echo_is_sent_back_when_observing():
    """RFC 9175 section 2.3 holds for any request."""
    e, channel = connected(reply(0x81, [(252, b"x")]), reply(CONTENT, [(OBSERVE, b"\1")], b"1"))
    assert e.observe("/o").next().payload == b"1"


def test_a_post_whose_answer_changes_amid_blocks():
    """RFC 7959 2.4: not joined; and a request that had Block1 cannot begin anew without it."""
    for body in (BODY, BytesIO(BODY)):
        e, channel = connected(
            up(CONTINUE, 0, 1, 256),
            reply(CHANGED, [(ETAG, b"a"), (BLOCK2, block(0, 1, 128)), (BLOCK1, block(1, 0, 256))],
                  BODY[:128]),
            reply(CHANGED, [(ETAG, b"b"), (BLOCK2, block(1, 1, 128))], BODY[128:256]),
            reply(CHANGED, payload=b"executed twice"),
        )  # fmt: skip
        raises(CoapError, e.post, "/a", body, block=256)
        assert len(channel.requests) == 3, "the POST was executed a second time"


def test_the_first_block_of_a_broken_upload_counts():
    """RFC 9175 3.3/3.5.1: it may still arrive, so its Request-Tag is not free."""
    e, channel = connected(acknowledged, *_TAKEN)
    raises(TimedOut, e.put, "/a", BODY, block=128, timeout=10)
    e.put("/a", BODY, block=128)
    tags = [option(seen, 292) for seen in channel.requests]
    assert tags[0] != tags[1]


def test_progress_of_an_upload_ends_with_all_of_it():
    """Contract of base.py: (bytes so far, total or None)."""
    heard = []
    e, _ = connected(*_TAKEN)
    e.put("/a", BODY, block=128, progress=lambda *words: heard.append(words))
    assert heard == [(128, 300), (256, 300), (300, 300)], heard


def test_blocks_of_other_queries_are_of_other_bodies():
    """RFC 7959 2.5, RFC 9175 3.3: what is in the cache key, Uri-Query for one."""
    for other in ([(15, b"x=2")], []):
        c = Client()
        c.resources.add("/a", put=lambda request: None)
        c.ask(PUT, options=[(15, b"x=1"), (BLOCK1, block(0, 1, 16))], payload=bytes(16))
        seen = c.ask(PUT, options=other + [(BLOCK1, block(1, 0, 16))], payload=b"x")
        assert seen.code == 0x88, hex(seen.code)


def test_blocks_of_other_formats_are_of_other_bodies():
    """RFC 7959 2.9.2 names a Content-Format mismatch as a reason of 4.08."""
    c = Client()
    c.resources.add("/a", put=lambda request: None)
    c.ask(PUT, options=[(12, b""), (BLOCK1, block(0, 1, 16))], payload=bytes(16))
    seen = c.ask(PUT, options=[(12, b"\x2a"), (BLOCK1, block(1, 0, 16))], payload=b"x")
    assert seen.code == 0x88, hex(seen.code)


def test_the_rest_of_an_observed_state_has_its_etag():
    """RFC 7959 2.6: it is fetched by GETs without Observe."""
    c = Client()
    c.resources.add("/a", get=lambda request: BODY, observable=True)
    first = c.ask(GET, options=[(OBSERVE, b""), (BLOCK2, block(0, 0, 128))])
    for i in (1, 2):
        seen = c.ask(GET, options=[(BLOCK2, block(i, 0, 128))], token=b"u")
        assert option(seen, ETAG) == option(first, ETAG)


def test_the_rest_of_a_notification_has_its_etag_and_state():
    c = Client()
    states = [BODY]
    c.resources.add("/a", get=lambda request: states[0], observable=True)
    assert c.observe(value=b"")
    states[0] = b"x" * 2000
    c.resources.notify("/a")
    (first,) = c.news()
    seen = c.ask(GET, options=[(BLOCK2, block(1, 0, 1024))], token=b"u")
    assert option(seen, ETAG) == option(first, ETAG)


def test_two_large_answers_fetched_by_turns():
    """Same body, same ETag: else neither client ever gets through (RFC 7252 5.10.6)."""
    c = Client()
    for path in ("/a", "/b"):
        c.resources.add(path, get=lambda request: BODY)
    tags = {"/a": set(), "/b": set()}
    for i in range(3):
        for path in ("/a", "/b"):
            tags[path].add(option(c.ask(GET, path, [(BLOCK2, block(i, 0, 128))]), ETAG))
    assert len(tags["/a"]) == len(tags["/b"]) == 1, tags


def test_a_reset_on_any_non_notification_ends_its_observation():
    """RFC 7641 section 4.5: not only on the last one that was sent."""
    c = Client()
    c.resources.add("/a", get=lambda request: b"a", observable=True)
    assert c.observe(token=b"1") and c.observe(token=b"2")
    c.resources.notify("/a", False)
    sent = c.peer.out()
    assert c.peer.give(RST, 0, sent[0].mid) == []
    c.resources.notify("/a", False)
    assert [seen.token for seen in c.peer.out()] == [b"2"]


def test_szx_7_of_block2_is_4_00():
    """RFC 7959 section 2.2: reserved, MUST lead to 4.00."""
    c = Client()
    c.resources.add("/a", get=lambda request: b"short")
    assert c.ask(GET, options=[(BLOCK2, b"\7")]).code == 0x80


def test_no_handler_no_body():
    """A body for nobody is refused at once: no sink is opened, no memory taken."""
    opened = []
    c = Client()
    c.resources.add(
        "/a", get=lambda request: b"a", sink=lambda request: opened.append(1) or BytesIO()
    )
    for path, code, method in (("/none", 0x84, PUT), ("/a", 0x85, PUT), ("/a", 0x85, POST)):
        seen = c.ask(method, path, [(BLOCK1, block(0, 1, 16))], bytes(16))
        assert seen.code == code and not opened, (path, hex(seen.code), opened)


def test_a_later_block_of_a_lost_answer_does_nothing_twice():
    c = Client()
    done = []
    c.resources.add("/a", post=lambda request: done.append(1) or BODY)
    first = c.ask(POST, options=[(BLOCK2, block(0, 0, 128))])
    assert first.code == CHANGED
    for i, code in ((1, CHANGED), (2, CHANGED), (2, 0x88)):
        assert c.ask(POST, options=[(BLOCK2, block(i, 0, 128))], token=b"u").code == code
    assert done == [1]


def test_notify_sends_at_once():
    """Contract of Resources.notify: "Send the present state"."""

    async def test(e, channel):
        e.resources.add("/t", get=lambda request: b"20", observable=True)
        channel.give(datagram(CON, GET, 1, b"me", [(OBSERVE, b""), (11, b"t")]))
        await _until(lambda: channel.sent)
        await asyncio.sleep(0.05)
        e.resources.notify("/t")
        await _until(lambda: len(channel.sent) == 2)

    _run(test)


def test_an_observable_resource_with_a_coroutine():
    """Contract of Resources: a handler may be a coroutine."""

    async def test(e, channel):
        async def get(request):
            return b"20"

        e.resources.failed = lambda error: None
        e.resources.add("/t", get=get, observable=True)
        channel.give(datagram(CON, GET, 1, b"me", [(OBSERVE, b""), (11, b"t")]))
        await _until(lambda: len(channel.sent) == 2)
        channel.give(datagram(ACK, 0, channel.sent[1].mid))
        await asyncio.sleep(0.01)
        e.resources.notify("/t")
        e._send()
        await _until(lambda: len(channel.sent) > 2)
        seen = channel.sent[-1]
        assert (seen.code, seen.payload) == (CONTENT, b"20"), hex(seen.code)

    _run(test)


def test_a_channel_that_cannot_send_any_more_ends_all_that_wait():
    """base.py: "other OSErrors mean that it is not" usable; the retransmission meets one."""

    async def test(e, channel):
        task = asyncio.create_task(_fails(OSError, e.get("/a", timeout=0.5)))
        await _until(lambda: channel.sent)

        def broken(octets):
            raise OSError(101)

        channel.send = broken
        error = await asyncio.wait_for(task, 2)
        assert error.args == (101,), error

    _run(test, lost, ack_timeout_ms=20)


def test_a_cancelled_observation_does_not_block_others():
    async def test(e, channel):
        states = e.observe("/o")
        one = asyncio.create_task(states.next())
        two = asyncio.create_task(states.next())
        await asyncio.sleep(0.01)
        await states.cancel()
        for task in (one, two):
            assert await asyncio.wait_for(task, 1) is None

    _run(test, acknowledged, reply(CONTENT))


def test_a_handler_that_returns_nonsense_is_a_5_00():
    for result in (22, True, 0, -1, 300, 32, ["x"], 22.5):
        c = Client()
        told = []
        c.resources.failed = told.append
        c.resources.add("/a", get=lambda request, result=result: result)
        assert c.ask(GET).code == 0xA0, result
        assert "a handler returns" in str(told[0])


def test_mistakes_in_calls_are_told():
    c = Client()
    raises(ValueError, c.resources.add, "a", get=print)
    raises(TypeError, c.resources.add, "/a", gett=print)
    e, channel = connected()
    raises(TypeError, e.get, "/a", timout=3)
    raises(ValueError, e.get, "coaps://host/a")
    assert not channel.requests
