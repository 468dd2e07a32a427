"""What a handshake takes, counted: hash blocks, AES blocks, products of field elements.

The counts are of the library's portable code and repeat on every machine, but for a few
products that depend on random scalars. The server is openssl, the suites are AES_128_CCM_8.
"""

import sys
from typing import Any

import click
import dtls_port
from rich.console import Console
from rich.table import Table

from dtls_micro.blocking import connect
from dtls_micro.client_key import ClientCertificate
from dtls_micro.crypto import aes, ccm, p256
from dtls_micro.crypto.weierstrass import Curve
from dtls_micro.ecdhe import Ecdhe
from dtls_micro.pin import PinnedKey
from dtls_micro.psk import Psk

from .wasm import Missing
from .wasm.handshake import certificate, openssl_server, pin, private_key


class Number(int):
    """An integer that counts its products, and whose results count theirs."""

    products = 0

    def __mul__(self, other: int) -> "Number":
        Number.products += min(self, other) > 16  # not what shifts and additions do
        return Number(int(self) * int(other))

    __rmul__ = __mul__

    def __add__(self, other: int) -> "Number":
        return Number(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> "Number":
        return Number(int(self) - int(other))

    def __rsub__(self, other: int) -> "Number":
        return Number(int(other) - int(self))

    def __mod__(self, other: int) -> "Number":
        return Number(int(self) % int(other))


class CountingPort:
    """The port of this machine, with everything portable and counted."""

    def __init__(self) -> None:
        self.hashed = 0
        self.blocks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(dtls_port, name)

    def sha256(self) -> "CountingHash":
        return CountingHash(self)

    def aead(self, kind: str, key: bytes) -> Any:
        assert kind == "AES_128_CCM_8"
        return ccm.Ccm(CountingAes(self, key), 8)


class CountingHash:
    """SHA-256 that counts its compressions: one for 64 bytes, padding included."""

    def __init__(self, port: CountingPort) -> None:
        self.port = port
        self.inner = dtls_port.sha256()
        self.length = 0

    def update(self, data: bytes) -> None:
        self.length += len(data)
        self.inner.update(data)

    def digest(self) -> bytes:
        self.port.hashed += (self.length + 8) // 64 + 1
        return self.inner.digest()


class CountingAes:
    """AES that counts its blocks."""

    def __init__(self, port: CountingPort, key: bytes) -> None:
        self.port = port
        self.inner = aes.Aes(key)

    def encrypt(self, source: bytearray, target: bytearray) -> None:
        self.port.blocks += 1
        self.inner.encrypt(source, target)

    def wipe(self) -> None:
        self.inner.wipe()


def counted() -> Curve:
    """Return P-256 with numbers that count."""
    c = p256.CURVE
    return Curve(c.size, *(Number(value) for value in (c.p, c.n, c.b, c.x, c.y)))


def handshake(kind: str, credential: Any) -> tuple[int, int, int]:
    """Make a handshake; return its (SHA-256 blocks, AES blocks, products)."""
    port = CountingPort()
    Number.products = 0
    with openssl_server(kind) as number:
        with connect(("127.0.0.1", number), credential, port=port, timeout=5):
            return port.hashed, port.blocks, Number.products


@click.command()
def main() -> None:
    """Count what handshakes take."""
    p256.CURVE = counted()
    psk = Psk("Client_identity", b"secretPSK", suites=["TLS_PSK_WITH_AES_128_CCM_8"])
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"
    trust = PinnedKey(pin())
    client = ClientCertificate(certificate(), private_key())
    table = Table("handshake", "SHA-256 blocks", "AES blocks", "products of field elements")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, kind, credential in (
        ("PSK", "psk", psk),
        ("ECDHE_ECDSA, pinned key", "pin", Ecdhe(trust, suites=[suite])),
        ("ECDHE_ECDSA, client certificate", "mutual", Ecdhe(trust, client, suites=[suite])),
    ):
        try:
            counts = handshake(kind, credential)
        except Missing as error:
            sys.exit(f"bench: {error}")
        table.add_row(name, *map(str, counts))
    Console().print(table)


if __name__ == "__main__":
    main()
