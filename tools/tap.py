"""A port that listens in: every datagram sent and received, with its time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Datagram:
    """One UDP payload on its way."""

    outgoing: bool
    ms: float  # since the tap was made
    data: bytes


class Tap:
    """Behaves like the port it is given; `datagrams` grows with what its sockets carry.

    clock: seconds that never go back; `began` is the time of day at which they are 0
    """

    def __init__(self, port: ModuleType, clock: Callable[[], float] = time.monotonic):
        self._port = port
        self._clock = clock
        self._zero = clock()
        self.began = time.time()
        self.datagrams: list[Datagram] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def socket(self, address: tuple[str, int]) -> "TappedSocket":
        """Return the port's socket to (host, port), tapped."""
        return TappedSocket(self._port.socket(address), self)

    def record(self, outgoing: bool, data: bytes) -> None:
        """Keep a copy of a datagram with the time that it is now."""
        self.datagrams.append(Datagram(outgoing, self.now(), bytes(data)))

    def now(self) -> float:
        """Return the milliseconds since the tap was made."""
        return (self._clock() - self._zero) * 1000

    def count(self, outgoing: bool) -> tuple[int, int]:
        """Return how many datagrams went that way, and their bytes of UDP payload."""
        sizes = [len(one.data) for one in self.datagrams if one.outgoing == outgoing]
        return len(sizes), sum(sizes)


class TappedSocket:
    """A socket of the port; what it sends and receives is recorded."""

    def __init__(self, inner: Any, tap: Tap):
        self._inner = inner
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, datagram: bytes) -> None:
        """Send one datagram; it is recorded when the system has taken it."""
        self._inner.send(datagram)
        self._tap.record(True, datagram)

    def receive(self, size: int) -> bytes | None:
        """Return one datagram or None."""
        datagram: bytes | None = self._inner.receive(size)
        if datagram is not None:
            self._tap.record(False, datagram)
        return datagram
