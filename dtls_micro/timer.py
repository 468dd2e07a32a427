"""The retransmission timer of the handshake (RFC 6347 section 4.2.4.1).

It knows durations only: somebody with a clock says how much time has passed. Each flight
begins with the first period, as in OpenSSL: the RFC advises to keep a longer one after a loss,
but where a third of the datagrams is lost that costs handshakes and spares nobody.
"""

from micropython import const

_LONGEST_MS = const(60000)


class Timer:
    """Fires after `first_ms`, then after twice that, up to 60 s; `total_ms` bounds the whole."""

    def __init__(self, first_ms: int, total_ms: int):
        self.first_ms = first_ms
        self._period_ms = first_ms
        self._left_ms = -1
        self.total_ms = total_ms
        self.expiries = 0  # of the flight under way
        self._quiet_ms = first_ms  # since the last repeat that the peer asked for

    def start(self):
        """A new flight goes out: the one before was answered, so the path works."""
        self._period_ms = self.first_ms
        self.expiries = 0
        self._left_ms = self._period_ms
        self._quiet_ms = self.first_ms

    def stop(self):
        """The handshake is over."""
        self._left_ms = -1

    def tick(self, elapsed_ms: int) -> bool:
        """Let time pass; tell whether the flight is to be repeated."""
        if self._left_ms < 0:
            return False
        self.total_ms -= elapsed_ms
        self._left_ms -= elapsed_ms
        self._quiet_ms = min(self._quiet_ms + elapsed_ms, self.first_ms)
        if self._left_ms > 0:
            return False
        self.expiries += 1
        self._period_ms = min(2 * self._period_ms, _LONGEST_MS)
        self._left_ms = self._period_ms
        return True

    def may_repeat(self) -> bool:
        """Tell whether a repeat of the peer's flight is to be answered now by one of ours.

        Whoever floods us with old messages gets no more than two flights in `first_ms`.
        """
        if 2 * self._quiet_ms < self.first_ms:
            return False
        self._quiet_ms = 0
        return True

    def given_up(self) -> bool:
        """Tell whether the time for the whole handshake is used up."""
        return self._left_ms >= 0 and self.total_ms <= 0

    def left_ms(self) -> int:
        """How long until tick() is due, -1 for never."""
        return max(0, min(self._left_ms, self.total_ms)) if self._left_ms >= 0 else -1
