"""Keys and certificates for tests, made when first asked for, gone when the process ends.

    leaf = identity("leaf")     # a key, its certificate, and who signed it
    leaf.chain_pem, leaf.key_pem, leaf.spki, leaf.pin ...

LEAF is the usual server: P-256, signed by a P-256 root. CHAIN has an intermediate, P384 a key
on P-384, RSA a P-256 key under an RSA root. CLIENT is a client of the same root as LEAF,
STRANGER one whom nobody knows. The files of one identity are in one folder.
"""

import atexit
import datetime
import functools
import hashlib
import ipaddress
import shutil
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF, CHAIN, P384, RSA, CLIENT, STRANGER = "leaf", "chain", "p384", "rsa", "client", "stranger"
_DAY = datetime.timedelta(days=1)
_SERVER = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
]


class Identity:
    """A private key, and certificates from its own up to the root.

    key:   of the cryptography library
    chain: certificates of it, without the root (which is all there is for a root)
    root:  the trust anchor's certificate
    """

    def __init__(self, name, key, chain, root):
        self.name = name
        self.key = key
        self.chain = chain
        self.root = root
        self.folder = _folder() / name
        self.folder.mkdir()
        pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain]
        self.chain_pem = self._write("chain.pem", b"".join(pem))
        self.issuers_pem = self._write("issuers.pem", b"".join(pem[1:]))
        self.root_pem = self._write("root.pem", root.public_bytes(serialization.Encoding.PEM))
        self.key_pem = self._write("key.pem", self._private(serialization.PrivateFormat.PKCS8))
        self.sec1_pem = self._write(
            "sec1.pem", self._private(serialization.PrivateFormat.TraditionalOpenSSL)
        )
        self.public_pem = self._write("public.pem", self._public(serialization.Encoding.PEM))
        # as coap-server wants a raw key: both halves in one file
        self.pair_pem = self._write(
            "pair.pem", self.public_pem.read_bytes() + self.sec1_pem.read_bytes()
        )
        for number, certificate in enumerate(self.chain_der):
            self._write("%d.der" % number, certificate)

    def _write(self, name, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def _private(self, form) -> bytes:
        nothing = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, form, nothing)

    def _public(self, encoding) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(encoding, form)

    @property
    def chain_der(self) -> list:
        """Return the certificates that are sent, as DER, the own one first."""
        return [c.public_bytes(serialization.Encoding.DER) for c in self.chain]

    @property
    def root_der(self) -> bytes:
        """Return the trust anchor as DER."""
        return self.root.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo as DER."""
        return self._public(serialization.Encoding.DER)

    @property
    def pin(self) -> str:
        """Return the SHA-256 of the SubjectPublicKeyInfo in hex."""
        return hashlib.sha256(self.spki).hexdigest()

    @property
    def private(self) -> bytes:
        """Return the private key as 32 bytes (P-256)."""
        return self.key.private_numbers().private_value.to_bytes(32, "big")


@functools.cache
def identity(name: str) -> Identity:
    """Return one of those named above, the same one for the whole process."""
    if name == STRANGER:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("stranger", key, None, _SERVER)
        return Identity(name, key, [certificate], certificate)
    signer = _root(RSA if name == RSA else LEAF)
    root, between = signer[1], []
    if name == CHAIN:
        signer = _authority("intermediate", ec.generate_private_key(ec.SECP256R1()), signer)
        between = [signer[1]]
    key = ec.generate_private_key(ec.SECP384R1() if name == P384 else ec.SECP256R1())
    leaf = _certificate(name, key, signer, None if name == CLIENT else _SERVER)
    return Identity(name, key, [leaf] + between, root)


@functools.cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="dtls-certificates-"))
    atexit.register(shutil.rmtree, made)
    return made


@functools.cache
def _root(name):
    if name == RSA:
        return _authority("RSA root", rsa.generate_private_key(65537, 2048), None)
    return _authority("root", ec.generate_private_key(ec.SECP256R1()), None)


def _authority(name, key, signer):
    """Return (key, certificate) of one that may sign others."""
    return key, _certificate(name, key, signer, None, authority=True)


def _certificate(name, key, signer, names, authority=False):
    """Return a certificate.

    signer: (key, certificate), or None for a certificate that signs itself
    names:  of a server; None for anybody else
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = (signer[0], signer[1].subject) if signer else (key, subject)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(_usage(authority), critical=True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if not authority:
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _usage(authority: bool):
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys(others + ("encipher_only", "decipher_only"), False)
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        **usage,
    )
