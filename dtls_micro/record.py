"""The record layer (RFC 6347 section 4.1): epochs, sequence numbers, protection, replays.

A received datagram is copied into the one receive buffer and its records are opened there,
one after the other. What is not in order is dropped in silence (section 4.1.2.7).
The last record's payload is where `start` and `end` say: integers, because a view of a
buffer costs memory and a steady connection must not allocate.
"""

from micropython import const

from .errors import DtlsError, ProtocolError
from .replay import Window

_CHANGE_CIPHER_SPEC = const(20)  # content types
_APPLICATION_DATA = const(23)
_HEADER = const(13)
_VERSION_MAJOR = const(0xFE)
_DTLS_1_0 = const(0xFF)  # minor versions
_DTLS_1_2 = const(0xFD)
_BAD_RECORD_MAC = const(20)
_LARGEST = const(1 << 14)  # plaintext bytes of a record (RFC 5246 section 6.2.1)

USED_UP = "sequence numbers are used up: make a new connection"


class Records:
    """`size`: bytes of the receive buffer. `forged_limit`: forgeries until the connection ends."""

    def __init__(self, size, forged_limit):
        self.buffer = bytearray(size)
        self.size = size
        self.start = self.end = self.epoch = 0
        self.read_epoch = self.write_epoch = 0
        self.negotiated = False  # set with the ServerHello: from then on only DTLS 1.2
        self.limit = _LARGEST  # plaintext bytes of one record that the peer takes
        self.forged = 0
        self.cut = False  # a datagram was longer than the buffer
        self._limit = forged_limit
        self.datagram = None
        self._next = 0
        self._window = Window()
        self.reading = self.writing = None
        self._numbers = (bytearray(8), bytearray(b"\0\1\0\0\0\0\0\0"))  # epoch, sequence number

    def set_keys(self, reading, writing):
        """Take the protection of epoch 1, and write in it from now on."""
        self.reading = reading
        self.writing = writing
        self.write_epoch = 1

    def wipe(self):
        """Overwrite keys and plaintext; nothing can be opened or sealed in epoch 1 any more."""
        for i in range(len(self.buffer)):
            self.buffer[i] = 0
        for protection in (self.reading, self.writing):
            if protection:
                protection.wipe()
        self.reading = self.writing = None
        self.datagram = None

    def used_up(self) -> bool:
        """Tell whether no sequence number is left to write with."""
        number = self._numbers[self.write_epoch]
        return number[2] == 255 and number[2:] == b"\xff" * 6

    # receiving

    def load(self, datagram):
        """Take a datagram. It must stay as it is until next_record() has returned -1."""
        if len(datagram) > self.size:
            datagram = datagram[: self.size]  # as a socket does with a datagram too long
        self.datagram = datagram
        self._next = 0
        self.buffer[:] = datagram

    def reload(self):
        """Copy the datagram into the buffer (again, after take_payload() cut it)."""
        if self.datagram is not None:
            self.buffer[:] = self.datagram

    def next_record(self) -> int:
        """Open the next record; return its content type, or -1 when there is none left."""
        while self.datagram is not None:
            at = self._next
            end = at + _HEADER
            if end <= len(self.buffer):
                end += self.buffer[at + 11] << 8 | self.buffer[at + 12]
            if end > len(self.buffer):
                self.cut = self.cut or len(self.buffer) == self.size
                break
            self._next = end
            if self._open(at, end):
                return self.buffer[at]
        self.datagram = None
        return -1

    def take_payload(self) -> bytearray:
        """Return the buffer, cut down to the last record's payload."""
        self.buffer[self.end :] = b""
        self.buffer[: self.start] = b""
        return self.buffer

    def _open(self, at: int, end: int) -> bool:
        record = self.buffer
        if record[at] < _CHANGE_CIPHER_SPEC or record[at] > _APPLICATION_DATA:
            return False
        if record[at + 1] != _VERSION_MAJOR:
            return False
        self.epoch = record[at + 3] << 8 | record[at + 4]
        if record[at + 2] != _DTLS_1_2 and (
            record[at + 2] != _DTLS_1_0 or self.epoch or self.negotiated
        ):
            return False
        if self.epoch == 0:
            self.start = at + _HEADER
            self.end = end
            return 0 < end - self.start <= _LARGEST and record[at] != _APPLICATION_DATA
        return self.epoch == 1 and self.reading is not None and self._decrypt(at, end)

    def _decrypt(self, at: int, end: int) -> bool:
        record = self.buffer
        high = record[at + 5] << 16 | record[at + 6] << 8 | record[at + 7]
        low = record[at + 8] << 16 | record[at + 9] << 8 | record[at + 10]
        if not self._window.check(high, low):
            return False
        if end - at < _HEADER + self.reading.overhead:
            return False
        end = self.reading.open(record, at, end)
        if end < 0:
            self.forged += 1
            if self.forged >= self._limit:
                raise ProtocolError(_BAD_RECORD_MAC, "%d forged records" % self.forged)
            return False
        self._window.update(high, low)
        self.start = at + _HEADER + self.reading.explicit
        self.end = self.start + end
        return end <= _LARGEST

    # sending

    def overhead(self, epoch: int) -> int:
        """Bytes that a record of this epoch has beyond its plaintext."""
        return _HEADER + (self.writing.overhead if epoch else 0)

    def begin(self, out: bytearray, kind: int, epoch: int) -> int:
        """Append the header of a record; seal() wants what it returns. Then append plaintext."""
        at = len(out)
        number = self._numbers[epoch]
        out.append(kind)
        out.append(_VERSION_MAJOR)
        out.append(_DTLS_1_2)
        out.extend(number)
        out.extend(b"\0\0")
        if epoch and self.writing.explicit:
            out.extend(number)  # the explicit nonce
        _increment(number)
        return at

    def seal(self, out: bytearray, at: int, epoch: int):
        """End the record that begin() began: its length, and protection in epoch 1."""
        end = len(out)
        if epoch:
            out.extend(self.writing.tag)
            self.writing.seal(out, at, end)
        length = len(out) - at - _HEADER
        out[at + 11] = length >> 8
        out[at + 12] = length & 255


def _increment(number: bytearray):
    """Count up a 48-bit sequence number in place; its last value is never used."""
    for i in range(7, 1, -1):
        number[i] = (number[i] + 1) & 255
        if number[i]:
            return
    for i in range(2, 8):
        number[i] = 255  # stays at the end: the next one fails too
    raise DtlsError(USED_UP)
