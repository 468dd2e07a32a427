"""A pre-shared key with forward secrecy (RFC 5489, 8442, 7905): ECDHE_PSK."""

from micropython import const

from .ecdh import agree, get_extension, get_parameters, put_groups
from .handshake import WAIT_CIPHER, WAIT_KEYS, choose, wipe
from .p256 import P256
from .psk import Psk, premaster_secret
from .wire import Reader

_SERVER_KEY_EXCHANGE = const(12)  # handshake messages
_SERVER_HELLO_DONE = const(14)
_CLIENT_KEY_EXCHANGE = const(16)
_AFTER_KEY = const(6)  # state

# fmt: off
SUITES = (
    # code   name                                            aead            key bytes, iv bytes
    (0xD003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256",       "AES_128_CCM_8",     16, 4),
    (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256",         "AES_128_CCM",       16, 4),
    (0xD001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",         "AES_128_GCM",       16, 4),
    (0xCCAC, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",   "CHACHA20_POLY1305", 32, 12),
)
# fmt: on


class EcdhePsk(Psk):
    """A key that both sides know, and a fresh one that nobody can compute afterwards.

    identity, key, suites: as of Psk
    groups: of p256.py and its like, most wanted first
    """

    def __init__(self, identity, key=None, suites=None, groups=(P256,)):
        Psk.__init__(self, identity, key)
        self.suites = choose(SUITES, suites)
        self.rows = ROWS
        self.groups = tuple(groups)
        if not self.groups:
            raise ValueError("no group left to offer")

    def put_extensions(self, hs, w):
        """Offer the groups."""
        put_groups(hs, w, self.groups)

    def get_extension(self, hs, kind, r):
        """Take in an answer to one of ours."""
        get_extension(kind, r)  # no other kind was offered


def _on_server_key_exchange(hs, whole):
    r = Reader(whole[12:])
    hs.peer = bytes(r.vector(2))  # the identity hint, RFC 5489 section 2
    group, point = get_parameters(hs.credential.groups, r)
    r.end()
    hs.exchange = group, bytes(point)
    hs.transcript.update(whole)


def _on_server_hello_done(hs, whole):
    Reader(whole[12:]).end()
    hs.transcript.update(whole)
    identity, key = hs.credential.get(hs.peer)
    hs.flight.open()
    w = hs.flight.begin(_CLIENT_KEY_EXCHANGE)
    w.vector(2, identity)
    group, point = hs.exchange
    shared = agree(hs, group, point, w)
    hs.transcript.update(hs.flight.end(0))
    secret = premaster_secret(shared, key)
    wipe(shared)
    hs.derive(secret)
    hs.send_finished()


# fmt: off
ROWS = (
    # state     message               handler                  next state
    (WAIT_KEYS,  _SERVER_KEY_EXCHANGE, _on_server_key_exchange, _AFTER_KEY),
    (_AFTER_KEY, _SERVER_HELLO_DONE,   _on_server_hello_done,   WAIT_CIPHER),
)
# fmt: on
