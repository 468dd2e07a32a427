"""Peers of CoAP that mean no good, or handlers that fail: what must not come of it."""

import asyncio
import gc
from io import BytesIO

from coap_fakes import (
    BLOCK1,
    BLOCK2,
    BODY,
    CHANGED,
    CONTENT,
    CONTINUE,
    OBSERVE,
    AioChannel,
    Client,
    Port,
    Random,
    answer,
    block,
    connected,
    datagram,
    octets,
    option,
    reply,
    up,
)
from coap_peer import ACK, CON, GET, NON, Seen
from expect import raises

from dtls_micro.coap.aio_endpoint import Endpoint as AioEndpoint
from dtls_micro.coap.download import Download
from dtls_micro.coap.engine import Engine
from dtls_micro.coap.errors import CoapError, TimedOut
from dtls_micro.coap.message import Message, parse
from dtls_micro.coap.resources import Resources
from dtls_micro.coap.secure import AioDtlsChannel
from dtls_micro.errors import DtlsError
from dtls_micro.handshake import CLOSED, CONNECTED

POST, PUT, FETCH = 2, 3, 5
ECHO = 252


def test_a_block_of_the_reserved_size_ends_a_download():
    endpoint, channel = connected(*[reply(CHANGED, [(BLOCK2, b"\x0f")])] * 5)
    raises(CoapError, endpoint.post, "/a", b"order one")
    assert len(channel.requests) == 1  # it was not ordered again


def test_more_blocks_than_can_be_numbered_end_a_download():
    class Sink:
        def write(self, part):
            return None

    down = Download(Sink(), 0, 0)
    down.offset = (1 << 20) - 1 << 4
    message = Message(CONTENT, bytes(16))
    message.add(BLOCK2, octets((1 << 20) - 1 << 4 | 8))
    raises(CoapError, down.take, message)


def test_a_body_in_blocks_needs_responses():
    endpoint, channel = connected()
    raises(ValueError, endpoint.put, "/a", b"x" * 3000, no_response=True)
    assert channel.sent == []


HANDLERS = {
    "text where bytes belong": lambda request: Message(0x84, "not found"),
    "options in no order": lambda request: Message(CONTENT, b"", [(14, b"\1"), (4, b"e")]),
    "an option past the last": lambda request: Message(CONTENT, b"", [(70000, b"")]),
    "an empty message": lambda request: Message(0),
    "a request": lambda request: Message(GET),
    "a number where bytes belong": lambda request: Message(CONTENT, 5),
    "more than a message takes": lambda request: Message(CONTENT, b"", [(8, bytes(70000))]),
}


def test_a_handler_that_returns_nonsense_answers_5_00_and_ends_no_request_of_ours():
    for name, handler in HANDLERS.items():
        failed = []

        def step(seen):
            return [datagram(CON, GET, 77, b"t", [(11, b"t")]), answer(seen, CONTENT, (), b"fine")]

        endpoint, channel = connected(step)
        endpoint.resources.failed = failed.append
        endpoint.resources.add("/t", get=handler)
        assert endpoint.get("/a").payload == b"fine" and len(failed) == 1, name
        assert [seen.code for seen in channel.sent if seen.mid == 77] == [0xA0], name


def test_notifications_do_not_make_us_forget_a_request():
    client = Client()
    done = []
    client.resources.add("/a", post=lambda request: done.append(1))
    order = (CON, POST, 500, b"t", [(11, b"a")], b"open the valve")
    client.peer.give(*order)
    for i in range(20):
        client.peer.give(NON, CONTENT, 600 + i, b"gone", [(OBSERVE, bytes([i + 1]))], b"n")
    client.peer.pass_ms(2500)
    client.peer.give(*order)  # its first retransmission
    assert len(done) == 1


def put_with_echo(room, size):
    """Put a body to a server that asks for an Echo of 40 bytes; datagrams have `room`."""
    endpoint, channel = connected()
    send = channel.send
    channel.send_size = room
    body = bytearray()

    def step(seen):
        channel.script.append(step)
        if option(seen, ECHO) is None:
            return [answer(seen, 0x81, [(ECHO, b"E" * 40)])]
        one = option(seen, BLOCK1)
        if one is None:
            body[:] = seen.payload
            return [answer(seen, CHANGED)]
        value = int.from_bytes(one, "big")
        at = value >> 4 << (value & 7) + 4
        body[at:] = seen.payload
        more = [(BLOCK1, one)]
        return [answer(seen, 0x5F if value & 8 else CHANGED, more)]

    def bounded(datagram):
        assert len(datagram) <= room, len(datagram)
        send(datagram)

    channel.send = bounded
    channel.script.append(step)
    text = bytes([i & 255 for i in range(size)])
    assert endpoint.put("/a", text).code == CHANGED and bytes(body) == text, (room, size)


def test_an_echo_takes_room_from_the_payload():
    for room in (1152, 1060, 300, 150):
        for size in list(range(room - 70, room - 10, 3)) + [3000]:
            put_with_echo(room, size)


def test_a_server_may_ask_for_an_echo_at_each_registration():
    count = [0]

    def step(seen):
        channel.script.append(step)
        count[0] += 1
        n = count[0]
        if n % 2:
            return [answer(seen, 0x81, [(ECHO, b"e%d" % n)])]
        return [answer(seen, CONTENT, [(OBSERVE, bytes([n])), (14, b"\1")], b"%d" % n)]

    endpoint, channel = connected(step)
    observation = endpoint.observe("/o")
    for _ in range(8):
        assert observation.next(60).code == CONTENT


def test_a_response_in_the_acknowledgement_of_a_notification_is_none():
    client = Client()
    client.resources.add("/a", get=lambda request: b"x", observable=True)
    client.observe(token=b"t")
    client.resources.notify("/a")
    (notification,) = client.peer.out()
    client.peer.give(ACK, CONTENT, notification.mid, notification.token)
    client.peer.give(ACK, 0, notification.mid)
    client.resources.notify("/a")
    assert len(client.peer.out()) == 1


def test_a_request_that_is_large_is_not_kept_for_an_observation():
    client = Client()
    client.resources.add("/a", get=lambda request: b"x", observable=True)
    many = [(15, b"abcde")] * 200
    assert client.ask(GET, "/a", [(OBSERVE, b"")] + many).code == CONTENT
    assert client.resources.observers.all() == []
    assert client.ask(GET, "/a", [(OBSERVE, b"")] + many[:20]).code == CONTENT
    assert len(client.resources.observers.all()) == 1


def test_a_token_belongs_to_the_path_that_is_observed():
    client = Client()
    for path in ("/a", "/b"):
        client.resources.add(path, get=lambda request: b"x", observable=True)
    client.observe("/a", token=b"")
    assert client.ask(GET, "/b", token=b"").code == CONTENT
    assert len(client.resources.observers.all()) == 1
    assert client.ask(GET, "/a", token=b"").code == CONTENT
    assert client.resources.observers.all() == []


def test_a_query_that_is_not_text_is_a_bad_request():
    client = Client()
    assert client.ask(GET, "/.well-known/core", [(15, b"\xff=1")]).code == 0x80


def test_a_sink_that_fails_in_a_block_takes_no_later_one():
    class Sink:
        def __init__(self):
            self.octets = b""
            self.broken = True

        def write(self, part):
            self.octets += part[:8]
            if len(self.octets) > 16 and self.broken:
                self.broken = False
                raise OSError("flash is busy")
            self.octets += part[8:]

    done = []
    sink = Sink()
    client = Client()
    client.resources.add("/a", put=lambda request: done.append(1), sink=lambda request: sink)
    codes = []
    for i in (0, 1, 1, 2):
        options = [(BLOCK1, block(i, int(i < 2), 16))]
        codes.append(client.ask(PUT, options=options, payload=bytes([65 + i]) * 16).code)
    assert codes == [0x5F, 0xA0, 0x88, 0x88] and not done


class Served(AioChannel):
    """A channel to resources of another engine, which answers at once."""

    def __init__(self, got):
        super().__init__()
        self.engine = Engine(Random(5))
        self.engine.server = resources = Resources(self.engine, 1152)
        resources.add("/a", put=lambda request: got.append(bytes(request.payload)))

    def send(self, octets):
        self.engine.tick(0)
        self.engine.receive(bytes(octets))
        while True:
            out = self.engine.datagram()
            if out is None:
                break
            self.give(bytes(out))


def test_two_uploads_at_once_are_not_mixed():
    got = []

    async def main():
        async with AioEndpoint(Served(got), Port()) as endpoint:
            bodies = [octet * 300 for octet in (b"A", b"B")]
            tasks = [endpoint.put("/a", body, block=64) for body in bodies]
            return await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert all(body in (b"A" * 300, b"B" * 300) for body in got), got


def test_requests_whose_handlers_take_long_are_bounded():
    async def main():
        channel = AioChannel()
        running = []

        async def slow(request):
            running.append(1)
            await asyncio.sleep(0.05)
            return b"y" * 100

        async with AioEndpoint(channel, Port()) as endpoint:
            endpoint.resources.add("/t", get=slow)
            for i in range(200):
                channel.give(datagram(CON, GET, i, bytes((i,)), [(11, b"t")]))
            await channel.taken()
            return len(running), [seen.code for seen in channel.sent].count(0xA3)

    running, refused = asyncio.run(main())
    assert running <= 32 and refused >= 160, (running, refused)


def test_an_endpoint_whose_handler_returns_nonsense_goes_on():
    async def main():
        channel = AioChannel([reply(CONTENT, (), b"fine")])
        async with AioEndpoint(channel, Port()) as endpoint:
            endpoint.resources.failed = lambda error: None
            endpoint.resources.add("/t", get=HANDLERS["options in no order"])
            channel.give(datagram(CON, GET, 77, b"t", [(11, b"t")]))
            await asyncio.sleep(0.02)
            return await asyncio.wait_for(endpoint.get("/a"), 2)

    assert asyncio.run(main()).payload == b"fine"


def test_a_flood_lets_other_tasks_run():
    class Flood(AioChannel):
        left = 2000

        async def receive(self):
            self.left -= 1
            if self.left < 0:
                await asyncio.sleep(10)
            return b"\x50\x00\0\0"  # an empty NON

    async def main():
        turns = 0
        channel = Flood()
        async with AioEndpoint(channel, Port()):
            while channel.left > 0 and turns < 10000:
                turns += 1
                await asyncio.sleep(0)
        return turns

    assert asyncio.run(main()) >= 500


class Connected:
    rx_size = 1200
    state = CONNECTED

    def room(self):
        return 1000


class Socket:
    """A connected socket whose peer sends empty records."""

    def __init__(self):
        self.client = Connected()

    async def recv(self, size):
        return b""


def test_an_empty_record_is_no_end_of_the_connection():
    async def main():
        channel = AioDtlsChannel(Socket())
        first = await channel.receive()
        channel.socket.client.state = CLOSED
        try:
            await channel.receive()
        except DtlsError:
            return first
        raise AssertionError("no error at the end")

    assert asyncio.run(main()) == b""


def test_a_state_whose_fetching_is_cancelled_is_there_for_the_next_call():
    body = bytes([i & 255 for i in range(40)])

    def registered(seen):
        options = [(OBSERVE, b"\1"), (BLOCK2, block(0, 1, 16))]
        return [answer(seen, CONTENT, options, body[:16])]

    def rest(number):
        options = [(BLOCK2, block(number, int(number < 2), 16))]
        return reply(CONTENT, options, body[16 * number : 16 * number + 16])

    async def main():
        channel = AioChannel([registered, lambda seen: []])
        async with AioEndpoint(channel, Port()) as endpoint:
            observation = endpoint.observe("/o")
            try:
                await asyncio.wait_for(observation.next(), 0.05)
            except asyncio.TimeoutError:
                channel.script.extend([rest(1), rest(2)])
            found = await asyncio.wait_for(observation.next(), 2)
            return bytes(found.payload)

    assert asyncio.run(main()) == body


def test_the_next_request_goes_when_the_one_under_way_is_cancelled():
    async def main():
        channel = AioChannel([lambda seen: [], reply(CONTENT, (), b"b")])
        async with AioEndpoint(channel, ack_timeout_ms=60000) as endpoint:
            first = asyncio.create_task(endpoint.get("/a"))
            await asyncio.sleep(0.02)
            second = asyncio.create_task(endpoint.get("/b"))
            await asyncio.sleep(0.02)
            first.cancel()
            return await asyncio.wait_for(second, 2)

    assert asyncio.run(main()).payload == b"b"


async def cancelled(request):
    """Be a handler that waited for what was cancelled."""
    await asyncio.sleep(0)
    raise asyncio.CancelledError


def test_handlers_that_are_cancelled_answer_5_00():
    async def main():
        channel = AioChannel()
        async with AioEndpoint(channel, Port()) as endpoint:
            endpoint.resources.add("/t", get=cancelled)
            for i in range(20):
                channel.give(datagram(NON, GET, i, bytes((i,)), [(11, b"t")]))
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)
            return [seen.code for seen in channel.sent], endpoint.engine._layer._unconfirmed

    assert asyncio.run(main()) == ([0xA0] * 20, [])


def test_an_observation_whose_handler_is_cancelled_ends_with_5_00():
    async def main():
        channel = AioChannel()
        async with AioEndpoint(channel, Port()) as endpoint:
            resources = endpoint.resources
            resources.add("/t", get=lambda request: b"x", observable=True)
            channel.give(datagram(CON, GET, 1, b"t", [(OBSERVE, b""), (11, b"t")]))
            await asyncio.sleep(0.02)
            resources.add("/t", get=cancelled, observable=True)
            resources.notify("/t")
            await asyncio.sleep(0.02)
            return [seen.code for seen in channel.sent], resources.observers.all()

    assert asyncio.run(main()) == ([CONTENT, 0xA0], [])


def test_a_time_that_is_over_is_not_waited_for():
    def registered(seen):
        return [answer(seen, CONTENT, [(OBSERVE, b"\1"), (14, b"\xff\xff")], b"x")]

    endpoint, channel = connected(registered)
    observation = endpoint.observe("/o")
    assert observation.next().payload == b"x"
    raises(TimedOut, observation.next, -1)
    endpoint.serve(-1)
    assert channel.port.now == 0


def test_options_that_are_none_leave_nothing_behind():
    endpoint, channel = connected(reply(CONTENT, (), b"fine"))
    for wrong in ({"etag": 5}, {"options": [(2048, None)]}):
        raises(TypeError, lambda wrong=wrong: endpoint.get("/a", **wrong))
    for number in (-1, 0, 65536):
        raises(ValueError, lambda n=number: endpoint.get("/a", options=[(n, b"")]))
    assert endpoint.get("/a").payload == b"fine" and len(channel.sent) == 1


def test_a_server_that_has_begun_anew_is_heard():
    count = [0]

    def step(seen):
        channel.script.append(step)
        count[0] += 1
        number = 1000 if count[0] == 1 else count[0]
        return [answer(seen, CONTENT, [(OBSERVE, octets(number)), (14, b"\x0a")])]

    endpoint, channel = connected(step)
    observation = endpoint.observe("/o")
    observation.next()
    observation.next(30)
    assert count[0] == 2


def test_what_wants_no_response_is_not_kept():
    endpoint, channel = connected(*[lambda seen: []] * 20)
    for _ in range(20):
        endpoint.post("/a", b"x" * 1000, no_response=True)
    assert endpoint.engine._layer._unconfirmed == []


def waiting(client) -> int:
    """Return how many messages of an engine wait for their turn."""
    return len(client.engine._layer._waiting)


def test_who_registers_anew_and_acknowledges_nothing_fills_no_queue():
    client = Client()
    client.resources.add("/a", get=lambda request: b"x" * 1000, observable=True)
    for _ in range(100):
        assert client.observe(token=b"t")
        client.resources.notify("/a")
        client.peer.out()
    assert waiting(client) <= 1
    client.resources.notify("/a")
    assert len(client.peer.out()) <= 1


def test_last_notifications_that_nobody_acknowledges_fill_no_queue():
    client = Client()
    for i in range(100):
        client.resources.add("/a", get=lambda request: b"x", observable=True)
        client.observe(token=bytes((i,)))
        client.resources.remove("/a")
        client.peer.out()
    assert waiting(client) <= 16 and client.resources.observers.all() == []


def test_an_acknowledgement_with_observe_ends_an_observation_too():
    def step(seen):
        return [answer(seen, CONTENT, [(OBSERVE, b"\1")], b"x")]

    endpoint, channel = connected(step, step)
    with endpoint.observe("/o") as states:
        assert states.next().payload == b"x"
    assert channel.port.now == 0 and channel.script == []


def test_a_server_that_waits_for_more_has_not_taken_a_body():
    endpoint, _ = connected(up(CONTINUE, 0, 1, 128), reply(CONTINUE))
    raises(CoapError, endpoint.put, "/a", bytes(200), block=128)
    endpoint, _ = connected(reply(CONTINUE))
    raises(CoapError, endpoint.put, "/a", b"x")


def bounded(channel, room):
    """Have a channel refuse what is longer than `room`, as that of DTLS does."""
    send = channel.send
    channel.send_size = room

    def refuse(octets):
        if len(octets) > room:
            raise ValueError("%d bytes" % len(octets))
        send(octets)

    channel.send = refuse
    return channel


def test_a_request_that_takes_more_than_a_datagram_is_refused_before_it_waits():
    async def main():
        channel = bounded(AioChannel([lambda seen: [], reply(CONTENT, (), b"c")]), 200)
        async with AioEndpoint(channel, ack_timeout_ms=60000) as endpoint:
            first = asyncio.create_task(endpoint.get("/a"))
            await asyncio.sleep(0.02)
            long = asyncio.create_task(endpoint.get("/" + "b" * 230))
            third = asyncio.create_task(endpoint.get("/c"))
            await asyncio.sleep(0.02)
            first.cancel()
            found = await asyncio.wait_for(asyncio.gather(long, third, return_exceptions=True), 2)
            return isinstance(found[0], ValueError), found[1].payload

    assert asyncio.run(main()) == (True, b"c")


def test_an_echo_without_room_ends_the_request():
    endpoint, channel = connected(reply(0x81, [(ECHO, b"E" * 40)]), reply(CONTENT))
    bounded(channel, 100)
    raises(CoapError, endpoint.get, "/" + "a" * 70)
    channel.script.insert(0, reply(0x81, [(ECHO, b"E" * 40)]))
    assert endpoint.observe("/" + "a" * 70).next().code == 0x81
    assert endpoint.get("/a").code == CONTENT


def test_an_endpoint_that_cannot_keep_the_time_is_over():
    async def main():
        channel = AioChannel([lambda seen: []])
        async with AioEndpoint(channel, ack_timeout_ms=20) as endpoint:
            task = asyncio.create_task(endpoint.get("/a"))
            await asyncio.sleep(0.005)
            bounded(channel, 0)
            try:
                await asyncio.wait_for(task, 2)
            except CoapError as error:
                return str(error)

    assert "failed" in asyncio.run(main())


def test_options_of_blocks_take_room_too():
    for room in range(80, 150):
        for payload in (bytes(room - 16), bytes(3 * room)):
            endpoint, channel = connected()
            bounded(channel, room).receive_size = 140

            def step(seen, channel=channel):
                channel.script.append(step)
                one = option(seen, BLOCK1)
                code = CONTINUE if one and one[-1] & 8 else CHANGED
                return [answer(seen, code, [(BLOCK1, one)] if one else [])]

            channel.script.append(step)
            assert endpoint.put("/", payload, tag=b"12345678").code == CHANGED


def test_blocks_of_a_buffer_that_changes_are_of_one_state():
    state = bytearray(b"a" * 100)
    client = Client()
    for kind in (bytearray, memoryview):
        state[:] = b"a" * 100
        result = state if kind is bytearray else memoryview(state)
        client.resources.add("/a", get=lambda request, result=result: result)
        first = client.ask(GET, options=[(BLOCK2, block(0, 0, 64))])
        state[:] = b"b" * 100
        second = client.ask(GET, options=[(BLOCK2, block(1, 0, 64))])
        assert first.payload == b"a" * 64 and second.payload == b"a" * 36


def test_a_later_block_begins_no_observation():
    client = Client()
    client.resources.add("/a", get=lambda request: bytes(200), observable=True)
    seen = client.ask(GET, options=[(OBSERVE, b""), (BLOCK2, block(1, 0, 64))])
    assert option(seen, OBSERVE) is None and client.resources.observers.all() == []


class Challenging(Served):
    """The same, of a server that asks for an Echo first."""

    def send(self, octets):
        seen = Seen(octets)
        if option(seen, ECHO) is None:
            self.give(answer(seen, 0x81, [(ECHO, b"E" * 40)]))
        else:
            super().send(octets)


def test_two_uploads_that_an_echo_makes_of_requests_are_not_mixed():
    got = []

    async def main():
        async with AioEndpoint(Challenging(got), Port()) as endpoint:
            bodies = [octet * 1120 for octet in (b"A", b"B")]
            tasks = [endpoint.put("/a", body) for body in bodies]
            return await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert got and all(body in (b"A" * 1120, b"B" * 1120) for body in got)


def test_half_a_day_of_notifications_wants_an_acknowledgement():
    client = Client()
    client.resources.add("/a", get=lambda request: b"x", observable=True)
    client.observe()
    kinds = []
    for _ in range(30):
        client.engine.tick(3600000)
        client.resources.notify("/a", False)
        kinds += [seen.kind for seen in client.news()]
    assert kinds == ([NON] * 11 + [CON]) * 2 + [NON] * 6
    for _ in range(40):
        client.engine.tick(3600000)
        client.resources.notify("/a", False)
        client.peer.out()
    assert client.resources.observers.all() == []  # nobody acknowledged it


def test_a_request_that_is_late_is_not_served_a_second_time():
    client = Client()
    done = []
    client.resources.add("/a", post=lambda request: done.append(1), get=lambda request: b"x")
    order = (CON, POST, 900, b"t", [(11, b"a")], b"toggle")
    client.peer.give(*order)
    for _ in range(12):
        client.ask(POST)
    for _ in range(100):
        client.ask(GET)
    assert client.peer.give(*order) == [] and len(done) == 13
    kept = client.engine._layer._answers
    for _ in range(50):
        client.ask(POST)
    assert len(kept) == 20 and len([one for one in kept if one[1]]) == 8


def test_a_handler_that_only_itself_refers_to_is_not_collected():
    async def main():
        channel = AioChannel()
        going = []

        async def wait(request):
            going.append(1)
            try:
                await asyncio.Event().wait()
            finally:
                going.pop()

        async with AioEndpoint(channel) as endpoint:
            endpoint.resources.add("/t", get=wait)
            channel.give(datagram(CON, GET, 1, b"t", [(11, b"t")]))
            await asyncio.sleep(0.02)
            gc.collect()
            await asyncio.sleep(0.02)
            return len(going)

    assert asyncio.run(main()) == 1


def test_a_get_has_no_body_and_what_went_to_a_sink_is_not_observed():
    client = Client()
    opened = []
    handlers = {"get": lambda request: b"x", "fetch": lambda request: b"y"}
    sink = lambda request: opened.append(1) or BytesIO()  # noqa: E731
    client.resources.add("/a", sink=sink, observable=True, **handlers)
    options = [(OBSERVE, b""), (BLOCK1, block(0, 0, 16))]
    assert client.ask(GET, options=options, payload=b"z").code == 0x82 and not opened
    seen = client.ask(FETCH, options=options, payload=b"z")
    assert seen.code == CONTENT and option(seen, OBSERVE) is None and client.failures == []


def test_options_that_are_many_are_not_kept():
    client = Client()
    client.resources.add("/a", get=lambda request: b"x")
    seen = client.ask(GET, options=[(15, b"")] * 1000)
    assert seen.code == 0x82
    message = parse(datagram(CON, GET, 1, b"", [(4, b"e")] * 500))
    assert len(message.options) == 256 and message.bad == 0


def test_what_is_kept_of_observations_is_bounded():
    client = Client()
    client.resources.add("/a", fetch=lambda request: bytes(1000), observable=True)
    for i in range(16):
        options = [(OBSERVE, b"")]
        assert client.ask(FETCH, "/a", options, bytes(1000), bytes((i,))).code == CONTENT
    observers = client.resources.observers.all()
    assert sum([len(one.request.payload) for one in observers]) <= 4096 and len(observers) == 3
    for confirmable in (True, False):
        client.resources.notify("/a", confirmable)
        assert [len(seen.payload) for seen in client.news()] == [1000] * 3
        assert [one.message.payload for one in observers] == [b""] * 3


def test_options_of_a_response_take_room_from_its_block():
    size = 400
    for count in range(8):
        extra = [(8, b"p" * 30)] * count
        client = Client(size)
        client.resources.add("/a", get=lambda request, e=extra: Message(CONTENT, BODY, e))
        body = b""
        more = 8
        wanted = b"\6"
        while more:
            seen = client.ask(GET, options=[(BLOCK2, wanted)], token=b"12345678")
            assert seen.code == CONTENT and len(seen.octets) <= size, count
            body += seen.payload
            szx = (option(seen, BLOCK2) or b"\6")[-1] & 7
            more = (option(seen, BLOCK2) or b"\0")[-1] & 8
            wanted = octets(len(body) >> szx + 4 << 4 | szx)
        assert body == BODY
    client.resources.add("/a", get=lambda request: Message(CONTENT, b"x", [(8, b"p" * 200)] * 2))
    assert client.ask(GET).code == 0xA0 and len(client.failures) == 1


def test_a_body_that_changed_while_it_was_fetched_has_its_own_etag():
    def part(etag, number, octet, *options):
        found = sorted([(4, etag), (BLOCK2, block(number, 1 - number, 16))] + list(options))
        return reply(CONTENT, found, octet * 16)

    script = [part(b"old", 0, b"a", (OBSERVE, b"\1"), (14, b"\x3c"))]
    script += [part(b"new", 1, b"b"), part(b"new", 0, b"b"), part(b"new", 1, b"b")]
    endpoint, channel = connected(*script)
    state = endpoint.observe("/o").next()
    assert (bytes(state.payload), state.etag) == (b"b" * 32, b"new") and channel.script == []


def test_bodies_that_handlers_take_long_for_are_bounded():
    async def main():
        channel = AioChannel()
        running = []

        async def slow(request):
            running.append(len(request.payload))
            await asyncio.sleep(5)

        async with AioEndpoint(channel, Port()) as endpoint:
            endpoint.resources.add("/t", put=slow)
            for i in range(64):  # 8 bodies of 8 kB
                options = [(11, b"t"), (BLOCK1, block(i % 8, int(i % 8 < 7), 1024))]
                channel.give(datagram(CON, PUT, i, b"t", options, bytes(1024)))
            await channel.taken()
            return running, [seen.code for seen in channel.sent].count(0xA3)

    assert asyncio.run(main()) == ([8192] * 2, 6)
