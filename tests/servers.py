"""Real DTLS 1.2 servers with pre-shared keys, as subprocesses on free loopback ports.

    with OpenSsl(suites=["TLS_PSK_WITH_AES_128_CCM_8"], cookies=False) as server:
        ...  # server.address is (host, port); server.output() what it printed so far

All but libcoap send back every datum. Each class says which suites it has (`suites`, IANA
names), what it can at most, what may be said in its constructor, and what to install; a
missing one skips the test.
"""

import sys
from pathlib import Path

from built_peers import peer_in_go
from runtimes import micropython, need, need_module
from server_process import HOST, Server

PEERS = Path(__file__).resolve().parent / "peers"
CCM_8 = "TLS_PSK_WITH_AES_128_CCM_8"
CCM = "TLS_PSK_WITH_AES_128_CCM"
GCM = "TLS_PSK_WITH_AES_128_GCM_SHA256"
CHACHA = "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"
ALL = (CCM_8, CCM, GCM, CHACHA)


class OpenSsl(Server):
    """`openssl s_server`, with its standard output fed back into its standard input.

    A record that it drops, such as a repeated one, makes it wait for the next one, deaf to
    its input meanwhile; its option -timeout, which mends that, ends handshakes instead.

    cookies: False leaves HelloVerifyRequest out (it then also fragments its flights)
    mtu:     bytes, 208 or more; hint: text
    """

    name = "openssl"
    suites = ALL
    knows_identities = False  # s_server says a warning only
    program = "openssl"
    install = "apt install openssl"
    _NAMES = {
        CCM_8: "PSK-AES128-CCM8",
        CCM: "PSK-AES128-CCM",
        GCM: "PSK-AES128-GCM-SHA256",
        CHACHA: "PSK-CHACHA20-POLY1305",
    }

    def command(self):
        names = ":".join(self._NAMES[suite] for suite in self.chosen)
        words = ["openssl", "s_server", "-dtls1_2", "-quiet", "-no_ticket"]
        words += ["-accept", "%s:%d" % self.address, "-cipher", names + ":@SECLEVEL=0"]
        words += self.credentials()
        if self.options.get("cookies", True):
            words.append("-listen")
        if "mtu" in self.options:
            words += ["-mtu", self.options["mtu"]]
        if "hint" in self.options:
            words += ["-psk_hint", self.options["hint"]]
        return words

    def credentials(self) -> list:
        """Return the options that say who it is."""
        return ["-nocert", "-psk_identity", self.identity, "-psk", self.key.hex()]

    def ready_text(self):
        return None  # -quiet, which keeps the data clean, leaves that out too

    def on_output(self, piece):
        try:
            self.process.stdin.write(piece)
        except (BrokenPipeError, ValueError):
            return  # it has been stopped


class GnuTls(Server):
    """`gnutls-serv --udp --echo`. cookies: False; mtu: bytes; hint: text.

    It sends one message a datagram. A datagram that is no ClientHello keeps it busy for
    good as long as no session exists, so that its port must not be probed.
    """

    name = "gnutls"
    suites = ALL
    exchange = "PSK"  # in its words
    echo_size = 254  # the rest comes with the next datum
    program = "gnutls-serv"
    install = "apt install gnutls-bin"
    _NAMES = {
        CCM_8: "AES-128-CCM-8",
        CCM: "AES-128-CCM",
        GCM: "AES-128-GCM",
        CHACHA: "CHACHA20-POLY1305",
    }

    def command(self):
        names = "".join(":+" + self._NAMES[suite] for suite in self.chosen)
        priority = "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+%s:-CIPHER-ALL" % self.exchange
        words = ["gnutls-serv", "--udp", "--echo", "--noticket", "-p", self.port]
        words += ["--priority", priority + names] + self.credentials()
        if not self.options.get("cookies", True):
            words.append("--nocookie")
        if "mtu" in self.options:
            words += ["--mtu", self.options["mtu"]]
        if "hint" in self.options:
            words += ["--pskhint", self.options["hint"]]
        return words

    def credentials(self) -> list:
        """Return the options that say who it is."""
        keys = self.folder() / "psk.txt"
        keys.write_text("%s:%s\n" % (self.identity, self.key.hex()))
        return ["--pskpasswd", keys]

    def ready_text(self):
        return "port %d...done" % self.port


class Script(Server):
    """A server of tests/peers in Python."""

    suites = ALL
    script = ""

    def runtime(self) -> list:
        """Return the words before the script."""
        return [sys.executable]

    def command(self):
        return self.runtime() + [PEERS / self.script] + self.arguments()


class MbedTls(Script):
    """Mbed TLS 2.28 through python-mbedtls; cookies always, flights packed."""

    name = "mbedtls"
    script = "mbedtls_server.py"
    key_size = 32
    install = "pip install python-mbedtls==2.10.1"

    def runtime(self):
        need_module("mbedtls", self.install)
        return [sys.executable]


class TinyDtls(Script):
    """tinydtls through DTLSSocket; cookies always, one message a datagram."""

    name = "tinydtls"
    suites = (CCM_8,)
    identity_size = 32
    key_size = 16
    script = "tinydtls_server.py"
    install = (
        "apt install build-essential autoconf automake libtool; pip install DTLSSocket==0.2.3"
    )

    def runtime(self):
        need_module("DTLSSocket", self.install)
        return [sys.executable]


class MicroPythonTls(Script):
    """MicroPython's own `tls` module (Mbed TLS 3.6, PSK since 1.29), on the unix build.

    It has no extended master secret.
    """

    name = "micropython-tls"
    suites = (GCM,)
    key_size = 32
    client_options = {"allow_legacy": True}
    script = "micropython_tls_server.py"

    def runtime(self):
        return [micropython()]

    def _wait_ready(self):
        try:
            super()._wait_ready()
        except AssertionError:
            need("no PSK" not in self.output(), "a MicroPython with PSK in `tls`: 1.29 or later")
            raise


class Pion(Script):
    """pion/dtls 3, in Go: built once, outside the tree. It always sends the hint `pion`."""

    name = "pion"
    suites = (CCM_8, CCM, GCM)
    program = "go"
    install = "Go 1.24 or later and access to its module proxy"

    def command(self):
        return [peer_in_go("pion")] + self.arguments()


class CoapGnuTls(Server):
    """libcoap's example server: CoAP requests only; it always sends a hint (text)."""

    name = "libcoap-gnutls"
    suites = ALL
    program = "coap-server-gnutls"
    install = "apt install libcoap3-bin"
    knows_identities = False

    def __init__(self, suites=None, **options):
        super().__init__(suites, **options)
        self.port += 1  # coaps is one above coap
        self.address = (HOST, self.port)

    def command(self):
        return [self.program, "-A", HOST, "-p", self.port - 1, "-v", "7"] + self.credentials()

    def credentials(self) -> list:
        """Return the options that say who it is."""
        return ["-k", self.key.decode(), "-h", self.options.get("hint", "CoAP")]

    def ready_text(self):
        return "created DTLS endpoint"


class CoapOpenSsl(CoapGnuTls):
    """The same on OpenSSL."""

    name = "libcoap-openssl"
    program = "coap-server-openssl"


ECHO = (OpenSsl, GnuTls, MbedTls, TinyDtls, Pion, MicroPythonTls)
COAP = (CoapGnuTls, CoapOpenSsl)
