"""CircuitPython's firmware modules, after their documentation, for board code run on CPython.

    board = circuitpython.install(chip="rp2040")
    import dtls_port  # of ports/circuitpython

Only files of the board (`_BOARD_CODE`) see these modules; what CircuitPython lacks is an
ImportError or an AttributeError to them. Everybody else keeps CPython's. Sockets are real
ones on this machine.
"""

import builtins
import hashlib as _hashlib
import os as _os
import select as _select
import socket as _socket
import sys as _sys
import time as _time
from calendar import timegm
from collections import deque
from pathlib import Path
from types import SimpleNamespace

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES as _AES
from cryptography.hazmat.primitives.ciphers.modes import ECB as _ECB

_ROOT = Path(__file__).resolve().parent.parent.parent
PORT = str(_ROOT / "ports/circuitpython")
COMMON = str(_ROOT / "ports/common")
_BOARD_CODE = (PORT, COMMON, str(_ROOT / "dtls_micro"), str(_ROOT / "tests/check_port.py"))
# Of CPython's modules those that CircuitPython has too; asyncio is a library of Adafruit's.
_SHARED = ("asyncio", "binascii", "collections", "gc", "io", "json", "struct", "traceback")
_WRAP = 1 << 29
_EPOCH = 946684800  # 2000-01-01, which a clock that nobody has set begins with
_EBADF, _EAGAIN, _EPIPE, _ENOTCONN = 9, 11, 32, 107
_CHIPS = {
    # queue: datagrams that a socket keeps. The ESP32's C library has numbers of its own.
    "rp2040": {"queue": 1, "sockets": 8, "platform": "RP2040", "no_route": 113, "timed_out": 110},
    "esp32s3": {
        "queue": 6,
        "sockets": 8,
        "platform": "Espressif",
        "no_route": 118,
        "timed_out": 116,
    },
}
_ERRNO = {
    "EPERM": 1,
    "ENOENT": 2,
    "EIO": 5,
    "EBADF": 9,
    "EAGAIN": 11,
    "ENOMEM": 12,
    "EACCES": 13,
    "EEXIST": 17,
    "ENODEV": 19,
    "EISDIR": 21,
    "EINVAL": 22,
    "EOPNOTSUPP": 95,
    "EADDRINUSE": 98,
    "ECONNABORTED": 103,
    "ECONNRESET": 104,
    "ENOBUFS": 105,
    "ENOTCONN": 107,
    "ETIMEDOUT": 110,
    "ECONNREFUSED": 111,
    "EHOSTUNREACH": 113,
    "EALREADY": 114,
    "EINPROGRESS": 115,
}


class Board:
    """What a test may turn on a board, and look at.

    chip:     of _CHIPS
    queue:    datagrams that a socket keeps, the newest is dropped (default: the chip's)
    entropy:  False: os.urandom() has none
    aesio:    False: a board without that module
    ticks:    what supervisor.ticks_ms() begins with; boards take 65 s before it wraps
    networks: {name: password} within reach
    """

    def __init__(self, chip="rp2040", queue=None, entropy=True, aesio=True, ticks=_WRAP - 65536):
        facts = _CHIPS[chip]
        self.chip = chip
        self.platform = facts["platform"]
        self.queue = facts["queue"] if queue is None else queue
        self.no_route = facts["no_route"]
        self.timed_out = facts["timed_out"]
        self.sockets_left = facts["sockets"]
        self.entropy = entropy
        self.aesio = aesio
        self.networks = {"home": "password"}
        self.radio = Radio(self)
        self.clock_offset = _EPOCH - _time.time()
        self.ticks_offset = ticks - _time.monotonic_ns() // 1000000
        self.dropped = 0  # datagrams for which there was no place
        self.alarms = None  # of the deep sleep
        self.modules = _modules(self)

    def ticks_ms(self) -> int:
        return (_time.monotonic_ns() // 1000000 + self.ticks_offset) % _WRAP


class Radio:
    """wifi.radio; the last three methods are the test's."""

    def __init__(self, board):
        self._board = board
        self._enabled = True
        self._network = None
        self.ap_active = False
        self.attempts = 0
        self.failures = []  # exceptions of the next connect() calls

    @property
    def enabled(self):
        return self._enabled

    @enabled.setter
    def enabled(self, value):
        self._enabled = bool(value)
        if not value:
            self._network = None

    @property
    def connected(self):
        if self._network not in self._board.networks:
            self._network = None
        return self._network is not None

    @property
    def ipv4_address(self):
        return "127.0.0.1" if self.connected else None  # an ipaddress.IPv4Address on a board

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        self.attempts += 1
        if not self._enabled:
            raise RuntimeError("wifi is not enabled")
        if not 1 <= len(ssid) <= 32 or (password and not 8 <= len(password) <= 64):
            raise ValueError("length of ssid or password")
        if self.failures:
            raise self.failures.pop(0)
        if ssid not in self._board.networks:
            raise ConnectionError("No network with that ssid")
        if self._board.networks[ssid] != (password or None):
            raise ConnectionError("Authentication failure")
        self._network = ssid


class SocketPool:
    """socketpool.SocketPool."""

    AF_INET = 2
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    board = None

    def __init__(self, radio):
        if not isinstance(radio, Radio):
            raise TypeError("SocketPool needs the radio")

    def socket(self, family=AF_INET, type=SOCK_STREAM, proto=0):
        if family != self.AF_INET or type != self.SOCK_DGRAM:
            raise NotImplementedError("only UDP over IPv4 here")
        if not self.board.sockets_left:
            raise RuntimeError("Out of sockets")
        return Socket(self.board)


class Socket:
    """A UDP socket: the methods of Socket of socketpool and no others.

    lwIP's: what the peer's host says by ICMP never gets here.
    """

    def __init__(self, board):
        board.sockets_left -= 1
        self._board = board
        self._socket = _socket.socket(type=_socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._connected = False
        self._timeout = None
        self._came = deque()

    type = SocketPool.SOCK_DGRAM

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def bind(self, address):
        self._check()
        self._socket.bind(address)

    def connect(self, address):
        self._check()
        host, port = address
        if not isinstance(host, str) or port < 0:
            raise TypeError("an address is (host, port)")
        try:
            self._socket.connect((_socket.gethostbyname(host), port))
        except _socket.gaierror:
            raise _socket.gaierror(-2, "Name or service not known") from None
        self._connected = True

    def close(self):
        if self._socket:
            self._board.sockets_left += 1
            self._socket.close()
            self._socket = None

    def settimeout(self, value):
        self._timeout = value

    def setblocking(self, flag):
        self._timeout = None if flag else 0

    def setsockopt(self, level, optname, value):
        self._check()

    def send(self, data):
        self._check()
        if not self._connected:
            raise BrokenPipeError(_EPIPE)
        return self._out(self._socket.send, data)

    def sendto(self, data, address):
        self._check()
        return self._out(lambda d: self._socket.sendto(d, address), data)

    def recvfrom_into(self, buffer):
        datagram, address = self._next()
        return _copy(datagram, buffer), address

    def recv_into(self, buffer, bufsize=0):
        self._check()
        if bufsize > len(buffer):
            raise ValueError("buffer too small for requested bytes")
        view = memoryview(buffer)[: bufsize or len(buffer)]
        datagram = self._next()[0]
        if not datagram and self._timeout == 0 and self._board.chip != "rp2040":
            self._connected = False  # taken for the end, as of TCP; send() fails from now on
            raise OSError(_ENOTCONN)
        return _copy(datagram, view)

    def _check(self):
        if self._socket is None:
            raise OSError(_EBADF)

    def _out(self, send, data):
        if not self._board.radio.connected:
            raise OSError(self._board.no_route)
        for _ in range(2):  # the first may tell what became of the datagram before
            try:
                return send(bytes(data))
            except ConnectionRefusedError:
                continue
        return len(data)

    def _arrivals(self):
        """Take what has come from the network; what has no place is lost."""
        while self._socket and _select.select([self._socket], [], [], 0)[0]:
            try:
                datagram, address = self._socket.recvfrom(65536)
            except OSError:
                continue
            if not self._board.radio.connected or len(self._came) >= self._board.queue:
                self._board.dropped += 1
            else:
                self._came.append((datagram, address))

    def _next(self):
        """Return the next (datagram, address), or raise as each chip does."""
        begin = _time.monotonic() if self._timeout else 0
        while True:
            late = bool(self._timeout) and _time.monotonic() - begin >= self._timeout
            self._arrivals()
            if self._came and not (late and self._board.chip == "esp32s3"):
                return self._came.popleft()
            if self._timeout == 0:
                raise OSError(_EAGAIN)
            if late:
                if self._came:
                    self._came.popleft()  # it has been taken, and is given to nobody
                raise OSError(self._board.timed_out)
            _time.sleep(0.001)


def _copy(datagram, buffer) -> int:
    """Put a datagram into a buffer, cut to fit; return how many bytes."""
    size = min(len(datagram), len(buffer))
    memoryview(buffer)[:size] = datagram[:size]
    return size


class Hash:
    """hashlib.Hash: digest() leaves it usable; no copy(), no hexdigest()."""

    def __init__(self, name, data=b""):
        if name not in ("sha1", "sha256"):
            raise ValueError("Unsupported hash algorithm")
        self._hash = _hashlib.new(name, data)
        self.digest_size = self._hash.digest_size

    def update(self, data):
        self._hash.update(data)

    def digest(self):
        return self._hash.digest()


class AES:
    """aesio.AES, of which only ECB is here."""

    def __init__(self, key, mode=1, IV=None, segment_size=8):  # noqa: N803  (as on boards)
        if mode != 1:
            raise TypeError("Requested AES mode is unsupported")
        self.mode = mode
        self.rekey(key)

    def rekey(self, key, IV=None):  # noqa: N803
        if len(key) not in (16, 24, 32):
            raise TypeError("Key must be 16, 24, or 32 bytes long")
        self._encryptor = Cipher(_AES(bytes(key)), _ECB()).encryptor()

    def encrypt_into(self, src, dest):
        if len(src) != len(dest):
            raise ValueError("Source and destination buffers must be the same length")
        if len(src) != 16:
            raise ValueError("ECB only operates on 16 bytes at a time")
        dest[:] = self._encryptor.update(bytes(src))


class Rtc:
    """rtc.RTC; all of its objects are the same clock."""

    board = None

    @property
    def datetime(self):
        return _time.gmtime(_time.time() + self.board.clock_offset)

    @datetime.setter
    def datetime(self, value):
        if not isinstance(value, _time.struct_time):
            raise TypeError("a struct_time is needed")
        self.board.clock_offset = timegm(value) - _time.time()


class DeepSleepRequest(BaseException):
    """What ends the program when it goes to sleep."""


class TimeAlarm:
    """alarm.time.TimeAlarm."""

    def __init__(self, *, monotonic_time=None, epoch_time=None):
        if (monotonic_time is None) == (epoch_time is None):
            raise ValueError("one of the two times is needed")
        self.monotonic_time = monotonic_time
        if monotonic_time is not None and monotonic_time < _time.monotonic():
            raise ValueError("Time is in the past.")


def _modules(board) -> dict:
    """Return what board code gets by `import`."""
    shown = SocketPool, Rtc
    for one in shown:
        one.board = board

    def urandom(size):
        if not board.entropy:
            raise NotImplementedError
        return _os.urandom(size)

    def sleep_deeply(*alarms, preserve_dios=()):
        board.alarms = alarms
        raise DeepSleepRequest

    def now():
        return int(_time.time() + board.clock_offset)

    uname = SimpleNamespace(sysname=board.chip.upper(), machine="an imitation")
    modules = {
        "alarm": SimpleNamespace(
            time=SimpleNamespace(TimeAlarm=TimeAlarm),
            exit_and_deep_sleep_until_alarms=sleep_deeply,
            wake_alarm=None,
            sleep_memory=bytearray(256),
        ),
        "errno": SimpleNamespace(**_ERRNO),
        "hashlib": SimpleNamespace(new=Hash),
        "micropython": SimpleNamespace(const=lambda value: value),
        "os": SimpleNamespace(
            urandom=urandom, uname=lambda: uname, getenv=lambda key, default=None: default
        ),
        "rtc": SimpleNamespace(RTC=Rtc),
        "socketpool": SimpleNamespace(SocketPool=SocketPool, Socket=Socket),
        "supervisor": SimpleNamespace(ticks_ms=board.ticks_ms),
        "sys": SimpleNamespace(
            platform=board.platform,
            implementation=SimpleNamespace(name="circuitpython", version=(10, 0, 0)),
            modules=_sys.modules,
            path=_sys.path,
        ),
        "time": SimpleNamespace(
            monotonic=_time.monotonic,
            monotonic_ns=_time.monotonic_ns,
            sleep=_time.sleep,
            time=now,
            localtime=lambda seconds=None: _time.gmtime(now() if seconds is None else seconds),
            struct_time=_time.struct_time,
        ),
        "wifi": SimpleNamespace(radio=board.radio),
    }
    if board.aesio:
        modules["aesio"] = SimpleNamespace(AES=AES, MODE_ECB=1, MODE_CBC=2, MODE_CTR=6)
    return modules


def install(connected=True, **options) -> Board:
    """Make board code in this process see a board; return it. Once a process."""
    board = Board(**options)
    if connected:
        board.radio.connect("home", "password")
    real = builtins.__import__

    def import_(name, names=None, local=None, fromlist=(), level=0):
        if level or not str((names or {}).get("__file__", "")).startswith(_BOARD_CODE):
            return real(name, names, local, fromlist, level)
        if name in board.modules:
            return board.modules[name]
        first = name.partition(".")[0]
        if first in _SHARED or _of_the_board(first):
            return real(name, names, local, fromlist, level)
        raise ImportError("no module named '%s'" % name)

    builtins.__import__ = import_
    _sys.path[0:0] = [PORT, COMMON]
    return board


def _of_the_board(name: str) -> bool:
    return name == "dtls_micro" or Path(PORT, name + ".py").exists()
