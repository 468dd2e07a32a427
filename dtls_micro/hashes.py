"""The hashes that TLS SignatureScheme codes name (RFC 5246 section 7.4.1.4.1)."""

from micropython import const

_SHA256 = const(4)
_SHA384 = const(5)


def factory(port, number: int):
    """Return the factory of SHA-256, SHA-384 or SHA-512, for 4, 5 or 6.

    The port's own are preferred; only sha256 must be there.
    """
    if number == _SHA256:
        return port.sha256
    name = "sha384" if number == _SHA384 else "sha512"
    own = getattr(port, name, None)
    if own is None:
        from .crypto import sha512

        own = getattr(sha512, name)
    return own


def digest(sha, parts) -> bytes:
    """Return the hash of the buffers, one after the other; sha: a factory."""
    running = sha()
    for part in parts:
        running.update(part)
    return running.digest()
