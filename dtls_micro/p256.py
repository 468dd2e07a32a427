"""P-256 (secp256r1): a group for ECDHE, a verifier and a signer of ECDSA with SHA-256 (RFC 8422).

The arithmetic is the port's `p256` where it has one, else crypto/p256.py. A verifier is what
checks signatures of one kind of key:

    schemes                         SignatureScheme codes that it knows (RFC 8446 section 4.2.3)
    accepts(spki)                   whether a SubjectPublicKeyInfo is of its kind
    verify(port, scheme, spki, parts, signature)
    group                           code of its curve, or None

and a group is what makes ephemeral keys: code, keypair(port), shared(port, private, peer).
"""

from .crypto.ecdsa_der import decode, encode

_SIZE = 32
_SHA256 = 0x0403  # ecdsa_secp256r1_sha256

# SubjectPublicKeyInfo before X || Y (RFC 5480 section 2.1): id-ecPublicKey, secp256r1,
# an uncompressed point
SPKI = (
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
    b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"
)


def arithmetic(port):
    """Return the four functions: keypair, shared, sign, verify (typings/dtls_port.pyi)."""
    found = getattr(port, "p256", None)
    if found is None:
        from .crypto import p256 as found
    return found


class _P256:
    code = group = 23  # NamedGroup secp256r1
    schemes = (_SHA256,)
    _ready = None  # a key pair that no handshake has used

    def prepare(self, port):
        """Make the key pair of the next handshake now, while there is time.

        Not while a handshake goes on: kernels have one set of numbers, and whoever comes second
        gets OSError. Between two it may run on the RP2040's second core:
        _thread.start_new_thread(P256.prepare, (dtls_port,)).
        """
        self._ready = arithmetic(port).keypair(port.random)

    def keypair(self, port):
        """Return (private, public) of a new ephemeral key; public is 65 bytes."""
        pair, self._ready = self._ready, None  # each serves once
        return pair or arithmetic(port).keypair(port.random)

    def shared(self, port, private, peer) -> bytes:
        """Return the shared secret, 32 bytes; ValueError if `peer` is no point of the curve."""
        return arithmetic(port).shared(private, peer, port.random)

    def accepts(self, spki) -> bool:
        """Tell whether this is a SubjectPublicKeyInfo of a key on P-256."""
        return len(spki) == len(SPKI) + 2 * _SIZE and spki[: len(SPKI)] == SPKI

    def verify(self, port, scheme, spki, parts, signature) -> bool:
        """Tell whether the DER signature over the buffers `parts` is good."""
        if scheme != _SHA256:
            return False
        try:
            raw = decode(signature, _SIZE)
        except ValueError:
            return False
        return arithmetic(port).verify(bytes(spki[len(SPKI) - 1 :]), digest(port, parts), raw)


def digest(port, parts) -> bytes:
    """Return the SHA-256 of the buffers, taken one after the other."""
    running = port.sha256()
    for part in parts:
        running.update(part)
    return running.digest()


def sign(port, key, hashed) -> bytes:
    """Return the DER signature of a digest of 32 bytes.

    key: a private key of 32 bytes, or what signs instead: key(digest) -> r || s, 64 bytes
    """
    if callable(key):
        raw = key(hashed)
        if len(raw) != 2 * _SIZE:
            raise ValueError("a signing function returns r || s, 64 bytes")
    else:
        raw = arithmetic(port).sign(key, hashed, port.sha256, port.random)
    return encode(raw)


P256 = _P256()
