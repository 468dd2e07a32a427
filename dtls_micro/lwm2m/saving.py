"""What a client does with its store, and how often: flash wears out.

A store may be the user's: what it raises is told, and ends no client. What a bootstrap brings is
written at once. What management servers write to object 1 is in force at once, and written at the
first change, and then no more than once in a while.
"""

from micropython import const

_MOST = const(86400)  # seconds


class Saving:
    """A client's dealings with its store.

    client: has accounts, on_trial, store, tell and world
    every:  seconds, at least, between two writes of what servers have changed
    """

    def __init__(self, client, every):
        if not 1 <= every <= _MOST:
            raise ValueError("save_every is 1 to 86400 seconds")
        self._client = client
        self._every = every
        self._wanted = False  # what is in force is not stored
        self._running = False

    def load(self):
        """Return (accounts, on trial), (None, False) without any."""
        client = self._client
        found = None, False
        try:
            found = client.store.load()
        except Exception as error:
            client.tell("the accounts cannot be read: %s" % error)
        if client.store.damaged:
            client.tell(client.store.damaged)
        return found

    def discard(self) -> bool:
        """Forget those on trial; tell whether that is done."""
        try:
            self._client.store.discard()
        except Exception as error:
            self._client.tell("the new accounts cannot be removed: %s" % error)
            return False
        return True

    def store(self):
        """Write the accounts."""
        client = self._client
        try:
            if client.on_trial:
                client.store.stage(client.accounts)
            else:
                client.store.confirm(client.accounts)
            self._wanted = False
        except Exception as error:
            client.tell("the accounts cannot be stored: %s" % error)
            self._wanted = True

    def now(self):
        """Write them, and if that fails try again later."""
        self.store()
        if self._wanted:
            self.later()

    def rest(self):
        """Write them if a server has changed them since they were written."""
        if self._wanted:
            self.store()

    def later(self):
        """Hear that a server has changed them."""
        self._wanted = True
        if not self._running:
            self._running = True
            self._client.world.spawn(self._run())

    async def _run(self):
        world = self._client.world
        try:
            while self._wanted:
                self.store()
                await world.sleep(self._every, world.waker())
        finally:
            self._running = False
