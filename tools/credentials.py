"""The credential that the words of a command line ask for: keys, certificates, files."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dtls_micro import ecdhe, ecdhe_psk, psk
from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.errors import ProtocolError
from dtls_micro.p256 import P256
from dtls_micro.p384 import P384
from dtls_micro.rpk import RawPublicKey
from dtls_micro.rsa import RSA
from dtls_micro.spki import public_key
from dtls_micro.x509 import X509
from dtls_micro.x25519 import X25519

from .arguments import key_bytes

VERIFIERS = (P256, P384, RSA)
GROUPS = (P256, X25519)
_CERTIFICATE_UNKNOWN = 46
_DER = serialization.Encoding.DER


@dataclass
class Words:
    """What was said about keys."""

    psk_identity: str | None = None
    psk_key: str | None = None
    psk_key_file: str | None = None
    ca: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    rpk: str | None = None
    cert: str | None = None
    key: str | None = None
    show_pin: bool = False


@dataclass
class Watched:
    """Trust that remembers what the server has sent; without an inner one it trusts nobody."""

    inner: Any = None
    kind: int = 0
    seen: list[bytes] = field(default_factory=list)
    refused: bool = False  # it did not trust the last one

    @property
    def types(self) -> tuple[int, ...]:
        return self.inner.types if self.inner else (0, 2)  # X.509 or a raw public key

    @property
    def named(self) -> bool:
        return bool(self.inner and self.inner.named)

    verifiers = VERIFIERS

    def check(self, port: Any, kind: int, certificates: list[memoryview], name: Any) -> Any:
        """Return what the inner one returns."""
        self.kind = kind
        self.seen = [bytes(one) for one in certificates]
        self.refused = True
        if self.inner is None:
            raise ProtocolError(_CERTIFICATE_UNKNOWN, "nobody was said to be trusted")
        spki = self.inner.check(port, kind, certificates, name)
        self.refused = False
        return spki


def credential(words: Words, suites: tuple[str, ...] | None) -> psk.Psk | ecdhe.Ecdhe:
    """Return the credential, or raise click.UsageError."""
    shared = words.psk_identity is not None or words.psk_key or words.psk_key_file
    trust = words.ca or words.pin or words.rpk or words.show_pin
    if shared and (trust or words.cert or words.key):
        raise click.UsageError("a pre-shared key and certificates do not go together")
    if not shared and not trust:
        raise click.UsageError(
            "how is the server to be trusted? --psk-identity and a key, --ca, --pin or --rpk; "
            "`dtls-micro probe --show-pin` shows the pin of a server"
        )
    try:
        return _shared(words, suites) if shared else _certified(words, suites)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _shared(words: Words, suites: tuple[str, ...] | None) -> psk.Psk:
    if words.psk_identity is None:
        raise click.UsageError("no identity: give --psk-identity")
    key = key_bytes(words.psk_key, words.psk_key_file)
    ephemeral = [row[1] for row in ecdhe_psk.SUITES]
    if suites and all(suite in ephemeral for suite in suites):
        return ecdhe_psk.EcdhePsk(words.psk_identity, key, suites, GROUPS)
    return psk.Psk(words.psk_identity, key, suites)


def _certified(words: Words, suites: tuple[str, ...] | None) -> ecdhe.Ecdhe:
    if words.rpk and (words.ca or words.pin):
        raise click.UsageError("--rpk does not go together with --ca and --pin")
    inner: Any = None
    if words.rpk:
        inner = RawPublicKey(public_key_in(words.rpk), verifiers=VERIFIERS)
    elif words.ca or words.pin:
        anchors = [one for file in words.ca for one in certificates_in(file)]
        inner = X509(anchors, words.pin, VERIFIERS)
    return ecdhe.Ecdhe(Watched(inner), _client(words), suites, GROUPS)


def _client(words: Words) -> ClientCertificate | ClientRawKey | None:
    if words.key is None:
        if words.cert:
            raise click.UsageError("--cert needs --key")
        return None
    key = private_key_in(words.key)
    octets = key.private_numbers().private_value.to_bytes(32, "big")
    if words.cert:
        return ClientCertificate(certificates_in(words.cert), octets)
    return ClientRawKey(
        key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        ),
        octets,
    )


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from None


def certificates_in(file: str) -> list[bytes]:
    """Return the certificates of a file, PEM or DER, as DER."""
    data = _read(file)
    try:
        if b"-----BEGIN" in data:
            return [one.public_bytes(_DER) for one in x509.load_pem_x509_certificates(data)]
        return [x509.load_der_x509_certificate(data).public_bytes(_DER)]
    except ValueError:
        raise click.UsageError(f"{file} holds no certificate, neither PEM nor DER") from None


def public_key_in(file: str) -> bytes:
    """Return the SubjectPublicKeyInfo of a file: a public key or a certificate, PEM or DER."""
    data = _read(file)
    try:
        if b"-----BEGIN CERTIFICATE" in data:
            return bytes(public_key(certificates_in(file)[0]))
        pem = b"-----BEGIN" in data
        load = serialization.load_pem_public_key if pem else serialization.load_der_public_key
        return load(data).public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        raise click.UsageError(f"{file} holds no public key, neither PEM nor DER") from None


def private_key_in(file: str) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of a file, PEM or DER, without a password; messages never quote it."""
    data = _read(file)
    pem = b"-----BEGIN" in data
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    try:
        key = load(data, None)
    except TypeError:
        message = f"the key in {file} is encrypted: give one without a password"
        raise click.UsageError(message) from None
    except ValueError:
        message = f"{file} holds no private key, PEM or DER, without a password"
        raise click.UsageError(message) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise click.UsageError(f"the key in {file} is not on P-256")
    return key


def described(trust: Watched) -> list[dict[str, str]]:
    """Return what can be told of each certificate that came, the server's own first."""
    return [_raw(one) if trust.kind else _described(one) for one in trust.seen]


def _pin(spki: bytes) -> str:
    return hashlib.sha256(spki).hexdigest()


def _raw(spki: bytes) -> dict[str, str]:
    return {"subject": "a raw public key", "pin": _pin(spki)}


def _described(der: bytes) -> dict[str, str]:
    try:
        known = {"pin": _pin(bytes(public_key(der)))}
    except ProtocolError as error:
        return {"subject": str(error)}
    try:
        one = x509.load_der_x509_certificate(der)
        key = one.public_key()
        kind = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__
        return {
            "subject": one.subject.rfc4514_string(),
            "issuer": one.issuer.rfc4514_string(),
            "not_before": one.not_valid_before_utc.isoformat(),
            "not_after": one.not_valid_after_utc.isoformat(),
            "key": kind.removeprefix("_").removesuffix("PublicKey"),
            **known,
        }
    except ValueError as error:
        return {"subject": f"cannot be read: {error}", **known}
