"""The asyncio endpoint with a real server, as coap_cases.py has it for the blocking one."""

import asyncio
import json
import sys

from coap_cases import CONTENT, LARGE, UP, expect

from dtls_micro.coap import aio
from dtls_micro.psk import Psk


async def several_at_once(e):
    """Three tasks, of which the separate response ends last."""
    ended = []

    async def get(path):
        reply = await e.get(path)
        expect(reply, CONTENT)
        ended.append((path, bytes(reply.payload)))

    await asyncio.gather(get("/separate"), get("/large"), get("/seg1/seg2/seg3"))
    assert ended[-1][0] in ("/separate", "/large"), ended
    assert ("/seg1/seg2/seg3", b"found") in ended and ("/large", LARGE) in ended


async def blocks_both_ways(e):
    reply = await e.post("/large-post", UP)
    assert bytes(reply.payload) == UP.upper()


async def observe_and_ask(e):
    numbers = []
    async with e.observe("/obs") as states:
        async for state in states:
            numbers.append(int(state.payload))
            expect(await e.get("/seg1/seg2/seg3"), CONTENT)
            if len(numbers) == 3:
                break
    assert numbers == sorted(numbers) and numbers[0] < numbers[2], numbers


async def cancelled_request(e):
    try:
        await asyncio.wait_for(e.get("/separate"), 0.05)
    except asyncio.TimeoutError:
        expect(await e.get("/seg1/seg2/seg3"), CONTENT)
        return
    raise AssertionError("it was to be cancelled")


async def discovery_and_ping(e):
    await e.ping()
    assert "/link1" in dict(await e.discover())


CASES = (
    several_at_once,
    blocks_both_ways,
    observe_and_ask,
    cancelled_request,
    discovery_and_ping,
)


async def play(job):
    credential = Psk(job["identity"], bytes.fromhex(job["key"])) if job["key"] else None
    result = {}
    async with await aio.connect(job["base"] + "/", credential, timeout=20) as endpoint:
        for case in CASES:
            try:
                await case(endpoint)
                result[case.__name__] = None
            except Exception as error:
                result[case.__name__] = "%s: %s" % (type(error).__name__, error)
    return result


if __name__ == "__main__":
    print(json.dumps(asyncio.run(play(json.loads(sys.stdin.readline())))))
