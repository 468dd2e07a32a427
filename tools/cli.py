"""The command `dtls-micro`. Exit status: 0 success, 1 failure, 2 wrong usage."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import BinaryIO

import click
from rich.console import Console

import dtls_micro
from dtls_micro.psk import SUITES, Psk

from . import ladder, pcap
from .arguments import host_and_port, key_bytes, name_for_sni
from .keylog import KeyLog
from .probe import Failure, Probe, Result, run
from .report import Report

_PROBE_HELP = """Make a DTLS 1.2 handshake with HOST and tell what was negotiated.

HOST is a name or an address, with a port or for port 5684: coap.example, 192.0.2.1:5684,
[2001:db8::1]:5684. The key is hex text and comes from one of --psk-key, --psk-key-file and the
environment variable DTLS_MICRO_PSK_KEY; other users of the machine can see what stands on a
command line, so prefer the last two.
"""


@click.group()
@click.version_option(dtls_micro.__version__, prog_name="dtls-micro")
def main() -> None:
    """Look at DTLS 1.2 servers from the desk."""


@main.command("probe", help=_PROBE_HELP)
@click.argument("target", metavar="HOST[:PORT]", callback=host_and_port)
@click.option("--psk-identity", required=True, metavar="ID", help="What the server knows the key by.")
@click.option("--psk-key", metavar="HEX", help="The key in hex; visible to others.")
@click.option("--psk-key-file", metavar="FILE", help="A file with the key in hex, - for stdin.")
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="NAME",
    type=click.Choice([row[1] for row in SUITES], case_sensitive=False),
    help="IANA name of a suite to offer, most wanted first. Default: all, "
    + ", ".join(row[1] for row in SUITES),
)
@click.option("--server-name", metavar="NAME", callback=name_for_sni, help="Name to send (SNI).")
@click.option("--timeout", default=10.0, type=click.FloatRange(0.1, 3600), metavar="S",
              show_default=True, help="Seconds for the handshake, and for a reply.")  # fmt: skip
@click.option("--mtu", default=1152, type=click.IntRange(64, 65507), metavar="N",
              show_default=True, help="Bytes of the largest datagram to send.")  # fmt: skip
@click.option("--allow-legacy", is_flag=True, help="Do without the extended master secret.")
@click.option("--send", metavar="TEXT", help="Send TEXT after the handshake, print the reply.")
@click.option("--ladder", "draw", is_flag=True, help="Draw the datagrams (with --json: on stderr).")
@click.option("--keylog", metavar="FILE", help="Append the secrets for Wireshark: they reveal all.")
@click.option("--pcap", "capture", metavar="FILE", help="Write the datagrams for Wireshark.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def probe(
    target: tuple[str, int],
    psk_identity: str,
    psk_key: str | None,
    psk_key_file: str | None,
    suites: tuple[str, ...],
    server_name: str | None,
    timeout: float,
    mtu: int,
    allow_legacy: bool,
    send: str | None,
    draw: bool,
    keylog: str | None,
    capture: str | None,
    as_json: bool,
) -> None:
    credential = _credential(psk_identity, key_bytes(psk_key, psk_key_file), suites)
    question = Probe(
        *target,
        credential,
        timeout=timeout,
        mtu=mtu,
        server_name=server_name,
        allow_legacy=allow_legacy,
        send=None if send is None else send.encode("utf-8", "surrogateescape"),
    )
    try:
        with ExitStack() as files:
            if keylog:
                question.keylog = files.enter_context(KeyLog(keylog)).line
            packets = files.enter_context(_create(capture)) if capture else None
            result = run(question)
            _save(packets, result)
        report = result.report
    except Failure as failure:
        report, result = Report(*target, error=str(failure)), None
    _print(report, result, draw, as_json)
    sys.exit(0 if report.error is None else 1)
