"""Verification of RSA signatures, PKCS #1 v1.5 and PSS (RFC 8017 section 8). Nothing is secret.

n, e: modulus and public exponent as big-endian octets, leading zeros allowed. Keys are taken
whose modulus is odd and has 2048..4096 bits, and whose exponent is odd and 3..2**32-1: no
certificate in use has a longer one, and 1 would make every signature good. 3 is safe because
nothing of what a signature says is parsed: all of it is compared.
"""

from micropython import const

_FEWEST_BITS = const(2048)
_MOST_BITS = const(4096)
_LONGEST_EXPONENT = const(4)
_TRAILER = const(0xBC)

# The digest's size, and the last byte of its identifier 2.16.840.1.101.3.4.2 (RFC 8017 B.1)
_HASHES = (("SHA-256", 32, 1), ("SHA-384", 48, 2), ("SHA-512", 64, 3))
_OID = b"\x60\x86\x48\x01\x65\x03\x04\x02"


def verify_pkcs1(n, e, digest, hash_name: str, signature) -> bool:
    """Tell whether an RSASSA-PKCS1-v1_5 signature is good (section 8.2.2).

    hash_name: "SHA-256", "SHA-384" or "SHA-512"; ValueError for another, or if `digest` has
    another length. The encoding that the digest must have is made, and compared as a whole.
    """
    size, info = _digest_info(hash_name)
    if len(digest) != size:
        raise ValueError("not a digest of " + hash_name)
    message, _ = _recover(n, e, signature)
    tail = b"\x00" + info + bytes(digest)
    padding = b"\xff" * (len(message) - 2 - len(tail))
    return message == b"\x00\x01" + padding + tail


def _digest_info(hash_name: str):
    """Return the size of the digest, and the DER that goes before it (section 9.2)."""
    for name, size, last in _HASHES:
        if name == hash_name:
            # DigestInfo { AlgorithmIdentifier { OID, NULL }, OCTET STRING }
            oid = b"\x06\x09" + _OID + bytes([last])
            algorithm = b"\x30\x0d" + oid + b"\x05\x00"
            return size, bytes([0x30, 17 + size]) + algorithm + bytes([0x04, size])
    raise ValueError("no hash for RSA: " + hash_name)


def verify_pss(n, e, digest, sha, salt_length: int, signature) -> bool:
    """Tell whether an RSASSA-PSS signature is good, with MGF1 of the same hash (section 8.1.2).

    digest: 32, 48 or 64 bytes    sha: factory of its hash, as sha256 is    salt_length: bytes,
    exactly; TLS wants as many as the digest has (RFC 8446 section 4.2.3)
    """
    size = len(digest)
    if size not in (32, 48, 64) or salt_length < 0:
        raise ValueError("no digest, or no salt, of this length")
    message, bits = _recover(n, e, signature)
    spare = -(bits - 1) % 8  # bits of the first byte that are unused, the modulus being larger
    if spare == 0 and message:
        if message[0]:
            return False
        message = message[1:]
    at = len(message) - size - 1  # of the hash, behind the data block
    if at < salt_length + 1 or message[-1] != _TRAILER or message[0] >> 8 - spare:
        return False
    hashed = message[at:-1]
    block = _mgf1(sha, hashed, at)
    for i in range(at):
        block[i] ^= message[i]
    block[0] &= 255 >> spare
    start = at - salt_length
    if any(block[: start - 1]) or block[start - 1] != 1:
        return False
    return hashed == _hash(sha, bytes(8), digest, block[start:])


def _mgf1(sha, seed, size: int) -> bytearray:
    """Return `size` bytes of the mask (section B.2.1)."""
    mask = b""
    counter = 0
    while len(mask) < size:
        mask += _hash(sha, seed, counter.to_bytes(4, "big"))
        counter += 1
    return bytearray(mask[:size])


def _hash(sha, *parts) -> bytes:
    hasher = sha()
    for part in parts:
        hasher.update(part)
    return hasher.digest()


def _recover(n, e, signature):
    """Return the encoded message, as long as the modulus, and the bits of the modulus.

    (b"", 0) if the key is refused, or the signature is not as long as the modulus and less.
    """
    n = _stripped(n)
    e = _stripped(e)
    if not n or not n[-1] & 1 or len(e) > _LONGEST_EXPONENT or e in (b"", b"\x01"):
        return b"", 0
    bits = 8 * len(n)
    for shift in range(1, 8):
        bits -= n[0] >> shift == 0
    if not e[-1] & 1 or not _FEWEST_BITS <= bits <= _MOST_BITS or len(signature) != len(n):
        return b"", 0
    modulus = int.from_bytes(n, "big")
    s = int.from_bytes(signature, "big")
    if s >= modulus:
        return b"", 0
    return _power(s, int.from_bytes(e, "big"), modulus).to_bytes(len(n), "big"), bits


def _stripped(number) -> bytes:
    """Return big-endian octets without their leading zeros."""
    start = 0
    while start < len(number) and number[start] == 0:
        start += 1
    return bytes(number[start:])


def _power(base: int, exponent: int, modulus: int) -> int:
    """Return base**exponent % modulus, exponent > 0; CircuitPython's pow() has no modulus."""
    result = 1
    for at in range(8 * _LONGEST_EXPONENT - 1, -1, -1):
        result = result * result % modulus
        if exponent >> at & 1:
            result = result * base % modulus
    return result
