"""One request of the user with all the messages that it takes: blocks, and an Echo.

transfer = Transfer(...)
while transfer.more:
    send transfer.request(), get the response, transfer.take(response)
transfer.response has it all
"""

import gc

from micropython import const

from .download import Download
from .errors import CoapError
from .message import CON, NON, Message, size

_GET = const(1)
_FETCH = const(5)
_ECHO = const(252)
_REQUEST_TAG = const(292)
_UNAUTHORIZED = const(0x81)
_CONTINUE = const(0x5F)
_CHALLENGES = const(3)  # Echo values that are sent back; a server asks once
_WITHOUT_BLOCKS = const(1)
_ALWAYS = const(2)
_TOKEN = const(8)  # bytes: 4 are ours, and Observe may follow
_BLOCKS = const(13)  # bytes of Block1, Block2, Size1 and Request-Tag that not every request has
_HEADROOM = const(96)  # bytes that a block leaves for header, token and options of a response


class Transfer:
    """A request and its response, whatever their sizes.

    code, options:  of the request; the options are a list of (number, bytes)
    payload:        bytes, or an object with read(n)
    room:           bytes of the largest datagram that can be sent, and received
    settings:       the user's: into, most, block (a block size), progress, confirmable, tag
    """

    # Of the class, because an attribute of an instance takes memory.
    more = True
    response = None
    _up = None
    _echo = None
    _challenges = 0
    _uploaded = False
    _told = 0  # when the server is told of our block size before it sends one
    counted = False  # by base.py, among the uploads under way

    def __init__(self, code, options, payload, room, settings):
        self._code = code
        self._options = options
        self._type = CON if settings.get("confirmable", True) else NON
        self.settings = settings
        szx = _szx(settings.get("block"), room[1] - _HEADROOM)
        # A server that is not told would send 1024 bytes at once, or what it likes.
        if _szx(None, room[1] - _HEADROOM) < 6:
            self._told = _ALWAYS
        elif szx < 6 or settings.get("block") is not None:
            self._told = _WITHOUT_BLOCKS
        self._down = Download(settings.get("into"), settings.get("most", 16384), szx)
        self._down.repeatable = code == _GET or code == _FETCH
        self._payload = payload
        self._room = room[0]
        self._prepare(payload, room[0], settings)

    def _prepare(self, payload, room: int, settings):
        """Send a body in blocks if it is a stream, or too long for one message or the user."""
        used = 16
        for _, value in self._options:
            used += 4 + len(value)
        blocks = _BLOCKS + len(settings.get("tag") or b"")
        szx = _szx(settings.get("block"), room - used - blocks)
        if hasattr(payload, "read"):
            self._upload(payload, szx, settings.get("total"))
        elif len(payload) > min(room - used, 1 << szx + 4 if settings.get("block") else room):
            from io import BytesIO

            self._upload(BytesIO(payload), szx, len(payload))

    def _make_room(self, more: int):
        """Send less at once, as an Echo takes `more` bytes."""
        if self._up:
            used = 16 + _BLOCKS + more + len(self.settings.get("tag") or b"")
            for _, value in self._options:
                used += 4 + len(value)
            self._up.shrink(_szx(self.settings.get("block"), self._room - used))
        elif not self._uploaded and not self._down.offset:
            self._prepare(self._payload, self._room - more, self.settings)

    def _upload(self, source, szx: int, total):
        from .upload import Upload  # most programs send nothing that is so long

        self._up = Upload(source, szx, total)

    @property
    def uploading(self) -> bool:
        """Tell whether the server may have a part of the request's body."""
        return self._up is not None

    def request(self):
        """Return the next message to send."""
        message = Message(self._code, b"", self._options)
        message.type = self._type
        if self._echo is not None:
            message.add(_ECHO, self._echo)
        if self._up:
            if "tag" in self.settings:
                message.add(_REQUEST_TAG, self.settings["tag"])
            self._up.fill(message)
        elif not self._uploaded and (not self._down.offset or self._code == _FETCH):
            message.payload = self._payload
        if self._down.offset:
            self._down.fill(message)
        elif self._told == _ALWAYS or self._told and not self._up:
            self._down.fill(message)
        if size(message) + _TOKEN > self._room:
            if self._echo is None:
                raise ValueError("the request takes more than a datagram of %d bytes" % self._room)
            raise CoapError("there is no room for the server's Echo in the request")
        return message

    def take(self, response):
        """Take the response on the message that request() returned last."""
        self.response = response
        echo = response.option(_ECHO)
        if response.code == _UNAUTHORIZED and echo and self._challenges < _CHALLENGES:
            self._challenges += 1
            self._echo = echo
            self._make_room(len(echo) + 3)
            return
        if self._up:
            more = self._up.take(response)
            self._tell(self._up.offset, self._up.total)
            if more:
                return
            self._uploaded = True
            self._down.repeatable = False
        if response.code == _CONTINUE:
            raise CoapError("the server waits for more than there is")
        self._up = None
        self.more = response.ok and self._down.take(response)
        if response.ok and (self._down.offset or not self._uploaded):
            self._tell(self._down.offset, self._down.total)
        if not self.more and response.ok:
            response.payload = self._down.body

    def _tell(self, done: int, total):
        if self.settings.get("progress"):
            self.settings["progress"](done, total)


def _szx(wanted, room: int) -> int:
    """Return the exponent of the largest block size that fits; `wanted` is the user's or None."""
    if wanted is not None and wanted not in (16, 32, 64, 128, 256, 512, 1024):
        raise ValueError("a block size is 16, 32, 64, 128, 256, 512 or 1024")
    szx = 6
    while szx and 1 << szx + 4 > min(room, wanted or 1024):
        szx -= 1
    return szx


gc.collect()  # what an import leaves would be holes in a small heap
