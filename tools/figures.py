"""Cycles of Cortex-M0+, million: ours on an RP2040, and what others take.

OURS were counted by MicroPython 1.28 for rp2 in an emulated RP2040 (rp2040js), the kernels loaded
as .mpy, all Python around them included; flash answers at once there, so a board takes more. All
are with the ring oscillator's random bytes, and not the first after a start. `python -m
tools.bench_board` prints the same on a board. OTHERS are counts of the named libraries in a cycle
model or on a board, as their authors or their code give them; the handshake with X.509 is the
firmware's own `tls` in the same emulator, with the same server.
"""

OPERATIONS = ("key pair", "ECDH", "sign", "verify")
OURS = {
    "key pair": 1.96,
    "ECDH": 5.38,
    "sign": 3.03,
    "verify": 5.77,
    "record of 64 bytes, written": 0.139,
    "record of 64 bytes, read": 0.157,
    "64 bytes sealed with AES_128_GCM": 0.156,
    "handshake, PSK": 3.58,
    "handshake, ECDHE_ECDSA with a pinned key": 17.8,
    "handshake, ECDHE_ECDSA with X.509 of a P-256 CA": 27.4,
    "handshake, ECDHE_ECDSA with X.509 of an RSA-2048 CA": 42.0,
    "handshake, ECDHE_ECDSA with X.509 of a P-384 CA": 440.0,
    "the first handshake after a start, PSK": 14.0,
    "the first handshake after a start, a pinned key": 43.0,
    "32 random bytes of the ring oscillator": 0.13,
    "the first random bytes after a start": 7.0,
}
OTHERS = {
    "Mbed TLS in MicroPython": {
        "key pair": 13.0,
        "ECDH": 36.9,
        "sign": 15.7,
        "verify": 55.2,
        "handshake, ECDHE_ECDSA with a pinned key": 107.5,
        "handshake, ECDHE_ECDSA with X.509 of a P-256 CA": 165.7,
        "handshake, ECDHE_ECDSA with X.509 of an RSA-2048 CA": 128.6,
        "handshake, ECDHE_ECDSA with X.509 of a P-384 CA": 223.0,
    },
    "micro-ecc, assembler": {"key pair": 14.0, "ECDH": 14.0, "sign": 14.8, "verify": 16.3},
    "Emill, assembler": {"key pair": 4.42, "ECDH": 4.42},
    "tinydtls": {"key pair": 262.0, "ECDH": 261.0, "sign": 253.0, "verify": 508.0},
}
FIRMWARE = {  # cycles of MicroPython's own functions on the RP2040
    "SHA-256, a block": 8600,
    "AES, a block of many": 2050,
    "AES, a block alone": 3300,
}
