"""The hashes that the vector files name, on either Python."""

from hashlib import sha256

from dtls_micro.crypto.sha512 import sha384, sha512

_BY_NAME = {"SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512}


def factory(name: str):
    """Return what gives a new hash object, for "SHA-256", "SHA-384" or "SHA-512"."""
    return _BY_NAME[name]


def digest(name: str, data) -> bytes:
    """Return the hash of a buffer."""
    hasher = _BY_NAME[name]()
    hasher.update(data)
    return hasher.digest()
