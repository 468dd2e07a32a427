"""Fragments to whole messages, in order (RFC 6347 sections 4.2.2 and 4.2.3).

A message that comes whole and in turn is handled where it lies. Only what is fragmented or
early goes to one bounded buffer, which exists no longer than needed. An entry there is the
message's header, its body and a bitmap of the bytes that have come:

    | header, 12 | body, length | bitmap, (length + 7) // 8 |

The header's fragment_offset counts the bytes still missing, so a whole message has 0 there, as
the transcript wants it.

The message that is next may push early ones out; the peer repeats those.
"""

from micropython import const

_HEADER = const(12)
_HELLO_REQUEST = const(0)
_SERVER_HELLO = const(2)
_HELLO_VERIFY_REQUEST = const(3)
_AHEAD = const(8)  # a flight is no longer than that


def _entry_size(length: int) -> int:
    return _HEADER + length + (length + 7) // 8


class Reassembly:
    """`size`: bytes of the buffer."""

    def __init__(self, size: int):
        self.size = size
        self.buffer = bytearray()
        self.end = 0
        self.expected = 0  # message_seq of the message that is next
        self.epoch = 0  # only fragments that came in this epoch count
        self.held = False  # keep messages back until a ChangeCipherSpec
        self.greeting = True  # no ServerHello yet
        self.repeated = False  # the last message of the peer's last flight came once more
        self.too_long = 0  # length of a message that did not fit

    def feed(self, payload, epoch: int):
        """Take the payload of a handshake record; yield whole messages, header and body."""
        while len(payload) >= _HEADER:
            length = payload[1] << 16 | payload[2] << 8 | payload[3]
            offset = payload[6] << 16 | payload[7] << 8 | payload[8]
            size = payload[9] << 16 | payload[10] << 8 | payload[11]
            end = _HEADER + size
            if end > len(payload) or offset + size > length:
                return
            if self._wanted(payload, epoch, size == length):
                number = payload[4] << 8 | payload[5]
                first = self.greeting and payload[0] == _SERVER_HELLO
                if (number <= self.expected or first) and size == length and not self.held:
                    self.expected = number + 1 if first else max(self.expected, number + 1)
                    self._forget_old()
                    yield payload[:end]
                else:
                    self._keep(payload[:end], number, length, offset)
                for message in self.release():
                    yield message
            payload = payload[end:]

    def release(self):
        """Yield the messages of the buffer whose turn has come."""
        while not self.held:
            at = self._find(self.expected)
            if at < 0 or self._uint(at + 6):
                return
            end = at + _HEADER + self._uint(at + 1)
            message = bytes(memoryview(self.buffer)[at:end])
            self.expected += 1
            self._forget_old()
            yield memoryview(message)

    def drop(self):
        """The handshake is over: free the buffer."""
        self.end = 0
        self.buffer = bytearray()

    def _wanted(self, payload, epoch, whole) -> bool:
        number = payload[4] << 8 | payload[5]
        if payload[0] == _HELLO_REQUEST or number > self.expected + _AHEAD:
            return False
        if number < self.expected:
            # A server without state counts every HelloVerifyRequest as its message 0, and
            # from its ServerHello on as if it had sent one of them, or as the client counts.
            if self.greeting and _SERVER_HELLO <= payload[0] <= _HELLO_VERIFY_REQUEST:
                return whole
            if number == self.expected - 1 and epoch == 0:
                self.repeated = True
            return False
        return epoch == self.epoch

    def _uint(self, at) -> int:
        """Return the 24-bit number at `at`: 1 is the length of an entry, 6 what it misses."""
        data = self.buffer
        return data[at] << 16 | data[at + 1] << 8 | data[at + 2]

    def _find(self, number) -> int:
        """Return where the entry of message `number` is, or -1."""
        at = 0
        while at < self.end:
            if self.buffer[at + 4] << 8 | self.buffer[at + 5] == number:
                return at
            at += _entry_size(self._uint(at + 1))
        return -1

    def _keep(self, payload, number, length, offset):
        """Put a fragment (header and bytes) to its message in the buffer."""
        size = len(payload) - _HEADER
        if size == 0 and length:
            return
        at = self._find(number)
        if at < 0:
            at = self._add(payload, number, length)
            if at < 0:
                return
        data = self.buffer
        if data[at] != payload[0] or self._uint(at + 1) != length:
            return
        missing = self._uint(at + 6)
        bitmap = at + _HEADER + length
        for i in range(size):
            place = offset + i
            if not data[bitmap + (place >> 3)] >> (place & 7) & 1:  # the first to come stays
                data[at + _HEADER + place] = payload[_HEADER + i]
                data[bitmap + (place >> 3)] |= 1 << (place & 7)
                missing -= 1
        data[at + 6] = missing >> 16
        data[at + 7] = missing >> 8 & 255
        data[at + 8] = missing & 255

    def _add(self, payload, number, length) -> int:
        """Make an entry for the message of this fragment; return where it is, or -1."""
        need = _entry_size(length)
        if need > self.size:
            if number == self.expected:
                self.too_long = length
            return -1
        if self.end + need > self.size:
            if number != self.expected:
                return -1
            self.end = 0  # the message that is next matters most
        if not self.buffer:
            self.buffer = bytearray(self.size)
        data = self.buffer
        at = self.end
        for i in range(6):
            data[at + i] = payload[i]
        for i in range(3):  # all is missing; fragment_length = length
            data[at + 6 + i] = data[at + 9 + i] = payload[1 + i]
        for i in range(at + _HEADER + length, at + need):
            data[i] = 0
        self.end += need
        return at

    def _forget_old(self):
        """Take entries out that lie before the message that is next."""
        at = 0
        while at < self.end:
            size = _entry_size(self._uint(at + 1))
            if self.buffer[at + 4] << 8 | self.buffer[at + 5] >= self.expected:
                at += size
                continue
            view = memoryview(self.buffer)
            rest = bytes(view[at + size : self.end])
            view[at : at + len(rest)] = rest
            self.end -= size
        if not self.end:
            self.buffer = bytearray()
