"""The port to CircuitPython 9 and 10 on boards with WiFi: see typings/dtls_port.pyi.

For the Pico W, the Pico 2 W and the ESP32 family. Not yet run on silicon.
"""

import hashlib
import os
import sys
import time

import socketpool
import wifi
from micropython import const
from supervisor import ticks_ms  # noqa: F401  (of the port; it wraps at 2**29)

_EAGAIN = const(11)
_EBADF = const(9)
_ENETDOWN = const(100)
_ENOBUFS = const(105)
_ENOMEM = const(12)
_TICKS = const(0x1FFFFFFF)
_HALF = const(0x10000000)
_FIRST_YEAR = const(2024)  # a clock that says less has not been set
_SIZE = const(1472)  # bytes of the longest datagram that Ethernet and WiFi carry in one piece
_QUEUE = const(4)  # datagrams that are kept for receive()
_AT_ONCE_MS = const(200)  # for so long an answer is looked for without a pause
_SOON_MS = const(2000)  # and for so long often
_OFTEN_S = 0.001
_SELDOM_S = 0.01
_GRACE_MS = const(3)  # for the next datagram of a flight

# The generator of these chips is one of true random numbers only while the radio is on.
_NOISE_OF_RADIO = "esp" in (sys.platform + os.uname().sysname).lower()


def random(n: int) -> bytes:
    """Return `n` bytes of the chip's entropy; OSError if there is none."""
    if _NOISE_OF_RADIO and not wifi.radio.enabled:
        raise OSError("no entropy while the radio is off")
    try:
        data = os.urandom(n)
    except NotImplementedError:
        raise OSError("the board has no entropy")
    if len(data) != n:
        raise OSError("the board has no entropy")
    return data


def sha256():
    """Return a running hash, with update() and digest()."""
    return hashlib.new("sha256")


def utc():
    """Return (year, month, day, hour, minute, second), None while the clock is not set."""
    import rtc

    now = rtc.RTC().datetime
    if now.tm_year < _FIRST_YEAR:
        return None
    return now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec


def elapsed(now: int, then: int) -> int:
    """Return the milliseconds from `then` to `now`, which are 2**28 apart at most."""
    return ((now - then + _HALF) & _TICKS) - _HALF


class _Block:
    """The firmware's AES: encrypt(src, dst) does 16 bytes, also in place, without allocation."""

    def __init__(self, key):
        import aesio

        self._aes = aesio.AES(key, aesio.MODE_ECB)
        self.encrypt = self._aes.encrypt_into  # itself, because a method around it takes time

    def wipe(self):
        """Overwrite the round keys."""
        self._aes.rekey(bytes(16))


def _block(key):
    try:
        return _Block(key)
    except ImportError:  # not all boards have aesio
        from dtls_micro.crypto.aes import Aes

        return Aes(key)


def aead(kind: str, key):
    """Return the AEAD of a suite: see typings/dtls_port.pyi."""
    if kind == "CHACHA20_POLY1305":
        from dtls_micro.crypto.chachapoly import ChaChaPoly

        return ChaChaPoly(key)
    if kind == "AES_128_GCM":
        from dtls_micro.crypto.gcm import Gcm

        return Gcm(_block(key))
    from dtls_micro.crypto.ccm import Ccm

    return Ccm(_block(key), 8 if kind == "AES_128_CCM_8" else 16)


class socket:  # noqa: N801  (a verb of the port)
    """A UDP socket to one peer, over IPv4.

    The sockets of CircuitPython are asked without a time-out, because with one the ESP32
    family loses what comes in the last moment, and with recvfrom_into(), because recv_into()
    takes an empty datagram for the peer's end there.

    The Pico W keeps one datagram and drops those that come meanwhile. So what is there is
    taken at once and kept here, four at most; a flight that a server sends in several
    datagrams without a gap between them still does not get through. OpenSSL packs a flight
    into one, GnuTLS and tinydtls do not.

    A datagram of more than 1472 bytes is cut if receive() has not been asked for as many.
    """

    def __init__(self, address):
        self.refused = False  # lwIP does not tell what the peer's host says
        self._queue = []
        self._buffer = bytearray(_SIZE)
        self._sent = None  # when, if it was a short time ago
        radio = wifi.radio
        if radio.ipv4_address is None and not radio.ap_active:
            raise OSError(_ENETDOWN, "WiFi is not connected")
        pool = socketpool.SocketPool(radio)
        try:
            self._socket = pool.socket(pool.AF_INET, pool.SOCK_DGRAM)
        except RuntimeError:
            raise OSError(_ENOMEM, "all sockets of the board are in use")
        self.pollable = self._socket
        try:
            self._socket.settimeout(0)
            self._socket.connect((address[0], address[1]))
        except BaseException:
            self.close()
            raise

    def send(self, datagram):
        """Send one datagram; a full queue drops it, as a network does."""
        self._check_open()
        self._sent = ticks_ms()
        try:
            self._socket.send(datagram)
        except OSError as error:
            if error.errno not in (_EAGAIN, _ENOMEM, _ENOBUFS):
                raise

    def receive(self, size: int):
        """Return one datagram, cut to `size` bytes, or None."""
        self._check_open()
        if size > len(self._buffer):
            self._buffer = bytearray(size)
        if not self._collect():
            return None
        datagram = self._queue.pop(0)
        return datagram if len(datagram) <= size else datagram[:size]

    def wait(self, ms: int) -> bool:
        """Wait until a datagram is there, for `ms` at most (-1: for ever)."""
        left = ms
        then = ticks_ms()
        while not self._collect():
            if ms >= 0:
                now = ticks_ms()
                left -= elapsed(now, then)  # step by step: no wait is too long for the clock
                then = now
                if left <= 0:
                    return False
            time.sleep(self._pause_s())
        while ms and self._more():
            time.sleep(0)
        return True

    async def readable(self):
        """Return when a datagram is there, or the socket is closed."""
        import asyncio  # not a part of the firmware

        while self._socket and not self._collect():
            await asyncio.sleep(self._pause_s())
        while self._socket and self._more():
            await asyncio.sleep(0)

    def close(self):
        """Close the socket; whoever waits for it goes on."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _check_open(self):
        if self._socket is None:
            raise OSError(_EBADF, "the socket is closed")

    def _collect(self) -> bool:
        """Take what has come; tell whether there is something for receive()."""
        self._check_open()
        while len(self._queue) < _QUEUE:
            try:
                size = self._socket.recvfrom_into(self._buffer)[0]
            except OSError:  # nothing is there; what else there is does not last
                break
            self._queue.append(bytes(memoryview(self._buffer)[:size]))
            self._came = ticks_ms()
        return len(self._queue) > 0

    def _more(self) -> bool:
        """Take what has come; tell whether to wait for the rest of a flight."""
        self._collect()
        return len(self._queue) < _QUEUE and elapsed(ticks_ms(), self._came) < _GRACE_MS

    def _pause_s(self) -> float:
        """Return how long to look away.

        Each look takes time and memory, but what a server sends in one go comes within a
        millisecond, and who looks away that long loses all of it but the first datagram.
        """
        if self._sent is None:
            return _SELDOM_S
        age = elapsed(ticks_ms(), self._sent)
        if age > _SOON_MS:
            self._sent = None
        return 0 if age < _AT_ONCE_MS else _OFTEN_S


def readable(s):
    """Return an awaitable that ends when a datagram is there."""
    return s.readable()
