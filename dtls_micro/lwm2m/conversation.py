"""What a client and a bootstrap server say to each other, until Finish (core 1.1, 6.1.4)."""

from micropython import const

from . import reasons
from .bootstrap import Bootstrap
from .requests import quoted

_POST = const(2)
_BAD_REQUEST = const(0x80)
_PREFERRED = const(11542)  # format of what the bootstrap server writes: TLV
_EXCHANGE_LIFETIME = const(247)  # seconds (RFC 7252 section 4.8.2)
_LONGEST = const(988)  # seconds: four times as long


async def converse(client, endpoint):
    """Ask for a bootstrap and have it done; return the Bootstrap. OSError says what failed."""
    if client.pack and not client.pack_failed:
        from .pack import fetch

        session = _begun(client)
        if await fetch(client, endpoint, session, _LONGEST):
            return session
        if client.stopping:
            raise OSError("stopped")
    client.pack_failed = False
    session = _begun(client)
    session.waker = client.world.waker()
    endpoint.resources.fallback = session.handle
    try:
        await _ask(client, endpoint)
        await _answer(client, endpoint, session)
    except OSError:
        if not session.finished:  # what comes after Finish changes nothing
            raise
    return session


def _begun(client):
    return Bootstrap(
        client.accounts,
        client.tree,
        client.store,
        client.allow_nosec,
        client.tell,
        client.trusted,
    )


async def _ask(client, endpoint):
    query = "/bs?ep=%s" % quoted(client.name.encode())
    answer = await client.world.request(endpoint, _POST, query + "&pct=%d" % _PREFERRED)
    if answer.code == _BAD_REQUEST:
        answer = await client.world.request(endpoint, _POST, query)
    if not answer.ok:
        raise OSError("the server refuses: %s" % reasons.of_answer(answer))
    client.tell(
        "the bootstrap server will write; it has %d s between requests" % _EXCHANGE_LIFETIME
    )


async def _answer(client, endpoint, session):
    """Do what the server asks for until it is finished."""
    world = client.world
    first = world.now()
    while not session.finished and not session.refused:
        requests = session.requests
        begin = world.now()
        while requests == session.requests:
            await world.work(endpoint, 1, session.waker)
            if client.stopping:
                raise OSError("stopped")
            silent = world.since(begin) > _EXCHANGE_LIFETIME * 1000
            if silent or world.since(first) > _LONGEST * 1000:
                raise OSError("the server began and did not finish")
    await client.linger(endpoint)
    if not session.finished:
        raise OSError("what the server wrote is not usable: " + session.refused)
