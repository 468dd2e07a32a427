"""The message layer, without I/O (RFC 7252 section 4): retransmission, duplicates, resets.

What is sent is an item: an object with `message`, and the methods acknowledged(),
rejected() and lost() by which it learns what became of that. One confirmable message is
under way at a time (NSTART 1); the others wait for their turn. There is one peer.
"""

import gc

from micropython import const

from .errors import FormatError
from .message import ACK, CON, NON, RST, encode, parse

_LIFETIME = const(247000)  # ms, EXCHANGE_LIFETIME: for so long a message ID is remembered
_REMEMBERED = const(4)  # messages of the peer, with our answers; its NSTART is 1
_KNOWN = const(16)  # its requests that have an effect, those with answers among them
_UNCONFIRMED = const(16)  # messages whose Reset would be heard
_EMPTY = const(0)
_RESPONSE = const(0)  # kinds of messages of the peer
_QUESTION = const(1)
_ORDER = const(2)
_GET = const(1)
_FETCH = const(5)
_BLOCK2 = const(23)


class Reliability:
    """Messages to and from one peer.

    random:          of the port
    ack_timeout_ms:  first time-out at least; half as much is added at random
    max_retransmit:  how often a confirmable message is repeated
    """

    def __init__(self, random, ack_timeout_ms=2000, max_retransmit=4):
        if not 1 <= ack_timeout_ms <= 600000 or not 0 <= max_retransmit <= 20:
            raise ValueError("ack_timeout_ms is 1 to 600000, max_retransmit is 0 to 20")
        self._random = random
        self._ack_timeout_ms = ack_timeout_ms
        self._max_retransmit = max_retransmit
        seed = random(2)
        self._mid = seed[0] << 8 | seed[1]
        self._waiting = []  # items with confirmable messages
        self._item = None  # whose message is under way
        self._datagram = bytearray()  # that message
        self._due = False  # it is to be sent
        self._fresh = False  # its time begins with the next tick
        self._left_ms = self._timeout_ms = self._tries = 0
        self._ready = []  # datagrams to send
        self._answers = []  # [mid, datagram or None, age in ms or -1, kind] of what came
        self._unconfirmed = []  # the last items with NON messages: a RST may come

    def send(self, item):
        """Send an item's message: at once, or a confirmable one when it is its turn."""
        if item.message.type == CON:
            self._waiting.append(item)
            self._next()
        else:
            self._number(item.message)
            if item in self._unconfirmed:
                self._unconfirmed.remove(item)
            elif len(self._unconfirmed) == _UNCONFIRMED:
                self._unconfirmed.pop(0)
            self._unconfirmed.append(item)
            self._ready.append(_encoded(item.message))

    def answer(self, request, response):
        """Send a response on a request: in its acknowledgement, or NON to NON.

        It is remembered and repeated for duplicates of the request.
        """
        response.token = request.token
        if request.type == CON:
            response.type = ACK
            response.mid = request.mid
        else:
            response.type = NON
            self._number(response)
        self._remember(request.mid, _encoded(response))

    def queued(self, kind) -> int:
        """Return how many items of a class wait for their turn."""
        return len([item for item in self._waiting if isinstance(item, kind)])

    def acknowledge(self, message):
        """Send an empty acknowledgement on a confirmable message."""
        if message.type == CON:
            self._remember(message.mid, _empty(ACK, message.mid))

    def reject(self, message):
        """Send a Reset on a message."""
        self._remember(message.mid, _empty(RST, message.mid))

    def forget(self, item):
        """Stop sending an item's message."""
        if item in self._waiting:
            self._waiting.remove(item)
        if item in self._unconfirmed:
            self._unconfirmed.remove(item)
        if self._item is item:
            self._item = None
            self._due = False
            self._next()

    def datagram(self):
        """Return the next datagram to send, or None; it is valid until the next verb."""
        if self._ready:
            return self._ready.pop(0)
        if self._due:
            self._due = False
            return self._datagram
        return None

    def tick(self, elapsed_ms: int) -> int:
        """Let time pass; return for how long at most tick() can wait, -1 for ever.

        For what was sent or came since the last tick no time has passed yet.
        """
        for answer in self._answers:
            answer[2] = 0 if answer[2] < 0 else answer[2] + elapsed_ms
        while self._answers and self._answers[0][2] > _LIFETIME:
            self._answers.pop(0)
        if self._item is not None and not self._fresh:
            self._left_ms -= elapsed_ms
            if self._left_ms <= 0:
                self._expire()
        self._fresh = False
        return -1 if self._item is None else self._left_ms

    def receive(self, datagram):
        """Return the message in a datagram, or None if it is nothing for the layers above.

        What is malformed is reset if it is confirmable and dropped otherwise; duplicates are
        dropped, and answered as they were before.
        """
        try:
            message = parse(datagram)
        except FormatError:
            if len(datagram) >= 4 and datagram[0] >> 4 == 4:  # version 1, CON
                self._ready.append(_empty(RST, datagram[2] << 8 | datagram[3]))
            return None
        if message.type >= ACK:
            return self._reply(message)
        if message.code == _EMPTY:
            if message.type == CON:  # a ping
                self._ready.append(_empty(RST, message.mid))
            return None
        return None if self._duplicate(message) else message

    def _reply(self, message):
        """Handle an acknowledgement or a Reset; return a response that came in the former."""
        item = self._item
        if item is not None and item.message.mid == message.mid:
            if message.type == ACK and message.code:
                if message.code < 32 or message.token != item.message.token:
                    return None
                if item.message.code >> 5:  # a response is no answer to one of ours
                    return None
                self.forget(item)
                return message
            if message.code:
                return None
            self.forget(item)
            item.acknowledged() if message.type == ACK else item.rejected()
        elif message.type == RST and message.code == _EMPTY:
            for item in self._unconfirmed:
                if item.message.mid == message.mid:
                    self._unconfirmed.remove(item)
                    item.rejected()
                    break
        return None

    def _duplicate(self, message) -> bool:
        """Tell whether a message came before; if so repeat its answer, else remember it."""
        for mid, answer, _, _ in self._answers:
            if mid == message.mid:
                if answer and message.type == CON:
                    self._ready.append(answer)
                return True
        kind = _kind(message)
        same = [one for one in self._answers if one[3] == kind]
        if len(same) >= _REMEMBERED:
            same[-_REMEMBERED][1] = None
        if len(same) == (_KNOWN if kind == _ORDER else _REMEMBERED):
            self._answers.remove(same[0])
        self._answers.append([message.mid, None, -1, kind])
        return False

    def _remember(self, mid: int, datagram):
        self._ready.append(datagram)
        for answer in self._answers:
            if answer[0] == mid:
                answer[1] = datagram

    def _number(self, message):
        message.mid = self._mid
        self._mid = (self._mid + 1) & 0xFFFF

    def _next(self):
        """Begin with the next confirmable message, if none is under way."""
        if self._item is None and self._waiting:
            self._item = self._waiting.pop(0)
            self._number(self._item.message)
            encode(self._item.message, self._datagram)
            part = self._random(1)[0]
            self._timeout_ms = self._ack_timeout_ms + self._ack_timeout_ms * part // 510
            self._left_ms = self._timeout_ms
            self._tries = 0
            self._due = self._fresh = True

    def _expire(self):
        """Repeat the message that is under way, or give it up."""
        if self._tries == self._max_retransmit:
            item = self._item
            self.forget(item)
            item.lost()
            return
        self._tries += 1
        self._timeout_ms *= 2
        self._left_ms = self._timeout_ms
        self._due = True


def _kind(message) -> int:
    """Tell orders, which are done once, from questions and responses, which come in any number."""
    if message.code >= 32:
        return _RESPONSE
    if message.code in (_GET, _FETCH) or message.uint(_BLOCK2, 0) >> 4:  # of a response
        return _QUESTION
    return _ORDER


def _encoded(message) -> bytearray:
    out = bytearray()
    encode(message, out)
    return out


def _empty(kind: int, mid: int) -> bytes:
    return bytes((0x40 | kind << 4, _EMPTY, mid >> 8, mid & 255))


gc.collect()  # what an import leaves would be holes in a small heap
