"""A DTLS 1.2 echo server with a raw public key on tinydtls.

usage: tinydtls_raw_server.py PORT SUITES raw PUBLIC KEY CLIENT_PUBLIC

DTLSSocket offers pre-shared keys only, but the tinydtls in its extension module can do more:
this calls that, version 0.2.3, by its C interface. A CLIENT_PUBLIC of - asks for no client key.
"""

import ctypes
import socket
import sys
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_size_t, c_ubyte, c_ushort, c_void_p

from cryptography.hazmat.primitives import serialization
from DTLSSocket import dtls

_SIZE = 32
_ALERT_BAD_CERTIFICATE = -((2 << 8) | 42)  # dtls_alert_fatal_create()


class _Session(ctypes.Structure):
    _fields_ = [
        ("size", c_int),
        ("_gap", c_int),  # a sockaddr_storage begins at a multiple of 8
        ("address", c_ubyte * 128),
        ("interface", ctypes.c_int64),
    ]


class _Key(ctypes.Structure):
    _fields_ = [("curve", c_int), ("private", c_void_p), ("x", c_void_p), ("y", c_void_p)]


_Data = CFUNCTYPE(c_int, c_void_p, POINTER(_Session), c_void_p, c_size_t)
_Event = CFUNCTYPE(c_int, c_void_p, POINTER(_Session), c_int, c_ushort)
_GetKey = CFUNCTYPE(c_int, c_void_p, POINTER(_Session), POINTER(POINTER(_Key)))
_VerifyKey = CFUNCTYPE(c_int, c_void_p, POINTER(_Session), c_void_p, c_void_p, c_size_t)


class _Handler(ctypes.Structure):
    _fields_ = [
        ("write", _Data),
        ("read", _Data),
        ("event", _Event),
        ("get_user_parameters", c_void_p),
        ("get_psk_info", c_void_p),
        ("get_ecdsa_key", _GetKey),
        ("verify_ecdsa_key", _VerifyKey),
    ]


class _Context(ctypes.Structure):
    _fields_ = [
        ("cookie_secret", c_ubyte * 12),
        ("cookie_secret_age", ctypes.c_uint32),
        ("peers", c_void_p),
        ("send_queue", c_void_p),
        ("application", c_void_p),
        ("handler", POINTER(_Handler)),
    ]


def _library():
    found = ctypes.CDLL(dtls.__file__)
    found.dtls_new_context.restype = POINTER(_Context)
    found.dtls_new_context.argtypes = [c_void_p]
    for name in ("dtls_handle_message", "dtls_write"):
        getattr(found, name).argtypes = [POINTER(_Context), POINTER(_Session), c_char_p, c_int]
    found.dtls_init()
    return found


class Server:
    """One socket, any number of clients. The keys are 32-byte numbers; client: (x, y) or None."""

    def __init__(self, port: int, private: bytes, public, client):
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._client = client
        self._library = _library()
        self._data = None
        self._buffers = [ctypes.create_string_buffer(part, _SIZE) for part in (private, *public)]
        self._key = _Key(0, *[ctypes.addressof(buffer) for buffer in self._buffers])
        self._handler = _Handler(
            _Data(self._on_send),
            _Data(self._on_data),
            _Event(self._on_event),
            None,
            None,
            _GetKey(self._on_key),
            _VerifyKey(self._on_client_key) if client else _VerifyKey(),
        )
        self._context = self._library.dtls_new_context(None)
        self._context.contents.handler = ctypes.pointer(self._handler)

    def _on_send(self, _, session, data, size):
        to = bytes(session.contents.address[:8])
        address = socket.inet_ntoa(to[4:8]), int.from_bytes(to[2:4], "big")
        return self._socket.sendto(ctypes.string_at(data, size), address)

    def _on_data(self, _, session, data, size):
        self._data = ctypes.string_at(data, size)
        return size

    def _on_event(self, _, session, level, code):
        print("event %d %#x" % (level, code), flush=True)
        return 0

    def _on_key(self, _, session, result):
        result[0] = ctypes.pointer(self._key)
        return 0

    def _on_client_key(self, _, session, x, y, size):
        if (ctypes.string_at(x, size), ctypes.string_at(y, size)) == self._client:
            return 0
        return _ALERT_BAD_CERTIFICATE

    def serve(self):
        """Serve for ever."""
        print("listening", flush=True)
        while True:
            datagram, (address, port) = self._socket.recvfrom(4096)
            whole = socket.AF_INET.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big")
            session = _Session(16)
            session.address[:8] = whole + socket.inet_aton(address)
            self._data = None
            self._library.dtls_handle_message(self._context, session, datagram, len(datagram))
            if self._data is not None:
                self._library.dtls_write(self._context, session, self._data, len(self._data))


def _numbers(public):
    numbers = public.public_numbers()
    return numbers.x.to_bytes(_SIZE, "big"), numbers.y.to_bytes(_SIZE, "big")


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def main(port, _suites, _raw, public, key, client):
    own = serialization.load_pem_private_key(_read(key), None)
    private = own.private_numbers().private_value.to_bytes(_SIZE, "big")
    expected = None
    if client != "-":
        expected = _numbers(serialization.load_pem_public_key(_read(client)))
    Server(int(port), private, _numbers(own.public_key()), expected).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
