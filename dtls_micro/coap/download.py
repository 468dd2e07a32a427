"""A response's body in blocks: Block2 (RFC 7959 section 2.4)."""

from micropython import const

from .errors import CoapError
from .options import uint

_BLOCK2 = const(23)
_SIZE2 = const(28)
_RESTARTS = const(3)  # of a body that changes while it is fetched


class Download:
    """What has come of a body.

    into:   object with write(block), or None to collect the body in `body`
    most:   bytes to collect at most
    szx:    the largest block that we can take is 1 << szx + 4 bytes
    """

    # Of the class, because an attribute of an instance takes memory.
    body = b""
    offset = 0
    total = None
    repeatable = True  # the request does no harm if it is sent once more
    _etag = None
    _restarts = 0

    def __init__(self, into, most: int, szx: int):
        self._into = into
        self._most = most
        self._szx = szx

    def fill(self, message):
        """Ask for the block that is missing."""
        number = self.offset >> self._szx + 4
        message.add(_BLOCK2, uint(number << 4 | self._szx))

    def take(self, response) -> bool:
        """Take a response of success; tell whether another request is to follow."""
        block = response.block(_BLOCK2)
        number, more, szx = block or (0, 0, 7)
        if block and szx == 7:
            raise CoapError("the server sent a block of the reserved size")
        if block:
            if number << szx + 4 != self.offset:
                raise CoapError("the server sent another block than was asked for")
            if more and len(response.payload) != 1 << szx + 4:
                raise CoapError("the server sent a block of a wrong size")
            self._szx = min(self._szx, szx)
        elif self.offset:
            raise CoapError("the server does not go on with its blocks")
        if self.offset and response.etag != self._etag:
            return self._restart()
        self._etag = response.etag
        self.total = response.uint(_SIZE2, self.total)
        self._keep(response.payload)
        self.offset += len(response.payload)
        if more and self.offset >> self._szx + 4 >> 20:
            raise CoapError("more blocks than can be numbered")
        return bool(more)

    def _keep(self, payload):
        if self._into is not None:
            if payload:
                self._into.write(payload)
        elif self.offset + len(payload) > self._most:
            text = "the body has more than %d bytes: fetch it with into=, or a larger most="
            raise CoapError(text % self._most)
        elif not self.offset:
            self.body = payload
        else:
            if not isinstance(self.body, bytearray):
                self.body = bytearray(self.body)
            self.body.extend(payload)

    def _restart(self) -> bool:
        """Begin anew with a body that has changed meanwhile."""
        self._restarts += 1
        if self._into is not None or self._restarts > _RESTARTS or not self.repeatable:
            raise CoapError("the resource changed while it was fetched: fetch it again")
        self.offset = 0
        self.body = b""
        return True
