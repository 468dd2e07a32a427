"""An observed resource: the notifications' order and freshness (RFC 7641 section 3)."""

from micropython import const

from .exchange import Exchange
from .message import ACK, size

_OBSERVE = const(6)
_ECHO = const(252)
_UNAUTHORIZED = const(0x81)
_TOKEN = const(4)  # bytes
_CHALLENGES = const(3)  # Echo values that are sent back
_HALF = const(1 << 23)  # of the sequence numbers
_OLD_MS = const(128000)  # after that a notification is newer whatever its number
_LONGEST_S = const(500000)  # of Max-Age; millisecond clocks of boards wrap
_LATE_MS = const(5000)  # after Max-Age, and up to 10 s more: section 3.3.1


class Observation(Exchange):
    """A request with Observe, and the notifications that follow; `engine` repeats it.

    When Max-Age has passed without news it registers anew, under its token. It ends with a
    response without Observe, or of class 4 or 5, which is the last one that take_news() has.
    Notifications that nobody took are replaced by newer ones.
    """

    lasting = True
    room = 1152  # bytes of a datagram

    def __init__(self, message, timeout_ms: int, engine, random):
        super().__init__(message, timeout_ms)
        self._engine = engine
        self._random = random
        self._timeout_ms = timeout_ms
        self._sequence: "int | None" = None
        self._age_ms = 0  # of the last notification
        self._pending = True  # the registration is under way
        self._challenges = 0

    @property
    def done(self) -> bool:
        """Tell whether there is news, an error, or nothing to come any more."""
        return self.response is not None or self.error is not None or not self.lasting

    def take_news(self):
        """Return the latest notification that was not yet taken, or None."""
        response = self.response
        self.response = None
        return response

    def take(self, response) -> bool:
        """Take a notification; tell whether more may come."""
        if response.code == _UNAUTHORIZED and self._answers(response.option(_ECHO)):
            return True
        sequence = response.uint(_OBSERVE)
        self._pending = False
        if response.bad or not response.ok or sequence is None:
            self.lasting = False
            return super().take(response)
        # What acknowledges a request is newer, also of a server that has begun anew.
        if response.type == ACK or self._newer(sequence):
            self._challenges = 0
            self._sequence = sequence
            self._age_ms = 0
            wait = _LATE_MS + 39 * self._random(1)[0]
            self.left_ms = min(response.max_age, _LONGEST_S) * 1000 + wait
            self.response = response
            self.wake()
        return True

    def _answers(self, echo) -> bool:
        """Register anew with what the server wants to see again (RFC 9175 section 2.3)."""
        if not echo or self._challenges == _CHALLENGES:
            return False
        self._challenges += 1
        message = self.message
        message.options = [one for one in message.options if one[0] != _ECHO]
        message.add(_ECHO, echo)
        if size(message) + _TOKEN > self.room:
            return False
        self._engine.repeat(self)
        return True

    def _newer(self, sequence: int) -> bool:
        """Compare as section 3.4 does."""
        last = self._sequence
        if last is None or self._age_ms > _OLD_MS:
            return True
        return 0 < sequence - last < _HALF or last - sequence > _HALF

    def tick(self, elapsed_ms: int) -> int:
        """Let time pass; register anew when what we have is stale."""
        if self._pending:
            return super().tick(elapsed_ms)
        self._age_ms = min(self._age_ms + elapsed_ms, _OLD_MS + 1)
        self.left_ms -= elapsed_ms
        if self.left_ms <= 0:
            self.left_ms = self._timeout_ms
            self._pending = True
            self._acknowledged = False
            self._engine.repeat(self)
        return self.left_ms

    def fail(self, error):
        """End with an error."""
        self.lasting = False
        super().fail(error)
