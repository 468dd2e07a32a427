"""Awkward moments: forgeries that come early, floods, answers that wait, late callers."""

import errno
import time

import dtls_port
import pytest
from expect import raises
from oracle import survives
from scripted_server import (
    HANDSHAKE,
    Link,
    ScriptedServer,
    inside,
    message,
    new_client,
    record,
)
from server_process import IDENTITY
from server_process import KEY as SERVER_KEY
from servers import CCM_8, OpenSsl

from dtls_micro.blocking import DtlsSocket, connect
from dtls_micro.errors import DtlsError, HandshakeTimeout
from dtls_micro.handshake import CONNECTED
from dtls_micro.psk import Psk

_FINISHED = 20


def before_the_hello(junk):
    """A network that puts a datagram before the server's first flight."""

    def network(datagrams):
        return [junk] + datagrams if datagrams else datagrams

    return network


@pytest.mark.parametrize("kind", [_FINISHED, 99, 14])
@pytest.mark.parametrize("seq", [3, 4, 5])
def test_an_early_plaintext_message_does_not_outlive_the_change_of_keys(kind, seq):
    forged = record(HANDSHAKE, message(kind, seq, bytes(12)), 0, 77)
    survives(to_client=before_the_hello(forged))


def test_forged_cookies_do_not_move_the_servers_numbers():
    def repeat_the_request(datagrams):
        out = []
        for datagram in datagrams:
            if datagram[13] == 3:  # the same cookie once more, as message 1
                body = datagram[25:]
                out.append(datagram)
                out.append(record(HANDSHAKE, message(3, 1, body), 0, 5, 0xFEFF))
                continue
            out.append(datagram)
        return out

    survives(to_client=repeat_the_request)


def test_a_server_may_count_from_the_client_hello_it_answers():
    server = ScriptedServer(cookies=(b"one cookie", b"another cookie"))

    def stateless(records):
        return [
            (kind, epoch, payload[:4] + bytes(2) + payload[6:]) for kind, epoch, payload in records
        ]

    server.hooks["hello_verify_request"] = stateless
    survives(server, extra=1)


def test_late_cookies_for_hellos_that_were_repeated_change_nothing():
    """A server with a new cookie for each hello, behind a round trip of 2.4 seconds."""
    server = ScriptedServer(cookies=(b"first cookie", b"second cookie", b"third cookie"))
    client = new_client()
    client.datagram()  # the first hello, on its way
    for waited in (1000, 1400):  # it is repeated after a second
        client.tick(waited)
        while client.datagram():
            """That one gets a cookie too."""
    requests = [
        record(HANDSHAKE, message(3, i, b"\xfe\xff" + bytes([len(c)]) + c), 0, i, 0xFEFF)
        for i, c in enumerate(server.cookies)
    ]
    client.receive(requests[0])
    answer = bytes(client.datagram())
    assert b"first cookie" in answer
    client.receive(requests[1])
    assert client.datagram() is None  # late: the server will take the first one
    client.receive(requests[2])
    assert b"third cookie" in bytes(client.datagram())  # the first one was refused


def test_what_is_there_already_needs_no_waiting():
    link = survives()
    link.server.write(b"one")
    link.server.write(b"two")
    both = link.server.out.pop(0) + link.server.out.pop(0)

    class OneDatagram(Flooded):
        waiting = [both]

        def receive(self, size):
            return self.waiting.pop() if self.waiting else None

        def wait(self, ms):
            return bool(self.waiting)

    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), OneDatagram())
    s.client = s.transport.client = link.client
    s.setblocking(False)
    assert s.recv(9) == b"one"
    assert s.pending_ms() == 0
    assert s.recv(9) == b"two"
    assert raises(OSError, s.recv, 9).errno == errno.EAGAIN
    assert s.pending_ms() == -1


def test_a_task_that_is_cancelled_does_not_deafen_the_next():
    import asyncio

    from dtls_micro.aio import connect as aio_connect

    async def main():
        with OpenSsl([CCM_8]) as server:
            s = await aio_connect(server.address, Psk(IDENTITY, SERVER_KEY))
            task = asyncio.ensure_future(s.recv(10))
            await asyncio.sleep(0.05)
            await s.send(b"hello\n")
            task.cancel()
            assert await asyncio.wait_for(s.recv(10), 20) == b"hello\n"
            await s.close()

    asyncio.run(main())


def test_records_without_room_for_a_tag_are_no_forgeries():
    link = survives()
    for size in range(0, 16):
        link.give(record(23, bytes(size), 1, 1000 + size))
    assert inside(link.client).records.forged == 0
    link.give(record(23, bytes(16), 1, 2000))
    assert inside(link.client).records.forged == 1


def test_a_partial_message_behind_the_finished_is_not_kept():
    server = ScriptedServer()
    tail = message(_FINISHED, 9, bytes(100))[:40]
    tail = tail[:9] + (28).to_bytes(3, "big") + tail[12:]
    server.hooks["finished"] = lambda records: [(k, e, p + tail) for k, e, p in records]
    link = Link(new_client(), server)
    link.run()
    assert link.client.state == CONNECTED
    assert not inside(link.client).reassembly.buffer


class Flooded:
    """A port whose socket always has junk; it counts what was taken."""

    def __init__(self):
        self.taken = 0

    def __getattr__(self, name):
        return getattr(dtls_port, name)

    def socket(self, address):
        return self

    refused = False
    pollable = None

    def send(self, datagram):
        """Take it."""

    def receive(self, size):
        self.taken += 1
        return b"\x17\xfe\xfd" + bytes(100)

    def wait(self, ms):
        return True

    def close(self):
        """Nothing to close."""


@pytest.mark.parametrize("seconds, number", [(0, errno.EAGAIN), (0.05, errno.ETIMEDOUT)])
def test_a_flood_does_not_hold_recv_beyond_its_time(seconds, number):
    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), Flooded())
    s.settimeout(seconds)
    begin = time.monotonic()
    assert raises(OSError, s.recv, 10).errno == number
    assert time.monotonic() - begin < 20


class Refused(Flooded):
    """A port of a host where nothing listens, after `left` datagrams that somebody sent."""

    refused = True
    left = 0

    def receive(self, size):
        self.left -= 1
        return super().receive(size) if self.left >= 0 else None

    def wait(self, ms):
        return False


@pytest.mark.parametrize("left", [0, 1])
def test_a_server_that_goes_is_told_apart_from_one_that_never_was(left):
    port = Refused()
    port.left = left
    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), port, handshake_timeout_ms=1)
    text = str(raises(HandshakeTimeout, s.do_handshake))
    never = "the host says that nothing listens on that port"
    assert (
        text.endswith("; the network said: nothing listens on that port")
        if left
        else (text == never)
    )


def test_asyncio_tasks_live_on_under_a_flood():
    import asyncio

    from dtls_micro.aio import AioSocket

    async def main():
        s = AioSocket(("127.0.0.1", 9), Psk("a", b"b"), Flooded())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(s.recv(10), 0.05)

    begin = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - begin < 20


def test_closing_wakes_a_task_that_waits():
    import asyncio

    from dtls_micro.aio import connect as aio_connect

    async def main():
        with OpenSsl([CCM_8]) as server:
            s = await aio_connect(server.address, Psk(IDENTITY, SERVER_KEY))
            waiting = asyncio.ensure_future(s.recv(10))
            await asyncio.sleep(0.05)
            await s.close()
            assert await asyncio.wait_for(waiting, 20) == b""

    asyncio.run(main())


class Turned:
    """The desk's port, with a clock that is turned by hand."""

    now = 0

    def __getattr__(self, name):
        return getattr(dtls_port, name)

    def ticks_ms(self):
        return self.now


def test_a_socket_that_was_left_alone_has_all_its_time():
    port = Turned()
    with OpenSsl([CCM_8]) as server:
        s = DtlsSocket(server.address, Psk(IDENTITY, SERVER_KEY), port, handshake_timeout_ms=400)
        port.now += 500
        connects(s, lambda: s.socket.wait(10000))


def connects(s, wait):
    """Make the handshake, with wait() whenever nothing is there."""
    s.setblocking(False)
    with s:
        for _ in range(20):
            try:
                s.do_handshake()
                break
            except OSError as error:
                assert error.errno == errno.EAGAIN
                assert s.client.state != CONNECTED
                wait()
        assert s.client.state == CONNECTED


def test_an_answer_that_is_there_counts_before_the_time_is_up():
    port = Turned()
    with OpenSsl([CCM_8]) as server:
        s = DtlsSocket(server.address, Psk(IDENTITY, SERVER_KEY), port, handshake_timeout_ms=400)

        def wait():
            assert s.socket.wait(10000)
            port.now += 100 if s.client.state == 0 else 250

        connects(s, wait)


@pytest.mark.parametrize("pause", range(7))
def test_an_end_of_the_handshake_in_passing_is_noticed(pause):
    server = ScriptedServer(mtu=0)
    client = new_client()

    class Instant(Flooded):
        """A port whose peer's last flight is there when it was asked for `pause` times."""

        asked = 0

        def send(self, datagram):
            server.receive(bytes(datagram))

        def receive(self, size):
            self.asked += bool(server.done)
            if not server.out or server.done and self.asked <= pause:
                return None
            return server.out.pop(0)

        def wait(self, ms):
            assert ms >= 0 or server.out, "nothing will ever come"
            return bool(server.out)

    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), Instant())
    s.client = s.transport.client = client
    connects(s, lambda: s.socket.wait(s.pending_ms()))


def test_recv_after_a_failure_is_an_error_and_no_end():
    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), Flooded(), handshake_timeout_ms=1)
    s.transport.client._hs.state = 14
    assert raises(DtlsError, s.recv, 10)


def test_what_reading_leads_to_is_sent_at_once():
    link = survives()
    client, server = link.client, link.server
    server.write(b"datum")
    first = server.out.pop()
    hello_request = server.record(HANDSHAKE, message(0, 0, b""), 1)
    server.write(b"another")
    last = server.out.pop()

    class OneDatagram(Flooded):
        sent = 0
        waiting = [first + hello_request + last]

        def receive(self, size):
            return self.waiting.pop() if self.waiting else None

        def send(self, datagram):
            self.sent += 1

        def wait(self, ms):
            return bool(self.waiting)

    port = OneDatagram()
    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), port)
    s.client = s.transport.client = client
    s.settimeout(1)
    assert s.recv(100) == b"datum"
    assert s.recv(100) == b"another"
    assert port.sent == 1  # no_renegotiation
    s.send(b"and on")
    assert port.sent == 2


def test_a_write_takes_bytes_only():
    client = survives().client
    for data in ("text", [1, 2], 7):
        raises(TypeError, client.write, data)


def test_a_farewell_never_makes_a_datagram_too_long():
    link = survives(client=new_client(mtu=200))
    client = link.client
    client.write(bytes(client.room()))
    client.close()
    assert len(client.datagram()) <= 200


def test_a_time_out_bounds_the_handshake_too():
    begin = time.monotonic()
    with pytest.raises(OSError):
        connect(("127.0.0.1", 9), Psk("a", b"b"), timeout=0.3)
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("value", [-1, -0.5])
def test_a_negative_time_out_is_refused(value):
    s = DtlsSocket(("127.0.0.1", 9), Psk("a", b"b"), Flooded())
    raises(ValueError, s.settimeout, value)


def test_a_datagram_cut_by_the_buffer_is_named():
    client = new_client(rx_size=128)
    server = ScriptedServer(hint=bytes(200))
    error = raises(OSError, Link(client, server).run)
    assert "rx_size=128" in str(error)


def test_a_client_hello_in_fragments_is_named():
    client = new_client(mtu=64)
    client.datagram()
    error = None
    while error is None:
        try:
            client.tick(60000)
            while client.datagram():
                """Nobody answers."""
        except DtlsError as caught:
            error = caught
    assert "mtu" in str(error)
