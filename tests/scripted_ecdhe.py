"""Key exchanges with ephemeral keys for scripted_server.py: ECDHE_ECDSA and ECDHE_PSK.

    keys = EcdheKeys(raw=True, request=True)
    keys.sign = lambda data: b""                     # what stands where the signature should
    keys.point = b"\\0"                               # what stands where the key share should
    server = ScriptedServer(keys)
    survives(server, client=new_client(trusting()))

It takes the arithmetic of curves from the library; parameters, what is signed, certificates and
their messages are written here once more. What the client proves is looked at by hear().
"""

import dtls_port
from expect import Numbers
from scripted_server import IDENTITY, KEY, TYPES, Port, hash_of, number, uint, vector

from dtls_micro.crypto import p256, x25519
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.ecdhe_psk import EcdhePsk
from dtls_micro.pin import PinnedKey
from dtls_micro.rpk import RawPublicKey

SECP256R1, X25519 = 23, 29
ECDSA_SHA256 = 0x0403
ECDHE_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8": (0xC0AE, "AES_128_CCM_8", 16, 4),
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM": (0xC0AC, "AES_128_CCM", 16, 4),
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": (0xC02B, "AES_128_GCM", 16, 4),
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": (0xCCA9, "CHACHA20_POLY1305", 32, 12),
}
ECDHE_PSK_SUITES = {
    "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256": (0xD003, "AES_128_CCM_8", 16, 4),
    "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256": (0xD005, "AES_128_CCM", 16, 4),
    "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256": (0xD001, "AES_128_GCM", 16, 4),
    "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256": (0xCCAC, "CHACHA20_POLY1305", 32, 12),
}
EC_POINT_FORMATS, CLIENT_TYPE, SERVER_TYPE = 11, 19, 20
RAW = b"\2"

_random = Numbers(256).octets  # of all servers: no two have the same ephemeral key
ID_EC, ID_P256 = b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2a\x86\x48\xce\x3d\x03\x01\x07"
ID_ECDSA = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"


def der(tag, *parts) -> bytes:
    """Return a DER element; its content is the parts, one after the other."""
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = 1 if size < 256 else 2
    return bytes([tag, 0x80 | octets]) + uint(octets, size) + content


def integer(value) -> bytes:
    """Return a DER INTEGER, of a negative number too."""
    size = 1
    while not -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
        size += 1
    return der(2, uint(size, value & (1 << 8 * size) - 1))


def spki_of(point, curve=ID_P256, algorithm=ID_EC) -> bytes:
    """Return the SubjectPublicKeyInfo of a point (RFC 5480)."""
    return der(0x30, der(0x30, der(6, algorithm), der(6, curve)), der(3, b"\0", point))


PRIVATE = bytes(range(1, 33))
POINT = p256.public(PRIVATE, _random)
SPKI = spki_of(POINT)
PIN = hash_of(SPKI)
CLIENT_PRIVATE = bytes(range(33, 65))
CLIENT_POINT = p256.public(CLIENT_PRIVATE, _random)
CLIENT_SPKI = spki_of(CLIENT_POINT)
OTHER_PRIVATE = bytes(range(65, 97))
OTHER_SPKI = spki_of(p256.public(OTHER_PRIVATE, _random))


def certificate(spki=SPKI, name=b"test") -> bytes:
    """Return a certificate around a key; the signature on it is none."""
    algorithm = der(0x30, der(6, ID_ECDSA))
    names = der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(12, name))))
    valid = der(0x30, der(23, b"200101000000Z"), der(23, b"491231235959Z"))
    version = der(0xA0, integer(2))
    body = der(0x30, version, integer(1), algorithm, names, valid, names, spki)
    return der(0x30, body, algorithm, der(3, b"\0", der(0x30, integer(1), integer(1))))


def pair(r, s) -> bytes:
    """Return the two numbers as an ECDSA-Sig-Value (RFC 3279)."""
    return der(0x30, integer(r), integer(s))


def ecdsa(private, data) -> bytes:
    """Return the signature over the data's SHA-256, as DER."""
    raw = p256.sign(private, hash_of(data), dtls_port.sha256, _random)
    return pair(number(raw[:32]), number(raw[32:]))


class Ecdh:
    """The ephemeral half of both key exchanges: `curve` is SECP256R1 or X25519."""

    def __init__(self, curve=SECP256R1):
        self.curve = curve
        self._arithmetic = p256 if curve == SECP256R1 else x25519
        self.formats = b"\1\0"
        self.private, self.point = self._arithmetic.keypair(_random)
        self.share = None  # the client's public key
        self.secrets = []
        self.heard = []  # types of the client's messages

    def parameters(self) -> bytes:
        """Return ServerECDHParams (RFC 8422 section 5.4)."""
        return b"\3" + uint(2, self.curve) + vector(1, self.point)

    def agree(self, body) -> bytes:
        """Return the shared secret; `body` is the client's share behind its length."""
        self.share = body[1:]
        assert body[0] == len(self.share)
        self.secrets.append(self._arithmetic.shared(self.private, self.share, _random))
        return self.secrets[-1]


class EcdheKeys(Ecdh):
    """The key exchange of RFC 8422, section 2.2, with certificates or raw public keys.

    raw:     send the key raw if the client takes that (RFC 7250)
    request: ask for a certificate
    chain:   certificates to send, or what stands in the place of the raw key
    """

    suites = ECDHE_SUITES
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"
    server = None

    def __init__(self, raw=False, request=False, curve=SECP256R1, chain=None):
        Ecdh.__init__(self, curve)
        self.raw = raw
        self.request = request
        self.chain = chain
        self.scheme = ECDSA_SHA256
        self.asks = b"\1\x40", b"\4\3", b""  # types, schemes, names of a CertificateRequest
        self.client_raw = False
        self.client_chain = None  # what the client's Certificate has
        self.client_signature = None
        self.signed = None  # the hash that it signs

    def sends_raw(self) -> bool:
        """Tell whether the server's key is to be sent raw."""
        return self.raw and self.server.hellos[-1].extension(SERVER_TYPE) is not None

    def extensions(self, hello) -> list:
        """Return the answers to the extensions of the hello."""
        answers = [(EC_POINT_FORMATS, self.formats)]
        if hello.extension(SERVER_TYPE) is not None:
            answers.append((SERVER_TYPE, RAW if self.sends_raw() else b"\0"))
        types = hello.extension(CLIENT_TYPE)
        if self.request and types is not None:
            assert types == vector(1, RAW)
            self.client_raw = True
            answers.append((CLIENT_TYPE, RAW))
        return answers

    def messages(self) -> list:
        """Return the names of the messages between ServerHello and ServerHelloDone."""
        asking = ["certificate_request"] if self.request else []
        return ["certificate", "server_key_exchange"] + asking

    def certificate(self) -> bytes:
        """Return a body."""
        if self.sends_raw():
            return vector(3, SPKI if self.chain is None else self.chain)
        chain = [certificate()] if self.chain is None else self.chain
        return vector(3, b"".join([vector(3, one) for one in chain]))

    def server_key_exchange(self) -> bytes:
        """Return a body."""
        parameters = self.parameters()
        signature = self.sign(self.server.hellos[-1].random + self.server.random + parameters)
        return parameters + uint(2, self.scheme) + vector(2, signature)

    def sign(self, data) -> bytes:
        """Return the signature of a ServerKeyExchange."""
        return ecdsa(PRIVATE, data)

    def certificate_request(self) -> bytes:
        """Return a body."""
        types, schemes, names = self.asks
        return types + vector(2, schemes) + vector(2, names)

    def hear(self, kind, body):
        """Look at a message of the client that is not yet in the transcript."""
        self.heard.append(kind)
        if kind == TYPES["certificate"]:
            self._on_certificate(body)
        elif kind == TYPES["certificate_verify"]:
            assert number(body[:2]) == ECDSA_SHA256 and number(body[2:4]) == len(body) - 4
            self.client_signature = body[4:]
            self.signed = hash_of(self.server.transcript)
        else:
            assert kind == TYPES["client_key_exchange"]

    def _on_certificate(self, body):
        assert self.request and number(body[:3]) == len(body) - 3
        rest = body[3:]
        self.client_chain = []
        if self.client_raw and rest:
            self.client_chain.append(rest)
            return
        while rest:
            size = number(rest[:3])
            assert 0 < size <= len(rest) - 3
            self.client_chain.append(rest[3 : 3 + size])
            rest = rest[3 + size :]

    def premaster(self, body) -> bytes:
        """Return the premaster secret after the client's ClientKeyExchange."""
        return self.agree(body)

    def proven(self, point=CLIENT_POINT) -> bool:
        """Tell whether the client has signed with the key of this point."""
        der = self.client_signature
        assert der[0] == 0x30 and der[1] == len(der) - 2 and der[2] == 2
        r = der[4 : 4 + der[3]]
        s = der[6 + der[3] :]
        assert der[4 + der[3]] == 2 and der[5 + der[3]] == len(s)
        raw = uint(32, number(r)) + uint(32, number(s))
        return p256.verify(point, self.signed, raw)


class EcdhePskKeys(Ecdh):
    """The key exchange of RFC 5489."""

    suites = ECDHE_PSK_SUITES
    suite = "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"
    server = None

    def __init__(self, key=KEY, hint=b"", curve=SECP256R1):
        Ecdh.__init__(self, curve)
        self.key = key
        self.hint = hint
        self.identity = None

    def extensions(self, hello) -> list:
        """Return the answers to the extensions of the hello."""
        return [(EC_POINT_FORMATS, self.formats)]

    def messages(self) -> list:
        """Return the names of the messages between ServerHello and ServerHelloDone."""
        return ["server_key_exchange"]

    def server_key_exchange(self) -> bytes:
        """Return a body."""
        return vector(2, self.hint) + self.parameters()

    def hear(self, kind, body):
        """Look at a message of the client that is not yet in the transcript."""
        self.heard.append(kind)
        assert kind == TYPES["client_key_exchange"]

    def premaster(self, body) -> bytes:
        """Return the premaster secret after the client's ClientKeyExchange."""
        at = 2 + number(body[:2])
        self.identity = body[2:at]
        return vector(2, self.agree(body[at:])) + vector(2, self.key)


def trusting(client=None, raw=False, **options) -> Ecdhe:
    """Return the credential of a client that trusts the server's key: pinned, or raw."""
    return Ecdhe(RawPublicKey(SPKI) if raw else PinnedKey(PIN), client, **options)


def sharing(**options) -> EcdhePsk:
    """Return the credential of a client that knows the server's pre-shared key."""
    return EcdhePsk(IDENTITY, KEY, **options)


class WatchedPort(Port):
    """A port that notes what the arithmetic of P-256 and the entropy gave out.

    `place` is the number of the call of the arithmetic, if any, that raises `error`.
    """

    def __init__(self, seed=1, place=0, error=None):
        Port.__init__(self, seed)
        self.p256 = self
        self.calls = []
        self.secrets = []
        self.randoms = []
        self._octets, self.random = self.random, self._noted
        self._place = place
        self._error = error

    def _noted(self, n):
        self.randoms.append(self._octets(n))
        return self.randoms[-1]

    def _call(self, name):
        self.calls.append(name)
        if len(self.calls) == self._place:
            raise self._error

    def keypair(self, random):
        self._call("keypair")
        pair = p256.keypair(random)
        self.secrets.append(pair[0])
        return pair

    def shared(self, private, peer, random):
        self._call("shared")
        secret = p256.shared(private, peer, random)
        self.secrets.append(secret)
        return secret

    def sign(self, private, digest, sha256, random):
        self._call("sign")
        return p256.sign(private, digest, sha256, random)

    def verify(self, public, digest, signature):
        self._call("verify")
        return p256.verify(public, digest, signature)
