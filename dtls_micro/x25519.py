"""X25519 as a group for ECDHE (RFC 8422 section 5.1.1, RFC 7748)."""

from .crypto import x25519


class _X25519:
    code = 29  # NamedGroup x25519

    def keypair(self, port):
        """Return (private, public) of a new ephemeral key; public is 32 bytes."""
        return x25519.keypair(port.random)

    def shared(self, port, private, peer) -> bytes:
        """Return the shared secret, 32 bytes; ValueError if it would be 0."""
        return x25519.shared(private, peer, port.random)


X25519 = _X25519()
