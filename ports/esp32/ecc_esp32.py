"""P-256 on the ECC multiplier of ESP32-C6, C2 and H2 (their technical reference manuals).

    p256 = for_this_chip(software)  # None on other chips

The block multiplies a point by a number, 8 to 19 ms; everything else is Python's integers. The
time it takes depends on the number (on early H2 and on C2 and C6 there is no other mode), so a
secret is split at random into two terms, and each is multiplied. Each result must be a point
of the curve, and not the one that was put in. On any fault the software does the work.

The firmware has no way to share the block with us. If WiFi (WPA3) or the firmware's TLS needs
it in the same 40 ms, a result is wrong, on one side or both: a signature is thus computed
twice, whereas a wrong ECDH secret fails in the Finished messages.

Not yet run on silicon.
"""

from micropython import const

from dtls_micro.crypto import ecdsa, p256
from dtls_micro.crypto.modular import inverse, random_below
from dtls_micro.crypto.turn import Turn

# Of each chip: base, clock register and bit, reset register and bit, power register or 0,
# register whose bit 1 holds ECDSA in reset, and the multiplier with it, or 0
CHIPS = {
    "ESP32C2": (0x6003E000, 0x600C0014, 2, 0x600C001C, 2, 0, 0),
    "ESP32C6": (0x6008B000, 0x600960D8, 1, 0x600960D8, 2, 0x600960DC, 0),
    "ESP32H2": (0x6008B000, 0x600960D4, 1, 0x600960D4, 2, 0x600960D8, 0x600960E4),
}
_MEMORY_DOWN = const(1 | 4)  # of the power register: power down, and by force
_ECDSA_RESET = const(2)

_DONE = const(0x0C)  # registers: raw interrupt, bit 0
_DONE_CLEAR = const(0x18)
_CONFIG = const(0x1C)
_K = const(0x100)  # 8 words each, the lowest first
_X = const(0x120)
_Y = const(0x140)
_START = const(1)  # bits of the configuration
_P256 = const(4)
_MODE = const(0xFFF)  # 0 multiplies a point; where the fields are differs between chips
_POLLS = const(100000)  # each 2 microseconds at least
_FAULTS = const(3)  # after which the block is left alone

_CURVE = p256.CURVE
_SIZE = const(32)


def for_this_chip(software=None):
    """Return a P256 if the board's chip has the block, else None."""
    import sys

    name = chip_of(sys.implementation._machine)
    return P256(name, software) if name else None


def chip_of(machine: str):
    """Return which of CHIPS a board is said to have: "... with ESP32C6"; None for others.

    Letters behind the name are a variant, a digit makes it another chip.
    """
    chip = machine.rpartition(" with ")[2].upper().replace("-", "")
    for name in CHIPS:
        if chip.startswith(name) and not chip[len(name) : len(name) + 1].isdigit():
            return name
    return None


class P256:
    """A port's p256 (typings/dtls_port.pyi).

    chip:     of CHIPS
    software: what to fall back to, a module or object like dtls_micro.crypto.p256
    memory:   machine.mem32 or the like
    irq:      machine.disable_irq and machine.enable_irq or the like
    faults:   how often the software had to step in
    """

    def __init__(self, chip: str, software=None, memory=None, irq=None):
        if memory is None:
            import machine

            memory = machine.mem32
            irq = machine.disable_irq, machine.enable_irq
        self._base, *self._gates = CHIPS[chip]
        self._memory = memory
        self._irq = irq
        self._software = software or p256
        self._turn = Turn()
        self.faults = 0

    def keypair(self, random):
        """Return a new (private, public)."""
        return self._attempt(self._keypair, self._software.keypair, random)

    def shared(self, private, peer, random) -> bytes:
        """Return the ECDH secret; ValueError if `peer` is no point of the curve."""
        return self._attempt(self._shared, self._software.shared, private, peer, random)

    def sign(self, private, digest, sha256, random) -> bytes:
        """Return the ECDSA signature of RFC 6979, as the software does."""
        return self._attempt(self._sign, self._software.sign, private, digest, sha256, random)

    def verify(self, public, digest, signature) -> bool:
        """Tell whether a signature is good; only the software says that one is not."""
        software = self._software.verify
        good = self._attempt(self._verify, lambda *_: False, public, digest, signature)
        return good or software(public, digest, signature)

    def _attempt(self, hardware, software, *arguments):
        fault = 0
        if self.faults < _FAULTS:
            try:
                return self._alone(hardware, arguments)
            except OSError:
                fault = 1
        result = software(*arguments)  # without entropy it fails as well: no fault of the block
        self.faults += fault
        return result

    def _alone(self, hardware, arguments):
        self._turn.take()
        try:
            before = self._switch_on()
            try:
                return hardware(*arguments)
            finally:
                self._switch_off(before)
        finally:
            self._turn.release()

    def _keypair(self, random):
        k = random_below(random, _CURVE.n, _SIZE)
        x, y = self._by_secret(k, _CURVE.x, _CURVE.y, random)
        return k.to_bytes(_SIZE, "big"), _CURVE.octets(x, y)

    def _shared(self, private, peer, random) -> bytes:
        x, y = _CURVE.point(peer)
        x, _ = self._by_secret(_number(private), x, y, random)
        return x.to_bytes(_SIZE, "big")

    def _sign(self, private, digest, sha256, random) -> bytes:
        from dtls_micro.crypto.rfc6979 import nonces

        n = _CURVE.n
        d = _number(private)
        e = ecdsa.leftmost(digest, _SIZE)
        for k in nonces(sha256, private, e, n):
            r = self._by_secret(k, _CURVE.x, _CURVE.y, random)[0] % n
            if r != self._by_secret(k, _CURVE.x, _CURVE.y, random)[0] % n:
                raise OSError("ECC: two results")  # a right and a wrong one give the key away
            blind = random_below(random, n, _SIZE)
            s = inverse(k * blind % n, n) * (e * blind + d * blind % n * r) % n
            if r and s:
                break
        return r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")

    def _verify(self, public, digest, signature) -> bool:
        """FIPS 186-5 section 6.4.2; the order of the steps is that of crypto/ecdsa.py."""
        n = _CURVE.n
        r = int.from_bytes(signature[:_SIZE], "big")
        s = int.from_bytes(signature[_SIZE:], "big")
        if len(signature) != 2 * _SIZE or not (0 < r < n and 0 < s < n):
            return False
        try:
            x, y = _CURVE.point(public)
        except ValueError:
            return False
        s = inverse(s, n)
        x1, y1 = self._multiply(ecdsa.leftmost(digest, _SIZE) * s % n, _CURVE.x, _CURVE.y)
        x2, y2 = self._multiply(r * s % n, x, y)
        x, y, z = _CURVE.add(x1, y1, 1, x2, y2)
        return bool(z) and _CURVE.affine(x, y, z)[0] % n == r

    def _by_secret(self, k: int, x: int, y: int, random):
        """Return k times a point as the sum of two random multiples of it."""
        part = random_below(random, _CURVE.n, _SIZE)
        x1, y1 = self._multiply(part, x, y)
        x2, y2 = self._multiply((k - part) % _CURVE.n, x, y)
        return _CURVE.affine(*_CURVE.add(x1, y1, 1, x2, y2))

    def _multiply(self, k: int, x: int, y: int):
        """Return k times a point; OSError for a result that cannot be right."""
        if k == 1:  # a forger can have that; of a secret it is not to be expected
            return x, y
        memory = self._memory
        config = memory[self._base + _CONFIG] & ~_MODE | _P256
        self._put(_K, k)
        self._put(_X, x)
        self._put(_Y, y)
        memory[self._base + _DONE_CLEAR] = 1
        if self._get(_X) != x or self._get(_Y) != y or memory[self._base + _DONE] & 1:
            raise OSError("ECC: it takes no input")
        memory[self._base + _CONFIG] = config
        memory[self._base + _CONFIG] = config | _START
        try:
            self._await()
            result = self._get(_X), self._get(_Y)
        finally:
            self._put(_K, 0)
            self._put(_X, 0)
        if result == (x, y):
            raise OSError("ECC: it did nothing")
        try:
            return _CURVE.point(_CURVE.octets(*result))
        except ValueError as error:
            raise OSError("ECC: " + str(error))

    def _await(self):
        done = self._base + _DONE
        for _ in range(_POLLS):
            if self._memory[done] & 1:
                return
        raise OSError("ECC: no result")

    def _put(self, at: int, number: int):
        at += self._base
        for i in range(0, _SIZE, 4):
            self._memory[at + i] = number >> 8 * i & 0xFFFFFFFF

    def _get(self, at: int) -> int:
        at += self._base
        number = 0
        for i in range(0, _SIZE, 4):
            number |= (self._memory[at + i] & 0xFFFFFFFF) << 8 * i
        return number

    def _switch_on(self):
        """Give the block its clock and power, and reset it; return what was before.

        OSError if it is at work for somebody else.
        """
        clock, clock_bit, reset, reset_bit, power, ecdsa_reset = self._gates
        memory = self._memory
        if memory[clock] & clock_bit and memory[self._base + _CONFIG] & _START:
            raise OSError("ECC: busy")
        before = memory[clock] & clock_bit, power and memory[power] & _MEMORY_DOWN
        self._change(clock, 0, clock_bit)
        if power:
            self._change(power, _MEMORY_DOWN, 0)
        self._change(reset, 0, reset_bit)
        self._change(reset, reset_bit, 0)
        if ecdsa_reset:
            self._change(ecdsa_reset, _ECDSA_RESET, 0)
        return before

    def _switch_off(self, before):
        """Leave clock and power as they were."""
        clock, clock_bit, _, _, power, _ = self._gates
        was_clocked, was_down = before
        if power:
            self._change(power, 0, was_down)
        if not was_clocked:
            self._change(clock, clock_bit, 0)

    def _change(self, register: int, clear: int, bits: int):
        """Clear and set bits of a register that others have bits in too."""
        state = self._irq[0]()
        self._memory[register] = self._memory[register] & ~clear | bits
        self._irq[1](state)


def _number(private) -> int:
    """Return a private key as a number; ValueError unless it is 32 bytes and 1..n-1."""
    d = int.from_bytes(private, "big")
    if len(private) != _SIZE or not 0 < d < _CURVE.n:
        raise ValueError("not a private key of P-256")
    return d
