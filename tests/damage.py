"""A network that damages what it carries, the same way on every run."""

from scripted_server import records_of


class Damage:
    """A network that damages datagrams; `rate` in percent."""

    def __init__(self, numbers, rate):
        self._numbers = numbers
        self._rate = rate
        self._old = []

    def __call__(self, datagrams):
        out = []
        for datagram in datagrams:
            self._old.append(datagram)
            if self._numbers.below(100) < self._rate:
                datagram = self._damage(bytearray(datagram))
            out.append(bytes(datagram))
        return out

    def _damage(self, datagram):
        numbers = self._numbers
        for _ in range(1 + numbers.below(3)):
            if not datagram:
                break
            at = numbers.below(len(datagram))
            way = numbers.below(8)
            if way < 2:
                datagram[at] ^= 1 << numbers.below(8)
            elif way == 2:
                datagram[at] = (0, 1, 127, 128, 255)[numbers.below(5)]
            elif way == 3:
                datagram = datagram[:at]
            elif way == 4:
                datagram = datagram[:at] + numbers.octets(1 + numbers.below(20)) + datagram[at:]
            elif way == 5:
                datagram = datagram[:at] + datagram[at + 1 + numbers.below(20) :]
            elif way == 6:
                datagram = self._splice(datagram)
            else:
                self._field(datagram)
        return datagram

    def _splice(self, datagram):
        """Put records of earlier datagrams among those of this one."""
        try:
            records = records_of(bytes(datagram))
        except (AssertionError, IndexError):
            return datagram
        other = self._old[self._numbers.below(len(self._old))]
        records += records_of(other)
        return bytearray(b"".join(self._numbers.shuffled(records)))

    def _field(self, datagram):
        """Overwrite a field of the first handshake message's header."""
        place = (13, 14, 16, 18, 20, 21, 24)[self._numbers.below(7)]
        if place < len(datagram):
            datagram[place] = self._numbers.below(256)
