"""Real servers with ECDHE: certificates and raw public keys.

    with OpenSslEcdhe(["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"], serves=CHAIN, asks=True) as server:

Those for ECDHE_ECDSA take, besides what servers.py says:

serves: who the server is, a name of certificates_for_tests.py
raw:    whether it is so by its raw public key; only where `raw_keys` says so
asks:   whether the client must be CLIENT, with a certificate, or by its raw key if `raw`
"""

from built_peers import need_header, peer_in_c, peer_in_java
from certificates_for_tests import CLIENT, LEAF, identity
from runtimes import need_program
from server_process import Server
from servers import CoapGnuTls, CoapOpenSsl, GnuTls, MbedTls, OpenSsl, Pion, TinyDtls

CCM_8 = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"
CCM = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"
GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
CHACHA = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
ALL = (CCM_8, CCM, GCM, CHACHA)


class Certified(Server):
    """A server that proves its key."""

    kind = "ecdhe"
    raw_keys = (False,)  # values of `raw` that it can have
    client_key_optional = True  # False: it refuses a client that offers none, asks or not

    def __init__(self, suites=None, serves=LEAF, raw=None, asks=False, **options):
        super().__init__(suites, **options)
        self.own = identity(serves)
        self.raw = self.raw_keys[0] if raw is None else raw
        self.asks = asks

    def arguments(self):
        own, client = self.own, identity(CLIENT)
        words = ["raw" if self.raw else "certificate"]
        words += [own.public_pem if self.raw else own.chain_pem, own.sec1_pem]
        known = client.public_pem if self.raw else client.root_pem
        return super().arguments()[:2] + words + [known if self.asks else "-"]


class OpenSslEcdhe(Certified, OpenSsl):
    """Option curves: those that it takes, in its words."""

    suites = ALL
    _NAMES = {
        CCM_8: "ECDHE-ECDSA-AES128-CCM8",
        CCM: "ECDHE-ECDSA-AES128-CCM",
        GCM: "ECDHE-ECDSA-AES128-GCM-SHA256",
        CHACHA: "ECDHE-ECDSA-CHACHA20-POLY1305",
    }

    def credentials(self):
        own = self.own
        words = ["-cert", own.chain_pem, "-key", own.key_pem]
        if len(own.chain) > 1:
            words += ["-cert_chain", own.issuers_pem]
        if self.asks:
            words += ["-CAfile", identity(CLIENT).root_pem, "-no-CApath", "-no-CAstore"]
            words += ["-Verify", 1, "-verify_return_error"]
        if "curves" in self.options:
            words += ["-curves", self.options["curves"]]
        return words


class GnuTlsEcdhe(Certified, GnuTls):
    """With raw keys it asks for the client's, but has no list to compare it with."""

    suites = ALL
    raw_keys = (False, True)
    exchange = "ECDHE-ECDSA"
    _NAMES = dict(zip(ALL, GnuTls._NAMES.values()))

    def credentials(self):
        own = self.own
        words = ["--require-client-cert" if self.asks else "--disable-client-cert"]
        if self.raw:
            return words + ["--rawpkfile", own.public_pem, "--rawpkkeyfile", own.key_pem]
        words += ["--x509certfile", own.chain_pem, "--x509keyfile", own.key_pem]
        if self.asks:
            words += ["--x509cafile", identity(CLIENT).root_pem, "--verify-client-cert"]
        return words

    def command(self):
        words = super().command()
        if self.raw:
            words[words.index("--priority") + 1] += ":+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK"
        return words


class MbedTlsEcdhe(Certified, MbedTls):
    """It asks for a certificate always, and takes an empty one with asks=False."""

    suites = ALL


class TinyDtlsEcdhe(Certified, TinyDtls):
    """Raw keys only, through tinydtls's own interface."""

    client_key_optional = False
    suites = (CCM_8,)
    raw_keys = (True,)
    script = "tinydtls_raw_server.py"


class PionEcdhe(Certified, Pion):
    """The program is the same as for pre-shared keys."""

    suites = (CCM_8, CCM, GCM)


class WolfSslPeer(Server):
    """wolfSSL through a program in C; cookies always, flights packed."""

    name = "wolfssl"
    program = "cc"
    install = "apt install gcc libwolfssl-dev"
    _NAMES = {}

    def command(self):
        need_header("wolfssl/ssl.h", self.install)
        words = self.arguments()
        words[1] = ":".join(self._NAMES[suite] for suite in self.chosen)
        return [peer_in_c("wolfssl_server.c", "wolfssl")] + words


class WolfSslEcdhe(Certified, WolfSslPeer):
    """Debian's library."""

    suites = ALL
    _NAMES = OpenSslEcdhe._NAMES | {CCM_8: "ECDHE-ECDSA-AES128-CCM-8"}


class JavaPeer(Server):
    """A server of tests/peers/java."""

    program = "mvn"
    install = "apt install default-jdk-headless maven, and access to Maven Central"
    main = ""

    def command(self):
        need_program("javac", self.install)
        classes = peer_in_java("java")
        words = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
        if "mtu" in self.options:
            words.append("-Dmtu=%d" % self.options["mtu"])
        return words + ["-cp", "%s:%s/jars/*" % (classes, classes), self.main] + self.arguments()


class ScandiumEcdhe(Certified, JavaPeer):
    """Californium's. Option mtu: bytes."""

    name = "scandium"
    main = "ScandiumServer"
    suites = (CCM_8, CCM, GCM)
    raw_keys = (False, True)


class BouncyEcdhe(Certified, JavaPeer):
    """Bouncy Castle; one message a datagram."""

    name = "bouncycastle"
    main = "BouncyServer"
    suites = ALL
    raw_keys = (False, True)


class CoapOpenSslEcdhe(Certified, CoapOpenSsl):
    """libcoap's example server."""

    suites = ALL

    def credentials(self):
        own = self.own
        words = ["-c", own.chain_pem, "-j", own.key_pem]
        return words + (["-C", identity(CLIENT).root_pem] if self.asks else ["-n"])


class CoapGnuTlsEcdhe(CoapOpenSslEcdhe, CoapGnuTls):
    """The same on GnuTLS, with raw keys too."""

    name = CoapGnuTls.name
    program = CoapGnuTls.program
    raw_keys = (False, True)

    def credentials(self):
        if not self.raw:
            return super().credentials()
        return ["-M", self.own.pair_pem] + ([] if self.asks else ["-n"])


ECHO = (
    OpenSslEcdhe,
    GnuTlsEcdhe,
    MbedTlsEcdhe,
    WolfSslEcdhe,
    TinyDtlsEcdhe,
    PionEcdhe,
    ScandiumEcdhe,
    BouncyEcdhe,
)
COAP = (CoapGnuTlsEcdhe, CoapOpenSslEcdhe)
