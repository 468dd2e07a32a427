"""Pre-shared keys (RFC 4279): the credential, its rows and its suites (RFC 6655, 5487, 7905)."""

from micropython import const

from .handshake import WAIT_CIPHER, WAIT_KEYS, choose
from .wire import Reader, Writer

_SERVER_KEY_EXCHANGE = const(12)  # handshake messages
_SERVER_HELLO_DONE = const(14)
_CLIENT_KEY_EXCHANGE = const(16)
_AFTER_HINT = const(2)  # state
_IDENTITY = const(128)  # bytes at most; RFC 4279 section 5.3 asks for it
_KEY = const(64)

# fmt: off
SUITES = (
    # code   name                                    aead           key bytes, iv bytes
    (0xC0A8, "TLS_PSK_WITH_AES_128_CCM_8",           "AES_128_CCM_8",     16, 4),
    (0xC0A4, "TLS_PSK_WITH_AES_128_CCM",             "AES_128_CCM",       16, 4),
    (0x00A8, "TLS_PSK_WITH_AES_128_GCM_SHA256",      "AES_128_GCM",       16, 4),
    (0xCCAB, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", 32, 12),
)
# fmt: on


class Psk:
    """A key that both sides know.

    identity: what the server knows the key by, 1..128 bytes, or text that becomes UTF-8
    key:      1..64 bytes. Many tools print it in hex: bytes.fromhex() makes bytes of that
    suites:   names of the suites to offer, most wanted first; None offers all
    Psk(lookup) instead of identity and key: lookup(hint) is called with the server's
    identity hint (bytes, maybe empty) and returns (identity, key).
    """

    readings = 2  # of the transcript

    def __init__(self, identity, key=None, suites=None):
        self._lookup = identity if callable(identity) else None
        if self._lookup is None:
            self.identity, self.key = check(identity, key)
        self.suites = choose(SUITES, suites)
        self.rows = ROWS

    def put_extensions(self, hs, w):
        """Offer nothing more."""

    def get(self, hint: bytes):
        """Return (identity, key) for the server's hint."""
        if self._lookup is None:
            return self.identity, self.key
        found = self._lookup(hint)
        if found is None:
            raise ValueError("the lookup knows no identity and key for this server's hint")
        return check(*found)


def check(identity, key):
    if isinstance(identity, str):
        identity = identity.encode()
    if isinstance(key, str) or key is None:
        raise ValueError("the key must be bytes: of hex text make them with bytes.fromhex()")
    if not 1 <= len(identity) <= _IDENTITY:
        raise ValueError("the identity must have 1 to 128 bytes")
    if not 1 <= len(key) <= _KEY:
        raise ValueError("the key must have 1 to 64 bytes")
    return identity, key


def put_client_key_exchange(w, identity):
    """Append a ClientKeyExchange body (RFC 4279 section 2)."""
    w.vector(2, identity)


def get_server_key_exchange(body) -> memoryview:
    """Return the identity hint of a ServerKeyExchange, 0..65535 bytes (RFC 4279 section 2)."""
    r = Reader(body)
    hint = r.vector(2)
    r.end()
    return hint


def premaster_secret(other, key) -> bytearray:
    """Return both parts, each behind its length (RFC 4279 section 2)."""
    secret = bytearray()
    w = Writer(secret)
    w.vector(2, other)
    w.vector(2, key)
    return secret


def _on_server_key_exchange(hs, whole):
    hs.peer = bytes(get_server_key_exchange(whole[12:]))
    hs.transcript.update(whole)


def _on_server_hello_done(hs, whole):
    Reader(whole[12:]).end()
    hs.transcript.update(whole)
    identity, key = hs.credential.get(hs.peer or b"")
    hs.flight.open()
    put_client_key_exchange(hs.flight.begin(_CLIENT_KEY_EXCHANGE), identity)
    hs.transcript.update(hs.flight.end(0))
    hs.derive(premaster_secret(bytes(len(key)), key))
    hs.send_finished()


# fmt: off
ROWS = (
    # state      message               handler                  next state
    (WAIT_KEYS,   _SERVER_KEY_EXCHANGE, _on_server_key_exchange, _AFTER_HINT),
    (WAIT_KEYS,   _SERVER_HELLO_DONE,   _on_server_hello_done,   WAIT_CIPHER),
    (_AFTER_HINT, _SERVER_HELLO_DONE,   _on_server_hello_done,   WAIT_CIPHER),
)
# fmt: on
