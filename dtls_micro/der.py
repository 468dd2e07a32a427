"""Strict DER (X.690 section 10), read where it lies."""

from micropython import const

_BOOLEAN = const(0x01)
_INTEGER = const(0x02)
_BIT_STRING = const(0x03)
_OID = const(0x06)
_SEQUENCE = const(0x30)

_LONG = const(0x80)  # of a length: the other bits count the bytes that follow
_MOST_LENGTH_BYTES = const(3)
_NUMBER = const(0x1F)  # all bits set: the tag goes on in more bytes


class DerError(ValueError):
    """This is not DER, or not what the standard wants at this place."""


class Der:
    """Takes elements off the front of a buffer. All results are views of it."""

    def __init__(self, data):
        self.data = memoryview(data)
        self.at = 0

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self.at < len(self.data)

    def end(self):
        """Refuse bytes after the end."""
        if self.more():
            raise DerError("something follows the end")

    def peek(self) -> int:
        """Return the tag of the next element, -1 if there is none."""
        if not self.more():
            return -1
        tag = self.data[self.at]
        if tag & _NUMBER == _NUMBER or not tag:
            raise DerError("no tag of certificates: %d" % tag)
        return tag

    def take(self, tag: int) -> memoryview:
        """Return the contents of the next element, which must have this tag."""
        start, self.at = self._bounds(tag)
        return self.data[start : self.at]

    def whole(self, tag: int) -> memoryview:
        """Return the next element, which must have this tag, with its header."""
        start = self.at
        self.at = self._bounds(tag)[1]
        return self.data[start : self.at]

    def enter(self, tag: int = _SEQUENCE) -> "Der":
        """Return a Der of the contents of the next element, which must have this tag."""
        return Der(self.take(tag))

    def boolean(self) -> bool:
        """Return the next element, a BOOLEAN."""
        contents = self.take(_BOOLEAN)
        if len(contents) != 1 or contents[0] not in (0, 255):
            raise DerError("a BOOLEAN is neither 00 nor FF")
        return contents[0] == 255

    def integer(self) -> memoryview:
        """Return the contents of the next element, an INTEGER: big-endian, with a sign bit."""
        contents = self.take(_INTEGER)
        if not len(contents):
            raise DerError("an INTEGER is empty")
        if len(contents) > 1 and contents[0] in (0, 255) and not (contents[0] ^ contents[1]) & 128:
            raise DerError("an INTEGER has a needless first byte")
        return contents

    def bit_string(self):
        """Return the next element, a BIT STRING: how many last bits are unused, its bytes."""
        contents = self.take(_BIT_STRING)
        if not len(contents) or contents[0] > 7 or (contents[0] and len(contents) == 1):
            raise DerError("a BIT STRING with a wrong count of unused bits")
        if contents[0] and contents[-1] & (1 << contents[0]) - 1:
            raise DerError("unused bits of a BIT STRING are not 0")
        return contents[0], contents[1:]

    def octets(self) -> memoryview:
        """Return the bytes of the next element, a BIT STRING of whole bytes."""
        unused, contents = self.bit_string()
        if unused:
            raise DerError("a BIT STRING of parts of bytes")
        return contents

    def oid(self) -> memoryview:
        """Return the contents of the next element, an OBJECT IDENTIFIER."""
        contents = self.take(_OID)
        first = True  # of the bytes of an arc
        for byte in contents:
            if first and byte == 128:
                raise DerError("an OBJECT IDENTIFIER with a needless byte")
            first = byte < 128
        if not len(contents) or not first:
            raise DerError("an OBJECT IDENTIFIER without an end")
        return contents

    def _bounds(self, tag: int):
        """Return where the contents of the next element start, and where they end.

        The only bounds check: slicing past the end is silent.
        """
        data = self.data
        start = self.at + 2
        if start > len(data):
            raise DerError("cut short")
        if data[self.at] != tag:
            raise DerError("tag %02x where %02x is wanted" % (data[self.at], tag))
        size = data[start - 1]
        if size >= _LONG:
            count = size & ~_LONG
            if not 0 < count <= _MOST_LENGTH_BYTES or start + count > len(data):
                raise DerError("a length that is indefinite, too long or cut short")
            size = 0
            for i in range(start, start + count):
                size = size << 8 | data[i]
            if size < _LONG or size >> 8 * (count - 1) == 0:
                raise DerError("a length not in its shortest form")
            start += count
        if start + size > len(data):
            raise DerError("an element longer than what holds it")
        return start, start + size
