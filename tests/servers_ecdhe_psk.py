"""Real servers with a pre-shared key and a fresh one: ECDHE_PSK."""

from server_process import Server
from servers import GnuTls, MbedTls, OpenSsl
from servers_ecdhe import JavaPeer, WolfSslPeer

CCM_8 = "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"
CCM = "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"
GCM = "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"
CHACHA = "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"


class _EcdhePsk(Server):
    kind = "ecdhe_psk"
    suites = (CHACHA,)


class OpenSslEcdhePsk(_EcdhePsk, OpenSsl):
    """Its other suites of this kind have CBC."""

    _NAMES = {CHACHA: "ECDHE-PSK-CHACHA20-POLY1305"}


class GnuTlsEcdhePsk(_EcdhePsk, GnuTls):
    """Likewise."""

    exchange = "ECDHE-PSK"
    _NAMES = {CHACHA: "CHACHA20-POLY1305"}


class MbedTlsEcdhePsk(_EcdhePsk, MbedTls):
    """Likewise."""


class WolfSslEcdhePsk(_EcdhePsk, WolfSslPeer):
    """Likewise; Debian's library has no suite with a pre-shared key alone."""

    _NAMES = {CHACHA: "ECDHE-PSK-CHACHA20-POLY1305"}


class ScandiumEcdhePsk(_EcdhePsk, JavaPeer):
    """All but ChaCha20."""

    name = "scandium"
    main = "ScandiumServer"
    suites = (CCM_8, CCM, GCM)


class BouncyEcdhePsk(_EcdhePsk, JavaPeer):
    """All of them."""

    name = "bouncycastle"
    main = "BouncyServer"
    suites = (CCM_8, CCM, GCM, CHACHA)


ECHO = (
    OpenSslEcdhePsk,
    GnuTlsEcdhePsk,
    MbedTlsEcdhePsk,
    WolfSslEcdhePsk,
    ScandiumEcdhePsk,
    BouncyEcdhePsk,
)
