"""A DTLS 1.2 echo server on Mbed TLS 2.28 (python-mbedtls).

usage: mbedtls_server.py PORT SUITE,SUITE,... psk IDENTITY KEY_HEX
       mbedtls_server.py PORT SUITE,SUITE,... certificate CHAIN KEY ROOT

Session is the server without sockets, for tests in virtual time.
"""

import socket
import sys

from mbedtls import tls
from mbedtls.exceptions import TLSError
from mbedtls.pk import ECC
from mbedtls.tls import HandshakeStep
from mbedtls.x509 import CRT

_HEADER = 13  # bytes of a record's
_CLIENT_HELLO = b"\x16\x00\x00\x01"  # handshake, epoch 0, message
_END = "-----END CERTIFICATE-----\n"


def context(identity: str, key: bytes, suites, repeat_s=1.0):
    """Return the context of a server with a pre-shared key; `suites` are IANA names.

    repeat_s: first time-out of its flights in real seconds; tests in virtual time make it
              so long that only the client repeats
    """
    return _context(suites, repeat_s, pre_shared_key_store={identity: key})


def certificate_context(chain: str, key: str, root: str, suites, repeat_s=1.0):
    """Return the context of a server with a certificate.

    chain, key: PEM files    root: PEM file of who signs clients, - to take any, even none
    """
    chain = [certificate + _END for certificate in _text(chain).split(_END)[:-1]]
    own = tuple(CRT.from_PEM(certificate.lstrip()) for certificate in chain)
    options = {"certificate_chain": (own, ECC.from_PEM(_text(key)))}
    if root != "-":
        options["trust_store"] = tls.TrustStore([CRT.from_PEM(_text(root))])
        options["validate_certificates"] = True
    return _context(suites, repeat_s, **options)


def _text(path) -> str:
    with open(path) as file:
        return file.read()


def _context(suites, repeat_s, **options):
    whole = {
        "validate_certificates": False,
        "lowest_supported_version": tls.DTLSVersion.DTLSv1_2,
        "highest_supported_version": tls.DTLSVersion.DTLSv1_2,
        "ciphers": [_mbedtls_name(suite) for suite in suites],
        "handshake_timeout_min": repeat_s,
        "handshake_timeout_max": max(60.0, repeat_s),
    }
    whole.update(options)
    return tls.ServerContext(tls.DTLSConfiguration(**whole))


def _mbedtls_name(suite: str) -> str:
    return suite.replace("_", "-")


def _is_client_hello(datagram: bytes) -> bool:
    """Tell by content type, epoch and message type; the last alone is anything elsewhere."""
    return datagram[:1] + datagram[3:5] + datagram[_HEADER : _HEADER + 1] == _CLIENT_HELLO


class Session:
    """The server's side of one connection, in memory; it sends back what it gets.

    apart: send each record in a datagram of its own; else a flight is one datagram
    """

    def __init__(self, context, address: bytes = b"client", apart=False):
        self._context = context
        self._apart = apart
        self._address = address
        self.received = []  # application data
        self.error = None
        self._begin()

    def _begin(self):
        self._tls = self._context.wrap_buffers()
        self._tls.setcookieparam(self._address)

    @property
    def connected(self) -> bool:
        """Tell whether the handshake is done on this side."""
        return self._tls._handshake_state is HandshakeStep.HANDSHAKE_OVER

    def receive(self, datagram: bytes) -> list:
        """Take one datagram; return those that answer it.

        A ClientHello of old that comes late is dropped here, since this build of Mbed TLS
        (MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE) gives up the connection for it.
        """
        if self.error or (self.connected and _is_client_hello(datagram)):
            return []
        self._tls.receive_from_network(datagram)
        out = []
        try:
            while self._step(out):
                self._drain(out)
        except tls.HelloVerifyRequest:
            self._drain(out)
            self._begin()
        except TLSError as error:
            self.error = error
        self._drain(out)
        return out

    def _step(self, out) -> bool:
        """Go one step; False when it needs the next datagram."""
        try:
            if not self.connected:
                self._tls.do_handshake()
                return True
            data = self._tls.read(16384)
            if data:
                self.received.append(data)
                self._tls.write(data)
            return bool(data)
        except tls.WantWriteError:
            return True
        except tls.WantReadError:
            return False

    def _drain(self, out):
        data = self._tls.peek_outgoing(65536)
        self._tls.consume_outgoing(len(data))
        while data:
            size = _HEADER + int.from_bytes(data[11:13], "big") if self._apart else len(data)
            out.append(data[:size])
            data = data[size:]


def serve(port: int, shared):
    """Serve every address that a datagram comes from, for ever."""
    sessions = {}
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", port))
        print("listening", flush=True)
        while True:
            datagram, address = s.recvfrom(65536)
            if address not in sessions:
                sessions[address] = Session(shared, repr(address).encode())
            for answer in sessions[address].receive(datagram):
                s.sendto(answer, address)
            if sessions[address].error:
                print("%s: %r" % (address, sessions.pop(address).error), flush=True)


if __name__ == "__main__":
    number, names, mode, *words = sys.argv[1:]
    names = names.split(",")
    if mode == "psk":
        serve(int(number), context(words[0], bytes.fromhex(words[1]), names))
    else:
        serve(int(number), certificate_context(*words, names))
