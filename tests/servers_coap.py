"""Real CoAP servers as subprocesses on free loopback ports, plain and over DTLS with a PSK.

with Californium() as server:
    ...  # server.uri("/test", secure=True)
"""

import sys

from server_process import HOST, Server
from servers import PEERS
from servers_ecdhe import JavaPeer

from runtimes import need_module  # isort: skip


class CoapServer(Server):
    """One with CoAP on `port` and CoAP over DTLS on the next one, if it has `secure`."""

    secure = True
    client_options = {}

    def uri(self, path: str, secure: bool) -> str:
        """Return the URI of a resource."""
        if secure:
            return "coaps://%s:%d%s" % (HOST, self.port + 1, path)
        return "coap://%s:%d%s" % (HOST, self.port, path)


class Californium(JavaPeer, CoapServer):
    """tests/peers/java/CoapServerPeer.java: the resources of the ETSI plugtests.

    Its blocks have 64 bytes. test, separate, seg1/seg2/seg3, query, location-query,
    multi-format, validate, create1, link1, link2, large, large-separate, large-update,
    large-create, large-post, obs, obs-non, obs-large.
    """

    name = "californium"
    main = "CoapServerPeer"

    def arguments(self):
        return [self.port, self.port + 1, self.identity, self.key.hex()]


class LibCoap(CoapServer):
    """libcoap's example server: /, /time (observable), /async, /example_data (PUT), new ones."""

    name = "libcoap"
    program = "coap-server-openssl"
    install = "apt install libcoap3-bin"

    def command(self):
        words = [self.program, "-A", HOST, "-p", self.port, "-v", "7", "-d", "100"]
        return words + (["-k", self.key.decode(), "-h", "CoAP"] if self.secure else [])

    def ready_text(self):
        return "created DTLS endpoint" if self.secure else "created UDP  endpoint"


class LibCoapGnuTls(LibCoap):
    """The same on GnuTLS."""

    name = "libcoap-gnutls"
    program = "coap-server-gnutls"


class LibCoapPlain(LibCoap):
    """The same without DTLS."""

    name = "libcoap-notls"
    program = "coap-server-notls"
    secure = False


class AioCoap(CoapServer):
    """tests/peers/aiocoap_server.py: time (observable), large, large-update, separate, echo."""

    name = "aiocoap"
    install = "pip install aiocoap==0.4.17"
    secure = False

    def command(self):
        need_module("aiocoap", self.install)
        return [sys.executable, PEERS / "aiocoap_server.py", HOST, self.port]
