"""A network that loses, repeats, delays, reorders and corrupts datagrams, always the same way.

Link is that network in virtual time, without sockets: what one side pushes comes out of
advance() when its time has come. Relay is the same network between real sockets.

Directions are TO_SERVER and TO_CLIENT. Faults come by chance (`loss=0.3`) or by number:
`faults={(TO_CLIENT, 2): DROP}` hits the third datagram that the server sends.
"""

import random
import socket
import threading
import time

TO_SERVER = "to server"
TO_CLIENT = "to client"
DROP = "drop"
DUPLICATE = "duplicate"
CORRUPT = "corrupt"
LATE = "late"
_TICK_S = 0.005


class Link:
    """One network; every decision comes from `seed`.

    loss, duplicate, reorder, corrupt: chances 0..1, each for each datagram
    delay_ms:   of every datagram, one way
    late_ms:    more delay, of those that are reordered and of the second of two equal ones
    reverse_ms: collect for so long, then deliver last first: whole flights turned round
    faults:     {(direction, number from 0): DROP, DUPLICATE, CORRUPT or LATE}
    After use `sent` and `size` tell how many datagrams and bytes each side sent (not how
    many came through), and `log` all of them: (time in ms, direction, what happened, datagram).
    """

    def __init__(
        self,
        seed=0,
        loss=0.0,
        duplicate=0.0,
        reorder=0.0,
        corrupt=0.0,
        delay_ms=10,
        late_ms=25,
        reverse_ms=0,
        faults=None,
    ):
        self._random = random.Random(seed)
        self._chances = ((DROP, loss), (DUPLICATE, duplicate), (CORRUPT, corrupt), (LATE, reorder))
        self._delay_ms = delay_ms
        self._late_ms = late_ms
        self._reverse_ms = reverse_ms
        self._faults = faults or {}
        self._on_way = []  # (due, rank, direction, datagram)
        self._rank = 0
        self.now_ms = 0.0
        self.sent = {TO_SERVER: 0, TO_CLIENT: 0}
        self.size = {TO_SERVER: 0, TO_CLIENT: 0}
        self.log = []

    def push(self, direction: str, datagram):
        """Take a datagram from its sender; any buffer, copied."""
        datagram = bytes(datagram)
        events = {name for name, chance in self._chances if self._random.random() < chance}
        number = self.sent[direction]
        if (direction, number) in self._faults:
            events.add(self._faults[direction, number])
        self.sent[direction] += 1
        self.size[direction] += len(datagram)
        self.log.append((self.now_ms, direction, tuple(sorted(events)), datagram))
        if DROP in events:
            return
        if DUPLICATE in events:
            self._put(direction, datagram, self._late_ms)
        if CORRUPT in events:
            datagram = self._spoil(datagram)
        self._put(direction, datagram, self._late_ms if LATE in events else 0)

    def advance(self, ms: float) -> list:
        """Let time pass; return what arrives meanwhile, [(direction, datagram), ...]."""
        self.now_ms += ms
        due = sorted(item for item in self._on_way if item[0] <= self.now_ms)
        self._on_way = [item for item in self._on_way if item[0] > self.now_ms]
        return [(direction, datagram) for _, _, direction, datagram in due]

    def due_ms(self) -> float:
        """Return for how long nothing arrives, -1 if nothing is under way."""
        if not self._on_way:
            return -1
        return max(0.0, min(item[0] for item in self._on_way) - self.now_ms)

    def _put(self, direction, datagram, more_ms):
        self._rank += 1
        due, rank = self.now_ms + self._delay_ms + more_ms, self._rank
        if self._reverse_ms:
            due = (int(due / self._reverse_ms) + 1) * self._reverse_ms
            rank = -rank
        self._on_way.append((due, rank, direction, datagram))

    def _spoil(self, datagram):
        """Return the datagram with one bit changed."""
        changed = bytearray(datagram)
        if changed:
            changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        return bytes(changed)


class Relay:
    """The network of `link` between a client and the server at `address`, in real time.

    with Relay(server.address, Link(loss=0.3)) as relay: connect to relay.address
    """

    def __init__(self, address, link: Link):
        self.link = link
        self._server_side = socket.socket(type=socket.SOCK_DGRAM)
        self._server_side.connect(address)
        self._client_side = socket.socket(type=socket.SOCK_DGRAM)
        self._client_side.bind(("127.0.0.1", 0))
        self.address = self._client_side.getsockname()
        self._client = None  # address of the last client heard of
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        for s in (self._server_side, self._client_side):
            s.setblocking(False)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._server_side.close()
        self._client_side.close()

    def _run(self):
        then = time.monotonic()
        while not self._stopped.wait(_TICK_S):
            now = time.monotonic()
            self._collect()
            for direction, datagram in self.link.advance((now - then) * 1000):
                self._deliver(direction, datagram)
            then = now

    def _collect(self):
        for s, direction in ((self._client_side, TO_SERVER), (self._server_side, TO_CLIENT)):
            while True:
                try:
                    datagram, sender = s.recvfrom(65536)
                except (BlockingIOError, ConnectionRefusedError):
                    break
                if direction == TO_SERVER:
                    self._client = sender
                self.link.push(direction, datagram)

    def _deliver(self, direction, datagram):
        try:
            if direction == TO_SERVER:
                self._server_side.send(datagram)
            elif self._client:
                self._client_side.sendto(datagram, self._client)
        except ConnectionRefusedError:
            return  # the server has gone: a network does not tell
