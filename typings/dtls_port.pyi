"""What the library asks of a platform: the module `dtls_port` of a folder in ports/.

The module itself is the object: `import dtls_port; Client(dtls_port, credential)`.
tests/check_port.py checks a port against this, on a desk or on the board.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from _typeshed import ReadableBuffer

AeadKind = Literal["AES_128_CCM_8", "AES_128_CCM", "AES_128_GCM", "CHACHA20_POLY1305"]

Random = Callable[[int], bytes]

class Hash(Protocol):
    def update(self, data: ReadableBuffer, /) -> None: ...
    def digest(self) -> bytes:
        """Return the hash; it is read once, so it may close the object."""

class Hmac(Protocol):
    def digest(self, *parts: ReadableBuffer) -> bytes:
        """Return the 32 bytes for the buffers, one after the other; for any number of messages."""
    def wipe(self) -> None:
        """Overwrite the key."""

class Aead(Protocol):
    """RFC 5116, in place, in a buffer between integer offsets; allocates nothing."""

    tag_length: int
    # Optional: run(buf, where, other, what), the kernel for octets of crypto/ccm_bulk.py, by which
    # protection.py builds nonces and moves explicit ones without Python's loops.
    def seal(self, nonce: bytearray, aad: bytearray, buf: bytearray, start: int, end: int) -> None:
        """Encrypt buf[start:end] and write the tag to buf[end:end + tag_length]."""
    def open(self, nonce: bytearray, aad: bytearray, buf: bytearray, start: int, end: int) -> int:
        """Decrypt buf[start:end], tag included; return the plaintext's length, -1 if forged."""
    def wipe(self) -> None:
        """Overwrite what can be overwritten of the key."""

class P256(Protocol):
    """ECDH and ECDSA on P-256. Keys, points and numbers are octets, the first the highest.

    A private key has 32 bytes, a public key 65 (04 || X || Y), a signature 64 (r || s). `random`
    is the port's; what has entropy of its own may ignore it. ValueError for what is no key.
    """

    def keypair(self, random: Random, /) -> tuple[bytes, bytes]:
        """Return a new (private, public)."""
    def shared(self, private: bytes, peer: ReadableBuffer, random: Random, /) -> bytes:
        """Return the ECDH secret, 32 bytes; ValueError if `peer` is no point of the curve."""
    def sign(
        self,
        private: bytes,
        digest: ReadableBuffer,
        sha256: Callable[[], Hash],
        random: Random,
        /,
    ) -> bytes:
        """Return a signature of a digest of any length, of which the first 32 bytes count."""
    def verify(
        self, public: ReadableBuffer, digest: ReadableBuffer, signature: ReadableBuffer, /
    ) -> bool:
        """Tell whether a signature is good; False too for an invalid key or signature."""

class socket:
    """A UDP socket to one peer. Datagrams are never joined, split or lost on our side."""

    refused: bool
    """The peer's host has answered that nothing listens on the port."""
    pollable: object
    """What select.poll() registers; a socket that is made anew has another one."""
    def __init__(self, address: tuple[str, int]) -> None:
        """Connect to (host, port); OSError if the name is not known or the network is down."""
    def send(self, datagram: ReadableBuffer) -> None:
        """Send one datagram; a full queue drops it as a network does."""
    def receive(self, size: int) -> bytes | None:
        """Return one datagram, cut to `size` bytes, or None when there is none; never waits.

        It is bytes and not receive_into(buffer): MicroPython's only safe call returns bytes,
        and Client.receive() copies them into its own buffer.
        """
    def wait(self, ms: int) -> bool:
        """Wait up to `ms` (-1: for ever); tell whether a datagram is there."""
    def close(self) -> None: ...
    def fileno(self) -> int:
        """Return the descriptor, on platforms that have such."""

def random(n: int) -> bytes:
    """Return `n` bytes of the best entropy of the chip; raise OSError if there is none."""

def sha256() -> Hash: ...
def aead(kind: AeadKind, key: ReadableBuffer) -> Aead:
    """Return an AEAD with a copy of `key`, 16 bytes (AES) or 32 (ChaCha20-Poly1305)."""

def hmac(key: ReadableBuffer) -> Hmac:
    """Return HMAC-SHA256 with a copy of a key of any length.

    Optional, for ports that have it faster than by sha256(): others get crypto/hmac.py.
    """

# Optional, for certificates: a port without a clock, or without these hashes, leaves them out.

def utc() -> tuple[int, int, int, int, int, int] | None:
    """Return (year, month, day, hour, minute, second) in UTC, None while it is not known."""

# def sha384() -> Hash, def sha512() -> Hash: without them crypto/sha512.py is used

def ticks_ms() -> int:
    """Return a millisecond count that may wrap; only elapsed() makes sense of it."""

def elapsed(now: int, then: int) -> int:
    """Return the milliseconds from `then` to `now`, both of ticks_ms()."""

def readable(s: socket) -> Awaitable[None]:
    """Return an awaitable of asyncio that ends when a datagram is there."""

p256: P256
"""Optional, for chips that know the curve: a port without it gets dtls_micro.crypto.p256.

So it is read only by getattr(port, "p256", None), after which that module is imported.
"""
