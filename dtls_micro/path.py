"""The search for a path from a server's certificate to a trust anchor (RFC 5280 section 6).

Certificates are parsed again when they are needed again, so that memory does not grow with
the chain: never more than three are taken apart at a time.
"""

from micropython import const

from .certificate import Certificate
from .constraints import MOST_WORK, permits
from .der import DerError
from .distinguished import common_name
from .errors import ProtocolError
from .hashes import digest
from .rules import common_fault, issuer_fault, leaf_fault, serial_fault
from .signature_algorithms import scheme

_BAD_CERTIFICATE = const(42)  # RFC 5246 section 7.2
_UNSUPPORTED_CERTIFICATE = const(43)
_UNKNOWN_CA = const(48)
_MOST_SIGNATURES = const(12)  # verified for one handshake


class Path:
    """One search: depth first, in the order sent; a certificate that leads nowhere is left out.

    trust: has anchors, pins, verifiers and approves(), see x509.py
    certificates: buffers, the server's own first    name: of the server
    now, floor: see rules.common_fault()
    """

    def __init__(self, trust, port, certificates, name: bytes, now, floor):
        self._trust = trust
        self._port = port
        self._certificates = certificates
        self._name = name
        self._now = now
        self._floor = floor
        self._signatures = 0
        self._work = [MOST_WORK]
        # What to complain of in the end: the first of each kind, and the first kind there is
        self._fault: "ProtocolError | None" = None
        self._junk: "ProtocolError | None" = None  # a certificate that cannot be read
        self._end: "ProtocolError | None" = None  # a path that goes no further
        self._path = [0]  # indices of certificates, from the leaf up
        self._tried = [0]  # for each of them: how many others have been looked at as its issuer
        self._below = [0]  # for each: how many CAs are below what issued it, self-issued aside

    def find(self):
        """Return when a path has been found; ProtocolError says why there is none."""
        child = self._leaf()
        if self._anchored(child):
            return
        count = len(self._certificates)
        while True:
            self._tried[-1] += 1
            if self._tried[-1] >= count:
                self._end = self._end or self._dead_end(child)
                if len(self._path) == 1:
                    raise self._fault or self._junk or self._end
                for stack in (self._path, self._tried, self._below):
                    stack.pop()
                child = Certificate(self._certificates[self._path[-1]])
                continue
            at = (self._path[-1] + self._tried[-1]) % count
            issuer = None if at in self._path else self._issuer(child, at)
            if issuer is not None:
                self._path.append(at)
                self._tried.append(0)
                self._below.append(self._below[-1] + (not issuer.self_issued))
                child = issuer
                if self._pinned(child) or self._anchored(child):
                    return

    def _leaf(self):
        """Return the leaf; nothing is wrong with it, its signature aside."""
        leaf = Certificate(self._certificates[0])
        fault = serial_fault(leaf) or common_fault(leaf, self._now, self._floor)
        fault = fault or leaf_fault(leaf, self._name)
        if fault is not None:
            raise self._refusal(self._label(leaf, 0), fault)
        return leaf

    def _issuer(self, child, at: int):
        """Return the certificate at an index if it has issued `child`, else None."""
        try:
            issuer = Certificate(self._certificates[at])
            if issuer.subject != child.issuer:
                return None
        except DerError as error:
            self._junk = self._junk or malformed(at, len(self._certificates), error)
            return None
        label = self._label(issuer, at)
        fault = serial_fault(issuer)
        if fault is not None:
            self._note(label, fault)
        elif self._may_issue(issuer, child, label) and self._signed(child, issuer.spki):
            return issuer
        return None

    def _pinned(self, issuer) -> bool:
        """Tell whether the key of a CA is pinned: then it is a trust anchor."""
        pins = self._trust.pins
        return bool(pins) and digest(self._port.sha256, (issuer.spki,)) in pins

    def _anchored(self, child) -> bool:
        """Tell whether a trust anchor has issued `child`, or is this leaf itself."""
        for anchor in self._trust.anchors:
            subject, spki, whole = anchor
            if whole is None or child.whole != whole or len(self._path) > 1:
                if subject != child.issuer:
                    continue
                label = "the trust anchor (%s)" % common_name(subject)
                if whole is not None and not self._may_issue(Certificate(whole), child, label):
                    continue
                if not self._signed(child, spki):
                    continue
            path = [self._certificates[i] for i in self._path]
            if self._trust.approves(self._port, path, anchor):
                return True
            self._note("the path", (_BAD_CERTIFICATE, "it does not have the given certificate"))
        return False

    def _may_issue(self, ca, child, label: str) -> bool:
        """Tell whether a CA may stand above the path, signatures aside."""
        fault = common_fault(ca, self._now, self._floor) or issuer_fault(ca, self._below[-1])
        if fault is not None:
            self._note(label, fault)
        elif ca.constraints is not None:
            for level in range(len(self._path)):
                at = self._path[level]
                below = child if at == self._path[-1] else Certificate(self._certificates[at])
                if level and below.self_issued:
                    continue
                if not permits(ca.constraints, below, self._work):
                    text = "a name of it is not within the nameConstraints of " + label
                    fault = _BAD_CERTIFICATE, text
                    self._note(self._label(below, at), fault)
                    break
        return fault is None

    def _signed(self, child, spki) -> bool:
        """Tell whether a key has signed `child`, the last of the path."""
        fault = self._signature_fault(child, spki)
        if fault is not None:
            self._note(self._label(child, self._path[-1]), fault)
        return fault is None

    def _signature_fault(self, child, spki):
        code = scheme(child.algorithm)
        if not code:
            return _UNSUPPORTED_CERTIFICATE, "its signature algorithm is weak or not known here"
        for verifier in self._trust.verifiers:
            if code in verifier.schemes and verifier.accepts(spki):
                if self._signatures == _MOST_SIGNATURES:
                    return _BAD_CERTIFICATE, "no path was found after 12 signatures"
                self._signatures += 1
                parts = (child.tbs,)
                if verifier.verify(self._port, code, spki, parts, child.signature):
                    return None
                return _BAD_CERTIFICATE, "its signature is not by the key of its issuer"
        text = "no verifier for its signature, or for the key of its issuer: see verifiers="
        return _UNSUPPORTED_CERTIFICATE, text

    def _label(self, certificate, at: int) -> str:
        count = len(self._certificates)
        return "certificate %d of %d (%s)" % (at + 1, count, common_name(certificate.subject))

    def _note(self, label: str, fault):
        """Keep the first fault."""
        if self._fault is None:
            self._fault = self._refusal(label, fault)

    def _refusal(self, label: str, fault) -> ProtocolError:
        return ProtocolError(fault[0], "%s: %s" % (label, fault[1]))

    def _dead_end(self, last) -> ProtocolError:
        """Return what to say of a path that goes no further."""
        text = "its issuer (%s) was not sent, and is no trust anchor here"
        text = text % common_name(last.issuer)
        if last.self_issued:
            text = "it is self-signed, and no trust anchor here"
        return self._refusal(self._label(last, self._path[-1]), (_UNKNOWN_CA, text))


def malformed(at: int, count: int, error) -> ProtocolError:
    """Return what a DerError in the certificate at an index means to the connection."""
    return ProtocolError(_BAD_CERTIFICATE, "certificate %d of %d: %s" % (at + 1, count, error))
