"""ECDH and ECDSA on P-256 on a kernel of the port; p256_programs.py tells what that is.

A scalar k is recoded as signs: an odd k is the sum of s_j * 2**j, where s_j is 1 if bit j + 1 of
k is set and else -1, the highest 1. So there is no digit 0 and no branch. Where an addition meets
a doubling, which only constructed scalars bring about, Z becomes 0, and the portable p256.py
does the work again.
"""

from micropython import const

from . import p256_programs as programs
from .modular import inverse, random_below

_ONE = const(0)  # elements of the arena
_X = const(1)
_Y = const(2)
_Z = const(3)
_PX = const(4)
_PY = const(5)
_ZERO = const(13)
_SQUARED = const(14)
_RAW = const(15)
_COMB = const(39)
_ELEMENTS = const(103)
_SIZE = const(32)
_TEETH = const(5)
_SPACING = const(26)
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class P256:
    """keypair, shared, sign and verify of typings/dtls_port.pyi, on a kernel.

    run:   the kernel
    comb:  what p256_comb.py has, 2048 bytes
    """

    def __init__(self, run, comb):
        self._run = run
        self._arena = bytearray(_ELEMENTS * _SIZE)
        self._view = memoryview(self._arena)
        self._set(_ONE, 2**256 % _P)
        self._set(_SQUARED, 2**512 % _P)
        self._set(_RAW, 1)
        self._view[_COMB * _SIZE :] = comb

    def keypair(self, random):
        """Return a new (private, public): 32 bytes, and 65 bytes 04 || X || Y."""
        k = random_below(random, _N, _SIZE)
        x, y = self._of_base(k, random)
        public = b"\x04" + x.to_bytes(_SIZE, "big") + y.to_bytes(_SIZE, "big")
        return k.to_bytes(_SIZE, "big"), public

    def shared(self, private, peer, random) -> bytes:
        """Return the ECDH secret, 32 bytes; ValueError unless `peer` is a point of the curve."""
        k = _scalar(private)
        self._load(_point(peer))
        self._run(programs.MULTIPLES, self._arena, 0)
        self._set_random(_Z, random)
        digits = _window(k, _N - k)  # minus the point has the same X
        run = self._run
        arena = self._arena
        run(programs.FIRST_WINDOW, arena, digits[0] >> 4)
        for at in range(1, 64):
            octet = digits[at >> 1]
            run(programs.WINDOW, arena, octet & 15 if at & 1 else octet >> 4)
        found = self._affine()
        self._wipe()
        if found is None:
            return _portable().shared(private, peer, random)
        return found[0].to_bytes(_SIZE, "big")

    def sign(self, private, digest, sha256, random) -> bytes:
        """Return the ECDSA signature r || s, 64 bytes, that RFC 6979 prescribes."""
        from .rfc6979 import nonces  # few clients sign

        d = _scalar(private)
        e = int.from_bytes(digest[:_SIZE], "big")
        for k in nonces(sha256, private, e, _N):
            r = self._of_base(k, random)[0] % _N
            blind = random_below(random, _N, _SIZE)
            s = inverse(k * blind % _N, _N) * (e * blind + d * blind % _N * r) % _N
            if r and s:
                break
        return r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")

    def verify(self, public, digest, signature) -> bool:
        """Tell whether a signature is good; False too for an invalid key or signature."""
        if len(signature) != 2 * _SIZE:
            return False
        r = int.from_bytes(signature[:_SIZE], "big")
        s = int.from_bytes(signature[_SIZE:], "big")
        if not (0 < r < _N and 0 < s < _N):
            return False
        try:
            x, y = _point(public)
        except ValueError:
            return False
        s = inverse(s, _N)
        k = r * s % _N
        if not k & 1:
            k = _N - k
            y = _P - y
        self._load((x, y))
        self._sum(int.from_bytes(digest[:_SIZE], "big") * s % _N, _window(k, k))
        z = self._get(_Z)
        if z % _P == 0:
            return _portable().verify(public, digest, signature)
        zz = z * z % _P
        x = (self._get(_X) << 256) % _P  # as r * zz has 2**256 twice, and X once
        while r < _P:  # x modulo n is wanted, and x may be r + n
            if (r * zz - x) % _P == 0:
                return True
            r += _N
        return False

    def _sum(self, m: int, digits):
        """Add m times the base point and the loaded point times what the digits say (Straus)."""
        run = self._run
        arena = self._arena
        comb = _columns(m)
        self._run(programs.MULTIPLES, self._arena, 0)
        self._set(_Z, 2**256 % _P)
        run(programs.FIRST_WINDOW, arena, digits[0] >> 4)
        for at in range(1, 64):
            octet = digits[at >> 1]
            digit = octet & 15 if at & 1 else octet >> 4
            place = 4 * (63 - at)
            if place > _SPACING:
                run(programs.WINDOW, arena, digit)
                continue
            for i in range(place + 3, place - 1, -1):
                if i < _SPACING:
                    run(programs.SECOND_COMB, arena, comb[i + _SPACING])
                    run(programs.FIRST_COMB, arena, comb[i])
                else:
                    run(programs.ONE_DOUBLE, arena, 0)
            run(programs.ONE_POINT, arena, digit)

    def _of_base(self, k: int, random):
        """Return (x, y) of k times the base point."""
        comb = _columns(k)
        run = self._run
        arena = self._arena
        self._set_random(_Z, random)
        run(programs.FIRST_OF_COMB, arena, comb[2 * _SPACING - 1])
        run(programs.FIRST_COMB, arena, comb[_SPACING - 1])
        for i in range(_SPACING - 2, -1, -1):
            run(programs.SECOND_COMB, arena, comb[i + _SPACING])
            run(programs.FIRST_COMB, arena, comb[i])
        found = self._affine()
        self._wipe()
        if found is None:
            from .multiply import of_base

            return of_base(_portable().CURVE, k, random)
        return found

    def _affine(self):
        """Return the sum as (x, y), or None if Z has become 0."""
        if self._get(_Z) % _P == 0:
            return None
        self._run(programs.AFFINE, self._arena, 0)
        return self._get(_X) % _P, self._get(_Y) % _P

    def _load(self, point):
        """Put (x, y) into (_PX, _PY)."""
        self._set(_PX, point[0])
        self._set(_PY, point[1])
        self._run(programs.LOAD, self._arena, 0)

    def _set(self, number: int, value: int):
        at = number * _SIZE
        self._view[at : at + _SIZE] = value.to_bytes(_SIZE, "little")

    def _set_random(self, number: int, random):
        at = number * _SIZE
        self._view[at : at + _SIZE] = random(_SIZE)

    def _get(self, number: int) -> int:
        at = number * _SIZE
        return int.from_bytes(self._view[at : at + _SIZE], "little")

    def _wipe(self):
        """Leave nothing of a secret but the tables of what is public."""
        for at in range(_X * _SIZE, _ZERO * _SIZE):
            self._arena[at] = 0


def _scalar(private) -> int:
    k = int.from_bytes(private, "big")
    if len(private) != _SIZE or not 0 < k < _N:
        raise ValueError("not a private key of P-256")
    return k


def _point(octets):
    """Return (x, y) from 04 || X || Y; ValueError if it is no point (SEC 1 section 2.3.4)."""
    if len(octets) != 1 + 2 * _SIZE or octets[0] != 4:
        raise ValueError("not an uncompressed point")
    x = int.from_bytes(octets[1:33], "big")
    y = int.from_bytes(octets[33:], "big")
    if x >= _P or y >= _P or (y * y - (x * x - 3) * x - _B) % _P:
        raise ValueError("not a point of the curve")
    return x, y


def _window(k: int, otherwise: int) -> bytes:
    """Return 64 digits of four signs, the highest first, of the one that is odd."""
    k = (otherwise, k)[k & 1]
    return (k >> 1 | 1 << 255).to_bytes(_SIZE, "big")


def _columns(k: int) -> bytearray:
    """Return 52 digits of five signs that are 52 places apart, the lowest first; k may be even."""
    k = (k + _N, k)[k & 1]
    width = 2 * _SPACING
    octets = (k >> 1 | 1 << _TEETH * width - 1).to_bytes(33, "little")
    digits = bytearray(width)
    for at in range(_TEETH * width):
        digits[at % width] |= (octets[at >> 3] >> (at & 7) & 1) << at // width
    return digits


def _portable():
    """Return the portable arithmetic, which scalars need that were made to need it."""
    from . import p256

    return p256
