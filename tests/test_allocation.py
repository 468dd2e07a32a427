"""A steady connection allocates nothing: on MicroPython it runs with the heap locked."""

import sys

import micropython
from scripted_server import APPLICATION_DATA, CCM_8, PSK_SUITES, ScriptedServer, connected

from dtls_micro.crypto.hmac import Hmac, wipe

_LOCK = getattr(micropython, "heap_lock", lambda: None)
_UNLOCK = getattr(micropython, "heap_unlock", lambda: None)
_SIZES = (1, 16, 100, 1115, 3, 64, 1000, 17, 1115, 200)


def _to_and_fro(client, data, datagrams):
    """Write and receive with a locked heap; return what went wrong, or None.

    No loop variable, string or exception is made between the locks but on failure.
    """
    _LOCK()
    try:
        for i in range(len(data)):
            client.write(data[i])
            if client.datagram() is None:
                return "no datagram"
            client.receive(datagrams[i])
            datum = client.read()
            if datum is None or len(datum) != len(data[i]) or datum[0] != data[i][0]:
                return "another datum"
            if client.read() is not None:
                return "a datum too much"
            if client.tick(5) != -1:
                return "a timer runs"
    finally:
        _UNLOCK()
    return None


def test_the_locked_heap_refuses_every_allocation():
    if sys.implementation.name != "micropython":
        return  # nothing locks the heap of CPython
    _LOCK()
    try:
        refused = False
        try:
            bytearray(100)
        except MemoryError:
            refused = True
    finally:
        _UNLOCK()
    assert refused


def test_a_steady_connection_allocates_nothing():
    for suite in PSK_SUITES:
        link = connected(ScriptedServer(suite=suite))
        for _ in range(2):
            data = [bytes([size & 255]) * size for size in _SIZES]
            datagrams = [link.server.record(APPLICATION_DATA, datum, 1) for datum in data]
            wrong = _to_and_fro(link.client, data, datagrams)
            assert wrong is None, "%s: %s" % (suite, wrong)


def test_buffers_of_every_kind_allocate_nothing():
    link = connected()
    data = [bytearray(b"abc"), memoryview(b"defg"), b"hijkl"]
    datagrams = [link.server.record(APPLICATION_DATA, bytes(datum), 1) for datum in data]
    datagrams[1] = bytearray(datagrams[1])
    datagrams[2] = memoryview(datagrams[2])
    wrong = _to_and_fro(link.client, data, datagrams)
    assert wrong is None, wrong


def test_several_records_in_a_datagram_allocate_nothing():
    link = connected()
    records = [link.server.record(APPLICATION_DATA, bytes([i]) * 50, 1) for i in range(10)]
    datagram = b"".join(records)
    count = 0
    _LOCK()
    try:
        link.client.receive(datagram)
        while link.client.read() is not None:
            count += 1
    finally:
        _UNLOCK()
    assert count == 10


def test_dropped_records_allocate_nothing():
    link = connected(ScriptedServer(suite=CCM_8))
    good = link.server.record(APPLICATION_DATA, b"datum", 1)
    forged = bytearray(good)
    forged[-1] ^= 1
    odd = (bytes(forged), good[:20], b"", b"\xff" * 60, b"\x16\xfe\xfd" + bytes(40))
    _LOCK()
    try:
        link.client.receive(good)
        link.client.read()
        for i in range(len(odd)):
            link.client.receive(odd[i])
            link.client.read()
        link.client.receive(good)  # a replay
        last = link.client.read()
    finally:
        _UNLOCK()
    assert last is None


def test_sequence_numbers_above_thirty_bits_allocate_nothing():
    link = connected()
    high = 0xFFFF00000000
    data = [b"a", b"b", b"c"]
    datagrams = [
        link.server.record(APPLICATION_DATA, data[i], 1, seq=high + 0x3FFFFFFF * i)
        for i in range(3)
    ]
    wrong = _to_and_fro(link.client, data, datagrams)
    assert wrong is None, wrong


def test_secrets_are_overwritten_without_memory_too():
    secret = bytearray(b"secret" * 9)
    part = memoryview(secret)[6:]
    _LOCK()
    wipe(part)
    _UNLOCK()
    assert secret == b"secret" + bytes(48)
    wipe(secret)
    assert secret == bytes(54)


def test_an_hmac_is_overwritten_without_memory_too():
    hmac = Hmac(None, b"secret" * 8)
    keys = hmac._inner, hmac._outer
    _LOCK()
    try:
        hmac.wipe()
    finally:
        _UNLOCK()
    assert keys == (bytes(64), bytes(64))
