"""Certificate usages of LwM2M and DANE, 0 to 3 (RFC 6698 section 2.1.1)."""

from micropython import const

from .certificate import Certificate
from .errors import ProtocolError
from .matching import EXACT, Matched
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
_UNKNOWN_CA = const(48)


def certificate_usage(
    usage: int, certificate, anchors=(), verifiers=(P256,), name=None, floor=None, matching=EXACT
):
    """Return a trust object for a usage and the certificate, DER, that goes with it.

    anchors are those of X509, and wanted for usages 0 and 1 only; the rest is as there.
    matching: 0, or 1, 2, 3 if `certificate` is the SHA-256, SHA-384 or SHA-512 of it, or of the
              SubjectPublicKeyInfo in it. With usage 2 the server must send its trust anchor then;
              the hash of a key does not bind the anchor's name, dates and constraints
    """
    if not PKIX_TA <= usage <= DANE_EE:
        raise ValueError("a certificate usage is 0, 1, 2 or 3")
    given = Matched(matching, certificate, verifiers) if matching else _Exact(certificate)
    if usage < DANE_TA:
        return _Pkix(usage, given, anchors, verifiers, name, floor)
    if usage == DANE_TA:
        if matching:
            return _DaneTa(given, name, floor)
        return X509((bytes(certificate),), (), verifiers, name, floor)
    return given if matching else _DaneEe(certificate, verifiers)


class _Exact:
    """A certificate that is known whole: what usages 0 and 1 ask of matching.Matched."""

    def __init__(self, certificate):
        self._whole = bytes(certificate)

    def fits(self, port, certificate) -> bool:
        """Tell whether it is this certificate."""
        return certificate == self._whole

    def is_anchor(self, port, anchor) -> bool:
        """Tell whether a trust anchor, one of X509.anchors, has its name and its key."""
        given = Certificate(self._whole)
        return anchor[0] == given.subject and anchor[1] == given.spki


class _Pkix(X509):
    """X.509 whose paths must have the certificate: anywhere (usage 0), or first (1)."""

    def __init__(self, usage: int, given, anchors, verifiers, name, floor):
        super().__init__(anchors, (), verifiers, name, floor)
        self._usage = usage
        self._given = given

    def approves(self, port, path, anchor) -> bool:
        """Tell whether the certificate is where it must be."""
        if self._usage == PKIX_EE:
            return self._given.fits(port, path[0])
        if self._given.is_anchor(port, anchor):
            return True
        return any(self._given.fits(port, one) for one in path[1:])


class _DaneTa:
    """X.509 whose trust anchor is sent by the server, and has the hash.

    RFC 7671 section 5.2 wants it sent.
    """

    types = (0,)

    def __init__(self, given, name, floor):
        self.named = not name
        self.verifiers = given.verifiers
        self._given = given
        self._options = (name, floor)

    def check(self, port, kind: int, certificates, name) -> memoryview:
        """Return the SubjectPublicKeyInfo; ProtocolError if there is no path. See X509.check()."""
        anchors = [one for one in certificates if self._fits(port, one)]
        if not anchors:
            text = "the server sent no certificate that has the hash that was given (usage 2)"
            raise ProtocolError(_UNKNOWN_CA, text)
        try:
            trust = X509(anchors, (), self.verifiers, *self._options)
        except ValueError as error:
            raise ProtocolError(_BAD_CERTIFICATE, "the trust anchor: %s" % error)
        return trust.check(port, kind, certificates, name)

    def _fits(self, port, certificate) -> bool:
        try:
            return self._given.fits(port, certificate)
        except ProtocolError:
            return False  # junk, which X509 passes over


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
