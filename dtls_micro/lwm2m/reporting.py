"""Information Reporting: when an observer hears of a value (OMA LwM2M core 1.1 section 6.4)."""

from .objects import Refused


class Reporting:
    """The observations of one server.

    observers:  of coap.resources.Resources
    management: says what paths a request names, and reads them
    """

    def __init__(self, observers, management):
        self._observers = observers
        self._management = management
        self._states: "dict[bytes, list]" = {}  # by token: records, ms since they were sent

    def begin(self, request):
        """Note what the response to a request with Observe has said."""
        self._states[request.token] = [self._records(request), 0]

    def tick(self, elapsed_ms: int):
        """Let time pass, look at all values, and notify."""
        tokens = []
        for one in self._observers.all():
            token = one.request.token
            tokens.append(token)
            if token not in self._states:
                self.begin(one.request)
            state = self._states[token]
            state[1] += elapsed_ms
            self._look(one, state)
        for token in [token for token in self._states if token not in tokens]:
            del self._states[token]

    def _look(self, one, state):
        """Notify if an observation's value, or its time, makes it due."""
        paths = self._paths(one.request)
        least, most = self._management.attributes.period(paths[0]) if paths else (0, None)
        if state[1] < least * 1000:
            return
        records = self._records(one.request)
        if most is None or state[1] < most * 1000:
            if not self._matters(state[0], records):
                return
        state[0] = records
        state[1] = 0
        one.notify(True)
        self._observers.resources.wake()

    def _matters(self, before, now) -> bool:
        if len(before) != len(now):
            return True
        attributes = self._management.attributes
        for i in range(len(now)):
            if before[i][0] != now[i][0]:
                return True
            if attributes.matters(now[i][0], before[i][2], now[i][2]):
                return True
        return False

    def _paths(self, request) -> list:
        try:
            return self._management.paths(request)
        except Refused:
            return []  # it was deleted; the notification tells

    def _records(self, request) -> list:
        try:
            return self._management.records(self._paths(request))
        except Refused:
            return []
        except Exception as error:  # of the user's code
            self._observers.resources.failed(error)
            return []
