"""Certificates for tests, made of fields as in tlv.py and signed by `cryptography`."""

import tlv
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SHA = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512(), 1: hashes.SHA1()}
_ECDSA = b"\x2a\x86\x48\xce\x3d\x04"
_PKCS1 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01"
_HASH = b"\x60\x86\x48\x01\x65\x03\x04\x02"
_LAST = {256: 1, 384: 2, 512: 3}
_keys: dict = {}


def algorithm(kind: str, bits: int, salt=None, null: bytes = b"\x05\x00", mask=None) -> bytes:
    """Return an AlgorithmIdentifier; kind: "ecdsa", "rsa" or "pss"."""
    if kind == "ecdsa":
        last = b"\x01" if bits == 1 else bytes([3, _LAST[bits] + 1])
        return tlv.seq(tlv.oid(_ECDSA + last))
    if kind == "rsa":
        last = 5 if bits == 1 else 10 + _LAST[bits]
        return tlv.seq(tlv.oid(_PKCS1 + bytes([last])), b"\x05\x00")
    sha = tlv.seq(tlv.oid(_HASH + bytes([_LAST[bits]])), null)
    mgf = tlv.seq(tlv.oid(_HASH + bytes([_LAST[mask or bits]])), null)
    mgf = tlv.seq(tlv.oid(_PKCS1 + b"\x08"), mgf)
    length = bytes([2, 1, bits // 8 if salt is None else salt])
    parameters = tlv.seq(tlv.tlv(0xA0, sha), tlv.tlv(0xA1, mgf), tlv.tlv(0xA2, length))
    return tlv.seq(tlv.oid(_PKCS1 + b"\x0a"), parameters)


def key(kind: str, number: int = 0):
    """Return a private key, the same for the same arguments: "p256", "p384", "rsa2048" .."""
    if (kind, number) not in _keys:
        curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
        if kind in curves:
            made = ec.generate_private_key(curves[kind]())
        else:
            made = rsa.generate_private_key(65537, int(kind[3:]))
        _keys[kind, number] = made
    return _keys[kind, number]


def spki(private) -> bytes:
    """Return the SubjectPublicKeyInfo of a private key."""
    form = PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(Encoding.DER, form)


def sign(private, kind: str, bits: int, body: bytes) -> bytes:
    """Return a signature as it stands in certificates."""
    sha = _SHA[bits]
    if kind == "ecdsa":
        return private.sign(body, ec.ECDSA(sha))
    if kind == "rsa":
        return private.sign(body, padding.PKCS1v15(), sha)
    return private.sign(body, padding.PSS(padding.MGF1(sha), sha.digest_size), sha)


class Issued:
    """A certificate, `der`, and the private key, `key`, that goes with it."""

    def __init__(self, subject, issuer=None, private=None, signing=None, listed=(), **fields):
        """Make one.

        subject: Name, or bytes of a common name    issuer: Issued, None for a self-signed one
        signing: (kind, bits); by default what fits the issuer's key, and 256
        listed: extensions    fields: see tlv.DEFAULTS; also outer, the outer algorithm
        """
        self.subject = tlv.name(subject) if subject[:1] != b"0" else subject
        self.key = private or key("p256", len(_keys))
        self.issuer = issuer or self
        by = self.issuer.key
        kind, bits = signing or ("rsa" if isinstance(by, rsa.RSAPrivateKey) else "ecdsa", 256)
        fields.setdefault("algorithm", algorithm(kind, bits))
        outer = fields.pop("outer", fields["algorithm"])
        fields.setdefault("issuer", self.issuer.subject)
        fields.setdefault("extensions", tlv.extensions(*listed) if listed else b"")
        fields.setdefault("spki", spki(self.key))
        body = tlv.tbs(subject=self.subject, **fields)
        self.spki = fields["spki"]
        self.der = tlv.signed(body, outer, sign(by, kind, bits, body))


def ca(subject: bytes, issuer=None, **options) -> Issued:
    """Return a CA; path_len and more (extensions) are options too."""
    listed = [tlv.basic(True, options.pop("path_len", None)), tlv.usage(1, 6)]
    listed += options.pop("more", [])
    options.setdefault("listed", listed)
    return Issued(subject, issuer, **options)


def server(issuer, subject: bytes = b"server", **options) -> Issued:
    """Return a server's certificate for server.example, unless names says else."""
    names = options.pop("names", (tlv.dns(b"server.example"),))
    listed = [tlv.usage(7, 0x80), tlv.purposes(tlv.SERVER_AUTH), tlv.alt(*names)]
    listed += options.pop("more", [])
    options.setdefault("listed", listed)
    return Issued(subject, issuer, **options)


def chain(*issued):
    """Return the DER of each, as a server sends it."""
    return [memoryview(one.der) for one in issued]
