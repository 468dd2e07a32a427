"""When accounts are written to the store: flash wears out, and a server may write without end.

What a bootstrap brings is written at once. What management servers write to object 1 is in force
at once, and written at the first change, and then no more than once in a while.
"""


class Saving:
    """What of a client's accounts is not in its store.

    client: has accounts, on_trial, store, tell and world
    every:  seconds, at least, between two writes of what servers have changed
    """

    def __init__(self, client, every):
        self._client = client
        self._every = every
        self._wanted = False  # a server has changed what is stored
        self._running = False

    def store(self):
        """Write the accounts."""
        client = self._client
        try:
            if client.on_trial:
                client.store.stage(client.accounts)
            else:
                client.store.confirm(client.accounts)
            self._wanted = False
        except Exception as error:  # a store may be the user's
            client.tell("the accounts cannot be stored: %s" % error)

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
