"""Test cases of a CoAP client, as the ETSI CoAP plugtests name them (TD_COAP_CORE_01 ...).

usage: micropython coap_cases.py < job         (or python)
The job is one line of JSON: base (URI without a path), identity and key (hex) or null, cases
(names; functions of this file), options (of connect()). Prints {case: null or what failed}.
CORE_12 (no token), which servers cannot know from ours, and what wants a broken server are
not here.
"""

import json
import sys

ROOT = __file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else ".."
PORT = "ports/unix" if sys.implementation.name == "micropython" else "ports/cpython"
sys.path[0:0] = [ROOT, ROOT + "/" + PORT]

from io import BytesIO  # noqa: E402

from dtls_micro.coap.connection import connect  # noqa: E402
from dtls_micro.coap.errors import TimedOut  # noqa: E402
from dtls_micro.psk import Psk  # noqa: E402

CREATED, DELETED, VALID, CHANGED, CONTENT = 0x41, 0x42, 0x43, 0x44, 0x45
LARGE = b"0123456789abcdef" * 80
UP = b"The quick brown fox jumps over the lazy dog. " * 40


def expect(response, code, payload=None):
    assert response.code == code, "%x instead of %x" % (response.code, code)
    if payload is not None:
        assert bytes(response.payload) == payload, bytes(response.payload)


def methods(e, confirmable):
    kind = b"CON" if confirmable else b"NON"
    reply = e.get("/test", confirmable=confirmable)
    expect(reply, CONTENT)
    assert reply.payload.startswith(kind), reply.payload
    assert reply.content_format == 0
    expect(e.post("/test", b"new", content_format=0, confirmable=confirmable), CREATED)
    expect(e.put("/test", b"set", content_format=0, confirmable=confirmable), CHANGED)
    expect(e.delete("/test", confirmable=confirmable), DELETED)


def core_01_to_04_confirmable(e):
    methods(e, True)


def core_05_to_08_non_confirmable(e):
    methods(e, False)


def core_09_separate(e):
    expect(e.get("/separate"), CONTENT)


def core_10_11_tokens_differ(e):
    seen = set()
    for _ in range(5):
        reply = e.get("/test")
        assert len(reply.token) == 4
        seen.add(bytes(reply.token))
    assert len(seen) == 5


def core_13_uri_path(e):
    expect(e.get("/seg1/seg2/seg3"), CONTENT, b"found")


def core_14_uri_query(e):
    expect(e.get("/query?first=1&second=2"), CONTENT, b"first=1&second=2")


def core_17_separate_non(e):
    expect(e.get("/separate", confirmable=False), CONTENT)


def core_18_location_path(e):
    assert e.post("/test", b"x").location == "/location1/location2/location3"


def core_19_location_query(e):
    assert e.post("/location-query").location == "?first=1&second=2"


def core_20_accept(e):
    expect(e.get("/multi-format", accept=0), CONTENT, b"a")
    expect(e.get("/multi-format", accept=41), CONTENT, b"<a/>")
    expect(e.get("/multi-format", accept=60), 0x86)


def core_21_etag(e):
    reply = e.get("/validate")
    expect(reply, CONTENT)
    expect(e.get("/validate", etag=reply.etag), VALID, b"")


def core_22_if_match(e):
    old = e.get("/validate").etag
    body = b"b" + bytes(old)
    expect(e.put("/validate", body, if_match=old), CHANGED)
    expect(e.put("/validate", b"never", if_match=old), 0x8C)
    expect(e.get("/validate"), CONTENT, body)


def core_23_if_none_match(e):
    expect(e.delete("/create1"), DELETED)
    expect(e.put("/create1", b"a", if_none_match=True), CREATED)
    expect(e.put("/create1", b"a", if_none_match=True), 0x8C)


def not_found_and_not_allowed(e):
    expect(e.get("/nothing-here"), 0x84)
    expect(e.post("/seg1/seg2/seg3"), 0x85)


def ping(e):
    e.ping(timeout=5)


def block_01_get_early(e):
    expect(e.get("/large", block=32), CONTENT, LARGE)


def block_02_get_late(e):
    expect(e.get("/large"), CONTENT, LARGE)


def block_03_put(e):
    expect(e.put("/large-update", UP), CHANGED)
    expect(e.get("/large-update"), CONTENT, UP)
    expect(e.put("/large-update", UP[1:], block=512), CHANGED)
    expect(e.get("/large-update"), CONTENT, UP[1:])


def block_04_post(e):
    reply = e.post("/large-create", BytesIO(UP), total=len(UP))
    expect(reply, CREATED)
    assert reply.location == "/large-create/%d" % len(UP), reply.location


def block_05_post_both_ways(e):
    expect(e.post("/large-post", UP, content_format=0), CHANGED, UP.upper())


def block_06_get_16(e):
    into = BytesIO()
    reply = e.get("/large", block=16, into=into)
    expect(reply, CONTENT, b"")
    assert into.getvalue() == LARGE


def block_separate(e):
    expect(e.get("/large-separate"), CONTENT, LARGE)


def watch(e, path, count=3):
    """Observe a counter that grows."""
    with e.observe(path) as states:
        numbers = [int(next(states).payload.split()[0]) for _ in range(count)]
    assert numbers == sorted(numbers) and numbers[0] < numbers[-1], numbers


def obs_01_confirmable(e):
    watch(e, "/obs")


def obs_02_non_confirmable(e):
    watch(e, "/obs-non")


def obs_05_cancelled(e):
    states = e.observe("/obs")
    next(states)
    states.cancel()
    try:
        assert next(states) is None
    except StopIteration:
        return


def obs_06_refused_by_reset(e):
    states = e.observe("/obs")
    next(states)
    e.engine.forget(states._exchange)
    e.serve(0.6)
    expect(e.get("/test"), CONTENT)


def obs_07_ended_by_the_server(e):
    states = e.observe("/obs")
    next(states)
    expect(e.delete("/obs"), DELETED)
    codes = [state.code for state in states]
    assert codes[-1] == 0x84, codes


def obs_08_other_requests_meanwhile(e):
    with e.observe("/obs") as states:
        for _ in range(3):
            expect(next(states), CONTENT)
            expect(e.get("/seg1/seg2/seg3"), CONTENT, b"found")


def obs_10_blocks(e):
    with e.observe("/obs-large") as states:
        for _ in range(2):
            body = bytes(next(states).payload)
            assert body.endswith(LARGE), body


def obs_nothing_new(e):
    with e.observe("/validate") as states:  # it is not observable: one state, then the end
        expect(next(states), CONTENT)
        assert states.next(2) is None


def link_01_discovery(e):
    links = dict(e.discover())
    assert {"/test", "/large", "/obs", "/link1"} <= set(links), links
    assert "obs" in links["/obs"]


def link_02_by_type(e):
    assert [link[0] for link in e.discover("rt=Type2")] == ["/link1", "/link2"]


def link_03_by_interface(e):
    assert [link[0] for link in e.discover("if=If*")] == ["/link1", "/link2"]


# of libcoap's example server


def libcoap(e):
    expect(e.get("/"), CONTENT)
    expect(e.get("/async"), CONTENT, b"done")
    expect(e.get("/nothing-here"), 0x84)
    assert e.put("/example_data", UP).ok
    expect(e.get("/example_data"), CONTENT, UP)
    expect(e.get("/example_data", block=64), CONTENT, UP)
    assert e.put("/made/here", b"x", content_format=0).ok
    expect(e.get("/made/here"), CONTENT, b"x")
    expect(e.delete("/made/here"), DELETED)
    assert "/time" in dict(e.discover())
    with e.observe("/time") as states:
        # libcoap may tell the same second twice, at its beginning.
        first, _, third = (bytes(next(states).payload) for _ in range(3))
        assert first != third
    ping(e)


# of tests/peers/aiocoap_server.py


def aiocoap(e):
    expect(e.get("/large"), CONTENT, b"0123456789abcdef" * 256)
    expect(e.put("/large-update", UP * 2), CHANGED)
    expect(e.get("/large-update", block=128), CONTENT, UP * 2)
    expect(e.get("/separate"), CONTENT, b"separate")
    expect(e.get("/nothing-here"), 0x84)
    assert "/time" in dict(e.discover())
    watch(e, "/time")
    ping(e)


def nobody_there(e):
    try:
        e.get("/", timeout=0.5)
    except TimedOut:
        return
    raise AssertionError("an answer from nobody")


def play(job):
    credential = Psk(job["identity"], bytes.fromhex(job["key"])) if job["key"] else None
    options = job.get("options", {})
    result = {}
    with connect(job["base"] + "/", credential, timeout=20, **options) as endpoint:
        for name in job["cases"]:
            try:
                globals()[name](endpoint)
                result[name] = None
            except Exception as error:
                result[name] = "%s: %s" % (type(error).__name__, error)
    return result


if __name__ == "__main__":
    print(json.dumps(play(json.loads(sys.stdin.readline()))))
