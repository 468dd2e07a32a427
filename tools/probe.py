"""One handshake with a server, observed: the work of `dtls-micro probe`."""

import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import dtls_port

from dtls_micro.blocking import DtlsSocket
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.psk import Psk

from .advice import explain
from .credentials import Watched, described
from .failure import Failure
from .pcap import Address
from .report import Report, Traffic
from .tap import Tap

_ATTEMPTS = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)
_SECOND_CHANCE_S = 0.7


@dataclass
class Probe:
    """What to ask a server, and how."""

    host: str
    port: int
    credential: Psk | Ecdhe
    timeout: float = 10.0  # seconds, for the handshake and for a reply
    mtu: int = 1152
    server_name: str | None = None
    allow_legacy: bool = False
    keylog: Callable[[str], None] | None = None
    send: bytes | None = None


@dataclass
class Result:
    """What came of it. `client` and `server` are None if there was no socket."""

    report: Report
    tap: Tap
    client: Address | None = None
    server: Address | None = None


def run(probe: Probe) -> Result:
    """Make the handshake and take it apart. Trouble ends up in the report's `error`.

    A name with several addresses: the next one is tried where nothing listens or no way
    leads, so that `localhost` finds a server of either family. The last one gets a second
    chance, for a server that is just starting again.
    """
    try:
        addresses = resolve(probe.host, probe.port)
    except Failure as failure:
        return failed(probe, failure)
    for number, address in enumerate([*addresses, addresses[-1]]):
        if number == len(addresses):
            time.sleep(_SECOND_CHANCE_S)
        result = Result(Report(probe.host, probe.port, address[0]), Tap(dtls_port))
        try:
            _attempt(probe, address, result)
            break
        except OSError as error:
            _count(result)
            result.report.error = explain(error, result.report.conversation, probe.timeout)
            if error.errno not in _ATTEMPTS:
                break
        except Failure as failure:
            _count(result)
            result.report.error = str(failure)
            break
    return result


def failed(probe: Probe, failure: Failure) -> Result:
    """Return the result of a probe that sent nothing."""
    return Result(Report(probe.host, probe.port, error=str(failure)), Tap(dtls_port))


def resolve(host: str, port: int) -> list[Address]:
    """Return the numeric addresses of a name; Failure if there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except socket.gaierror as error:
        raise Failure(f"the name '{host}' has no address ({error.strerror}): check it") from None
    except (UnicodeError, ValueError):
        raise Failure(f"'{host}' is no host name: check it") from None
    addresses = []
    for family, _, _, _, place in found:
        known = family in (socket.AF_INET, socket.AF_INET6)
        address = (socket.getnameinfo(place, socket.NI_NUMERICHOST)[0], port)  # with its zone
        if known and address not in addresses:
            addresses.append(address)
    if not addresses:
        raise Failure(f"the name '{host}' has no IPv4 and no IPv6 address: check it")
    return addresses


def _attempt(probe: Probe, address: Address, result: Result) -> None:
    s = DtlsSocket(
        address,
        probe.credential,
        result.tap,
        mtu=probe.mtu,
        server_name=_name(probe),
        handshake_timeout_ms=max(1, int(probe.timeout * 1000)),
        allow_legacy=probe.allow_legacy,
        keylog=probe.keylog,
    )
    try:
        result.client, result.server = _ends(s.fileno())
        handshake(s)
        _count(result)
        result.report.connected = True
        if isinstance(probe.credential, Psk):
            result.report.hint = s.client.peer
        result.report.ms = _since_the_first(result.tap)
        if probe.send is not None:
            result.report.reply = _ask(s, probe.send, probe.timeout)
    finally:
        trust = getattr(probe.credential, "trust", None)
        if isinstance(trust, Watched):
            result.report.certificates = described(trust)
        with suppress(OSError):  # the farewell is a courtesy
            s.close()


def _name(probe: Probe) -> str | None:
    """Return the name to send and to compare: the host's, where names are compared."""
    if probe.server_name is None and getattr(probe.credential, "named", False):
        return probe.host
    return probe.server_name


def _ends(fileno: int) -> tuple[Address, Address]:
    """Return both ends of a connected socket."""
    with socket.socket(fileno=os.dup(fileno)) as s:
        return s.getsockname()[:2], s.getpeername()[:2]


def handshake(s: DtlsSocket) -> None:
    """Make the handshake; ConnectionRefusedError as soon as the host says so."""
    s.setblocking(False)
    while True:
        try:
            s.do_handshake()
            return
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
        if s.socket.refused:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        s.socket.wait(s.pending_ms())


def _ask(s: DtlsSocket, text: bytes, timeout: float) -> bytes:
    """Send one datum and return the one that comes back."""
    if len(text) > s.client.room():
        raise Failure(
            f"the handshake went well, but {len(text)} bytes to --send do not fit: "
            f"a datagram takes {s.client.room()}"
        )
    s.send(text)
    s.settimeout(timeout)
    try:
        reply = s.recv(1 << 14)
    except OSError as error:
        if error.errno != errno.ETIMEDOUT:
            raise
        raise Failure(
            f"the handshake went well, but no reply came in {timeout:g} s: "
            "does the server answer to what you send?"
        ) from None
    if not reply and s.client.alert is not None:
        raise Failure("the handshake went well, but the server closed instead of a reply")
    return reply


def _since_the_first(tap: Tap) -> float:
    return round(tap.now() - tap.datagrams[0].ms, 1)


def _count(result: Result) -> None:
    """Take in the traffic up to now, unless that was done at the end of the handshake."""
    report = result.report
    if report.connected:
        return
    report.sent = Traffic(*result.tap.count(True))
    report.received = Traffic(*result.tap.count(False))
    for one in result.tap.datagrams:
        report.conversation.feed(one.outgoing, one.data)
