"""Words of the command line that need more than click's own types."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dtls_micro import ecdhe, ecdhe_psk, psk

KNOWN_SUITES = tuple(
    row[1] for table in (psk.SUITES, ecdhe.SUITES, ecdhe_psk.SUITES) for row in table
)
DEFAULT_PORT = 5684  # coaps, RFC 7252 section 6.2
KEY_VARIABLE = "DTLS_MICRO_PSK_KEY"
_KEY_FILE_BYTES = 4096


def host_and_port(_: click.Context, __: click.Parameter, text: str) -> tuple[str, int]:
    """Return (host, port) of HOST, HOST:PORT, [V6]:PORT, [V6] or V6."""
    port = ""
    if "://" in text:
        raise click.BadParameter(f"'{text}' is a URI: HOST or HOST:PORT is wanted")
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise click.BadParameter(
                f"'{text}': an IPv6 address with a port looks like [::1]:5684"
            )
        port = rest[1:] if rest else ""
        given = bool(rest)
    elif text.count(":") == 1:
        host, _colon, port = text.partition(":")
        given = True
    else:
        host, given = text, False
    if not host:
        raise click.BadParameter(f"'{text}' has no host")
    if not given:
        return host, DEFAULT_PORT
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise click.BadParameter(f"'{port}' is no UDP port: a number from 1 to 65535")
    return host, int(port)


def name_for_sni(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Return the name if it may stand in a server_name extension."""
    if name is not None and not (name.isascii() and 1 <= len(name) <= 255):
        raise click.BadParameter("a name has 1 to 255 ASCII characters (others: its xn-- form)")
    return name


def suite_names(
    _: click.Context, __: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the suites by their IANA names, however those were written; None for no choice."""
    for name in names:
        if name.upper() not in KNOWN_SUITES:
            known = ", ".join(KNOWN_SUITES)
            raise click.BadParameter(f"no suite '{name}'; there are {known}")
    return tuple(name.upper() for name in names) or None


def key_bytes(text: str | None, file: str | None) -> bytes:
    """Return the key from the option, the file or the environment; messages never quote it."""
    if text is not None and file is not None:
        raise click.UsageError("give --psk-key or --psk-key-file, not both")
    if file is not None:
        text = _read(file)
    elif text is None:
        text = os.environ.get(KEY_VARIABLE)
    if text is None:
        raise click.UsageError(
            f"no key: give --psk-key HEX or --psk-key-file FILE, or set {KEY_VARIABLE}"
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise click.UsageError(
            "the key is not hex, which is pairs of 0-9 and a-f; "
            "a key that is text becomes hex with: printf %s TEXT | od -An -tx1"
        ) from None
    if not key:
        raise click.UsageError("the key is empty")
    return key


def _read(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(_KEY_FILE_BYTES)
        with Path(file).open(encoding="ascii", errors="replace") as opened:
            return opened.read(_KEY_FILE_BYTES)
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from None


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command several options, in this order."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


# What credentials.Words has, --show-pin aside.
key_options = together(
    click.option("--psk-identity", metavar="ID", help="What the server knows the key by."),
    click.option("--psk-key", metavar="HEX", help="The key in hex; visible to others."),
    click.option(
        "--psk-key-file", metavar="FILE", help="A file with the key in hex, - for stdin."
    ),
    click.option("--ca", multiple=True, metavar="FILE", help="Trust anchors of the certificate."),
    click.option(
        "--pin",
        multiple=True,
        metavar="HEX",
        help="SHA-256 of the key of the server, or of an issuer that it sends.",
    ),
    click.option("--rpk", metavar="FILE", help="The server's public key."),
    click.option("--cert", metavar="FILE", help="Our certificate, its issuers behind it."),
    click.option(
        "--key", metavar="FILE", help="Our private key; without --cert a raw public key."
    ),
)

handshake_options = together(
    click.option(
        "--suite",
        "suites",
        multiple=True,
        metavar="NAME",
        callback=suite_names,
        help="IANA name of a suite to offer, most wanted first. Default: all of "
        "the kind of the credential (with a pre-shared key TLS_PSK, no TLS_ECDHE_PSK), of "
        + ", ".join(KNOWN_SUITES),
    ),
    click.option(
        "--server-name", metavar="NAME", callback=name_for_sni, help="Name to send (SNI)."
    ),
    click.option(
        "--mtu",
        default=1152,
        type=click.IntRange(64, 65507),
        metavar="N",
        show_default=True,
        help="Bytes of the largest datagram to send.",
    ),
    click.option("--allow-legacy", is_flag=True, help="Do without the extended master secret."),
)
