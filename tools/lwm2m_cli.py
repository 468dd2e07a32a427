"""`dtls-micro bootstrap`: what a LwM2M device does at its first start, from the desk."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click
import dtls_port
from cryptography.hazmat.primitives import serialization

from dtls_micro import lwm2m
from dtls_micro.lwm2m import accounts
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.store import FileStore

from .arguments import key_bytes, key_options
from .credentials import VERIFIERS, certificates_in, private_key_in, public_key_in

_MODES = ("pre-shared key", "raw public key", "certificate", "no security")
_HELP = """Have the LwM2M bootstrap server at URI give this device its accounts.

Each step is printed. --store keeps the accounts in a file, as a board does; --then-register goes
on to the servers that they name, until Ctrl-C de-registers.

The key is one of those of `dtls-micro get`: a pre-shared key (--psk-identity, else the endpoint's
name), --rpk with --key, or --cert and --key with --ca. Without any, coap:// and --allow-nosec.
"""


@click.command("bootstrap", help=_HELP)
@click.argument("uri")
@click.option("--endpoint", required=True, metavar="NAME", help="The device's endpoint name.")
@key_options
@click.option(
    "--store", metavar="FILE", help="Keep the accounts there; FILE.trial until one has served."
)
@click.option("--pack", is_flag=True, help="Ask for a Bootstrap-Pack (LwM2M 1.2) first.")
@click.option("--then-register", is_flag=True, help="Register with the servers, and stay.")
@click.option("--lifetime", type=click.IntRange(1, 2**31 - 1), metavar="S",
              help="With --then-register: stay so many seconds, not until Ctrl-C.")  # fmt: skip
@click.option("--allow-nosec", is_flag=True, help="Accept servers without security.")
@click.option("--timeout", default=20.0, type=click.FloatRange(0.1, 3600), metavar="S",
              show_default=True, help="Seconds for a handshake, and for an answer.")  # fmt: skip
def bootstrap(
    uri: str,
    endpoint: str,
    store: str | None,
    pack: bool,
    then_register: bool,
    lifetime: int | None,
    allow_nosec: bool,
    timeout: float,
    **keys: Any,
) -> None:
    try:
        account = _account(uri, endpoint, keys)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    folder = Path(store).parent if store else Path(".")
    if not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder")
    os.umask(0o077)  # the file of accounts has keys in it
    client = lwm2m.Client(
        endpoint,
        bootstrap=account,
        store=FileStore(store) if store else None,
        objects=[Device("dtls_micro", "desk")],
        allow_nosec=allow_nosec,
        verifiers=VERIFIERS,
        tell=_say,
        pack=pack,
        timeout=timeout,
        port=dtls_port,
    )
    try:
        client.bootstrap(account)
        _show(client)
        if then_register:
            _stay(client, lifetime)
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, ValueError) as error:
        print(f"dtls-micro: bootstrap failed: {error}", file=sys.stderr)
        sys.exit(1)


def _say(line: str) -> None:
    print(line, flush=True)


def _account(uri: str, endpoint: str, keys: dict[str, Any]) -> accounts.Security:
    """Return the account of the bootstrap server."""
    if keys["pin"]:
        raise ValueError("LwM2M has no pins: give --rpk FILE, or --ca FILE with --cert and --key")
    if keys["cert"]:
        if not (keys["key"] and len(keys["ca"]) == 1):
            raise ValueError("--cert goes with --key, and with one --ca")
        made = accounts.Security(uri, accounts.X509, certificates_in(keys["cert"])[0])
        made.server_key = certificates_in(keys["ca"][0])[0]
        made.usage = 2  # the trust anchor
    elif keys["rpk"]:
        if not keys["key"]:
            raise ValueError("--rpk goes with --key, the device's own")
        public = private_key_in(keys["key"]).public_key()
        made = accounts.Security(uri, accounts.RPK, _spki(public))
        made.server_key = public_key_in(keys["rpk"])
    elif uri.startswith("coap://"):
        return accounts.Security(uri, accounts.NO_SEC)
    else:
        key = key_bytes(keys["psk_key"], keys["psk_key_file"])
        return accounts.Security(uri, accounts.PSK, keys["psk_identity"] or endpoint, key)
    number = private_key_in(keys["key"]).private_numbers().private_value
    made.secret = number.to_bytes(32, "big")
    return made


def _spki(public: Any) -> bytes:
    der = serialization.Encoding.DER
    return bytes(public.public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo))


def _show(client: Any) -> None:
    """Print the accounts that came, without their secrets."""
    for security, server in accounts.pairs(client.accounts):
        print(
            f"account of server {server.ssid}: {security.uri}, {_MODES[security.mode]}, "
            f"lifetime {server.lifetime} s"
        )


def _stay(client: Any, lifetime: int | None) -> None:
    """Be registered, until Ctrl-C or for some seconds."""
    signal.signal(signal.SIGINT, lambda *_: client.stop())
    client.run(lifetime)
    was = bool(client.registrations) or client.stopping
    client.stop()
    client.run(30)
    if not was:
        sys.exit(1)
