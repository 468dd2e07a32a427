"""Times of the port's primitives: runs on the board, on what is installed there."""

from time import ticks_diff, ticks_us

import dtls_port as port

try:
    from machine import freq

    MHZ = freq() // 1000000
except ImportError:
    MHZ = 0  # a desk: no cycles


def took(name, work, repeat=1):
    """Print the microseconds of a call, and its cycles where the clock is known."""
    work()
    begin = ticks_us()
    for _ in range(repeat):
        work()
    us = ticks_diff(ticks_us(), begin) / repeat
    print("%-32s %10.0f us %12.0f cycles" % (name, us, us * MHZ))


def hashed():
    h = port.sha256()
    h.update(b"x" * 64)
    h.digest()


def main():
    took("random(32)", lambda: port.random(32), 10)
    took("sha256 of 64 bytes", hashed, 10)
    nonce, aad, buf = bytearray(12), bytearray(13), bytearray(80)
    for kind, size in (("AES_128_CCM_8", 16), ("AES_128_GCM", 16), ("CHACHA20_POLY1305", 32)):
        seal = port.aead(kind, bytes(size)).seal
        took(kind + ", seal 64 bytes", lambda seal=seal: seal(nonce, aad, buf, 0, 64), 10)
    curve = getattr(port, "p256", None)
    if curve is None:
        from dtls_micro.crypto import p256 as curve
    private, public = curve.keypair(port.random)
    digest = bytes(32)
    signature = curve.sign(private, digest, port.sha256, port.random)
    took("P-256 key pair", lambda: curve.keypair(port.random))
    took("P-256 ECDH", lambda: curve.shared(private, public, port.random))
    took("P-256 sign", lambda: curve.sign(private, digest, port.sha256, port.random))
    took("P-256 verify", lambda: curve.verify(public, digest, signature))


main()
