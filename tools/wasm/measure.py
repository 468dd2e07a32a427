"""What tools/size.py has the wasm runtime do: a client whose every verb is measured."""

import gc
from binascii import hexlify, unhexlify

import dtls_port

from dtls_micro.client import Client

client = None


def make(size, credential):
    """Make the client with buffers of `size` bytes; return ("", bytes allocated)."""
    global client
    before = gc.mem_alloc()
    client = Client(dtls_port, credential, rx_size=size, mtu=size, message_size=max(size, 640))
    return "", gc.mem_alloc() - before


def receive(data):
    """Give the client a datagram in hex; return ("", bytes allocated)."""
    data = unhexlify(data)
    before = gc.mem_alloc()
    client.receive(data)
    return "", gc.mem_alloc() - before


def datagram():
    """Return the client's next datagram in hex, "" for none, and the bytes allocated."""
    before = gc.mem_alloc()
    data = client.datagram()
    used = gc.mem_alloc() - before
    return "" if data is None else hexlify(data).decode(), used
