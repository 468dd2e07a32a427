"""A CoAP server on aiocoap.

usage: aiocoap_server.py HOST PORT
Resources: /time, which changes every 200 ms, /large of 4 kB, /large-update, /separate, which
takes 300 ms, and /.well-known/core.
"""

import asyncio
import sys

import aiocoap
from aiocoap import resource


class Time(resource.ObservableResource):
    """Counts."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self):
        while True:
            await asyncio.sleep(0.2)
            self.count += 1
            self.updated_state()

    async def render_get(self, request):
        return aiocoap.Message(payload=b"%d" % self.count)


class Stored(resource.Resource):
    """What was put last."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    async def render_get(self, request):
        return aiocoap.Message(payload=self.body)

    async def render_put(self, request):
        self.body = request.payload
        return aiocoap.Message(code=aiocoap.CHANGED)


class Separate(resource.Resource):
    """Answers late."""

    async def render_get(self, request):
        await asyncio.sleep(0.3)
        return aiocoap.Message(payload=b"separate")


async def main(host, port):
    root = resource.Site()
    root.add_resource(["time"], Time())
    root.add_resource(["large"], Stored(b"0123456789abcdef" * 256))
    root.add_resource(["large-update"], Stored(b""))
    root.add_resource(["separate"], Separate())
    core = resource.WKCResource(root.get_resources_as_linkheader, impl_info=None)
    root.add_resource([".well-known", "core"], core)
    await aiocoap.Context.create_server_context(root, bind=(host, int(port)))
    print("listening")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
