"""Certificate usages of LwM2M and DANE, 0 to 3 (RFC 6698 section 2.1.1)."""

from micropython import const

from .certificate import Certificate
from .errors import ProtocolError
from .p256 import P256
from .spki import public_key
from .x509 import X509

PKIX_TA = const(0)  # a CA that the path must have
PKIX_EE = const(1)  # the server's own certificate, with a path
DANE_TA = const(2)  # the trust anchor
DANE_EE = const(3)  # the server's key

_RAW_PUBLIC_KEY = const(2)  # RFC 7250: CertificateType
_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2
_UNSUPPORTED_CERTIFICATE = const(43)


def certificate_usage(
    usage: int, certificate, anchors=(), verifiers=(P256,), name=None, floor=None
):
    """Return a trust object for a usage and the certificate, DER, that goes with it.

    anchors are those of X509, and wanted for usages 0 and 1 only; the rest is as there.
    """
    if usage == DANE_EE:
        return _DaneEe(certificate, verifiers)
    if usage == DANE_TA:
        return X509((bytes(certificate),), (), verifiers, name, floor)
    if usage not in (PKIX_TA, PKIX_EE):
        raise ValueError("a certificate usage is 0, 1, 2 or 3")
    return _Pkix(usage, bytes(certificate), anchors, verifiers, name, floor)


class _Pkix(X509):
    """X.509 whose paths must have the certificate: anywhere (usage 0), or first (1)."""

    def __init__(self, usage: int, certificate, anchors, verifiers, name, floor):
        super().__init__(anchors, (), verifiers, name, floor)
        self._usage = usage
        self._certificate = certificate

    def approves(self, path, anchor) -> bool:
        """Tell whether the certificate is where it must be."""
        if self._usage == PKIX_EE:
            return path[0] == self._certificate
        given = Certificate(self._certificate)
        if anchor[0] == given.subject and anchor[1] == given.spki:
            return True
        return self._certificate in path[1:]


class _DaneEe:
    """The key of a certificate is the server's, and nothing else counts (RFC 7671 section 5.1).

    It may come in another certificate, or as a raw public key (RFC 7250).
    """

    types = (0, _RAW_PUBLIC_KEY)
    named = False

    def __init__(self, certificate, verifiers):
        self.verifiers = tuple(verifiers)
        self._spki = bytes(Certificate(certificate).spki)

    def check(self, port, kind: int, certificates, name) -> memoryview:
        """Return the SubjectPublicKeyInfo; ProtocolError if it is another. See X509.check()."""
        if kind not in self.types or not certificates:
            raise ProtocolError(_UNSUPPORTED_CERTIFICATE, "no certificate and no raw public key")
        spki = memoryview(certificates[0])
        if kind != _RAW_PUBLIC_KEY:
            spki = public_key(spki)
        if spki != self._spki:
            text = "the server has another key than the certificate that was given (usage 3)"
            raise ProtocolError(_BAD_CERTIFICATE, text)
        return spki
