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
_SIGNS = const(39)
_COLUMNS = const(40)
_COMB = const(42)
_ELEMENTS = const(106)
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
        self._put(_COMB, comb)

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
        self._put(_Z, random(_SIZE))
        self._set_signs(k, _N - k)  # minus the point has the same X
        run = self._run
        arena = self._arena
        run(programs.FIRST_WINDOW, arena, 252)
        window = programs.WINDOW
        for place in range(248, -1, -4):
            run(window, arena, place)
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
        self._set_signs(k, k)
        self._sum(int.from_bytes(digest[:_SIZE], "big") * s % _N)
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

    def _sum(self, m: int):
        """Add m times the base point and the loaded point times what the signs say (Straus)."""
        run = self._run
        arena = self._arena
        self._set_columns(m)
        run(programs.MULTIPLES, arena, 0)
        self._put(_Z, self._view[:_SIZE])  # one
        run(programs.FIRST_WINDOW, arena, 252)
        for place in range(248, _SPACING, -4):
            run(programs.WINDOW, arena, place)
        for place in range(_SPACING + 1, -1, -1):
            run(programs.COMB_STEP if place < _SPACING else programs.ONE_DOUBLE, arena, place)
            if not place & 3:
                run(programs.ONE_POINT, arena, place)

    def _of_base(self, k: int, random):
        """Return (x, y) of k times the base point."""
        run = self._run
        arena = self._arena
        self._set_columns(k)
        self._put(_Z, random(_SIZE))
        run(programs.FIRST_OF_COMB, arena, _SPACING - 1)
        step = programs.COMB_STEP
        for place in range(_SPACING - 2, -1, -1):
            run(step, arena, place)
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

    def _put(self, number: int, octets):
        """Fill the arena from an element on; a slice of the whole would move what is behind."""
        at = number * _SIZE
        part = self._view[at : at + len(octets)]
        part[:] = octets

    def _set(self, number: int, value: int):
        self._put(number, value.to_bytes(_SIZE, "little"))

    def _set_signs(self, k: int, otherwise: int):
        """Set 256 signs, of the one that is odd."""
        self._set(_SIGNS, (otherwise, k)[k & 1] >> 1 | 1 << 255)

    def _set_columns(self, k: int):
        """Set 260 signs of k, or of k + n if that is odd."""
        k = (k + _N, k)[k & 1] >> 1 | 1 << _TEETH * 2 * _SPACING - 1
        self._put(_COLUMNS, k.to_bytes(_SIZE + 1, "little"))

    def _get(self, number: int) -> int:
        at = number * _SIZE
        return int.from_bytes(self._view[at : at + _SIZE], "little")

    def _wipe(self):
        """Leave nothing of a secret but the tables of what is public."""
        self._put(_X, bytes((_ZERO - _X) * _SIZE))
        self._put(_SIGNS, bytes((_COMB - _SIGNS) * _SIZE))


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


def _portable():
    """Return the portable arithmetic, which scalars need that were made to need it."""
    from . import p256

    return p256
