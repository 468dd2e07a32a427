"""ECDH and ECDSA on P-256 on a kernel of the port; p256_programs.py tells what that is.

A scalar k is recoded as signs: an odd k is the sum of s_j * 2**j, where s_j is 1 if bit j + 1 of
k is set and else -1, the highest 1. So there is no digit 0 and no branch. Where an addition meets
a doubling, which only constructed scalars bring about, Z becomes 0, and the portable p256.py
does the work again. What is secret is inverted as a power; INVERT is for what is public, and for
numbers that have been multiplied by one at random.
"""

import sys

from micropython import const

from . import p256_programs as programs
from .modular import EXTRA, below
from .turn import Turn

_ONE = const(0)  # elements of the arena
_X = const(1)
_Y = const(2)
_Z = const(3)
_PX = const(4)
_PY = const(5)
_T1 = const(7)
_T2 = const(8)
_ZERO = const(13)
_SQUARED = const(14)
_RAW = const(15)
_SIGNS = const(39)
_COLUMNS = const(41)
_COMB = const(43)
_CURVE = const(107)
_MODULUS = const(108)
_ORDER = const(109)
_ELEMENTS = const(110)
_SIZE = const(32)
_SPACING = const(26)
_DRAWN = 2 * _SIZE + EXTRA  # bytes at random: for Z, and for a number below n
_PUBLIC = const(0x10000)  # digits are
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class P256:
    """keypair, shared, sign and verify of typings/dtls_port.pyi, on a kernel.

    run:   the kernel
    OSError if one of the four is under way already, in another thread
    """

    def __init__(self, run):
        self._run = run
        self._turn = Turn()
        self._arena = bytearray(_ELEMENTS * _SIZE)
        self._view = memoryview(self._arena)
        self._set(_ONE, 2**256 % _P)
        self._set(_SQUARED, 2**512 % _P)
        self._set(_RAW, 1)
        self._set(_CURVE, (_B << 256) % _P)
        self._set(_MODULUS, _P)
        self._set(_ORDER, _N)
        self._put(_COMB, _comb())

    def keypair(self, random):
        """Return a new (private, public): 32 bytes, and 65 bytes 04 || X || Y."""
        return self._alone(self._keypair, random)

    def shared(self, private, peer, random) -> bytes:
        """Return the ECDH secret, 32 bytes; ValueError unless `peer` is a point of the curve."""
        return self._alone(self._shared, private, peer, random)

    def sign(self, private, digest, sha256, random) -> bytes:
        """Return the ECDSA signature r || s, 64 bytes, that RFC 6979 prescribes."""
        return self._alone(self._sign, private, digest, sha256, random)

    def verify(self, public, digest, signature) -> bool:
        """Tell whether a signature is good; False too for an invalid key or signature."""
        return self._alone(self._verify, public, digest, signature)

    def _alone(self, work, *arguments):
        self._turn.take()
        try:
            return work(*arguments)
        finally:
            self._run(programs.WIPE, self._arena, 0)
            self._turn.release()

    def _keypair(self, random):
        drawn = random(_DRAWN)  # at once: a port may test its source for each request
        k = below(drawn[_SIZE:], _N)
        x, y = self._of_base(k, drawn, random)
        public = b"\x04" + x.to_bytes(_SIZE, "big") + y.to_bytes(_SIZE, "big")
        return k.to_bytes(_SIZE, "big"), public

    def _shared(self, private, peer, random) -> bytes:
        k = _scalar(private)
        self._load(peer)
        run = self._run
        arena = self._arena
        run(programs.CHAIN, arena, 0)
        run(programs.INVERT_Z, arena, 0)
        run(programs.TABLE, arena, 0)
        self._put(_Z, random(_SIZE))
        self._set_signs(k, _N - k)  # minus the point has the same X
        run(programs.FIRST_WINDOW, arena, 252)
        run(programs.WINDOW, arena, 248)  # down to 0
        found = self._affine()
        if found is None:
            return _portable().shared(private, peer, random)
        return found[0].to_bytes(_SIZE, "big")

    def _sign(self, private, digest, sha256, random) -> bytes:
        from .rfc6979 import nonces  # few clients sign

        d = _scalar(private)
        e = int.from_bytes(digest[:_SIZE], "big")
        for k in nonces(sha256, private, e, _N):
            drawn = random(_DRAWN)
            r = self._of_base(k, drawn, random)[0] % _N
            blind = below(drawn[_SIZE:], _N)
            self._put(_T1, (k * blind % _N).to_bytes(_SIZE, "big"))
            s = self._inverse() * (e * blind + d * blind % _N * r) % _N
            if r and s:
                break
        return r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")

    def _verify(self, public, digest, signature) -> bool:
        if len(signature) != 2 * _SIZE:
            return False
        s = memoryview(signature)[_SIZE:]
        candidate = signature[:_SIZE]
        r = int.from_bytes(candidate, "big")
        if not 0 < r < _N or _is_from(s, _N):
            return False
        self._put(_T1, s)
        inverse = self._inverse()  # 0 if s is
        k = r * inverse % _N
        try:
            self._load(public)
        except ValueError:
            return False
        if not k & 1:
            k = _N - k
            self._run(programs.NEGATE, self._arena, 0)
        self._set_signs(k, k)
        self._sum(int.from_bytes(digest[:_SIZE], "big") * inverse % _N)
        if self._is_zero(_Z):
            return _portable().verify(public, digest, signature)
        while r < _P:  # x modulo n is wanted, and x may be r + n
            self._put(_T1, candidate)
            self._run(programs.COMPARE, self._arena, 0)
            if self._is_zero(_T1):
                return inverse > 0
            r += _N
            candidate = r.to_bytes(_SIZE + 1, "big")[1:]
        return False

    def _sum(self, m: int):
        """Add m times the base point and the loaded point times what the signs say (Straus)."""
        run = self._run
        arena = self._arena
        self._set_columns(m)
        run(programs.CHAIN, arena, 0)
        run(programs.INVERT_PUBLIC, arena, 0)
        run(programs.TABLE, arena, 0)
        self._put(_Z, self._view[:_SIZE])  # one
        run(programs.FIRST_WINDOW, arena, 252 | _PUBLIC)
        run(programs.WINDOW, arena, 248 | 28 << 8 | _PUBLIC)
        for place in (27, 26):
            run(programs.ONE_DOUBLE, arena, place)
        above = _SPACING
        for place in range(24, -1, -4):
            run(programs.COMB_STEP, arena, above - 1 | place << 8 | _PUBLIC)
            run(programs.ONE_POINT, arena, place | _PUBLIC)
            above = place

    def _of_base(self, k: int, drawn, random):
        """Return (x, y) of k times the base point; `drawn` begins with 32 bytes for Z."""
        run = self._run
        arena = self._arena
        self._set_columns(k)
        self._put(_Z, drawn[:_SIZE])
        run(programs.FIRST_OF_COMB, arena, _SPACING - 1)
        run(programs.COMB_STEP, arena, _SPACING - 2)  # down to 0
        found = self._affine()
        if found is None:
            from .multiply import of_base

            return of_base(_portable().CURVE, k, random)
        return found

    def _affine(self):
        """Return the sum as (x, y), or None if Z has become 0."""
        if self._is_zero(_Z):
            return None
        self._run(programs.INVERT_Z, self._arena, 0)
        self._run(programs.AFFINE, self._arena, 0)
        return self._get(_X) % _P, self._get(_Y) % _P

    def _load(self, octets):
        """Put 04 || X || Y into (_PX, _PY); ValueError if it is no point (SEC 1 section 2.3.4)."""
        if len(octets) != 1 + 2 * _SIZE or octets[0] != 4:
            raise ValueError("not an uncompressed point")
        x = memoryview(octets)[1 : 1 + _SIZE]
        y = memoryview(octets)[1 + _SIZE :]
        self._put(_PX, x)
        self._put(_PY, y)
        self._run(programs.LOAD, self._arena, 0)
        if _is_from(x, _P) or _is_from(y, _P) or not self._is_zero(_T1):
            raise ValueError("not a point of the curve")

    def _inverse(self) -> int:
        """Return the inverse modulo n of what is in T1, public or blinded; 0 of 0."""
        self._run(programs.INVERT_SCALAR, self._arena, 0)
        return self._get(_T2)

    def _is_zero(self, number: int) -> bool:
        """Tell whether an element is 0 or p."""
        found = self._part(number)
        return found == self._part(_ZERO) or found == self._part(_MODULUS)

    def _part(self, number: int):
        number *= _SIZE
        return self._view[number : number + _SIZE]

    def _put(self, number: int, octets):
        """Fill the arena from an element on; a slice of the whole would move what is behind."""
        at = number * _SIZE
        part = self._view[at : at + len(octets)]
        part[:] = octets

    def _set(self, number: int, value: int):
        self._put(number, value.to_bytes(_SIZE, "little"))

    def _set_signs(self, k: int, otherwise: int):
        """Set 256 signs, of the one that is odd."""
        self._set(_SIGNS, (otherwise, k)[k & 1])
        self._arena[(_SIGNS + 1) * _SIZE] = 1

    def _set_columns(self, k: int):
        """Set 260 signs of k, or of k + n if that is odd."""
        self._put(_COLUMNS, (k + _N, k)[k & 1].to_bytes(_SIZE + 1, "little"))
        self._arena[(_COLUMNS + 1) * _SIZE] |= 16  # bit 260

    def _get(self, number: int) -> int:
        return int.from_bytes(self._part(number), "little")


def _scalar(private) -> int:
    k = int.from_bytes(private, "big")
    if len(private) != _SIZE or not 0 < k < _N:
        raise ValueError("not a private key of P-256")
    return k


def _is_from(octets, limit: int) -> bool:
    """Tell whether a public number is `limit`, p or n, or above: few begin as these do."""
    return octets[0] == 255 and int.from_bytes(octets, "big") >= limit


def _comb():
    """Return the 2 kB of p256_comb.py, and let go of the module: the arena has them next."""
    from .. import crypto
    from . import p256_comb

    table = p256_comb.COMB
    del sys.modules[p256_comb.__name__], crypto.p256_comb
    return table


def _portable():
    """Return the portable arithmetic, which scalars need that were made to need it."""
    from . import p256

    return p256
