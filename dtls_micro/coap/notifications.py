"""An observed resource of a blocking endpoint."""

from .errors import TimedOut


class Notifications:
    """The states of a resource, as they change: an iterator of Messages; endpoint.observe().

    It ends with a response that is no notification, which is the last one. States that come
    while nobody asks are not queued: the newest counts.
    """

    def __init__(self, endpoint, exchange, path, settings):
        self._endpoint = endpoint
        self._exchange = exchange
        self._path = path
        self._settings = settings

    def __iter__(self):
        return self

    def __next__(self):
        response = self.next()
        if response is None:
            raise StopIteration
        return response

    def next(self, timeout=None):
        """Return the next state, None at the end; TimedOut after `timeout` seconds of none."""
        exchange = self._exchange
        self._endpoint.work(exchange, timeout)
        if exchange.error:
            raise exchange.error
        if not exchange.done:
            raise TimedOut("no notification in time")
        return self._endpoint.whole(exchange.take_news(), self._path, self._settings)

    def cancel(self, timeout=None):
        """Tell the server that no more is wanted, and wait until it knows."""
        if self._exchange.lasting:
            self._exchange.lasting = False
            self._endpoint.deregister(self._exchange, timeout)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.cancel()
        else:  # the server hears of it by the Reset on its next notification
            self._exchange.lasting = False
            self._endpoint.engine.forget(self._exchange)
