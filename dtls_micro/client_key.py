"""Who we are, to a server that asks: a P-256 key with a certificate or raw (RFC 5246, 7250).

The key is 32 bytes, or a function that signs with a key which never leaves its chip:
key(digest) gets 32 bytes and returns the ECDSA signature r || s, 64 bytes. With bytes the
signature is the one of RFC 6979.
"""

from micropython import const

from .rpk import subject_public_key_info

_X509 = const(0)
_RAW_PUBLIC_KEY = const(2)
_PRIVATE = const(32)

# The order of P-256 (SP 800-186 section 3.2.1.3): a private key is 1 to one less.
_ORDER = (
    b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
)


class ClientCertificate:
    """A certificate: `chain` is DER, the client's own first, or that one alone as bytes."""

    kind = _X509

    def __init__(self, chain, key):
        if isinstance(chain, (str, bytes, bytearray, memoryview)):
            chain = (chain,)
        self.key = check_key(key)
        self.chain = list(chain)
        if not self.chain or not all(len(c) and c[0] == 0x30 for c in self.chain):
            raise ValueError("the chain must be certificates as DER, not PEM")
        self.chain = [bytes(certificate) for certificate in self.chain]

    def put(self, w):
        """Append a Certificate body (RFC 5246 section 7.4.2)."""
        start = w.open(3)
        for certificate in self.chain:
            w.vector(3, certificate)
        w.close(start, 3)


class ClientRawKey:
    """A raw public key: SubjectPublicKeyInfo as DER, or 65 bytes 04 || X || Y."""

    kind = _RAW_PUBLIC_KEY

    def __init__(self, public, key):
        self.key = check_key(key)
        self.public = subject_public_key_info(public)

    def put(self, w):
        """Append a Certificate body (RFC 7250 section 3)."""
        w.vector(3, self.public)


def check_key(key):
    if callable(key):
        return key
    if isinstance(key, str) or len(key) != _PRIVATE:
        raise ValueError("the key is 32 bytes, or a function that signs")
    key = bytes(key)
    if not bytes(_PRIVATE) < key < _ORDER:
        raise ValueError("not a private key of P-256")
    return key
