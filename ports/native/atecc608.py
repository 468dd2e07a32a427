"""An ATECC608 on I2C: a key of P-256 that never leaves its chip (Microchip's data sheet).

    element = SecureElement(I2C(0, freq=100000), slot=0)
    credential = Ecdhe(trust, ClientCertificate(chain, element.sign))

The slot's key must exist and its configuration must allow what is asked; this module neither
writes nor locks configurations. At most 100 kHz, else the chip sleeps through the wake-up.
What goes wrong is an OSError: SecureElementError if the chip said so itself. A private key in
the chip has no substitute, so only an ephemeral key falls back to software: see Ephemeral.
The bus is best the chip's own: below 300 kHz what is said to others may wake it.

Not yet run on silicon.
"""

import time

from micropython import const

TEMPKEY = 0xFFFF  # in place of a slot: a key in the chip's RAM

_RESET_POINTER = b"\x00"  # word addresses; after the first, the same reply is read once more
_SLEEP = b"\x01"
_IDLE = b"\x02"
_COMMAND = const(3)

_RANDOM = const(0x1B)  # commands
_NONCE = const(0x16)
_INFO = const(0x30)
_GENKEY = const(0x40)
_SIGN = const(0x41)
_ECDH = const(0x43)

_NEW_KEY = const(4)  # their modes
_PASS_TO_DIGEST = const(0x43)
_SIGN_DIGEST = const(0xA0)  # an external message that is in the digest buffer
_ECDH_SLOT = const(0x0C)  # with the result in the clear, if the configuration lets it
_ECDH_TEMPKEY = const(0x0D)

_SUCCESS = const(0)  # status codes
_AWAKE = const(0x11)
_WATCHDOG = const(0xEE)
_BAD_PACKET = const(0xFF)
_PASSING = (_AWAKE, _WATCHDOG, _BAD_PACKET)  # it slept, or did not hear
_STATUS = {
    0x01: "the comparison failed",
    0x03: "cannot parse the command",
    0x05: "ECC fault",
    0x07: "self-test failed",
    0x08: "the random generator's self-test failed",
    0x0F: "cannot do that: check the slot, its configuration and its lock",
    0xEE: "too little time left before the watchdog",
    0xFF: "got a damaged command",
}

_WAKE_MS = const(2)  # 1.5 ms from the wake-up to the first command
_POLL_MS = const(5)
_POLLS = const(260)  # 1.3 s, which is the watchdog's time too
_TRIES = const(3)
_LONGEST_REPLY = const(67)
_POLYNOMIAL = const(0x8005)
_IN_THE_CHIP = b"\xff" * 16  # so begins the name of a key, but no private key, of P-256


class SecureElementError(OSError):
    """The chip refused a command; status: its code."""

    def __init__(self, status: int):
        super().__init__("ATECC608: " + _STATUS.get(status, "status %02x" % status))
        self.status = status


class SecureElement:
    """One chip, and the private key in one of its slots.

    i2c:      machine.I2C or the like: writeto(address, buffer), readfrom_into(address, buffer)
    slot:     0..15
    address:  7 bits: 0x60 as shipped blank, 0x36 TrustFLEX, 0x35 Trust&GO
    sleep_ms: time.sleep_ms, where that is missing
    """

    def __init__(self, i2c, slot: int, address: int = 0x60, sleep_ms=None):
        if not 0 <= slot <= 15:
            raise ValueError("slots are 0..15")
        self.slot = slot
        self._i2c = i2c
        self._address = address
        self._sleep_ms = sleep_ms or time.sleep_ms
        self._reply = bytearray(_LONGEST_REPLY)

    def revision(self) -> bytes:
        """Return 4 bytes, the third of which is 60 hex for this family."""
        return self._run(((_INFO, 0, 0, b"", 4),))

    def random(self, n: int) -> bytes:
        """Return `n` bytes; OSError if the generator stands still, or its configuration is open.

        Before the configuration is locked, the chip gives a fixed pattern.
        """
        data = b""
        while len(data) < n:
            block = self._run(((_RANDOM, 0, 0, b"", 32),))
            if block == data[-32:] or block[:4] == b"\xff\xff\x00\x00":
                raise OSError("ATECC608: no random numbers")
            data += block
        return data[:n]

    def public_key(self) -> bytes:
        """Return the public key of the slot, 04 || X || Y."""
        return _point(self._run(((_GENKEY, 0, self.slot, b"", 64),)))

    def sign(self, digest) -> bytes:
        """Return the ECDSA signature r || s, 64 bytes, of a digest of 32: the hook `key`."""
        if len(digest) != 32:
            raise ValueError("a digest has 32 bytes")
        commands = (
            (_RANDOM, 0, 0, b"", 32),  # or signatures go on with an old seed
            (_NONCE, _PASS_TO_DIGEST, 0, digest, 0),
            (_SIGN, _SIGN_DIGEST, self.slot, b"", 64),
        )
        return self._run(commands)

    def generate(self, slot: int) -> bytes:
        """Make a new key in a slot or in TEMPKEY; return its public key, 04 || X || Y."""
        return _point(self._run(((_GENKEY, _NEW_KEY, slot, b"", 64),)))

    def shared(self, slot: int, peer) -> bytes:
        """Return the ECDH secret of a slot's key, or TEMPKEY's, and a point of the curve.

        TEMPKEY is used up by that. ValueError if `peer` is no point.
        """
        _on_curve(peer)
        xy = bytes(peer[1:])
        if slot == TEMPKEY:
            secret = self._run(((_ECDH, _ECDH_TEMPKEY, 0, xy, 32),), _SLEEP)
        else:
            secret = self._run(((_ECDH, _ECDH_SLOT, slot, xy, 32),))
        if secret == bytes(32):
            raise OSError("ATECC608: the secret is empty")
        return secret

    def p256(self, slot: int = TEMPKEY, software=None):
        """Return what can be a port's p256: see Ephemeral."""
        return Ephemeral(self, slot, software)

    def sleep(self):
        """Send the chip to sleep, which takes the least current and forgets TEMPKEY."""
        self._wake()
        self._i2c.writeto(self._address, _SLEEP)

    def _run(self, commands, afterwards=_IDLE) -> bytes:
        """Wake the chip, run commands as they are in _execute(), and let it idle or sleep.

        When it lost its state or its attention on the way, all of it is done again. The result
        is that of the last command.
        """
        for attempt in range(_TRIES):
            try:
                self._wake()
                for command in commands:
                    data = self._execute(command)
                self._rest(afterwards)
                return data
            except OSError as error:
                self._rest(_IDLE)
                status = getattr(error, "status", _BAD_PACKET)
                if attempt == _TRIES - 1 or status not in _PASSING:
                    raise

    def _rest(self, how):
        """Send the chip to rest; it may be past hearing that. Forget its reply."""
        for i in range(_LONGEST_REPLY):
            self._reply[i] = 0
        try:
            self._i2c.writeto(self._address, how)
        except OSError:
            return

    def _wake(self):
        """Hold the data line low for long enough, by the address 0; nobody answers to that."""
        for _ in range(_TRIES):
            try:
                self._i2c.writeto(0, b"\x00")
            except OSError:
                pass  # as it must be
            self._sleep_ms(_WAKE_MS)
            try:
                if self._read(0) == _AWAKE:
                    return
                self._i2c.writeto(self._address, _IDLE)  # others on the bus had woken it
            except OSError:
                self._sleep_ms(_POLL_MS)
        raise OSError("ATECC608: does not wake up at address %02x" % self._address)

    def _execute(self, command) -> bytes:
        """Send (opcode, mode, slot, data, size of the result) and return the result."""
        opcode, mode, slot, data, size = command
        packet = bytearray(8 + len(data))
        packet[0] = _COMMAND
        packet[1] = 7 + len(data)
        packet[2] = opcode
        packet[3] = mode
        packet[4] = slot & 255
        packet[5] = slot >> 8
        packet[6:-2] = data
        packet[-2:] = crc(packet, 1, len(packet) - 2)
        self._i2c.writeto(self._address, packet)
        status = self._await(size)
        for _ in range(_TRIES):
            if status >= 0:
                break
            self._i2c.writeto(self._address, _RESET_POINTER)
            status = self._read(size)
        if status < 0:
            raise OSError("ATECC608: its reply is damaged")
        if status != _SUCCESS:
            raise SecureElementError(status)
        return bytes(self._reply[1 : 1 + size])

    def _await(self, size: int) -> int:
        """Read the reply once it is there; the result is that of _read()."""
        for _ in range(_POLLS):
            self._sleep_ms(_POLL_MS)
            try:
                return self._read(size)
            except OSError:
                continue  # while it works it does not answer to its address
        raise OSError("ATECC608: busy for too long")

    def _read(self, size: int) -> int:
        """Read a reply that has `size` bytes or only a status; return that status.

        -1: the reply is damaged, cut off, or of another length. Success without the data that
        it should bring is damage too.
        """
        reply = self._reply
        count = size + 3 if size else 4
        self._i2c.readfrom_into(self._address, memoryview(reply)[:count])
        if reply[0] == 4 and reply[2:4] == crc(reply, 0, 2):
            return -1 if size and reply[1] == _SUCCESS else reply[1]
        if size and reply[0] == count and reply[count - 2 : count] == crc(reply, 0, count - 2):
            return _SUCCESS
        return -1


class Ephemeral:
    """A port's p256 whose ephemeral keys are made in the chip; verification is in software.

    keypair() gives a name in place of the private key, by which shared() knows the chip's key
    as long as it is there: one at a time, and with TEMPKEY once. A chip that fails at
    keypair() is replaced by `software`, a module or object like dtls_micro.crypto.p256;
    `faults` counts how often.
    A slot of EEPROM lasts for a few 100000 keys, TEMPKEY for any number.
    """

    def __init__(self, element, slot: int = TEMPKEY, software=None):
        self._element = element
        self._slot = slot
        self._software = software or _portable()
        self._name = None
        self.faults = 0

    def keypair(self, random):
        """Return (name of the private key, 32 bytes; public key, 65 bytes)."""
        self._name = None
        try:
            public = self._element.generate(self._slot)
        except OSError:
            self.faults += 1
            return self._software.keypair(random)
        self._name = _IN_THE_CHIP + public[1:17]
        return self._name, public

    def shared(self, private, peer, random) -> bytes:
        """Return the ECDH secret; OSError if the chip fails.

        ValueError if `peer` is no point, or the key is no longer in the chip.
        """
        if private == self._name:
            if self._slot == TEMPKEY:
                self._name = None
            return self._element.shared(self._slot, peer)
        if private[:16] == _IN_THE_CHIP:  # and not a number: everybody knows it
            raise ValueError("the key is gone")
        return self._software.shared(private, peer, random)

    def sign(self, private, digest, sha256, random) -> bytes:
        """Sign with a key of 32 bytes, in software; SecureElement.sign has the chip's key."""
        return self._software.sign(private, digest, sha256, random)

    def verify(self, public, digest, signature) -> bool:
        """Tell whether a signature is good, in software."""
        return self._software.verify(public, digest, signature)


def crc(data, start: int, end: int) -> bytes:
    """Return the CRC-16 of data[start:end] as the chip has it: bits from the lowest, 2 bytes."""
    register = 0
    for i in range(start, end):
        byte = data[i]
        for bit in range(8):
            top = register >> 15 ^ byte >> bit & 1
            register = register << 1 & 0xFFFF
            if top:
                register ^= _POLYNOMIAL
    return bytes((register & 255, register >> 8))


def _portable():
    from dtls_micro.crypto import p256

    return p256


def _on_curve(point):
    """Raise ValueError unless this is a point of the curve, 04 || X || Y."""
    _portable().CURVE.point(point)


def _point(xy) -> bytes:
    """Return 04 || X || Y from a reply of the chip; OSError if it is no point."""
    point = b"\x04" + xy
    try:
        _on_curve(point)
    except ValueError:
        raise OSError("ATECC608: gave a point that is not on the curve")
    return point
