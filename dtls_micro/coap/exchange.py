"""One request and what becomes of it: an item of reliability.py."""

from micropython import const

from .errors import CoapError, TimedOut

_OBSERVE = const(6)
_ACK = const(2)  # a type of messages
_BAD_OPTION = "the response has the critical option %d, which is not understood here"


class Exchange:
    """A request that waits for its response.

    message:   the request
    response:  the Message that answered it, or None
    error:     why there will be none, or None
    event:     something with set() that is to be called when it is done, or None
    lasting:   several responses may come: an observation
    fresh:     its time begins with the next tick: of engine.py
    """

    # Of the class, because an attribute of an instance takes memory.
    lasting = False
    fresh = True
    response = None
    error = None
    event = None
    _acknowledged = False

    def __init__(self, message, timeout_ms: int):
        self.message = message
        self.left_ms = timeout_ms

    @property
    def done(self) -> bool:
        """Tell whether there is a response or an error."""
        return self.response is not None or self.error is not None

    def awaits(self, response) -> bool:
        """Tell whether a response with our token can be for this request."""
        return self.message.code != 0

    def take(self, response) -> bool:
        """Take a response with our token; tell whether more may come."""
        if response.bad:
            self.fail(CoapError(_BAD_OPTION % response.bad))
        else:
            self.response = response
            self.wake()
        return False

    def tick(self, elapsed_ms: int) -> int:
        """Let time pass; return how much is left, 0 when it is over."""
        self.left_ms -= elapsed_ms
        if self.left_ms > 0:
            return self.left_ms
        if self._acknowledged:
            self.fail(TimedOut("the peer has the request, but did not answer it in time"))
        else:
            self.fail(TimedOut("no answer in time"))
        return 0

    def fail(self, error):
        """End with an error."""
        self.error = error
        self.wake()

    def wake(self):
        """Tell whoever waits."""
        if self.event is not None:
            self.event.set()

    # what reliability.py tells

    def acknowledged(self):
        """The response will come by itself."""
        self._acknowledged = True

    def rejected(self):
        """Hear of a Reset."""
        self.fail(CoapError("the peer refused the request with a Reset"))

    def lost(self):
        """Hear that nothing acknowledged it."""
        self.fail(TimedOut("no acknowledgement, however often it was sent: is the peer there?"))


class Deregistration(Exchange):
    """What ends an observation; notifications that cross it have its token (RFC 7641 3.6)."""

    def awaits(self, response) -> bool:
        """Tell whether this is no notification, which does not come in an acknowledgement."""
        return response.type == _ACK or response.option(_OBSERVE) is None


class Ping(Exchange):
    """An empty confirmable message, whose Reset is the answer (RFC 7252 section 4.3)."""

    def rejected(self):
        """Hear of the Reset."""
        self.response = self.message
        self.wake()
