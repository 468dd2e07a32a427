"""ECDHE_ECDSA (RFC 8422, 7251, 5289, 7905): the credential, its rows and its suites.

What it puts into the handshake, ours on the left:

                             <-  Certificate
                             <-  ServerKeyExchange, signed
                             <-  CertificateRequest (or none)
                             <-  ServerHelloDone
    Certificate, maybe empty ->  (if it was asked for)
    ClientKeyExchange        ->
    CertificateVerify        ->  (if the certificate was not empty)
"""

from micropython import const

from .certificates import (
    get_certificate_request,
    get_certificate_type,
    get_certificates,
    get_signature,
    put_certificate_types,
    put_signature_algorithms,
)
from .ecdh import agree, get_extension, get_parameters, put_groups
from .errors import ProtocolError
from .handshake import WAIT_CIPHER, WAIT_KEYS, choose, wipe
from .p256 import P256, sign
from .wire import Reader

_CERTIFICATE = const(11)  # handshake messages
_SERVER_KEY_EXCHANGE = const(12)
_CERTIFICATE_REQUEST = const(13)
_SERVER_HELLO_DONE = const(14)
_CERTIFICATE_VERIFY = const(15)
_CLIENT_KEY_EXCHANGE = const(16)
_AFTER_CERTIFICATE = const(3)  # states
_AFTER_KEY = const(4)
_AFTER_REQUEST = const(5)
_ILLEGAL_PARAMETER = const(47)  # alerts
_UNSUPPORTED_CERTIFICATE = const(43)
_DECRYPT_ERROR = const(51)
_ECDSA_SHA256 = const(0x0403)

# fmt: off
SUITES = (
    # code   name                                             aead            key bytes, iv bytes
    (0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",             "AES_128_CCM_8",     16, 4),
    (0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",               "AES_128_CCM",       16, 4),
    (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",        "AES_128_GCM",       16, 4),
    (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",  "CHACHA20_POLY1305", 32, 12),
)
# fmt: on


class Ecdhe:
    """Fresh keys, signed by a server that is trusted.

    trust:  how: pin.PinnedKey, rpk.RawPublicKey, x509.X509 or what usage.py makes
    client: who we are if the server asks: client_key.ClientCertificate or ClientRawKey
    suites: names of the suites to offer, most wanted first; None offers all
    groups: of p256.py and its like, most wanted first
    """

    def __init__(self, trust, client=None, suites=None, groups=(P256,)):
        if not hasattr(trust, "check"):
            raise ValueError("trust is a pinned key, a raw public key or trust anchors")
        if client and not hasattr(client, "put"):
            raise ValueError("client is a ClientCertificate or a ClientRawKey")
        self.trust = trust
        self.client = client
        self.suites = choose(SUITES, suites)
        self.groups = tuple(groups)
        self.rows = ROWS
        self.readings = 3 if client else 2  # of the transcript
        self.named = trust.named
        self.schemes = []
        for verifier in trust.verifiers:
            for scheme in verifier.schemes:
                if scheme not in self.schemes:
                    self.schemes.append(scheme)
            if verifier.group and verifier not in self.groups:
                self.groups += (verifier,)  # a certificate's curve must be among the groups

    def put_extensions(self, hs, w):
        """Offer groups, signature algorithms and certificate types."""
        if self.trust.named and not hs.server_name:
            raise ValueError("server_name is missing: the certificate must be for a name")
        put_groups(hs, w, self.groups)
        put_signature_algorithms(hs, w, self.schemes)
        put_certificate_types(hs, w, self.trust.types, self.client)

    def get_extension(self, hs, kind, r):
        """Take in an answer to one of ours."""
        if not get_extension(kind, r):
            get_certificate_type(hs, kind, r, self.trust.types, self.client)


def _on_certificate(hs, whole):
    trust = hs.credential.trust
    kind = hs.server_type
    certificates = get_certificates(whole[12:], kind)
    spki = trust.check(hs.port, kind, certificates, hs.server_name)
    for verifier in trust.verifiers:
        if verifier.group and verifier.accepts(spki):
            break
    else:
        raise ProtocolError(_UNSUPPORTED_CERTIFICATE, "the server's key is of no known kind")
    if P256.accepts(spki) and P256 not in hs.credential.groups:  # RFC 8422 section 5.3
        raise ProtocolError(_UNSUPPORTED_CERTIFICATE, "a key on P-256, which is not among groups")
    hs.peer = bytes(spki)
    hs.transcript.update(whole)


def _on_server_key_exchange(hs, whole):
    body = whole[12:]
    r = Reader(body)
    group, point = get_parameters(hs.credential.groups, r)
    parameters = body[: r.at]
    scheme, signature = get_signature(r)
    r.end()
    if scheme not in hs.credential.schemes or scheme & 255 != _ECDSA_SHA256 & 255:
        raise ProtocolError(_ILLEGAL_PARAMETER, "signature scheme %04x was not offered" % scheme)
    parts = hs.client_random, hs.server_random, parameters
    for verifier in hs.credential.trust.verifiers:
        if verifier.accepts(hs.peer) and verifier.verify(
            hs.port, scheme, hs.peer, parts, signature
        ):
            break
    else:
        raise ProtocolError(_DECRYPT_ERROR, "the server's signature is not by its key")
    hs.exchange = group, bytes(point), False
    hs.transcript.update(whole)


def _on_certificate_request(hs, whole):
    ecdsa, schemes = get_certificate_request(whole[12:])
    group, point, _ = hs.exchange
    client = hs.credential.client
    suitable = client and ecdsa and _ECDSA_SHA256 in schemes and client.kind == hs.client_type
    hs.exchange = group, point, bool(suitable)
    hs.transcript.update(whole)


def _on_server_hello_done(hs, whole):
    Reader(whole[12:]).end()
    hs.transcript.update(whole)
    hs.flight.open()
    group, point, suitable = hs.exchange
    if hs.state == _AFTER_REQUEST:
        w = hs.flight.begin(_CERTIFICATE)
        if suitable:
            hs.credential.client.put(w)
        else:
            w.uint(3, 0)
        hs.transcript.update(hs.flight.end(0))
    shared = agree(hs, group, point, hs.flight.begin(_CLIENT_KEY_EXCHANGE))
    hs.transcript.update(hs.flight.end(0))
    try:
        if suitable:  # before there are keys: a signer that fails must not leave any
            signature = sign(hs.port, hs.credential.client.key, hs.transcript.digest())
        hs.derive(shared)
    finally:
        wipe(shared)
    if suitable:
        w = hs.flight.begin(_CERTIFICATE_VERIFY)
        w.uint(2, _ECDSA_SHA256)
        w.vector(2, signature)
        hs.transcript.update(hs.flight.end(0))
    hs.send_finished()


# fmt: off
ROWS = (
    # state             message               handler                  next state
    (WAIT_KEYS,          _CERTIFICATE,         _on_certificate,         _AFTER_CERTIFICATE),
    (_AFTER_CERTIFICATE, _SERVER_KEY_EXCHANGE, _on_server_key_exchange, _AFTER_KEY),
    (_AFTER_KEY,         _CERTIFICATE_REQUEST, _on_certificate_request, _AFTER_REQUEST),
    (_AFTER_KEY,         _SERVER_HELLO_DONE,   _on_server_hello_done,   WAIT_CIPHER),
    (_AFTER_REQUEST,     _SERVER_HELLO_DONE,   _on_server_hello_done,   WAIT_CIPHER),
)
# fmt: on
