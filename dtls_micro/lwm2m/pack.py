"""Bootstrap-Pack: all accounts in one answer (OMA LwM2M core 1.2 sections 6.1.6 and 6.1.7.7).

It takes the place of the instances of the objects that it has, the account of the bootstrap
server aside; no Finish follows. It is used as a whole or not at all. Whatever goes wrong, the
specification wants Bootstrap-Request then.
"""

from micropython import const

from . import accounts, formats, reasons
from .objects import Refused
from .requests import quoted

_GET = const(1)
_NOT_ACCEPTABLE = const(0x86)
_CONTENT = const(0x45)
_MOST = const(16384)  # bytes
_ACCESS_CONTROL = const(2)


async def fetch(client, endpoint, session, longest: int) -> bool:
    """Ask for a pack and have a bootstrap.Bootstrap take it; tell whether that is done.

    If not nothing has changed. It takes `longest` seconds at most, about.
    """
    try:
        answer = await _asked(client, endpoint, session.accounts, longest)
        if answer.code != _CONTENT:
            raise ValueError(reasons.of_answer(answer))
        _put(session.accounts, _records(answer, session.accounts.kind))
        session.finish()
    except (OSError, ValueError, MemoryError, Refused) as error:
        client.tell("no Bootstrap-Pack: %s" % reasons.of_error(error))
        return False
    client.tell("Bootstrap-Pack: the accounts are stored")
    return True


async def _asked(client, endpoint, tree, longest: int):
    """Return the answer, in SenML CBOR if the server can do that, else in SenML JSON."""
    path = "/bspack?ep=" + quoted(client.name.encode())
    for number, security in tree.instances(accounts.SECURITY):
        if security.bootstrap:  # so that the server leaves its place alone
            path += "&acc=" + quoted(b"</0/%d>" % number)
    world = client.world
    begin = world.now()

    def progress(done, total):
        if client.stopping or world.since(begin) > longest * 1000:
            raise OSError("stopped, or it comes too slowly")

    for form in (formats.SENML_CBOR, formats.SENML_JSON):
        answer = await world.request(
            endpoint, _GET, path, accept=form, most=_MOST, progress=progress
        )
        if answer.code != _NOT_ACCEPTABLE:
            break
    return answer


def _records(answer, kind) -> list:
    """Return [(path, value)] of the resources of a pack; ValueError if it cannot be used."""
    form = answer.content_format
    if form not in (formats.SENML_CBOR, formats.SENML_JSON):
        raise ValueError("a pack in format %s" % form)
    records = formats.decode(form, answer.payload, (), kind)
    seen = set()
    for path, _ in records:
        if len(path) < 3 or path[0] > _ACCESS_CONTROL:
            raise ValueError("/%s is not for a pack" % "/".join([str(one) for one in path]))
        if path in seen:
            raise ValueError("/%d/%d/%d comes twice" % path[:3])
        seen.add(path)
    return records


def _put(tree, records):
    """Put the accounts of a pack in the place of others; ValueError or Refused if they cannot."""
    numbers = [path[0] for path, _ in records]
    if accounts.SECURITY not in numbers and accounts.SERVER not in numbers:
        raise ValueError("no account in it")
    before = accounts.bootstrap_account(tree)
    for number in (accounts.SECURITY, accounts.SERVER):
        if number in numbers:
            accounts.clear(tree, number)
            accounts.put(tree, [one for one in records if one[0][0] == number])
    if before and accounts.bootstrap_account(tree) is None:
        raise ValueError("it takes the place of the account of the bootstrap server")
    if _ACCESS_CONTROL in numbers and len(tree.instances(accounts.SERVER)) > 1:
        raise ValueError("the rights of several servers cannot be kept apart here")
