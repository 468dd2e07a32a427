"""Connections of the CoAP commands: every address of a name is tried, every failure explained."""

import errno
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import dtls_port

from dtls_micro.blocking import DtlsSocket
from dtls_micro.coap.secure import DtlsChannel
from dtls_micro.coap.udp import UdpChannel
from dtls_micro.errors import DtlsError, HandshakeTimeout

from . import advice, probe
from .coap_errors import NO_HANDSHAKE, NOT_CONNECTED, NOT_RESOLVED, NOT_TRUSTED, TIMED_OUT, Ended
from .credentials import Watched
from .dissect import Conversation
from .failure import Failure
from .pcap import Address
from .tap import Tap

_NEXT = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)


@dataclass
class Handshake:
    """How to make one. `credential` is None for coap://, which has none."""

    credential: Any = None
    timeout: float = 30.0  # seconds
    server_name: str | None = None
    mtu: int = 1152
    allow_legacy: bool = False


def connect(host: str, port: int, handshake: Handshake) -> Any:
    """Return a channel to a server; Ended says why there is none.

    Its `answered` tells whether anything has come from there.
    """
    try:
        addresses = probe.resolve(host, port)
    except Failure as failure:
        raise Ended(NOT_RESOLVED, str(failure)) from None
    if handshake.credential is None:
        return Plain(addresses)
    return _first(addresses, lambda address: _secure(host, address, handshake))


def _first(addresses: list[Address], make: Callable[[Address], Any]) -> Any:
    """Return what can be made of the first address where somebody is.

    The addresses that were tried are taken off the list.
    """
    while True:
        address = addresses.pop(0)
        try:
            return make(address)
        except OSError as error:
            if error.errno not in _NEXT or not addresses:
                raise Ended(NOT_CONNECTED, advice.system(error)) from None


class Plain:
    """UDP. Where nothing listens the last datagram goes to the next address of the name."""

    answered = False

    def __init__(self, addresses: list[Address]):
        self._addresses = addresses
        self._last = b""
        self._connect()

    def _connect(self) -> None:
        self._inner = _first(self._addresses, lambda address: UdpChannel(dtls_port, address))

    def send(self, datagram: bytes) -> None:
        """Send one datagram."""
        self._last = bytes(datagram)
        self._inner.send(datagram)

    def receive(self, ms: int) -> bytes | None:
        """Return a datagram, or None if none comes within `ms`, -1 for ever."""
        try:
            datagram: bytes | None = self._inner.receive(ms)
        except ConnectionRefusedError:
            if self.answered or not self._addresses:
                raise
            self._inner.close()
            self._connect()
            self._inner.send(self._last)
            return None
        self.answered = self.answered or datagram is not None
        return datagram

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()


class _Witness(Tap):
    """A tap that can stop to listen, for connections that last."""

    listening = True

    def record(self, outgoing: bool, data: bytes) -> None:
        if self.listening:
            super().record(outgoing, data)


class _Secure(DtlsChannel):
    """DTLS after its handshake."""

    answered = True


def _secure(host: str, address: Address, handshake: Handshake) -> _Secure:
    """Return a channel to one of the addresses of `host`."""
    witness = _Witness(dtls_port)
    name = handshake.server_name
    if name is None and getattr(handshake.credential, "named", False):
        name = host if host.isascii() else host.encode("idna").decode()
    socket = DtlsSocket(
        address,
        handshake.credential,
        witness,
        server_name=name,
        mtu=handshake.mtu,
        handshake_timeout_ms=max(1, int(handshake.timeout * 1000)),
        allow_legacy=handshake.allow_legacy,
    )
    try:
        probe.handshake(socket)
        witness.listening = False
        return _Secure(socket)
    except BaseException as error:
        with suppress(OSError):  # the farewell is a courtesy
            socket.close()
        if isinstance(error, DtlsError):
            raise _failed(error, witness, handshake) from None
        raise


def _failed(error: DtlsError, witness: Tap, handshake: Handshake) -> Ended:
    """Return how a handshake that failed ends the command."""
    conversation = Conversation()
    for one in witness.datagrams:
        conversation.feed(one.outgoing, one.data)
    text = advice.explain(error, conversation, handshake.timeout)
    trust = getattr(handshake.credential, "trust", None)
    if isinstance(trust, Watched) and trust.refused:
        return Ended(NOT_TRUSTED, text)
    silent = isinstance(error, HandshakeTimeout) and not witness.count(False)[0]
    return Ended(TIMED_OUT if silent else NO_HANDSHAKE, text)
