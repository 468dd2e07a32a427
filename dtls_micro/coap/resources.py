"""The server role: resources that the peer can ask for, on our connection to it."""

import sys

from micropython import const

from .message import Message
from .observers import Observers
from .options import uint
from .served_blocks import Incoming, Outgoing

_CONTENT_FORMAT = const(12)
_OBSERVE = const(6)
_BLOCK1 = const(27)
_IF_MATCH = const(1)
_IF_NONE_MATCH = const(5)
_URI_QUERY = const(15)
_LINK_FORMAT = const(40)
_GET = const(1)
_FETCH = const(5)
_CODES = b"\x45\x44\x44\x42\x45\x44\x44"  # of success, by method
_FIRST_CODE = const(0x40)  # of responses
_END_OF_CODES = const(0xC0)
_BAD_OPTION = const(0x82)
_NOT_FOUND = const(0x84)
_NOT_ALLOWED = const(0x85)
_NOT_IMPLEMENTED = const(0xA1)
_INTERNAL_ERROR = const(0xA0)
_UNAVAILABLE = const(0xA3)
_BAD_REQUEST = const(0x80)
_MOST_OF_OPTIONS = const(1034)  # bytes: as many as the longest option of RFC 7252 has
_LAST_OPTION = const(65535)
_WELL_KNOWN = "/.well-known/core"


class Resource:
    """Handlers by method, and what links to it say."""

    def __init__(self, handlers, sink, observable, conditional, attributes):
        self.handlers = handlers
        self.sink = sink
        self.observable = observable
        self.conditional = conditional
        self.attributes = attributes


class Resources:
    """A table of resources.

    A handler is called with the request, a Message, and returns its response: a Message,
    bytes or str for the payload of 2.05 or 2.04, an int for a code alone, or None for
    success without a payload. Of an aio.Endpoint it may be a coroutine. What it raises is
    told to `failed` and answered 5.00.

    fallback:   handler of all paths that are not in the table, or None for 4.04
    observable: what the fallback gives may be observed; whoever sets it sees to `observers`
    failed:     called with what a handler raised; it prints it
    """

    def __init__(self, engine, size: int, most: int = 16384):
        self.fallback = None
        self.observable = False
        self.failed = _print
        self.spawn = None  # runs a coroutine; of aio.Endpoint
        self.engine = engine
        self._table: "dict[str, Resource]" = {}
        self._incoming = Incoming(most)
        self._outgoing = Outgoing(size)
        self.observers = Observers(self)

    def add(self, path: str, get=None, post=None, put=None, delete=None, fetch=None,
            patch=None, ipatch=None, sink=None, observable=False, conditional=False,
            **attributes):  # fmt: skip
        """Put a resource at a path, "/a/b".

        sink:         called with the first block of a body that comes in blocks; returns an
                      object with write(data) for it, which is the request's payload then
        observable:   notify() will tell when it has changed
        conditional:  the handlers heed If-Match and If-None-Match
        attributes:   of the link in /.well-known/core: rt="temperature", ct=0
        """
        if path[:1] != "/":
            raise ValueError("a path begins with a slash: /%s" % path)
        for name, value in attributes.items():
            if callable(value):
                raise TypeError("no method is called %s" % name)
        handlers = (get, post, put, delete, fetch, patch, ipatch)
        self._table[path] = Resource(handlers, sink, observable, conditional, attributes)

    def remove(self, path: str):
        """Take a resource away; whoever observes it is told."""
        del self._table[path]
        self.notify(path)

    def notify(self, path: str, confirmable: bool = True):
        """Send the present state of a resource to the peer if it observes that."""
        self.observers.notify(path, confirmable)
        self.wake()

    def wake(self):
        """Leave it to the endpoint to send when it works; one of asyncio has its own instead."""

    def handle(self, request):
        """Return the response to a request, or None if it comes later."""
        if request.code > len(_CODES):
            return Message(_NOT_IMPLEMENTED)
        try:
            resource = self._table.get(request.path)
            handler = self._handler(resource, request)
            if isinstance(handler, int):
                return Message(handler)
            response = self._outgoing.kept(request)
            if response is None and request.option(_BLOCK1) is not None:
                response = self._incoming.take(request, resource and resource.sink)
            if response is None:
                return self._ask(resource, handler, request)
            return response
        except Exception as error:
            self.failed(error)
            return Message(_INTERNAL_ERROR)

    def _ask(self, resource, handler, request):
        """Call the handler; return its response, or None if it comes later."""
        result = handler(request)
        if self.spawn and hasattr(result, "send"):
            if self.engine.crowded():
                result.close()
                return Message(_UNAVAILABLE)
            self.engine.separate(request)
            self.spawn(self._later(resource, request, result))
            return None
        return self._finish(resource, request, result)

    async def _later(self, resource, request, result):
        """Respond when a coroutine has the result."""
        response = Message(_INTERNAL_ERROR)
        try:
            response = self._finish(resource, request, await result)
        except Exception as error:
            self.failed(error)
        finally:  # also if it was cancelled
            self.engine.respond(request, response)

    def _handler(self, resource, request):
        """Return who handles a request, or the code of why nobody does."""
        if request.code == _GET and request.option(_BLOCK1) is not None:
            return _BAD_OPTION  # it has no body, and no sink is for it
        if resource is None:
            if request.path == _WELL_KNOWN and request.code == _GET:
                return self._core
            return self.fallback or _NOT_FOUND
        if not resource.conditional and (
            request.option(_IF_MATCH) is not None or request.option(_IF_NONE_MATCH) is not None
        ):
            return _BAD_OPTION
        return resource.handlers[request.code - 1] or _NOT_ALLOWED

    def _finish(self, resource, request, result):
        """Return the response that a handler's result means, cut to a block if it is long."""
        response = _response(request, result)
        block = request.option(_BLOCK1)
        if block is not None:
            response.add(_BLOCK1, block)
        observable = resource.observable if resource else self.observable
        if observable and request.code in (_GET, _FETCH):
            self.observers.on_response(request, response)
        return self._outgoing.cut(request, response)

    def render(self, request):
        """Return the response for a notification, or a coroutine that returns it."""
        try:
            handler = self._handler(self._table.get(request.path), request)
            result = Message(handler) if isinstance(handler, int) else handler(request)
            if self.spawn and hasattr(result, "send"):
                return self._render_later(request, result)
            return self._outgoing.cut(request, _response(request, result))
        except Exception as error:
            self.failed(error)
            return Message(_INTERNAL_ERROR)

    async def _render_later(self, request, result):
        try:
            return self._outgoing.cut(request, _response(request, await result))
        except Exception as error:
            self.failed(error)
            return Message(_INTERNAL_ERROR)

    def _core(self, request):
        """Return the links of all resources that a query selects (RFC 6690 section 4)."""
        try:
            wanted = [query.decode().split("=", 1) for query in request.all(_URI_QUERY)]
        except UnicodeError:
            return Message(_BAD_REQUEST)
        links = [
            _link(path, resource)
            for path, resource in self._table.items()
            if all(_matches(path, resource, query) for query in wanted)
        ]
        response = Message(_CODES[0], ",".join(links).encode())
        response.add(_CONTENT_FORMAT, uint(_LINK_FORMAT))
        return response


def _response(request, result):
    if isinstance(result, Message):
        if not _FIRST_CODE <= result.code < _END_OF_CODES:
            raise ValueError("a handler's Message has the code of a response")
        _check_options(result.options)
        if not isinstance(result.payload, (bytes, bytearray, memoryview)):
            raise TypeError("the payload of a handler's Message is bytes")
        return Message(result.code, result.payload, result.options)  # it may be used again
    if isinstance(result, str):
        result = result.encode()
    if result is None:
        result = b""
    if isinstance(result, (bytes, bytearray, memoryview)):
        return Message(_CODES[request.code - 1], result)
    if isinstance(result, int) and _FIRST_CODE <= result < _END_OF_CODES:
        return Message(result)
    raise TypeError("a handler returns bytes, str, a code, a Message or None")


def _check_options(options):
    before = size = 0
    for number, value in options:
        memoryview(value)
        size += len(value)
        if not before <= number <= _LAST_OPTION or size > _MOST_OF_OPTIONS:
            raise ValueError("options of a handler's Message are in order, 1034 bytes at most")
        before = number


def _link(path: str, resource) -> str:
    text = "<%s>" % path
    for name, value in resource.attributes.items():
        text += ";%s=%d" % (name, value) if isinstance(value, int) else ';%s="%s"' % (name, value)
    return text + (";obs" if resource.observable else "")


def _matches(path: str, resource, query) -> bool:
    if len(query) < 2:
        return True
    name, wanted = query
    value = path if name == "href" else str(resource.attributes.get(name, ""))
    for word in [value] if name == "href" else value.split(" "):
        if word == wanted or (wanted.endswith("*") and word.startswith(wanted[:-1])):
            return True
    return False


def _print(error):
    """Tell of an error in a handler."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback  # CircuitPython and CPython

        traceback.print_exception(error)
