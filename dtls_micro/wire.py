"""Integers and vectors of the presentation language (RFC 5246 section 4)."""

from micropython import const

from .errors import ProtocolError

_DECODE_ERROR = const(50)  # RFC 5246 section 7.2


class Reader:
    """Takes values off the front of a message; what is missing is a decode_error."""

    def __init__(self, data):
        self.data = memoryview(data)
        self.at = 0

    def take(self, size: int) -> memoryview:
        """Return a view of the next `size` bytes; it lives as long as the message.

        The only bounds check in the parser: slicing past the end is silent.
        """
        end = self.at + size
        if end > len(self.data):
            raise ProtocolError(_DECODE_ERROR, "message too short")
        view = self.data[self.at : end]
        self.at = end
        return view

    def uint(self, size: int) -> int:
        """Return the next big-endian unsigned integer of `size` bytes."""
        number = 0
        for byte in self.take(size):
            number = number << 8 | byte
        return number

    def vector(self, size: int) -> memoryview:
        """Return a view of the next vector, whose length field has `size` bytes."""
        return self.take(self.uint(size))

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self.at < len(self.data)

    def end(self):
        """Refuse bytes after the end of the message."""
        if self.more():
            raise ProtocolError(_DECODE_ERROR, "message too long")


class Writer:
    """Appends values to `data`, a bytearray."""

    def __init__(self, data: bytearray):
        self.data = data

    def uint(self, size: int, number: int):
        """Append `number` as a big-endian unsigned integer of `size` bytes."""
        for shift in range(8 * (size - 1), -8, -8):
            self.data.append(number >> shift & 255)

    def put(self, data):
        """Append bytes."""
        self.data.extend(data)

    def vector(self, size: int, data):
        """Append bytes behind a length field of `size` bytes."""
        self.uint(size, len(data))
        self.put(data)

    def open(self, size: int) -> int:
        """Begin a vector whose length field has `size` bytes; close() wants what it returns."""
        self.uint(size, 0)
        return len(self.data)

    def close(self, start: int, size: int):
        """End the vector that open() began at `start`: fill in its length."""
        length = len(self.data) - start
        for i in range(1, size + 1):
            self.data[start - i] = length & 255
            length >>= 8
