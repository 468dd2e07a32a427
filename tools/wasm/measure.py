"""What tools/size.py has the wasm runtime do: a client whose every verb is measured."""

import gc
from binascii import hexlify, unhexlify

import dtls_port
from dtls_micro.client import Client
from dtls_micro.psk import Psk

hashes = [0]


class Port:
    """The port, with a count of the hash objects that were made."""

    random = staticmethod(dtls_port.random)
    aead = staticmethod(dtls_port.aead)

    @staticmethod
    def sha256():
        hashes[0] += 1
        return dtls_port.sha256()


client = None


def make(size):
    """Make the client with buffers of `size` bytes; return the bytes that were allocated."""
    global client
    credential = Psk("Client_identity", b"secretPSK", suites=("TLS_PSK_WITH_AES_128_CCM_8",))
    before = gc.mem_alloc()
    client = Client(Port, credential, rx_size=size, mtu=size, message_size=size)
    return gc.mem_alloc() - before


def receive(data):
    """Give the client a datagram in hex; return (bytes allocated, hash objects made)."""
    data = unhexlify(data)
    made = hashes[0]
    before = gc.mem_alloc()
    client.receive(data)
    return gc.mem_alloc() - before, hashes[0] - made


def datagram():
    """Return the client's next datagram in hex, "" for none, and the bytes allocated."""
    before = gc.mem_alloc()
    data = client.datagram()
    used = gc.mem_alloc() - before
    return "" if data is None else hexlify(data).decode(), used


def write(size):
    """Write a datum; return the bytes allocated."""
    data = b"x" * size
    before = gc.mem_alloc()
    client.write(data)
    return gc.mem_alloc() - before


def read():
    """Read a datum; return (its length or -1, bytes allocated)."""
    before = gc.mem_alloc()
    data = client.read()
    used = gc.mem_alloc() - before
    return -1 if data is None else len(data), used
