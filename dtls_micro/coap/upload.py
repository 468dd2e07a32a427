"""A request's body in blocks: Block1 (RFC 7959 section 2.5)."""

from micropython import const

from .errors import CoapError
from .options import uint

_BLOCK1 = const(27)
_SIZE1 = const(60)
_TOO_LARGE = const(0x8D)


class Upload:
    """What is still to be sent of a body.

    source:  object with read(n), which returns b"" at the end
    szx:     the block size to begin with is 1 << szx + 4 bytes
    total:   bytes in all, or None where that is not known
    """

    def __init__(self, source, szx: int, total):
        self._source = source
        self._szx = szx
        self.total = total
        self._ahead = b""  # of what was read, the part that is not acknowledged
        self.offset = 0
        self._sent = 0
        self._ended = False

    def shrink(self, szx: int):
        """Go on with blocks of 1 << szx + 4 bytes, if those are smaller."""
        self._szx = min(self._szx, szx)

    def fill(self, message):
        """Put the next block into a request."""
        size = 1 << self._szx + 4
        self._read(size + 1)
        self._sent = min(size, len(self._ahead))
        more = int(len(self._ahead) > size)
        if self.offset >> self._szx + 4 >> 20:
            raise CoapError("more blocks than can be numbered: choose larger ones")
        number = self.offset >> self._szx + 4
        message.add(_BLOCK1, uint(number << 4 | more << 3 | self._szx))
        if not self.offset and self.total is not None:
            message.add(_SIZE1, uint(self.total))
        message.payload = self._ahead[: self._sent]

    def _read(self, size: int):
        """Read until there are `size` bytes, or no more."""
        while len(self._ahead) < size and not self._ended:
            piece = self._source.read(size - len(self._ahead))
            if isinstance(piece, str):
                piece = piece.encode()
            self._ended = not piece
            if piece:
                self._ahead = self._ahead + bytes(piece) if self._ahead else bytes(piece)

    def take(self, response) -> bool:
        """Take the response on a block; tell whether another request is to follow."""
        block = response.block(_BLOCK1)
        if response.code == _TOO_LARGE and block and block[2] < self._szx and not self.offset:
            self._szx = block[2]
            return True
        if not response.ok:
            return False
        more = len(self._ahead) > self._sent
        if block is None:
            if more:
                raise CoapError("the server took a block for the whole body: it has no Block1")
            self.offset += self._sent
            return False
        if block[0] != self.offset >> self._szx + 4:
            raise CoapError("the server acknowledged another block than was sent")
        self.offset += self._sent
        self._ahead = self._ahead[self._sent :]
        if block[2] < self._szx:
            self._szx = block[2]
        return more
