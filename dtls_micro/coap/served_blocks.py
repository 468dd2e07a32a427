"""Bodies in blocks, as the one who is asked sees them (RFC 7959 sections 2.4 and 2.5).

One body at a time comes in, and one goes out; the next one takes its place.
"""

from binascii import crc32

from micropython import const

from .message import Message
from .options import uint

_GET = const(1)
_FETCH = const(5)
_ETAG = const(4)
_OBSERVE = const(6)
_BLOCK2 = const(23)
_BLOCK1 = const(27)
_SIZE2 = const(28)
_SIZE1 = const(60)
_UNKEYED = const(0x1C)  # of option numbers: NoCacheKey (RFC 7252 section 5.4.6)
_BAD_REQUEST = const(0x80)
_INCOMPLETE = const(0x88)
_TOO_LARGE = const(0x8D)
_CONTINUE = const(0x5F)
_USED = const(64)  # bytes of a response's header, token and options at least
_OURS = const(44)  # of them those of header, token, and the options that are put to a handler's


class Incoming:
    """The body of a request of the peer, `most` bytes unless it goes to a sink."""

    def __init__(self, most: int):
        self._most = most
        self._key = None
        self._body = None
        self._offset = 0

    def take(self, request, sink):
        """Take a block; return the response on it, or None if the body is complete.

        Then request.payload is the body, or what sink(request) returned, whose write() got
        it. Each response to a block has its Block1.
        """
        number, more, szx = request.block(_BLOCK1)
        if szx == 7 or (more and len(request.payload) != 1 << szx + 4):
            return Message(_BAD_REQUEST, b"block size")
        key = _key(request)
        if number == 0:
            self._key = key
            self._offset = 0
            self._body = sink(request) if sink else bytearray()
        elif key != self._key:
            return Message(_INCOMPLETE)  # of a body whose place the present one has taken
        elif number << szx + 4 != self._offset:
            self._drop()
            return Message(_INCOMPLETE)
        size = self._offset + len(request.payload)
        if not sink and max(size, request.uint(_SIZE1, 0)) > self._most:
            self._drop()
            response = Message(_TOO_LARGE)
            response.add(_SIZE1, uint(self._most))
            return response
        key, self._key = self._key, None  # nothing goes on behind a write() that failed
        self._body.extend(request.payload) if not sink else self._body.write(request.payload)
        self._key = key
        self._offset = size
        if more:
            response = Message(_CONTINUE)
            response.add(_BLOCK1, request.option(_BLOCK1))
            return response
        request.payload = self._body
        self._drop()
        return None

    def _drop(self):
        self._key = self._body = None


class Outgoing:
    """The body of a response that is too long for one message of `size` bytes."""

    def __init__(self, size: int):
        self._size = size
        self._key = None
        self._response = None

    def _largest(self, response) -> int:
        """Return the SZX of the largest block that there is room for."""
        options = [one for one in response.options if one[0] not in (_BLOCK1, _OBSERVE)]
        used = max(_USED, _OURS + sum([5 + len(one[1]) for one in options]))
        if _USED < used > self._size - 16:
            raise ValueError("the options of a response take more than a datagram")
        szx = 6
        while szx and (1 << szx + 4) + used > self._size:
            szx -= 1
        return szx

    def kept(self, request):
        """Return the block of the kept response that a request asks for, or None."""
        block = request.block(_BLOCK2)
        if not block or not block[0]:
            return None
        if self._response and self._key == _key(request):
            return self._cut(self._response, block)
        # What is gone can be made once more, but not by doing twice what has an effect.
        return None if request.code in (_GET, _FETCH) else Message(_INCOMPLETE)

    def cut(self, request, response):
        """Return what of a response goes out now; keep it if it has more blocks."""
        largest = self._largest(response)
        block = request.block(_BLOCK2) or (0, 0, largest)
        if block[2] == 7:
            return Message(_BAD_REQUEST, b"block size")
        if len(response.payload) <= 1 << min(block[2], largest) + 4 and not block[0]:
            return response
        if response.code >> 5 != 2:
            response.payload = response.payload[: 1 << largest + 4]
            return response
        if not isinstance(response.payload, bytes):  # its owner may go on to write into it
            response.payload = bytes(response.payload)
        if response.etag is None:
            response.add(_ETAG, crc32(response.payload).to_bytes(4, "big"))
        self._key = _key(request)
        self._response = response
        return self._cut(response, block)

    def _cut(self, whole, block):
        number, _, szx = block
        if szx == 7:
            return Message(_BAD_REQUEST, b"block size")
        at = number << szx + 4
        szx = min(szx, self._largest(whole))
        end = at + (1 << szx + 4)
        if at >= len(whole.payload):
            return Message(_BAD_REQUEST, b"past the end")
        response = Message(whole.code, bytes(whole.payload[at:end]), whole.options)
        if number:
            response.options = [one for one in whole.options if one[0] != _OBSERVE]
        more = end < len(whole.payload)
        response.add(_BLOCK2, uint(at >> szx + 4 << 4 | more << 3 | szx))
        if not number:
            response.add(_SIZE2, uint(len(whole.payload)))
        if not more:
            self._key = self._response = None
        return response


def _key(request) -> tuple:
    """Return what must be the same in requests for blocks of one body."""
    found = []
    for one in request.options:
        number = one[0]
        if number not in (_BLOCK2, _BLOCK1, _OBSERVE) and number & 0x1E != _UNKEYED:
            found.append(one)
    return request.code, found
