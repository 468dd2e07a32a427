"""The client for asyncio: `await aio.Client(name, bootstrap=..., objects=[...]).run()`."""

import asyncio

from ..coap.aio import connect
from ..coap.connection import default_port
from .base import Base


class Client(Base):
    """See base.Base for what it takes."""

    def __init__(self, name, *arguments, port=None, **settings):
        super().__init__(World(port or default_port()), name, *arguments, **settings)

    async def run(self):
        """Live until stop(); a task that is cancelled leaves without a word to the servers."""
        try:
            await self.live()
        finally:
            self.save()
            await self.world.end()

    async def bootstrap(self, security=None):
        """Bootstrap by one try, from the stored account or another; OSError says what failed."""
        self.save()
        self._load()
        await self.bootstrap_once(security)


class Task:
    """A task of asyncio; MicroPython's says done() only of the coroutine that runs."""

    def __init__(self, coroutine):
        self.done = False
        self.error = None
        self.task = asyncio.create_task(self._run(coroutine))

    async def _run(self, coroutine):
        try:
            await coroutine
        except Exception as error:
            self.error = error
            raise  # asyncio tells of it, if nobody else does
        finally:
            self.done = True


class World:
    """Time and connections for coroutines, by asyncio."""

    waker = asyncio.Event

    def __init__(self, port):
        self.port = port
        self._tasks: list = []
        self._endpoints: list = []

    def spawn(self, coroutine) -> Task:
        """Begin another task."""
        task = Task(coroutine)
        self._tasks = [one for one in self._tasks if not one.done]
        self._tasks.append(task)
        return task

    async def end(self):
        """End what goes on yet."""
        for one in self._tasks:
            if not one.done:
                one.task.cancel()
        for endpoint in list(self._endpoints):
            await self.close(endpoint)

    def now(self) -> int:
        """Return the time, for since()."""
        return self.port.ticks_ms()

    def since(self, then: int) -> int:
        """Return the milliseconds that have passed."""
        return max(0, self.port.elapsed(self.port.ticks_ms(), then))

    async def connect(self, uri, credential, timeout, **options):
        """Return a connected endpoint of CoAP."""
        endpoint = await connect(uri, credential, self.port, timeout, **options)
        self._endpoints.append(endpoint)
        return endpoint

    async def close(self, endpoint):
        """Close it."""
        if endpoint in self._endpoints:
            self._endpoints.remove(endpoint)
        await endpoint.close()

    async def request(self, endpoint, code, path, payload=b"", **settings):
        """Return the response to a request."""
        return await endpoint.request(code, path, payload, **settings)

    async def work(self, endpoint, seconds, waker):
        """Answer the peer for some seconds; what has ended the connection is raised."""
        await self.sleep(seconds, waker)
        if endpoint.engine.error:
            raise endpoint.engine.error

    async def sleep(self, seconds, waker):
        """Wait, until `waker` is set or some seconds are over."""
        try:
            await asyncio.wait_for(waker.wait(), seconds)
        except asyncio.TimeoutError:
            return
        waker.clear()
