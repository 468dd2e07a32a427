"""Fragments to whole messages, in order (RFC 6347 sections 4.2.2 and 4.2.3).

A message that comes whole and in turn is handled where it lies. Only what is fragmented or
early goes to one bounded buffer, which exists no longer than needed. An entry there is the
message's header, its body and a bitmap of the bytes that have come:

    | header, 12 | body, length | bitmap, (length + 7) // 8 |

The message that is next may push early ones out; the peer repeats those.
"""

from micropython import const

_HEADER = const(12)
_HELLO_REQUEST = const(0)
_HELLO_VERIFY_REQUEST = const(3)
_AHEAD = const(8)  # a flight is no longer than that


class Reassembly:
    """`size`: bytes of the buffer."""

    def __init__(self, size: int):
        self._size = size
        self._buffer = None
        self._used = 0
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
                if number <= self.expected and size == length and not self.held:
                    self.expected = max(self.expected, number + 1)
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
            if at < 0 or self._missing(at):
                return
            end = at + _HEADER + self._length(at)
            message = bytes(memoryview(self._buffer)[at:end])
            self.expected += 1
            self._forget_old()
            yield memoryview(message)

    def drop(self):
        """The handshake is over: free the buffer."""
        self._used = 0
        self._buffer = None

    def _wanted(self, payload, epoch, whole) -> bool:
        number = payload[4] << 8 | payload[5]
        if payload[0] == _HELLO_REQUEST or number > self.expected + _AHEAD:
            return False
        if number < self.expected:
            # A server without state counts every HelloVerifyRequest as its message 0.
            if self.greeting and payload[0] == _HELLO_VERIFY_REQUEST:
                return whole
            if number == self.expected - 1 and epoch == 0:
                self.repeated = True
            return False
        return epoch == self.epoch

    def _length(self, at) -> int:
        data = self._buffer
        return data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]

    def _entry_size(self, length) -> int:
        return _HEADER + length + (length + 7) // 8

    def _find(self, number) -> int:
        """Return where the entry of message `number` is, or -1."""
        at = 0
        while at < self._used:
            if self._buffer[at + 4] << 8 | self._buffer[at + 5] == number:
                return at
            at += self._entry_size(self._length(at))
        return -1

    def _keep(self, fragment, number, length, offset):
        """Put a fragment (header and bytes) to its message in the buffer."""
        size = len(fragment) - _HEADER
        if size == 0 and length:
            return
        at = self._find(number)
        if at < 0:
            at = self._add(fragment, number, length)
            if at < 0:
                return
        data = self._buffer
        if data[at] != fragment[0] or self._length(at) != length:
            return
        bitmap = at + _HEADER + length
        for i in range(size):
            place = offset + i
            if not data[bitmap + (place >> 3)] >> (place & 7) & 1:  # the first to come stays
                data[at + _HEADER + place] = fragment[_HEADER + i]
                data[bitmap + (place >> 3)] |= 1 << (place & 7)

    def _add(self, fragment, number, length) -> int:
        """Make an entry for the message of this fragment; return where it is, or -1."""
        need = self._entry_size(length)
        if need > self._size:
            if number == self.expected:
                self.too_long = length
            return -1
        if self._used + need > self._size:
            if number != self.expected:
                return -1
            self._used = 0  # the message that is next matters most
        if self._buffer is None:
            self._buffer = bytearray(self._size)
        data = self._buffer
        at = self._used
        for i in range(6):
            data[at + i] = fragment[i]
        for i in range(6, need):
            data[at + i] = 0
        for i in range(3):  # fragment_length = length, as the transcript wants it
            data[at + 9 + i] = fragment[1 + i]
        if length & 7:
            data[at + need - 1] = 0xFF << (length & 7) & 0xFF  # bits beyond the end count as come
        self._used += need
        return at

    def _missing(self, at) -> bool:
        length = self._length(at)
        bitmap = at + _HEADER + length
        for i in range(bitmap, bitmap + (length + 7) // 8):
            if self._buffer[i] != 255:
                return True
        return False

    def _forget_old(self):
        """Take entries out that lie before the message that is next."""
        at = 0
        while at < self._used:
            size = self._entry_size(self._length(at))
            if self._buffer[at + 4] << 8 | self._buffer[at + 5] >= self.expected:
                at += size
                continue
            view = memoryview(self._buffer)
            rest = bytes(view[at + size : self._used])
            view[at : at + len(rest)] = rest
            self._used -= size
        if not self._used:
            self._buffer = None
