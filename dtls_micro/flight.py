"""The flight being sent (RFC 6347 section 4.2): kept in plaintext until it is answered.

Its timer (timer.py) runs from open() to close(); client.py lets the time pass.
fill() packs its messages into datagrams, in fragments where one is too long (section 4.2.3).
A repeat is the same messages in new records: a record, and so a nonce, is never sent twice.
"""

from micropython import const

from .wire import Writer

_CHANGE_CIPHER_SPEC = const(20)  # content types
_HANDSHAKE = const(22)
_HEADER = const(12)  # of a handshake message
_EMPTY = bytes(12)
_LEAST = const(32)  # a shorter fragment is not worth starting in a datagram half full


class Flight:
    """Messages in their order, with a cursor to what is to be sent next."""

    def __init__(self, timer):
        self.timer = timer
        self.number = 0
        self.drop()

    def drop(self):
        self._data = bytearray()
        self._entries = []  # (content type, epoch, start, end) in the data
        self._index = self._offset = 0

    def open(self):
        """Begin a flight; the one before it was answered."""
        self.drop()
        self.repeats = 0
        self.split = False  # some message needed more than one datagram
        self.timer.start()

    def close(self):
        """The handshake is over: nothing is left to repeat."""
        self.drop()
        self.timer.stop()

    def begin(self, message: int):
        """Begin a handshake message; append its body to the Writer that is returned."""
        self._start = len(self._data)
        self._data.extend(_EMPTY)  # the lengths are filled in by end()
        self._data[self._start] = message
        self._data[self._start + 5] = self.number
        self.number += 1
        return Writer(self._data)

    def end(self, epoch: int) -> memoryview:
        """End the message; return a view of it, header and body, for the transcript."""
        data = self._data
        start = self._start
        length = len(data) - start - _HEADER
        for at in (start + 1, start + 9):  # length, fragment_length
            data[at + 1] = length >> 8
            data[at + 2] = length & 255
        self._entries.append((_HANDSHAKE, epoch, start, len(data)))
        return memoryview(data)[start:]

    def change_cipher_spec(self):
        """Append a ChangeCipherSpec (RFC 5246 section 7.1)."""
        start = len(self._data)
        self._data.append(1)
        self._entries.append((_CHANGE_CIPHER_SPEC, 0, start, start + 1))

    def rewind(self):
        """Send it all again."""
        self.repeats += 1
        self._index = self._offset = 0

    def fill(self, out: bytearray, records, mtu: int) -> bool:
        """Append as many records to `out` as `mtu` bytes allow; tell whether there are any."""
        while self._index < len(self._entries):
            if not self._fill(out, records, mtu):
                break
        return len(out) > 0

    def _fill(self, out, records, mtu) -> bool:
        """Append the next record; return False if there is no room for it."""
        kind, epoch, start, end = self._entries[self._index]
        room = min(mtu - len(out) - records.overhead(epoch), records.limit)
        if kind == _HANDSHAKE:
            left = end - start - _HEADER - self._offset
            size = min(left, room - _HEADER)
            if size < left and (size < _LEAST and len(out) or size < 1) or size < 0:
                return False
        else:
            left = size = 1
            if room < 1:
                return False
        self.split = self.split or size < left
        at = records.begin(out, kind, epoch)
        if size == left and not self._offset:  # header and all
            out.extend(memoryview(self._data)[start:end])
        else:
            self._put(out, start, size)
        records.seal(out, at, epoch)
        self._offset += size
        if size == left:
            self._index += 1
            self._offset = 0
        return True

    def _put(self, out, start, size):
        """Append a fragment: a header of its own, and a part of the body."""
        data = memoryview(self._data)
        out.extend(data[start : start + 6])
        w = Writer(out)
        w.uint(3, self._offset)
        w.uint(3, size)
        body = start + _HEADER + self._offset
        out.extend(data[body : body + size])
