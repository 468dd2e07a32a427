"""Gives a device its identity: a file for the board, and what its server must know.

Secrets go into files that only their owner can read; never onto the screen, into arguments or
into a log.
"""

import datetime
import json
import os
import secrets
import shlex
import sys
import tempfile
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dtls_micro import files
from dtls_micro.credentials import VERSION, Credentials
from dtls_micro.pin import pin_of

from .arguments import key_bytes
from .credentials import certificates_in, private_key_in, public_key_in

_LEAST_KEY = 16  # bytes: 128 bits
_MOST_KEY = 64
_HELP = """Make the credentials file of a device, and what its server must know of it.

Without words about certificates the device gets a pre-shared key of 128 random bits. With --pin,
--server-key or --ca it trusts a server by certificate or raw key; --new-key or --key gives it a
key of its own for servers that ask who it is.

Beside FILE come NAME.psk.hex and NAME.leshan.json, or NAME.key.pem, NAME.public.pem and
NAME.csr.pem: for the server, and for a certificate authority.
"""


def _pins(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> list[bytes]:
    try:
        return [pin_of(text) for text in texts]
    except ValueError:
        raise click.BadParameter("a pin is 64 hex digits: `dtls-micro probe --show-pin`") from None


@click.command(help=_HELP)
@click.option("--endpoint", metavar="NAME", help="Name of the device, and its PSK identity.")
@click.option(
    "--psk-key-file", metavar="FILE", help="A key in hex to take, - for stdin: 16 to 64 bytes."
)
@click.option("--pin", "pins", multiple=True, metavar="HEX", callback=_pins, help="Pinned key.")
@click.option("--server-key", metavar="FILE", help="Raw public key of the server, PEM or DER.")
@click.option("--ca", multiple=True, metavar="FILE", help="Trust anchors of the server.")
@click.option("--new-key", is_flag=True, help="Make a P-256 key pair and a signing request.")
@click.option("--key", metavar="FILE", help="The device's own P-256 key, PEM or DER.")
@click.option("--cert", metavar="FILE", help="The device's certificate, with --key.")
@click.option("--out", metavar="FILE", default="credentials.dtls", show_default=True,
              help="File for the board.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
def main(
    endpoint: str | None,
    psk_key_file: str | None,
    pins: list[bytes],
    server_key: str | None,
    ca: tuple[str, ...],
    new_key: bool,
    key: str | None,
    cert: str | None,
    out: str,
    force: bool,
) -> None:
    if endpoint is None:
        endpoint = "device-" + secrets.token_hex(4)
    if not 1 <= len(endpoint.encode()) <= 128 or not endpoint.isprintable() or "/" in endpoint:
        raise click.UsageError("a name has 1 to 128 bytes, and no slash: it names files too")
    certified = bool(pins or server_key or ca)
    if (new_key or key) and not certified:
        raise click.UsageError("how is the server trusted? --pin, --server-key or --ca")
    if pins and server_key:
        raise click.UsageError("--pin is the hash of what --server-key is: one of them")
    if psk_key_file and certified:
        raise click.UsageError("a pre-shared key and certificates do not go together")
    if new_key and (key or cert) or cert and not key:
        raise click.UsageError("--cert goes with --key, and neither with --new-key")
    device = Credentials()
    side = Side(Path(out).parent, endpoint, force)
    if certified:
        device.pins = pins
        device.server_key = public_key_in(server_key) if server_key else None
        now = datetime.datetime.now(datetime.UTC).timetuple()
        device.since = now.tm_year.to_bytes(2, "big") + bytes(now[1:6])
        device.anchors = [one for file in ca for one in certificates_in(file)]
        pair = ec.generate_private_key(ec.SECP256R1()) if new_key else None
        pair = private_key_in(key) if key else pair
        if pair:
            device.private_key = pair.private_numbers().private_value.to_bytes(32, "big")
            device.public_key = pair.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            device.certificates = _chain(cert, pair) if cert else []
            side.of_key(pair, new_key)
    else:
        device.identity = endpoint.encode()
        device.key = _key(psk_key_file)
        side.of_psk(device.key)
    side.save(Path(out), device)
    for line in side.lines:
        click.echo(line)


def _key(file: str | None) -> bytes:
    """Return the pre-shared key of a file, or a new one."""
    if file is None:
        key = secrets.token_bytes(_LEAST_KEY)
        while not _fits_an_argument(key):  # 1 of 16, so that the line for libcoap works always
            key = secrets.token_bytes(_LEAST_KEY)
        return key
    key = key_bytes(None, file)
    if not _LEAST_KEY <= len(key) <= _MOST_KEY:
        raise click.UsageError(f"the key has {len(key)} bytes: 16 to 64 are needed")
    if len(set(key)) < _LEAST_KEY // 4:
        raise click.UsageError("the key is no random one: leave --psk-key-file out for a new one")
    return key


def _chain(file: str, pair: ec.EllipticCurvePrivateKey) -> list[bytes]:
    """Return the certificates of a file, the first of which is that of the key."""
    chain = certificates_in(file)
    public = x509.load_der_x509_certificate(chain[0]).public_key()
    if public != pair.public_key():
        raise click.UsageError(f"the first certificate in {file} is of another key than --key")
    return chain


def _fits_an_argument(key: bytes) -> bool:
    """Tell whether "$(...)" gives the key on: it loses zeros, and newlines at the end."""
    return b"\0" not in key and not key.endswith(b"\n")


class Side:
    """What the server must know: files, and lines to print."""

    def __init__(self, folder: Path, endpoint: str, force: bool):
        self._folder = folder
        self._endpoint = endpoint
        self._force = force
        self._files: list[tuple[Path, bytes]] = []
        self.lines: list[str] = []

    def _file(self, ending: str, octets: bytes) -> Path:
        path = self._folder / f"{self._endpoint}.{ending}"
        self._files.append((path, octets))
        return path

    def of_psk(self, key: bytes) -> None:
        """Tell servers of a pre-shared key."""
        name = self._endpoint
        hexed = self._file("psk.hex", key.hex().encode() + b"\n")
        details = {"identity": name, "key": key.hex()}
        known = {"endpoint": name, "tls": {"mode": "psk", "details": details}}
        leshan = self._file("leshan.json", json.dumps(known).encode() + b"\n")
        quoted = shlex.quote(str(hexed))
        self.lines += [
            "The server's side, of which one line is yours:",
            "  Leshan:   curl -X PUT -H 'Content-Type: application/json' "
            f"--data {shlex.quote(f'@{leshan}')} http://SERVER:8080/api/security/clients/",
            f"            that is the bootstrap server, which wants an account for {name}, too",
            f"  OpenSSL:  openssl s_server -dtls1_2 -nocert -psk_identity {shlex.quote(name)} "
            f"-psk $(cat {quoted}) -cipher PSK-AES128-CCM8 -accept 5684",
            f'  libcoap:  coap-server-openssl -A :: -d 9 -k "$(xxd -r -p {quoted})"'
            if _fits_an_argument(key)
            else "  libcoap:  not with this key: a shell cannot give on what has zero bytes, "
            "or a newline at its end",
            "  Lines with `-psk` or `-k` are for trying out: `ps` shows the key while they run.",
        ]

    def of_key(self, pair: ec.EllipticCurvePrivateKey, new: bool) -> None:
        """Tell servers, and a certificate authority, of a key."""
        pem = serialization.Encoding.PEM
        public = pair.public_key().public_bytes(
            pem, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        path = self._file("public.pem", public)
        self.lines += ["The server's side:", f"  raw public key of the device: {path}"]
        if new:
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._endpoint[:64])])
            request = x509.CertificateSigningRequestBuilder().subject_name(name)
            signed = request.sign(pair, hashes.SHA256())
            path = self._file("csr.pem", signed.public_bytes(pem))
            self.lines.append(f"  for a certificate authority: {path}")
            private = pair.private_bytes(
                pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            path = self._file("key.pem", private)
            self.lines.append(
                f"  the key: {path}; once there is a certificate, make the board's file again "
                f"with --key {shlex.quote(str(path))} --cert FILE --force in place of --new-key"
            )

    def save(self, out: Path, device: Credentials) -> None:
        """Write all files, or none if one is there already."""
        contents = [*self._files, (out, files.framed(device.encode(), VERSION))]
        there = [path for path, _ in contents if path.exists()]
        if there and not self._force:
            sys.exit(f"{there[0]} is there already: --force replaces it, and what it has is lost")
        if not out.parent.is_dir():
            sys.exit(f"{out.parent} is no folder: make it first")
        folder = [path for path in there if path.is_dir()]
        if folder:
            sys.exit(f"{folder[0]} is a folder: nothing was written")
        try:
            with tempfile.TemporaryDirectory(dir=out.parent, prefix=".made-") as made:
                for i, (_, octets) in enumerate(contents):
                    new = Path(made) / str(i)
                    new.touch(0o600)
                    new.write_bytes(octets)
                for i, (path, _) in enumerate(contents):
                    os.replace(Path(made) / str(i), path)
        except OSError as error:
            sys.exit(f"cannot write, the old files are as they were: {error}")
        self.lines.insert(0, f"{out} is for the board: python -m tools.deploy copies it.")


if __name__ == "__main__":
    main()
