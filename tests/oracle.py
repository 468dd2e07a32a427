"""What must be true of a client whatever its peer does: the universal oracle of the tests.

Each of the three verdicts makes a whole handshake in virtual time and checks: connected only
after both Finished were right, no application data before that, only documented exceptions,
bounded buffers, bounded replies.
"""

from expect import raises
from scripted_server import Link, ScriptedServer, inside, new_client

from dtls_micro.errors import HandshakeTimeout, ProtocolError
from dtls_micro.handshake import CONNECTED, FAILED

_FLIGHTS = 3  # of the client, a datagram each, in an undisturbed handshake


def check(link):
    """Check what holds at any time."""
    client = link.client
    if client.state == CONNECTED:
        assert link.server.client_finished and link.server.done
    else:
        assert not link.read
    check_memory(client)


def leaves(owner, seen):
    """Yield all bytes that can be reached from an object, but for its credential and port."""
    if isinstance(owner, (bytes, bytearray)):
        yield owner
        return
    if owner is None or isinstance(owner, (int, str)) or id(owner) in seen:
        return
    seen.append(id(owner))
    if isinstance(owner, (list, tuple)):
        below = owner
        if all(isinstance(item, int) and 0 <= item < 256 for item in owner):
            below = [bytes(owner)]
    else:
        members = getattr(owner, "__dict__", {})
        below = [members[name] for name in members if name not in ("credential", "port")]
        below.append(getattr(owner, "__self__", None))
    for item in below:
        for leaf in leaves(item, seen):
            yield leaf


def check_memory(client):
    """Check that the buffers together are no longer than the constructor was told."""
    size = sum([len(leaf) for leaf in leaves(client, [])])
    most = client.rx_size + client.mtu + 1152 + 2500
    assert size <= most, "%d bytes" % size


def check_freed(client):
    """Check that what only the handshake needs is gone after it."""
    hs = inside(client)
    assert not hs.reassembly.buffer
    assert len(hs.flight._data) == 0


def check_no_secret(client, *secrets):
    """Check that no secret can be reached any more."""
    for leaf in leaves(client, []):
        for secret in secrets:
            assert bytes(secret) not in bytes(leaf), "a secret is still there"


def check_wiped(link):
    """Check that no key is left, and that nothing is sent or taken any more."""
    client, server = link.client, link.server
    check_freed(client)
    assert inside(client).records.reading is None and inside(client).records.writing is None
    check_no_secret(client, *server.exchange.secrets)
    if server.reading:
        check_no_secret(client, server.master, server.reading.key, server.writing.key)
    assert client.tick(100000) == -1
    assert client.datagram() is None and client.read() is None


def set_next_number(client, seq):
    """Let the client's next record of epoch 1 have this sequence number."""
    inside(client).records._numbers[1][2:] = seq.to_bytes(6, "big")


def survives(server=None, to_client=None, to_server=None, ms=0, client=None, extra=0) -> Link:
    """D, I, OK: the handshake completes, and the client needs no time and no words more.

    `ms` and `extra` are how long it takes and how many datagrams more it may take, if any.
    """
    link = Link(client or new_client(), server or ScriptedServer(), to_server, to_client)
    link.run()
    assert link.client.state == CONNECTED, link.client.state
    check(link)
    assert link.client.alert is None and not link.server.alerts
    assert link.ms == ms, "%d ms" % link.ms
    assert len(link.sent) <= _FLIGHTS + extra, "%d datagrams" % len(link.sent)
    check_freed(link.client)
    check_no_secret(link.client, link.server.master, *link.server.exchange.secrets)
    to_and_fro(link)
    return link


def to_and_fro(link):
    """Exchange a datum each way."""
    link.to_client = link.to_server = list
    read = len(link.read)
    link.client.write(b"from the client")
    link.server.write(b"from the server")
    link.exchange()
    assert link.server.received[-1] == b"from the client"
    assert link.read[read:] == [b"from the server"]


def ends_with(alert, server=None, to_client=None, client=None) -> Link:
    """A(x): the handshake fails with a fatal alert that reaches the server."""
    link = Link(client or new_client(), server or ScriptedServer(), None, to_client)
    error = raises(ProtocolError, link.run)
    assert error.alert == alert, "alert %d, not %d: %s" % (error.alert, alert, error)
    failed(link, alert)
    fatal = [entry for entry in link.server.alerts if entry[1] == 2]
    assert len(fatal) + link.server.unopened >= 1
    assert not fatal or fatal == [(link.server.read_epoch, 2, alert)]
    return link


def times_out(server=None, to_client=None, client=None, to_server=None) -> Link:
    """W: the handshake goes on until its time is over, and fails closed."""
    link = Link(client or new_client(), server or ScriptedServer(), to_server, to_client)
    error = raises(HandshakeTimeout, link.run)
    assert error.alert is None and len(str(error)) > 20
    assert link.ms == 120000, "%d ms" % link.ms
    failed(link, None)
    assert len(link.sent) <= 24, "%d datagrams" % len(link.sent)
    return link


def failed(link, alert):
    """Check a client after its failure."""
    check(link)
    assert link.client.state == FAILED and link.client.alert == alert
    check_wiped(link)
    sent = len(link.sent)
    link.give(b"\x16\xfe\xfd" + bytes(60))
    assert len(link.sent) == sent and link.client.state == FAILED


def around(junk):
    """A network that puts the junk datagrams before and after every datagram of the server."""

    def network(datagrams):
        out = []
        for datagram in datagrams:
            out.extend(junk)
            out.append(datagram)
        return out + junk if datagrams else out

    return network
