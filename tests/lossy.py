"""A client and an in-memory server in virtual time, joined by a Link."""

from proxy import TO_CLIENT, TO_SERVER

from dtls_micro.handshake import CONNECTED

_PING = b"are you there"


def shake_hands(link, client, session):
    """Turn both until the client is connected; raises what the client raises."""
    left = client.tick(0)
    while client.state != CONNECTED:
        _send(client, link)
        due = link.due_ms()
        wait = int(min(left, due) if due >= 0 else left)
        for direction, datagram in link.advance(wait):
            if direction == TO_CLIENT:
                client.receive(datagram)
                _send(client, link)
                continue
            for answer in session.receive(datagram):
                link.push(TO_CLIENT, answer)
        left = client.tick(wait)


def _send(client, link):
    while (datagram := client.datagram()) is not None:
        link.push(TO_SERVER, datagram)


def ping(client, session):
    """Send a datum to the server and assert that it comes back, past the network."""
    client.write(_PING)
    replies = []
    for datagram in session.receive(bytes(client.datagram())):
        client.receive(datagram)
        while (datum := client.read()) is not None:
            replies.append(bytes(datum))
    assert replies == [_PING]
    assert session.received == [_PING]
