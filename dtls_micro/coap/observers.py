"""The peer's observations of our resources (RFC 7641 section 4)."""

from micropython import const

from .message import CON, NON, Message

_OBSERVE = const(6)
_BLOCK2 = const(23)
_INTERNAL_ERROR = const(0xA0)
_MOST = const(16)  # observations at once; more are answered without Observe
_LARGEST = const(4096)  # bytes of the requests that are kept
_HOURS = const(12)  # of notifications that are not confirmable: RFC 7641 section 4.5 has 24
_OPTION = const(16)  # bytes that an option takes besides its value


class Observer:
    """One observation: an item of reliability.py, whose message is the last notification.

    While a notification is under way another one only is noted, and sent after it.
    """

    def __init__(self, observers, request):
        self.request = request
        self.message = None
        self._observers = observers
        self._again = False
        self._busy = False  # a notification is made or under way
        self._hours = observers.resources.engine.hours  # when it last was to be acknowledged

    def notify(self, confirmable: bool):
        """Send the present state, now or when the last notification has arrived."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        resources = self._observers.resources
        response = resources.render(self.request)
        if hasattr(response, "send"):
            resources.spawn(self._send_later(response, confirmable))
        else:
            self._send(response, confirmable)

    async def _send_later(self, coroutine, confirmable: bool):
        response = Message(_INTERNAL_ERROR)
        try:
            response = await coroutine
        finally:  # also if it was cancelled
            self._send(response, confirmable)

    def _send(self, response, confirmable: bool):
        if not self._observers.has(self):
            return  # it was ended while the state was found out
        engine = self._observers.resources.engine
        confirmable = confirmable or engine.hours - self._hours >= _HOURS
        if confirmable:
            self._hours = engine.hours
        self.message = response
        response.type = CON if confirmable else NON
        response.token = self.request.token
        if response.ok:
            self._observers.number(response)
        else:  # section 4.2: it is the last one
            self._observers.remove(self)
        engine.send(self)
        if not confirmable:
            self.acknowledged()

    def acknowledged(self):
        """Go on with what has changed meanwhile."""
        self._busy = False
        self.message.payload = b""  # of 16 observations it would be much
        if self._again:
            self._again = False
            self.notify(True)

    def rejected(self):
        """End: the peer does not want it any more."""
        self._observers.remove(self)

    def lost(self):
        """End all of them: the peer has gone."""
        self._observers.clear()


def _size(request) -> int:
    return len(request.payload) + sum([_OPTION + len(one[1]) for one in request.options])


class Observers:
    """All observations of a resources.Resources."""

    def __init__(self, resources):
        self.resources = resources
        self._list = []
        self._sequence = 1

    def on_response(self, request, response):
        """Begin or end an observation by the request, and say so in the response."""
        for one in self._list:
            if one.request.token == request.token and one.request.path == request.path:
                self.remove(one)
                self.resources.engine.unsend(one)  # the response is newer
                break
        later = request.uint(_BLOCK2, 0) >> 4  # a block that is not the first has no Observe
        if request.uint(_OBSERVE) != 0 or later or not response.ok:
            return
        if not isinstance(request.payload, (bytes, bytearray)):
            return  # it went to a sink, and cannot be read once more
        kept = sum([_size(one.request) for one in self._list]) + _size(request)
        # A last notification waits yet when its observation has ended.
        waiting = self.resources.engine.queued(Observer)
        if len(self._list) < _MOST and waiting < _MOST and kept <= _LARGEST:
            self._list.append(Observer(self, request))
            self.number(response)

    def notify(self, path: str, confirmable: bool):
        """Send the present state of a resource to all that observe it."""
        for one in list(self._list):
            if one.request.path == path:
                one.notify(confirmable)

    def all(self) -> list:
        """Return the observations, each with its `request`."""
        return list(self._list)

    def has(self, one) -> bool:
        """Tell whether an observation goes on."""
        return one in self._list

    def remove(self, one):
        """End an observation."""
        if one in self._list:
            self._list.remove(one)

    def clear(self):
        """End all observations."""
        ended = self._list
        self._list = []
        for one in ended:
            self.resources.engine.unsend(one)

    def number(self, response):
        """Make a response a notification."""
        self._sequence = self._sequence + 1 & 0xFFFFFF
        octets = self._sequence.to_bytes(3, "big")
        response.add(_OBSERVE, octets)
