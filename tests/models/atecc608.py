"""An ATECC608 as its bus sees it, byte by byte, with faults at will.

    chip = Atecc608(random, {0: 123}); element = SecureElement(chip, 0, sleep_ms=chip.sleep_ms)

It keeps to the data sheet: it wakes by the address 0, which it does not hear while it is awake,
does not answer while it works, forgets TempKey in sleep and after one ECDH, and the watchdog
sends it to sleep 1300 ms after it woke up.
"""

from dtls_micro.crypto import p256
from dtls_micro.crypto.ecdsa import leftmost
from dtls_micro.crypto.modular import inverse
from dtls_micro.crypto.multiply import of_base, of_point

SLEEPS, IDLES, AWAKE = "sleeps", "idles", "awake"
TEMPKEY = 0xFFFF
_WAKE_MS = 2
_WATCHDOG_MS = 1300
_WORKS_MS = {0x1B: 23, 0x16: 20, 0x30: 5, 0x40: 115, 0x41: 115, 0x43: 75}


def checksum(data) -> bytes:
    """Return the CRC, by the reflected polynomial and not as the driver does it."""
    register = 0
    for byte in data:
        mirrored = 0
        for bit in range(8):
            mirrored |= (byte >> bit & 1) << 7 - bit
        register ^= mirrored << 8
        for _ in range(8):
            register = (register << 1 ^ (0x8005 if register & 0x8000 else 0)) & 0xFFFF
    return bytes((register & 255, register >> 8))


def reply(data) -> bytes:
    """Return data, or a status as one byte, as a whole reply."""
    body = bytes((len(data) + 3,)) + data
    return body + checksum(body)


class Nack(OSError):
    """Nobody acknowledged the address."""

    def __init__(self):
        super().__init__(5, "EIO")


class Atecc608:
    """keys: numbers of the slots; refuses: slots that may not do what is asked

    faults: a list of what happens at the next commands, one each, None for nothing:
    "nack", "damage" (the reply, whenever it is read), "damage once", "short", "busy",
    "heard badly" (status ff), "watchdog" (status ee), "asleep" (it lost its power),
    "off the curve", "zero", "stuck" (the generator), or a number, the status
    """

    def __init__(self, random, keys, address=0x60):
        self.address = address
        self.keys = dict(keys)
        self.faults = []
        self.commands = []  # opcodes of the commands that it understood
        self.state = SLEEPS
        self.dead = False
        self.refuses = ()
        self.now_ms = 0
        self._random = random
        self._digest = None
        self._output = b""
        self._at = 0
        self._fault = None
        self._ready_ms = self._dog_ms = 0

    def sleep_ms(self, ms: int):
        """Let time pass."""
        self.now_ms += ms

    def writeto(self, address: int, buffer):
        """Take what comes between START and STOP."""
        buffer = bytes(buffer)
        if address == 0:
            if not self.dead and self.state != AWAKE:
                self._set_state(AWAKE)
                self._ready_ms = self.now_ms + _WAKE_MS
                self._say(b"\x11")
            raise Nack()
        self._acknowledge(address)
        word, packet = buffer[0], buffer[1:]
        if word == 0:
            self._at = 0
        elif word == 1:
            self._set_state(SLEEPS)
        elif word == 2:
            self._set_state(IDLES)
        elif word == 3:
            self._take(packet)
        else:
            raise AssertionError("a word address that there is not")

    def readfrom_into(self, address: int, buffer):
        """Give the reply, then ff for ever."""
        self._acknowledge(address)
        for i in range(len(buffer)):
            buffer[i] = self._output[self._at] if self._at < len(self._output) else 0xFF
            self._at += 1
        if self._fault in ("damage", "damage once"):
            buffer[len(self._output) // 2] ^= 0x10
            if self._fault == "damage once":
                self._fault = None

    def _acknowledge(self, address: int):
        if self.state == AWAKE and self.now_ms > self._dog_ms:
            self._set_state(SLEEPS)
        if self.dead or address != self.address or self.state != AWAKE:
            raise Nack()
        if self.now_ms < self._ready_ms:
            raise Nack()

    def _set_state(self, state):
        self.state = state
        self._fault = None
        self._output = b""
        self._dog_ms = self.now_ms + _WATCHDOG_MS
        if state == SLEEPS:
            self.keys.pop(TEMPKEY, None)
            self._digest = None

    def _say(self, data):
        self._output = reply(data)
        self._at = 0

    def _take(self, packet):
        self._fault = fault = self.faults.pop(0) if self.faults else None
        if fault == "nack":
            raise Nack()
        if fault == "asleep":
            self._set_state(SLEEPS)
            return
        assert packet[0] == len(packet), "wrong count"
        self._ready_ms = self.now_ms + _WORKS_MS.get(packet[1], 1)
        if fault == "busy":
            self._ready_ms = 1 << 40
        if packet[-2:] != checksum(packet[:-2]) or fault == "heard badly":
            self._say(b"\xff")
        elif fault == "watchdog":
            self._say(b"\xee")
        elif isinstance(fault, int):
            self._say(bytes((fault,)))
        else:
            self.commands.append(packet[1])
            slot = packet[3] | packet[4] << 8
            self._say(self._answer(packet[1], packet[2], slot, packet[5:-2]))
            if fault == "short":
                self._output = self._output[:-9]

    def _answer(self, opcode: int, mode: int, slot: int, data) -> bytes:
        if slot in self.refuses:
            return b"\x0f"
        if (opcode, mode, slot, len(data)) == (0x30, 0, 0, 0):
            return b"\x00\x00\x60\x03"
        if (opcode, mode, slot, len(data)) == (0x1B, 0, 0, 0):
            return bytes(32) if self._fault == "stuck" else self._random(32)
        if (opcode, mode, slot, len(data)) == (0x16, 0x43, 0, 32):
            self._digest = data
            return b"\x00"
        if opcode == 0x40 and mode in (0, 4) and not data:
            return self._key(mode, slot)
        if (opcode, mode, len(data)) == (0x41, 0xA0, 0):
            return self._sign(slot)
        if opcode == 0x43 and mode in (0x0C, 0x0D) and len(data) == 64:
            return self._shared(TEMPKEY if mode == 0x0D else slot, data)
        return b"\x03"

    def _key(self, mode: int, slot: int) -> bytes:
        if mode == 4:
            self.keys[slot] = int.from_bytes(p256.keypair(self._random)[0], "big")
        if slot not in self.keys:
            return b"\x0f"
        x, y = of_base(p256.CURVE, self.keys[slot], self._random)
        if self._fault == "off the curve":
            y ^= 1
        return p256.CURVE.octets(x, y)[1:]

    def _sign(self, slot: int) -> bytes:
        if self._digest is None or slot not in self.keys:
            return b"\x0f"
        n = p256.CURVE.n
        k = 1 + int.from_bytes(self._random(40), "big") % (n - 1)
        r = of_base(p256.CURVE, k, self._random)[0] % n
        s = inverse(k, n) * (leftmost(self._digest, 32) + self.keys[slot] * r) % n
        self._digest = None
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _shared(self, slot: int, data) -> bytes:
        if slot not in self.keys:
            return b"\x0f"
        try:
            x, y = p256.CURVE.point(b"\x04" + data)
        except ValueError:
            return b"\x05"
        if self._fault == "zero":
            return bytes(32)
        x, y = of_point(p256.CURVE, self.keys[slot], x, y, self._random)
        if slot == TEMPKEY:  # it is good for one use
            self.keys.pop(TEMPKEY)
        return x.to_bytes(32, "big")
