"""The Registration interface: to be registered with one server (OMA LwM2M core 1.1, 6.2).

It is written once for blocking.py and aio.py: what waits is a method of `world`, one of theirs.
"""

from micropython import const

from ..coap.codes import text
from . import accounts, formats, link_objects, reasons
from .management import Management
from .reporting import Reporting
from .requests import location, quoted

REGISTERED = "registered"  # states
UNREGISTERED = "unregistered"
FAILED = "failed"  # all tries were in vain
STOPPED = "stopped"
BOOTSTRAP = "bootstrap"  # the server wants us to bootstrap

_POST = const(2)
_DELETE = const(4)
_NOT_FOUND = const(0x84)
_PRECONDITION_FAILED = const(0x8C)
_RETRIES = const(5)  # defaults of resources 17 to 20 of object 1
_MOST_RETRIES = const(1000)
_RETRY_TIMER = const(60)
_SEQUENCE_DELAY = const(86400)
_SEQUENCES = const(1)
_LEAST_DELAY = const(10)  # seconds between two sequences, whatever the server has written
_LONGEST_LOCATION = const(256)
_DISABLE = const(86400)  # seconds, resource 5
_SPARE = const(93)  # seconds before the end of the lifetime: MAX_TRANSMIT_WAIT
_AWAKE_MS = const(93000)  # in queue mode
_LOOK = 1  # seconds between two looks at the values that are observed
_AGAIN = const(1)  # seconds before a registration that was lost is made anew
_SHORT_MS = const(60000)  # a registration that ends sooner was a short one
_SHORT = const(10)  # seconds to wait for the answer to De-register
_LONGEST_SLEEP = const(86400)  # seconds at once; clocks of boards wrap


class Session:
    """A server and we; run() is a coroutine that ends with `state` FAILED, STOPPED, BOOTSTRAP."""

    def __init__(self, client, number, security, server):
        self._client = client
        self._world = client.world
        self._security = security
        self.server = server
        self.state = UNREGISTERED
        self.been_registered = False
        self.wanted = None  # "update" or "stop", of the client
        self._endpoint = None
        self._location = ""
        self._version = "1.1"
        self._lifetime = 0
        self._binding = ""
        self._idle_ms = 0
        self._waker = self._world.waker()
        tree = client.tree.with_instance((accounts.SERVER, number), server)
        self.tree = tree
        self._management = Management(tree, server, client.written)
        self._reporting = None

    async def run(self):
        """Register, stay registered, and register again, until it is over."""
        server = self.server
        sequences = 1 if self._client.on_trial else server.sequences or _SEQUENCES
        pause = _AGAIN
        while sequences:
            delay, tries = self._retrying()
            for attempt in range(tries):
                if attempt:
                    await self._rest(self._client.jitter(delay))
                    delay = min(2 * delay, _SEQUENCE_DELAY)
                if self.wanted == "stop":
                    break
                if await self._register():
                    begin = self._world.now()
                    await self._stay()
                    if self._world.since(begin) > _SHORT_MS:
                        pause = _AGAIN
                        self._client.lasted()
                    break
            if self.wanted == "stop" or self.state == BOOTSTRAP:
                break
            if self.state == REGISTERED:
                self.state = UNREGISTERED  # it was lost: from the beginning
                await self._rest(self._client.jitter(pause))
                pause = min(2 * pause, _RETRY_TIMER)  # of registrations that do not last
                continue
            sequences -= 1
            if not sequences and self._client.registrations:
                sequences = 1  # another server has us, so there is no end that would help
            if sequences:
                delay = min(_or(server.sequence_delay, _SEQUENCE_DELAY), _SEQUENCE_DELAY)
                await self._rest(self._client.jitter(max(_LEAST_DELAY, delay)))
        await self._close()
        if self.state != BOOTSTRAP:
            self.state = STOPPED if self.wanted == "stop" else FAILED

    def _retrying(self) -> tuple:
        """Return the first delay in seconds, and how many tries a sequence has.

        Accounts on trial cannot make us wait longer than the defaults do.
        """
        server = self.server
        delay = max(1, _or(server.retry_timer, _RETRY_TIMER))
        tries = server.retries or _RETRIES
        if self._client.on_trial:
            return min(delay, _RETRY_TIMER), min(tries, _RETRIES)
        return min(delay, _SEQUENCE_DELAY), min(tries, _MOST_RETRIES)

    def wake(self, wanted=None):
        """Have something done now: "update" or "stop"."""
        if wanted and self.wanted != "stop":
            self.wanted = wanted
        self._waker.set()

    async def _rest(self, seconds):
        """Wait without a connection."""
        while seconds > 0 and self.wanted != "stop":
            await self._world.sleep(min(seconds, _LOOK), self._waker)
            seconds -= _LOOK

    async def _register(self) -> bool:
        """Connect and register; tell whether it worked."""
        client = self._client
        name = self._security.uri
        try:
            await self._connect()
            answer = await self._ask_for_registration()
            if answer.code == _PRECONDITION_FAILED and self._version != "1.0":
                self._version = "1.0"
                answer = await self._ask_for_registration()
            if answer.ok and 0 < len(location(answer)) <= _LONGEST_LOCATION:
                self._location = location(answer)
                self.state = REGISTERED
                self.been_registered = True
                client.tell("registered with %s at %s" % (name, self._location))
                client.registered(self)
                return True
            client.tell("%s refuses registration: %s" % (name, reasons.of_answer(answer)))
        except (OSError, ValueError, MemoryError) as error:
            client.tell("%s: %s" % (name, reasons.of_error(error)))
        await self._close()
        return False

    async def _connect(self):
        self._endpoint = await self._client.connect(self._security)
        resources = self._endpoint.resources
        resources.fallback = self._handle
        resources.observable = True
        self._reporting = Reporting(resources.observers, self._management)

    async def _ask_for_registration(self):
        """Send Register (6.2.1)."""
        server = self.server
        self._lifetime = server.lifetime
        self._binding = server.binding
        name = quoted(self._client.name.encode())
        query = "lwm2m=%s&ep=%s&b=%s" % (self._version, name, self._letters())
        if server.lifetime:
            query += "&lt=%d" % server.lifetime
        if self._version != "1.0" and (self._client.queue or "Q" in server.binding):
            query += "&Q"
        payload = link_objects.register(self._items(), formats.KNOWN[1:5])
        return await self._world.request(
            self._endpoint, _POST, "/rd?" + query, payload, content_format=formats.LINK
        )

    def _letters(self) -> str:
        """Return the binding; queue mode is a letter of it in 1.0, and a flag since."""
        letters = self.server.binding.replace("Q", "")
        if self._version == "1.0" and (self._client.queue or letters != self.server.binding):
            letters += "Q"
        return letters

    def _items(self) -> list:
        """Return the links of our objects and instances."""
        items: list = []
        for number in self.tree.objects():
            version = self.tree.object_class(number).version
            instances = self.tree.instances(number)
            if version != "1.0" or not instances:
                items.append(((number,), [("ver", version)] if version != "1.0" else []))
            items.extend([((number, one), []) for one, _ in instances])
        return items

    async def _stay(self):
        """Answer the server, notify and update, until the registration is over."""
        left = self._until_update()
        self._idle_ms = 0
        while self.state == REGISTERED:
            before = self._world.now()
            try:
                await self._world.work(self._endpoint, self._pause(left), self._waker)
                passed = self._world.since(before)
                self._reporting.tick(passed)
                left = None if left is None else left - passed / 1000
                self._idle_ms += passed
                if await self._is_over(left):
                    return
                if self._is_due(left):
                    await self._update()
                    left = self._until_update()
                elif self._client.queue and self._idle_ms >= _AWAKE_MS:
                    await self._sleep(left)
                    left = 0
            except (OSError, ValueError, MemoryError) as error:
                self._client.tell("%s: %s" % (self._security.uri, reasons.of_error(error)))
                await self._close()
                return

    def _pause(self, left):
        return _LOOK if left is None else max(0.001, min(_LOOK, left))

    async def _is_over(self, left) -> bool:
        """Do what the server or the client has asked for that ends the registration."""
        if self.server.asked in ("disable", "bootstrap"):
            await self._client.linger(self._endpoint)
        asked = self.server.asked
        if self.wanted == "stop":
            await self._deregister()
            return True
        if asked == "disable":
            self.server.asked = None
            await self._deregister()
            await self._rest(_or(self.server.disable_timeout, _DISABLE))
            return True
        if asked == "bootstrap":
            self.server.asked = None
            self.state = BOOTSTRAP
            return True
        return False

    def _is_due(self, left) -> bool:
        if self.wanted == "update" or self.server.asked == "update":
            return True
        server = self.server
        if self._lifetime != server.lifetime or self._binding != server.binding:
            return True
        return left is not None and left <= 0

    def _until_update(self):
        """Return the seconds until the next Update, None for never."""
        if not self.server.lifetime:
            return None
        return self.server.lifetime - min(self.server.lifetime / 2, _SPARE)

    async def _update(self):
        """Send Update (6.2.2); the registration is gone if the server does not know it."""
        query = []
        payload = b""
        settings = {}
        lifetime, binding = self.server.lifetime, self.server.binding
        if self._lifetime != lifetime:
            query.append("lt=%d" % lifetime)
        if self._binding != binding:
            query.append("b=" + self._letters())
        path = self._location + ("?" + "&".join(query) if query else "")
        if self.wanted == "update":
            payload = link_objects.links([((), _ROOT)] + self._items())
            settings["content_format"] = formats.LINK
        self.wanted = "stop" if self.wanted == "stop" else None
        self.server.asked = None
        self._idle_ms = 0
        answer = await self._world.request(self._endpoint, _POST, path, payload, **settings)
        if answer.ok:
            self._lifetime = lifetime
            self._binding = binding
            self._client.tell("updated the registration with %s" % self._security.uri)
            return
        self._client.tell("%s refuses the update: %s" % (self._security.uri, text(answer.code)))
        await self._close()
        # REGISTERED still: run() registers anew
        raise OSError("the registration is gone")

    async def _sleep(self, left):
        """In queue mode: let the board sleep until the next Update."""
        seconds = left if left is not None else _SEQUENCE_DELAY
        self._client.tell("asleep for %d s" % seconds)
        if self._client.asleep:
            self._client.save()
            self._client.asleep(seconds)  # it may be a deep sleep, which does not return
        else:
            while seconds > 0 and not self.wanted:
                await self._world.sleep(min(seconds, _LONGEST_SLEEP), self._waker)
                seconds -= _LONGEST_SLEEP

    async def _deregister(self):
        """Send De-register (6.2.3)."""
        try:
            await self._world.request(self._endpoint, _DELETE, self._location, timeout=_SHORT)
            self._client.tell("de-registered from %s" % self._security.uri)
        except (OSError, ValueError) as error:
            self._client.tell("not de-registered: %s" % reasons.of_error(error))
        await self._close()

    async def _close(self):
        if self._endpoint is not None:
            endpoint, self._endpoint = self._endpoint, None
            await self._world.close(endpoint)

    def _handle(self, request):
        """Answer a request of the server."""
        self._idle_ms = 0
        answer = self._management.handle(request)
        if request.uint(6) == 0 and answer.ok:  # Observe
            self._reporting.begin(request)
        self._waker.set()
        return answer


_ROOT = [("rt", "oma.lwm2m")]


def _or(value, default: int) -> int:
    return default if value is None else value
