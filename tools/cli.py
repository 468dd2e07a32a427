"""The command `dtls-micro`. Exit status: 0 success, 1 failure, 2 wrong usage; CoAP has more."""

import io
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

import dtls_micro

from . import ladder, pcap
from .arguments import handshake_options, host_and_port, key_options
from .coap_cli import COMMANDS
from .credentials import Words, credential
from .failure import Failure
from .lwm2m_cli import bootstrap
from .outputs import KeyLog, Output
from .probe import Probe, Result, failed, run

_PROBE_HELP = """Make a DTLS 1.2 handshake with HOST and tell what was negotiated.

HOST is a name or an address, with a port or for port 5684: coap.example, 192.0.2.1:5684,
[2001:db8::1]:5684. The server is trusted by a pre-shared key, or by --ca, --pin or --rpk.

A pre-shared key is hex text and comes from one of --psk-key, --psk-key-file and the environment
variable DTLS_MICRO_PSK_KEY; other users of the machine can see what stands on a command line, so
prefer the last two. Certificates and keys are files, PEM or DER.
"""


@click.group()
@click.version_option(dtls_micro.__version__, prog_name="dtls-micro")
def main() -> None:
    """Look at DTLS 1.2 servers and talk to CoAP servers from the desk."""


for _command in (*COMMANDS, bootstrap):
    main.add_command(_command)


@main.command("probe", help=_PROBE_HELP)
@click.argument("target", metavar="HOST[:PORT]", callback=host_and_port)
@key_options
@click.option("--show-pin", is_flag=True, help="Print the pin of the server and nothing else.")
@handshake_options
@click.option("--timeout", default=10.0, type=click.FloatRange(0.1, 3600), metavar="S",
              show_default=True, help="Seconds for the handshake, and for a reply.")  # fmt: skip
@click.option("--send", metavar="TEXT", help="Send TEXT after the handshake, print the reply.")
@click.option(
    "--ladder", "draw", is_flag=True, help="Draw the datagrams (with --json: on stderr)."
)
@click.option(
    "--keylog", metavar="FILE", help="Append the secrets for Wireshark: they reveal all."
)
@click.option("--pcap", "capture", metavar="FILE", help="Write the datagrams for Wireshark.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def probe(
    target: tuple[str, int],
    suites: tuple[str, ...] | None,
    server_name: str | None,
    timeout: float,
    mtu: int,
    allow_legacy: bool,
    send: str | None,
    draw: bool,
    keylog: str | None,
    capture: str | None,
    as_json: bool,
    **keys: Any,
) -> None:
    if keylog and capture and Path(keylog).resolve() == Path(capture).resolve():
        raise click.UsageError("--keylog and --pcap are two files")
    words = Words(**keys)
    question = Probe(
        *target,
        credential(words, suites),
        timeout=timeout,
        mtu=mtu,
        server_name=server_name,
        allow_legacy=allow_legacy,
        send=None if send is None else send.encode("utf-8", "surrogateescape"),
    )
    result = _observe(question, keylog, capture)
    if words.show_pin:
        _print_pin(result)
    _print(result, draw, as_json)
    sys.exit(0 if result.report.error is None else 1)


def _print_pin(result: Result) -> NoReturn:
    """Print the pin of whoever answered, trusted or not, and end."""
    if result.report.certificates:
        print(result.report.certificates[0].get("pin", ""))
        sys.exit(0)
    print(f"dtls-micro: {result.report.error or 'no certificate came'}", file=sys.stderr)
    sys.exit(1)


def _observe(question: Probe, keylog: str | None, capture: str | None) -> Result:
    """Make the probe; write the files that are wanted."""
    with ExitStack() as files:
        try:
            if keylog:
                question.keylog = files.enter_context(KeyLog(keylog)).line
            packets = files.enter_context(Output(capture)) if capture else None
        except Failure as failure:
            return failed(question, failure)
        result = run(question)
        if packets and result.client and result.server:
            file = io.BytesIO()
            pcap.write(file, result.tap.datagrams, result.client, result.server, result.tap.began)
            try:
                packets.write(file.getvalue())
            except Failure as failure:
                result.report.error = result.report.error or str(failure)
        return result


def _print(result: Result, draw: bool, as_json: bool) -> None:
    """Print ladder and report; with `as_json` nothing but that on stdout."""
    report = result.report
    errors = Console(stderr=True)
    console = errors if as_json else Console()
    if draw and result.tap.datagrams:
        ladder.show(result.tap.datagrams, console)
        console.print()
    if as_json:
        print(json.dumps(report.as_json()))
        return
    for line in report.as_lines(console.width):
        console.print(line, soft_wrap=True)
    if report.error is not None:
        errors.print(f"dtls-micro: {report.error}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
