"""The object Firmware Update (5): OMA LwM2M core 1.1 appendix E.6, the pull method.

board.begin()              make room for an image; OSError if there is none
board.write(block)         take a part of it
board.verify(digest)       all is there, and this is its SHA-256: tell whether it is to be
                           installed; this is where a signature or a known hash is checked
board.install()            install it, and most likely restart
"""

from micropython import const

from ..coap.codes import text
from ..coap.uri import split
from .objects import Object, Resource

IDLE = 0  # states
DOWNLOADING = 1
DOWNLOADED = 2
UPDATING = 3

SUCCESS = 1  # results
NO_STORAGE = 2
NO_MEMORY = 3
CONNECTION_LOST = 4
INTEGRITY = 5
INVALID_URI = 7
UPDATE_FAILED = 8
UNSUPPORTED_PROTOCOL = 9
_GET = const(1)


class Firmware(Object):
    """Updates of the firmware.

    board:   what takes an image: see above
    result:  of the last update, before the restart: SUCCESS or UPDATE_FAILED; 0 for none
    name, installed: of the firmware, text
    """

    number = 5
    version = "1.0"
    # fmt: off
    resources = (
        Resource(0, "package", "o", "W"),
        Resource(1, "uri", "s", "RW"),
        Resource(2, "install", None, "E"),
        Resource(3, "state", "i", "R"),
        Resource(5, "result", "i", "R"),
        Resource(6, "name", "s", "R"),
        Resource(7, "installed", "s", "R"),
        Resource(8, "protocols", "i", "R", multiple=True),
        Resource(9, "method", "i", "R"),
    )
    # fmt: on
    method = 0  # pull only
    client = None

    def __init__(self, board, result=0, name=None, installed=None):
        self.board = board
        self.state = IDLE
        self.result = result
        self.name = name
        self.installed = installed
        self.uri = ""
        self.protocols = {0: 1}  # CoAPS
        self._wanted = None  # URI to download next
        self._running = False
        self._number = 0  # of the download; one that was given up finds another

    def set_package(self, value):
        """Take nothing: that brings us back to the beginning."""
        if value not in (b"", b"\0"):
            raise ValueError("write the URI: only the pull method is there")
        self.set_uri("")

    def set_uri(self, value):
        """Begin to download an image; "" gives it up."""
        if self.state == UPDATING or (value and self.state == DOWNLOADING):
            raise ValueError("an update is going on")
        self._reset()
        if not value:
            return
        self.uri = value
        try:
            secure = split(value)[0]
        except ValueError:
            self.result = INVALID_URI
            return
        if not secure and not self.client.allow_nosec:
            self.result = UNSUPPORTED_PROTOCOL
            return
        self.state = DOWNLOADING
        self._wanted = value
        if not self._running:
            self._running = True
            self.client.world.spawn(self._run())

    async def _run(self):
        """Download what is wanted, one at a time: what was given up takes a while to end."""
        try:
            while self._wanted:
                uri, self._wanted = self._wanted, None
                number = self._number
                try:
                    await self._download(uri, number)
                except Exception as error:  # of the user's board
                    self.client.tell("firmware: %s: %s" % (type(error).__name__, error))
                    if not self.is_over(number):
                        self._end(UPDATE_FAILED)
        finally:
            self._running = False

    def install(self, arguments):
        """Have the board install what was downloaded."""
        if self.state != DOWNLOADED:
            raise ValueError("no image was downloaded")
        self.state = UPDATING
        self.client.later(1, self._install)

    def _install(self):
        try:
            self.board.install()
            self._end(SUCCESS)
        except Exception as error:  # of the user's board
            self.client.tell("firmware: %s: %s" % (type(error).__name__, error))
            self._end(UPDATE_FAILED)

    def _reset(self):
        self._number += 1
        self.state = IDLE
        self.result = 0
        self.uri = ""
        self._wanted = None

    def _end(self, result):
        self.state = IDLE
        self.result = result
        self.client.written((5,))

    def is_over(self, number) -> bool:
        """Tell whether a download was given up."""
        return number != self._number

    async def _download(self, uri, number):
        """Get the image and have it verified."""
        sink = _Sink(self, number)
        try:
            self.board.begin()
        except OSError:
            self._end(NO_STORAGE)
            return
        result = CONNECTION_LOST
        try:
            answer = await self.client.get(uri, sink)
            result = 0 if answer.ok else INVALID_URI
            if result:
                self.client.tell("firmware: %s answers %s" % (uri, text(answer.code)))
        except MemoryError:
            result = NO_MEMORY
        except ValueError as error:
            self.client.tell("firmware: %s" % error)
            result = INVALID_URI
        except OSError as error:
            self.client.tell("firmware: %s" % error)
            if sink.failed:
                result = NO_STORAGE
        if self.is_over(number):
            return
        if not result and not self.board.verify(sink.hash.digest()):
            result = INTEGRITY
        if result:
            self._end(result)
            return
        self.state = DOWNLOADED
        self.client.tell("firmware: downloaded")
        self.client.written((5,))


class _Sink:
    """What a download is written to; OSError if it was given up, so that it ends."""

    def __init__(self, firmware, number):
        self._firmware = firmware
        self._number = number
        self.hash = firmware.client.world.port.sha256()
        self.failed = False  # the board could not take it

    def write(self, block):
        """Take a block."""
        if self._firmware.is_over(self._number):
            raise OSError("the download was given up")
        self.hash.update(block)
        try:
            self._firmware.board.write(block)
        except OSError:
            self.failed = True
            raise
