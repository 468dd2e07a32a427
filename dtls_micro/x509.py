"""Trust in a server by its X.509 certificates: trust anchors and pinned keys (RFC 5280)."""

from binascii import unhexlify

from micropython import const

from .certificate import Certificate
from .der import Der, DerError
from .distinguished import common_name
from .errors import ProtocolError
from .hashes import digest
from .p256 import P256
from .path import Path, malformed
from .spki import public_key

_X509 = const(0)  # RFC 7250: CertificateType
_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2
_UNSUPPORTED_CERTIFICATE = const(43)
_CERTIFICATE_UNKNOWN = const(46)
_UNKNOWN_CA = const(48)
_MOST_CERTIFICATES = const(10)
_PIN = const(32)  # bytes
_ECDSA = const(3)  # last byte of a SignatureScheme code


class X509:
    """Whom to trust; an object may serve many connections and keeps nothing of them.

    anchors:   CA certificates (DER), or pairs of a CA's Name and SubjectPublicKeyInfo (DER).
               A certificate must be a CA's that is valid now; what is left out of a pair is not
               asked for. A certificate that is not a CA's is trusted where it is the server's
               own, byte for byte, with its name and its dates (as OpenSSL and Go do).
    pins:      SHA-256 of a SubjectPublicKeyInfo, 32 bytes or in hex. A server that has such a
               key is trusted for it: neither names nor dates are looked at. A CA that is sent and
               has such a key is a trust anchor.
    verifiers: of the signatures: P256, and P384 and RSA of the modules p384 and rsa
    name:      compare this with the certificate, and not the name to which we connect
    floor:     (year, month, day, hour, minute, second), UTC, that are over, such as the day of
               the build. Without a clock, or when it is behind that, certificates that expired
               earlier are refused, and none is too young.
    """

    types = (_X509,)

    def __init__(self, anchors=(), pins=(), verifiers=(P256,), name=None, floor=None):
        if isinstance(anchors, (bytes, bytearray, memoryview)):
            anchors = (anchors,)
        if isinstance(pins, (str, bytes, bytearray)):
            pins = (pins,)
        self.anchors = [_anchor(anchor) for anchor in anchors]
        self.pins = [_pin(pin) for pin in pins]
        if not self.anchors and not self.pins:
            raise ValueError("nobody is trusted: give anchors or pins")
        self.verifiers = tuple(verifiers)
        self.name = name.encode() if isinstance(name, str) else name
        self.named = bool(self.anchors) and not name
        self.floor = tuple(floor) if floor else None

    def check(self, port, kind: int, certificates, name) -> memoryview:
        """Return the SubjectPublicKeyInfo of the server; ProtocolError if it is not trusted.

        kind: 0, X.509    certificates: buffers as sent, the server's own first
        name: of the server, bytes, or None
        """
        if kind not in self.types:
            raise ProtocolError(_UNSUPPORTED_CERTIFICATE, "no certificate of X.509")
        count = len(certificates)
        if not 0 < count <= _MOST_CERTIFICATES:
            raise ProtocolError(_BAD_CERTIFICATE, "more than 10 certificates, or none")
        try:
            spki = public_key(certificates[0])
            self._check_key(spki)
            if not self.pins or digest(port.sha256, (spki,)) not in self.pins:
                if not self.anchors:
                    self._check_issuers(port, certificates)
                now, floor = self._when(port)
                Path(self, port, certificates, self._name(name), now, floor).find()
        except DerError as error:
            raise malformed(0, count, error)
        return spki

    def approves(self, port, path, anchor) -> bool:
        """Tell whether a path that was found will do, for who is more choosy.

        path: certificates, the server's own first    anchor: one of self.anchors
        """
        return True

    def _check_key(self, spki):
        """Refuse a key of the server that cannot sign its ServerKeyExchange."""
        for verifier in self.verifiers:
            for code in verifier.schemes:
                if code & 255 == _ECDSA and verifier.accepts(spki):
                    return
        text = "the server's key is of a kind for which no verifier of ECDSA was given"
        raise ProtocolError(_UNSUPPORTED_CERTIFICATE, text)

    def _check_issuers(self, port, certificates):
        """Refuse at once what has no key that is pinned."""
        for one in certificates:
            if digest(port.sha256, (public_key(one),)) in self.pins:
                return
        raise ProtocolError(_UNKNOWN_CA, "the server's key is none of those pinned")

    def _name(self, name) -> bytes:
        name = self.name or name
        if not name:
            text = "no name to compare the certificate with: give server_name, or X509(name=...)"
            raise ProtocolError(_CERTIFICATE_UNKNOWN, text)
        return bytes(name)

    def _when(self, port):
        """Return (the time, None), or (None, the floor) where the time is not known."""
        clock = getattr(port, "utc", None)
        now = clock() if clock else None
        floor = self.floor
        if floor is not None and (now is None or tuple(now) < floor):
            return None, floor
        if now is None:
            text = "the device has no time: set its clock (SNTP), or give X509(floor=...)"
            raise ProtocolError(_CERTIFICATE_UNKNOWN, text)
        return tuple(now), None


def _anchor(anchor):
    """Return (subject, SubjectPublicKeyInfo, certificate or None) of a trust anchor."""
    if isinstance(anchor, (tuple, list)):
        subject, spki = anchor
        common_name(subject)
        Der(spki).enter()
        return subject, spki, None
    if bytes(anchor[:5]) == b"-----":
        raise ValueError("a trust anchor is PEM text: give the DER in it")
    certificate = Certificate(anchor)
    return certificate.subject, certificate.spki, anchor


def _pin(pin) -> bytes:
    if isinstance(pin, str) or len(pin) == 2 * _PIN:
        try:
            pin = unhexlify(pin.replace(":", "") if isinstance(pin, str) else pin)
        except ValueError:
            pin = b""
    if len(pin) != _PIN:
        raise ValueError("a pin is a SHA-256: 32 bytes, or 64 hexadecimal digits")
    return bytes(pin)
