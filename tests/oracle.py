"""What must be true of a client whatever its peer does: the universal oracle of the tests.

Each of the three verdicts makes a whole handshake in virtual time and checks: connected only
after both Finished were right, no application data before that, only documented exceptions,
bounded buffers, bounded replies.
"""

from expect import raises
from scripted_server import Link, ScriptedServer, new_client

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


def check_memory(client, size=1152):
    """Check that no buffer is longer than the constructor was told."""
    assert len(client._records.buffer) <= size
    assert len(client._out) <= client._mtu
    buffer = client._reassembly._buffer
    assert buffer is None or len(buffer) <= 1152
    assert len(client._flight._data) <= 1024


def check_wiped(client):
    """Check that no key is left and nothing is sent or taken any more."""
    assert client._handshake._master is None
    assert client._records._reading is None and client._records._writing is None
    assert client._reassembly._buffer is None and not client._flight._data
    assert client.tick(100000) == -1
    assert client.datagram() is None and client.read() is None


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
    assert link.client._reassembly._buffer is None and not link.client._flight._data
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
    assert link.ms == 60000, "%d ms" % link.ms
    failed(link, None)
    assert len(link.sent) <= 24, "%d datagrams" % len(link.sent)
    return link


def failed(link, alert):
    """Check a client after its failure."""
    check(link)
    assert link.client.state == FAILED and link.client.alert == alert
    check_wiped(link.client)
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


