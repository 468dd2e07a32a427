"""The endpoint for asyncio: several at once, cancellation, the end; with a scripted server."""

import asyncio

from coap_fakes import (
    BODY,
    CHANGED,
    CONTINUE,
    OBSERVE,
    AioChannel,
    acknowledged,
    answer,
    down,
    lost,
    octets,
    option,
    refused,
    reply,
    up,
)
from coap_peer import ACK, CON, CONTENT, GET, NON, NOT_FOUND, RST, datagram

from dtls_micro.coap.aio_endpoint import Endpoint
from dtls_micro.coap.errors import CoapError, TimedOut

_LONG = (14, b"\xff\xff")  # Max-Age
_REGISTERED = reply(CONTENT, [(OBSERVE, b"\1"), _LONG], b"1")
_TAKEN = [up(CONTINUE, 0, 1, 128), up(CONTINUE, 1, 1, 128), up(CHANGED, 2, 0, 128)]


def _run(test, *script, **options):
    """Run test(endpoint, channel) with a script, for 10 s at most."""

    async def whole():
        channel = AioChannel(script)
        async with Endpoint(channel, **options) as e:
            await asyncio.wait_for(test(e, channel), 10)
            assert not channel.closed
        assert channel.closed

    asyncio.run(whole())


async def _fails(kind, awaitable):
    """Await it; return the exception of class `kind` that it must raise."""
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


async def _until(true):
    """Let the others run until something is true."""
    for _ in range(400):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to be")


async def _usable(e, channel):
    """Check that an endpoint can still be used, and waits for nothing."""
    assert e.engine._exchanges == []
    channel.script = [reply(CONTENT, payload=b"well")]
    assert (await e.get("/")).payload == b"well" and channel.script == []


def test_requests_of_all_kinds():
    async def test(e, channel):
        assert (await e.get("/a", accept=0)).payload == b"a"
        assert (await e.put("/a", BODY, block=128)).code == CHANGED
        assert bytes((await e.get("/a")).payload) == BODY
        assert (await e.delete("/a")).code == NOT_FOUND
        await e.ping()
        assert await e.discover() == [("/a", {})]
        assert await e.post("/a", b"x", no_response=True) is None
        assert channel.sent[-1].kind == NON

    _run(
        test,
        *[reply(CONTENT, payload=b"a")] + _TAKEN,
        *[down(0, 1, 256), down(1, 0, 256), reply(NOT_FOUND), refused],
        *[reply(CONTENT, payload=b"</a>"), lost],
    )


def test_requests_at_once_go_one_after_the_other():
    """NSTART 1 (RFC 7252 section 4.7): one confirmable message waits for its acknowledgement."""

    async def test(e, channel):
        tasks = [asyncio.create_task(e.get("/%d" % i)) for i in range(4)]
        await _until(lambda: channel.sent)
        for i in range(4):
            await asyncio.sleep(0.01)
            assert len(channel.sent) == i + 1, "more than one is under way"
            assert option(channel.sent[i], 11) == b"%d" % i
            channel.give(answer(channel.sent[i], CONTENT, (), b"%d" % i))
            assert (await tasks[i]).payload == b"%d" % i

    _run(test, *[lost] * 4)


def test_an_acknowledgement_lets_the_next_request_go():
    async def test(e, channel):
        slow = asyncio.create_task(e.get("/slow"))
        await _until(lambda: channel.sent)
        assert (await e.get("/quick")).payload == b"quick" and not slow.done()
        channel.give(datagram(CON, CONTENT, 9, channel.sent[0].token, (), b"slow"))
        assert (await slow).payload == b"slow"
        assert channel.sent[-1].head == (ACK, 0, 9)

    _run(test, acknowledged, reply(CONTENT, payload=b"quick"))


def test_what_is_lost_is_sent_again():
    async def test(e, channel):
        assert (await e.get("/a")).payload == b"a"
        assert len(channel.sent) == 3 and len({seen.octets for seen in channel.sent}) == 1

    _run(test, lost, lost, reply(CONTENT, payload=b"a"), ack_timeout_ms=200)


def test_timeouts_leave_the_endpoint_usable():
    async def test(e, channel):
        await _fails(TimedOut, e.get("/a", timeout=0.02))
        await _fails(TimedOut, e.get("/a", timeout=0.02, confirmable=False))
        await _fails(CoapError, e.get("/a"))
        await _usable(e, channel)

    _run(test, acknowledged, lost, refused)


def test_a_cancelled_request_is_forgotten():
    """It is not sent any more, its answer is refused, and others go on."""

    async def test(e, channel):
        task = asyncio.create_task(e.get("/a"))
        await _until(lambda: channel.sent)
        other = asyncio.create_task(e.get("/b"))
        await asyncio.sleep(0.01)
        task.cancel()
        assert (await other).payload == b"b"
        await _fails(asyncio.CancelledError, task)
        count = len(channel.requests)
        await asyncio.sleep(1.6)
        assert len(channel.requests) == count
        channel.give(datagram(CON, CONTENT, 9, channel.sent[0].token))
        await _until(lambda: channel.sent[-1].head == (RST, 0, 9))
        await _usable(e, channel)

    _run(test, lost, reply(CONTENT, payload=b"b"), ack_timeout_ms=1000)


def test_a_request_that_is_cancelled_before_its_turn_is_never_sent():
    async def test(e, channel):
        first = asyncio.create_task(e.get("/a"))
        await _until(lambda: channel.sent)
        second = asyncio.create_task(e.get("/b"))
        await asyncio.sleep(0.01)
        second.cancel()
        await _fails(asyncio.CancelledError, second)
        channel.give(answer(channel.sent[0], CONTENT))
        assert (await first).ok
        await asyncio.sleep(0.02)
        assert len(channel.sent) == 1
        await _usable(e, channel)

    _run(test, lost)


def test_a_transfer_that_is_cancelled_between_blocks():
    async def test(e, channel):
        task = asyncio.create_task(e.put("/a", BODY, block=128))
        await _until(lambda: len(channel.requests) == 2)
        task.cancel()
        await _fails(asyncio.CancelledError, task)
        channel.script = list(_TAKEN)
        assert (await e.put("/a", BODY, block=128)).code == CHANGED
        tags = [option(seen, 292) for seen in channel.requests]
        assert tags[0] == tags[1] and tags[2] == tags[4] and tags[0] != tags[2]

    _run(test, up(CONTINUE, 0, 1, 128), acknowledged)


def _notification(channel, number, payload, kind=NON, code=CONTENT):
    found = [] if number is None else [(OBSERVE, octets(number)), _LONG]
    channel.give(datagram(kind, code, 100 + (number or 0), channel.sent[0].token, found, payload))


def test_async_for_until_the_server_ends_it():
    async def test(e, channel):
        heard = []
        async for state in e.observe("/o"):
            heard.append((state.code, state.payload))
            number = len(heard) + 1
            if number < 4:
                _notification(channel, number, b"%d" % number, number & 1)
            elif number == 4:
                _notification(channel, None, b"gone", CON, NOT_FOUND)
        assert heard == [(CONTENT, b"1"), (CONTENT, b"2"), (CONTENT, b"3"), (NOT_FOUND, b"gone")]
        assert len(channel.requests) == 1
        await _usable(e, channel)

    _run(test, _REGISTERED)


def test_leaving_async_with_cancels():
    async def test(e, channel):
        async with e.observe("/o") as states:
            async for state in states:
                assert state.payload == b"1"
                assert (await e.get("/other")).ok
                break
        last = channel.requests[-1]
        assert option(last, OBSERVE) == b"\1" and last.token == channel.sent[0].token
        assert await states.next() is None
        _notification(channel, 2, b"2", CON)
        await _until(lambda: channel.sent[-1].head == (RST, 0, 102))
        await _usable(e, channel)

    _run(test, _REGISTERED, reply(CONTENT), reply(CONTENT))


def test_who_waits_for_news_can_be_cancelled_and_wait_again():
    async def test(e, channel):
        states = e.observe("/o")
        assert (await states.next()).payload == b"1"
        await _fails(asyncio.TimeoutError, asyncio.wait_for(states.next(), 0.02))
        task = asyncio.create_task(states.next())
        await asyncio.sleep(0.01)
        _notification(channel, 1, b"old")
        _notification(channel, 3, b"3")
        assert (await task).payload == b"3"

    _run(test, _REGISTERED)


def test_closing_while_others_wait():
    async def test():
        channel = AioChannel([_REGISTERED, acknowledged, acknowledged, lost])
        e = Endpoint(channel)
        states = e.observe("/o")
        assert (await states.next()).payload == b"1"
        waiting = (states.next(), e.get("/a"), e.put("/b"), e.get("/c"), e.get("/d"))
        tasks = [asyncio.create_task(_fails(CoapError, one)) for one in waiting]
        await _until(lambda: len(channel.sent) == 4)
        await e.close()
        for task in tasks:
            assert "closed" in str(await asyncio.wait_for(task, 5))
        await _fails(CoapError, e.get("/a"))
        assert channel.closed and len(channel.sent) == 4
        await _until(lambda: all(task.done() for task in e._tasks))

    asyncio.run(test())


def test_a_broken_channel_ends_all_that_wait():
    async def test(e, channel):
        waiting = (e.get("/a"), e.get("/b"), e.serve())
        tasks = [asyncio.create_task(_fails(OSError, one)) for one in waiting]
        await _until(lambda: channel.sent)
        channel.give(OSError(5))
        for task in tasks:
            assert (await task).args == (5,)
        assert (await _fails(OSError, e.get("/c"))).args == (5,)

    _run(test, lost)


def test_requests_of_the_peer():
    async def test(e, channel):
        go_on = asyncio.Event()

        async def slow(request):
            await go_on.wait()
            return b"slow"

        async def broken(request):
            raise KeyError

        failures = []
        e.resources.failed = failures.append
        e.resources.add("/slow", get=slow)
        e.resources.add("/broken", get=broken)
        e.resources.add("/quick", get=lambda request: b"quick")
        for mid, path in enumerate((b"slow", b"quick", b"broken")):
            channel.give(datagram(CON, GET, mid, path, [(11, path)]))
        await _until(lambda: len(channel.sent) == 4)
        assert [seen.head for seen in channel.sent[:3]] == [
            (ACK, 0, 0),
            (ACK, CONTENT, 1),
            (ACK, 0, 2),
        ]
        assert (channel.sent[3].kind, channel.sent[3].token) == (CON, b"broken")
        assert channel.sent[3].code == 0xA0 and len(failures) == 1
        channel.give(datagram(ACK, 0, channel.sent[3].mid))
        go_on.set()
        await _until(lambda: len(channel.sent) == 5)
        last = channel.sent[4]
        assert (last.kind, last.code, last.token, last.payload) == (CON, CONTENT, b"slow", b"slow")

    _run(test)
