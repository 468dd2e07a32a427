"""The port at hand: tests/check_port.py, and its socket against a peer on this machine."""

import socket as _socket
import sys
import time

import dtls_port
from check_port import *  # noqa: F403  (its tests, which boards run without this file)


class Peer:
    """A UDP socket that answers as it is told."""

    def __init__(self):
        self.socket = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        octets = dtls_port.random(2)  # test processes run side by side
        first = 10000 + (octets[0] << 8 | octets[1]) % 8000
        for self.port in range(first, first + 1000):
            try:
                self.socket.bind(_socket.getaddrinfo("127.0.0.1", self.port)[0][-1])
                break
            except OSError:
                continue
        self.ours = dtls_port.socket(("127.0.0.1", self.port))
        self.ours.send(b"hello")
        self.data, self.theirs = self.socket.recvfrom(100)

    def send(self, data):
        self.socket.sendto(data, self.theirs)

    def close(self):
        self.ours.close()
        self.socket.close()


def test_a_datagram_arrives_whole():
    peer = Peer()
    assert peer.data == b"hello"
    peer.ours.send(bytearray(1200))
    assert peer.socket.recvfrom(2000)[0] == bytes(1200)
    peer.close()


def test_datagrams_are_neither_joined_nor_lost():
    peer = Peer()
    sizes = (1, 100, 1152, 7, 300)
    for size in sizes:
        peer.send(bytes([size & 255]) * size)
    for size in sizes:
        assert peer.ours.wait(1000)
        assert peer.ours.receive(1152) == bytes([size & 255]) * size
    assert peer.ours.receive(1152) is None
    peer.close()


def test_a_datagram_too_long_is_cut_and_the_next_one_is_whole():
    peer = Peer()
    peer.send(b"a" * 300)
    peer.send(b"b" * 10)
    assert peer.ours.wait(1000)
    assert peer.ours.receive(256) == b"a" * 256
    assert peer.ours.receive(256) == b"b" * 10
    peer.close()


def test_an_empty_datagram_is_no_end():
    peer = Peer()
    peer.send(b"")
    peer.send(b"after it")
    time.sleep(0.05)
    came = [peer.ours.receive(100), peer.ours.receive(100)]
    assert came == [b"", b"after it"]
    peer.close()


def test_nothing_there_is_none_and_waiting_ends_in_time():
    peer = Peer()
    assert peer.ours.receive(100) is None
    then = dtls_port.ticks_ms()
    assert not peer.ours.wait(50)
    assert 40 <= dtls_port.elapsed(dtls_port.ticks_ms(), then) < 20000
    assert not peer.ours.wait(0)
    peer.close()


def test_a_port_where_nothing_listens_is_remembered_and_raises_nothing():
    peer = Peer()
    port = peer.port
    peer.close()
    ours = dtls_port.socket(("127.0.0.1", port))
    ours.send(b"anybody?")
    time.sleep(0.05)
    ours.send(b"anybody?")
    assert ours.receive(100) is None
    ours.send(b"anybody?")
    assert ours.refused
    ours.close()


def test_a_name_that_is_not_known_is_an_oserror():
    try:
        dtls_port.socket(("no-such-host.invalid", 5684))
    except OSError:
        return
    raise AssertionError("a host that cannot be was found")


def test_readable_ends_when_a_datagram_is_there():
    import asyncio

    async def main():
        peer = Peer()

        async def later():
            await asyncio.sleep(0.05)
            peer.send(b"now")

        task = asyncio.create_task(later())
        assert peer.ours.receive(10) is None
        await asyncio.wait_for(dtls_port.readable(peer.ours), 5)
        assert peer.ours.receive(10) == b"now"
        await task
        try:
            await asyncio.wait_for(dtls_port.readable(peer.ours), 0.05)
        except asyncio.TimeoutError:
            peer.close()
            return
        raise AssertionError("readable() did not wait")

    asyncio.run(main())


if sys.implementation.name != "micropython":

    def test_the_port_is_complete():
        for name in ("random", "sha256", "aead", "socket", "ticks_ms", "elapsed", "readable"):
            assert callable(getattr(dtls_port, name))
