"""RP2 and ESP32 boards, imitated on MicroPython's unix port: their modules, sockets and registers.

usage: micropython board.py BOARD CASE < job.json     BOARD: one of those named below

Real are MicroPython, its hashlib, cryptolib, asyncio and viper. Imitated after lwIP's and the
boards' documented behaviour are `socket` (addresses are tuples, four datagrams wait at most, an
empty one ends a socket on the ESP32, nothing there is EAGAIN or ETIMEDOUT), `network`, `machine`
and `time.gmtime`'s epoch of 2000. Kernels in machine code are replaced by their twins in viper
or Python.

A case is a function play_*(board, job); what it returns is printed as JSON.
"""

import io
import json
import os
import select
import socket as real_socket
import sys
import time
from binascii import hexlify, unhexlify

_ROOT = __file__.rsplit("/", 3)[0] + "/" if __file__.count("/") > 2 else "./"
_MACHINES = {
    "rp2040": "Raspberry Pi Pico W with RP2040",
    "rp2350": "Raspberry Pi Pico 2 W with RP2350",
    "rp2350riscv": "Raspberry Pi Pico 2 W with RP2350-RISCV",
    "esp32": "Generic ESP32 module with ESP32",
    "esp32c6": "ESP32C6 module with ESP32C6",
}
_CURVES = {"rp2040": "p256_thumb", "rp2350": "p256_m33", "rp2350riscv": "p256_rv32"}
_EAGAIN = 11
_EINVAL = 22
_ETIMEDOUT = 110
_QUEUE = 4  # datagrams that lwIP keeps for a socket
_POLL = 3  # a stream's ioctl
_EPOCH_2000 = 946684800


class Sock(io.IOBase):
    """A UDP socket of lwIP."""

    made = 0
    esp32 = False

    def __init__(self, family, kind):
        self._s = real_socket.socket(real_socket.AF_INET, real_socket.SOCK_DGRAM)
        self._s.setblocking(False)
        self._poller = select.poll()
        self._poller.register(self._s, select.POLLIN)
        self._queue = []
        self._ended = False
        self._empty = 0
        self._open = True
        Sock.made += 1

    def bind(self, address):
        assert isinstance(address, tuple)
        self._s.bind(real_socket.getaddrinfo(address[0], address[1])[0][-1])

    def connect(self, address):
        assert isinstance(address, tuple)
        self._s.connect(real_socket.getaddrinfo(address[0], address[1])[0][-1])

    def setblocking(self, flag):
        assert flag is False

    def send(self, datagram):
        self._check()
        return self._s.send(datagram)

    def recv(self, size):
        self._check()
        if self._ended:
            return b""
        self._drain()
        if not self._queue:
            self._empty += 1
            raise OSError(_ETIMEDOUT if self._empty % 2 else _EAGAIN)
        datagram = self._queue.pop(0)
        if not datagram and Sock.esp32:
            self._ended = True
        return datagram[:size]

    def readinto(self, buffer):
        raise AssertionError("readinto() loses or joins datagrams on boards")

    def close(self):
        self._open = False
        self._s.close()

    def ioctl(self, request, flags):
        if request == _POLL and self._open:
            self._drain()
            ready = self._queue or self._ended
            return flags & select.POLLIN if ready else 0
        return -_EINVAL  # no file descriptor either, of which 0 would be one

    def _check(self):
        if not self._open:
            raise OSError(9)

    def _drain(self):
        for _ in self._poller.poll(0):
            try:
                datagram = self._s.recv(2000)
            except OSError as error:  # an ICMP message
                if error.errno == _EAGAIN:
                    return
                raise
            if len(self._queue) < _QUEUE:
                self._queue.append(datagram)


class Module:
    """A module that is imitated."""

    def __init__(self, **names):
        for name in names:
            setattr(self, name, names[name])


class Station:
    """network.WLAN; `plan` says what becomes of each attempt to join."""

    def __init__(self):
        self.on = {0: False, 1: False}
        self.connected = False
        self.attempts = []
        self.password = "password"

    def wlan(self, interface):
        return Wlan(self, interface)


class Wlan:
    def __init__(self, station, interface):
        self._station = station
        self._interface = interface

    def active(self, on=None):
        if on is not None:
            self._station.on[self._interface] = on
        return self._station.on[self._interface]

    def isconnected(self):
        return self._station.connected

    def disconnect(self):
        if not self._station.connected:
            raise OSError("not connected")
        self._station.connected = False

    def connect(self, ssid, password):
        assert self._station.on[self._interface]
        self._station.attempts.append([ssid, time.ticks_ms()])
        self._station.connected = ssid == "home" and password == self._station.password


class Bits:
    """machine.mem32 of the RP2040: the ring oscillator's random bit."""

    def __init__(self, bit):
        self._bit = bit
        self.reads = 0

    def __getitem__(self, address):
        assert address == 0x4006001C, hex(address)
        self.reads += 1
        return self._bit(self.reads) & 1


class Clock:
    """machine.RTC."""

    set_to = None

    def datetime(self, value):
        Clock.set_to = value


class Board:
    """What is imitated; a case may change it before it imports the port."""

    def __init__(self, name):
        self.name = name
        self.station = Station()
        self.slept = []
        self.bits = Bits(lambda count: os.urandom(1)[0])
        self.epoch_2000 = False
        Sock.esp32 = name.startswith("esp32")

    def install(self):
        """Put the modules in their places, and the port's folders on the path."""
        folder = "esp32" if Sock.esp32 else "rp2"
        for path in ("tests", "ports/common", "ports/native", "ports/" + folder, ""):
            sys.path.insert(0, _ROOT + path)
        sys.modules["network"] = Module(WLAN=self.station.wlan, STA_IF=0, AP_IF=1)
        sys.modules["machine"] = Module(mem32=self._memory(), RTC=Clock, deepsleep=self._sleep)
        sys.modules["socket"] = Module(
            socket=Sock, AF_INET=2, SOCK_DGRAM=2, getaddrinfo=self._getaddrinfo
        )
        if self.epoch_2000:
            names = {name: getattr(time, name) for name in dir(time) if name[0] != "_"}
            names["gmtime"] = self._gmtime
            sys.modules["time"] = Module(**names)
        if not Sock.esp32:
            import hmac_kernel_check
            import p256_viper

            sys.modules["sha256_thumb"] = Module(run=hmac_kernel_check.reference)
            sys.modules[_CURVES[self.name]] = p256_viper
            if self.name != "rp2350riscv":
                import ghash_viper
                import octets_viper

                sys.modules["ghash_thumb"] = ghash_viper
                sys.modules["octets_thumb"] = octets_viper
        implementation = Module(name="micropython", _machine=_MACHINES[self.name])
        sys.modules["sys"] = Module(implementation=implementation, modules=sys.modules)
        import dtls_port

        # udp_lwip has the imitated socket now; what else needs the real ones has them
        del sys.modules["sys"], sys.modules["socket"]
        return dtls_port

    def _memory(self):
        if self.name.startswith("rp2350"):
            from models.rp2350 import Trng

            return Trng(os.urandom)
        return self.bits

    def _sleep(self, ms):
        self.slept.append(ms)

    @staticmethod
    def _getaddrinfo(host, port, family=0, kind=0):
        if host != "127.0.0.1":
            raise OSError(-2)
        return [(2, 2, 0, "", (host, port))]

    @staticmethod
    def _gmtime(seconds=None):
        if seconds is None:
            return time.gmtime()
        return time.gmtime(seconds + _EPOCH_2000)


def raised(call, *arguments):
    """Return the text of the OSError that a call raises, None if it raises none."""
    try:
        call(*arguments)
    except OSError as error:
        return str(error) or "OSError"
    return None


def play_check(board, job):
    """Run the check of ports; the p256 that is used is the port's own."""
    board.station.on[0] = True
    port = board.install()
    import check_port

    found = []
    for name in sorted(dir(check_port)):
        if name.startswith("test_"):
            getattr(check_port, name)()
            found.append(name)
    return [found, type(port.p256).__name__, hasattr(port.p256, "keypair")]


def _credential(job):
    if job.get("pin"):
        from dtls_micro.ecdhe import Ecdhe
        from dtls_micro.pin import PinnedKey

        return Ecdhe(PinnedKey(job["pin"]))
    from dtls_micro.psk import Psk

    return Psk(job["identity"], unhexlify(job["key"]), job.get("suites"))


def play_session(board, job):
    """Make a session, send and receive, and tell what of curves was loaded."""
    board.station.on[0] = True
    port = board.install()
    import dtls_micro

    credential = _credential(job)
    replies = []
    address = (job["host"], job["port"])
    with dtls_micro.connect(address, credential, port=port, handshake_timeout_ms=20000) as s:
        suite = s.client.suite
        for text in job["send"]:
            s.send(text.encode())
            s.settimeout(5)
            replies.append(s.recv(2000).decode())
            if job.get("pause"):
                time.sleep(job["pause"])
    curves = [name for name in sys.modules if "p256" in name or "ecd" in name]
    kernels = list(_CURVES.values()) + ["p256_viper"]
    curves = [name for name in curves if name not in kernels]
    return [suite, replies, sorted(curves), Sock.made]


def play_session_aio(board, job):
    """The same with asyncio."""
    import asyncio

    board.station.on[0] = True
    port = board.install()
    from dtls_micro import aio

    async def main():
        address = (job["host"], job["port"])
        s = await aio.connect(address, _credential(job), port=port, handshake_timeout_ms=20000)
        replies = []
        for text in job["send"]:
            await s.send(text.encode())
            replies.append((await asyncio.wait_for(s.recv(2000), 5)).decode())
        await s.close()
        return replies

    return asyncio.run(main())


def play_entropy(board, job):
    """What random() gives: with the radio off, with it on, of each size."""
    port = board.install()
    found = [raised(port.random, 16)]
    board.station.on[1] = True  # an access point
    found.append(raised(port.random, 16))
    sizes = [len(port.random(n)) for n in (0, 1, 31, 32, 33, 100)]
    return found + [sizes, port.random(32) != port.random(32)]


def play_ring(board, job):
    """What becomes of random() with a source that is no good."""
    patterns = {
        "good": lambda count: os.urandom(1)[0],
        "stuck at 0": lambda count: 0,
        "stuck at 1": lambda count: 1,
        "biased": lambda count: os.urandom(1)[0] < 240,
        "in step": lambda count: count,
        "a period of 3": lambda count: count % 3,
        "a period of 8": lambda count: 0xE4 >> count % 8,
        "sticks later": lambda count: os.urandom(1)[0] if count < 3000 else 1,
        "biased later": lambda count: os.urandom(1)[0] & 1 or count > 1800 and count % 8 != 0,
    }
    board.bits = Bits(patterns[job])
    port = board.install()
    found = []
    for _ in range(100):
        found.append(raised(port.random, 32))
    return found


def play_ring_memory(board, job):
    """Lacks of memory in the test of a window, and what comes after each."""
    board.install()
    import ring_oscillator

    def without_memory(_):
        raise MemoryError

    ring = ring_oscillator.RingOscillator()
    found = []
    for _ in range(2):
        ring_oscillator.set = without_memory
        name = None
        while name is None:
            try:
                ring.random(640)
            except MemoryError as error:
                name = type(error).__name__
        ring_oscillator.set = set
        found.append([name, len(ring.random(640))])
    return found + [ring.failed]


def play_ring_output(board, job):
    """Sizes of what it gives, all of that in blocks of AES, and whether a state is among it."""
    board.install()
    import ring_oscillator

    ring = ring_oscillator.RingOscillator()
    sizes = []
    given = b""
    states = []
    for n in (0, 1, 95, 96, 97, 1000):
        out = ring.random(n)
        sizes.append(len(out))
        given += out
        states.append(ring._state)
    pieces = [hexlify(given[i : i + 16]).decode() for i in range(0, len(given) - 15, 16)]
    return [sizes, pieces, any(state[:16] in given or state[16:] in given for state in states)]


def play_wifi(board, job):
    """Join, lose and join again; a wrong password, a network that is not there."""
    board.install()
    import dtls_wifi

    station = board.station
    dtls_wifi._PAUSE_S = 0.02
    found = {"before": raised(dtls_wifi.keep_up)}
    dtls_wifi.connect("home", "password", 2)
    found["joined"] = [station.connected, station.on[0], len(station.attempts)]
    found["stays"] = [dtls_wifi.keep_up(), len(station.attempts)]
    station.connected = False
    found["again"] = [dtls_wifi.keep_up(), station.connected]
    station.connected = False
    found["wrong"] = raised(dtls_wifi.connect, "home", "another", 0.1)
    dtls_wifi.deep_sleep(600)
    found["sleep"] = [board.slept, station.on[0]]
    return found


def play_back_off(board, job):
    """Attempts of keep_up() come less and less often while the network is gone."""
    board.install()
    import dtls_radio
    import dtls_wifi

    dtls_wifi.connect("home", "password", 2)
    board.station.connected = False
    attempts = []
    clock = [0]

    def ticks_ms():
        clock[0] += 1
        return clock[0]

    def join(ssid, password, timeout_s):
        attempts.append(clock[0])
        raise OSError("no WiFi")

    dtls_radio.join = join
    dtls_wifi.ticks_ms, dtls_wifi.elapsed = ticks_ms, lambda now, then: now - then
    while clock[0] < 200000:
        dtls_wifi.keep_up()
    return attempts


def play_time(board, job):
    """Ask a time server; return what the clock was set to, or why not."""
    board.station.on[0] = True
    board.epoch_2000 = job["epoch_2000"]
    board.install()
    import dtls_wifi

    error = raised(dtls_wifi.set_time, "127.0.0.1", job["port"])
    return [Clock.set_to, error]


def play_resolve(board, job):
    """A name that is not known."""
    board.station.on[0] = True
    port = board.install()
    return raised(port.socket, ("no.such.host", 5684))


def play_ports(board, job):
    """Sockets whose draws of a port meet; return the draws they took, and the last one's error."""
    board.station.on[0] = True
    port = board.install()
    import udp_lwip

    address = ("127.0.0.1", 9)
    first = port.socket(address)
    drawn = bytes(((first._port & 0x3F00) >> 8, first._port & 0xFF))
    draws = []

    def urandom(count):
        draws.append(1)
        return drawn if taken or len(draws) < 3 else os.urandom(count)

    udp_lwip.os = Module(urandom=urandom)
    taken = 0
    port.socket(address).close()
    taken = len(draws)
    error = raised(port.socket, address)
    first.close()
    return [taken, len(draws), error]


def play_polled(board, job):
    """Use a non-blocking socket with select.poll(); return the replies and the sockets made."""
    board.station.on[0] = True
    port = board.install()
    from dtls_micro.blocking import DtlsSocket

    s = DtlsSocket((job["host"], job["port"]), _credential(job), port)
    s.setblocking(False)
    poller = select.poll()
    registered = [s.pollable]
    poller.register(s.pollable, select.POLLIN)

    def until(attempt):
        for _ in range(1000):
            try:
                return attempt()
            except OSError as error:
                assert error.args[0] == _EAGAIN
            if registered[0] is not s.pollable:
                poller.unregister(registered[0])
                registered[0] = s.pollable
                poller.register(registered[0], select.POLLIN)
            due = s.pending_ms()
            poller.poll(10000 if due < 0 else due)
        raise AssertionError("it polls and polls")

    until(s.do_handshake)
    replies = []
    for text in job["send"]:
        s.send(text.encode())
        replies.append(until(lambda: s.recv(2000)).decode())
    s.close()
    return [replies, Sock.made]


def play_chip_s_curve(board, job):
    """A key agreement and a signature on what the port has."""
    board.station.on[0] = True
    port = board.install()
    one, other = port.p256.keypair(port.random), port.p256.keypair(port.random)
    secrets = [
        hexlify(port.p256.shared(one[0], other[1], port.random)),
        hexlify(port.p256.shared(other[0], one[1], port.random)),
    ]
    signature = port.p256.sign(one[0], bytes(32), port.sha256, port.random)
    return [
        secrets[0] == secrets[1],
        port.p256.verify(one[1], bytes(32), signature),
        port.p256.verify(other[1], bytes(32), signature),
    ]


class Adc:
    """machine.ADC of RP2: 27 degrees at 0.706 V."""

    CORE_TEMP = 4

    def __init__(self, channel):
        assert channel == Adc.CORE_TEMP

    def read_u16(self):
        return int(0.706 / 3.3 * 65535)


def play_program(board, job):
    """Run a program of boards/ until it has reported three times; return what it printed."""
    board.install()
    sys.modules["machine"].ADC = Adc
    if board.name.startswith("esp32"):
        sys.modules["esp32"] = Module(raw_temperature=lambda: 80)
    for folder in ("boards/programs", "boards/" + job["folder"]):
        sys.path.insert(0, _ROOT + folder)
    import config

    from dtls_micro import credentials

    mine = credentials.Credentials()
    if job.get("pin"):
        mine.pins = [unhexlify(job["pin"])]
    else:
        mine.identity, mine.key = job["identity"].encode(), unhexlify(job["key"])
    config.SSID, config.PASSWORD, config.SERVER = "home", "password", job["server"]
    config.PATH = "/example_data"
    credentials.read = lambda path: mine
    program = __import__(job["program"])
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    sys.modules["readings"].time = Module(sleep=sleep)
    try:
        program.main()
    except KeyboardInterrupt:
        return [naps, board.station.connected]


if __name__ == "__main__":
    result = globals()["play_" + sys.argv[2]](Board(sys.argv[1]), json.loads(sys.stdin.readline()))
    print(json.dumps(result))
