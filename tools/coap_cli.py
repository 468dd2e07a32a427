"""The commands of `dtls-micro` for CoAP: get, put, post, delete, observe, discover."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from typing import Any, NoReturn

import click

from .arguments import handshake_options, key_options, together
from .coap_errors import INTERRUPTED, STATUS, Ended
from .coap_formats import content_format
from .coap_request import Ask, observe, request
from .credentials import Words
from .printable import printable

_HELP = """

URI is coap://HOST[:PORT]/PATH?QUERY, or coaps:// for DTLS, which needs credentials: a pre-shared
key, or trust in the server by --ca, --pin or --rpk, as `dtls-micro probe --help` has it.

A body is shown readable: JSON and CBOR indented, links one a line, binary as hex if stdout is a
terminal. With --output it stays as it came. Bodies of errors go to stderr.

"""

_FORMAT = "A number, or a name such as text, json, cbor, link, octet, senml+json, senml+cbor, xml"

_common = together(
    click.argument("uri", metavar="URI"),
    key_options,
    handshake_options,
    click.option("--accept", metavar="FORMAT", callback=content_format, help=f"{_FORMAT}."),
    click.option(
        "--block",
        type=click.Choice(("16", "32", "64", "128", "256", "512", "1024")),
        help="Bytes of a block, at most.",
    ),
    click.option("--progress", is_flag=True, help="Show a bar on stderr for bodies in blocks."),
    click.option("-i", "--include", is_flag=True, help="Print code and options too."),
    click.option(
        "-o", "--output", metavar="FILE", help="Write the body there, all at once; - is stdout."
    ),
    click.option(
        "--timeout",
        default=30.0,
        type=click.FloatRange(0.1, 3600),
        metavar="S",
        show_default=True,
        help="Seconds for the handshake, and for each message to be answered.",
    ),
    click.option("--non", is_flag=True, help="Send messages that are not confirmed (NON)."),
)

_payload = together(
    click.option("--payload", metavar="TEXT|@FILE", help="What to send; @- reads stdin."),
    click.option(
        "--content-format", metavar="FORMAT", callback=content_format, help="Of the payload."
    ),
)

COMMANDS: list[click.Command] = []


def _command(name: str, text: str, *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that makes a command of a function and puts it into COMMANDS."""

    def add(function: Any) -> Any:
        command = click.command(name, help=text + _HELP + STATUS)(
            together(_common, *options)(function)
        )
        COMMANDS.append(command)
        return command

    return add


@_command("get", "Get a resource.")
def _get(**words: Any) -> None:
    _end(request, _ask("get", words))


@_command("put", "Set a resource.", _payload)
def _put(**words: Any) -> None:
    if words["payload"] is None:
        raise click.UsageError('nothing to put: give --payload TEXT, @FILE, or "" for nothing')
    _end(request, _ask("put", words))


@_command("post", "Have a resource process a payload.", _payload)
def _post(**words: Any) -> None:
    _end(request, _ask("post", words))


@_command("delete", "Delete a resource.")
def _delete(**words: Any) -> None:
    _end(request, _ask("delete", words))


@_command("discover", "List a server's resources; ?rt=NAME in the URI chooses some.")
def _discover(**words: Any) -> None:
    _end(request, _ask("discover", words))


@_command(
    "observe",
    "Print a resource and then each change, until Ctrl-C; --output FILE always has the latest.",
    click.option("--observe-count", "count", type=click.IntRange(1), metavar="N",
                 help="End after so many states."),
    click.option("--seconds", type=click.FloatRange(0.1, 1e6), metavar="S",
                 help="End after that time."),
)  # fmt: skip
def _observe(**words: Any) -> None:
    _end(observe, _ask("observe", words))


def _ask(method: str, words: dict[str, Any]) -> Ask:
    """Return the request that the words of a command line make."""
    keys = {one.name: words.pop(one.name) for one in fields(Words) if one.name in words}
    block = words.pop("block")
    return Ask(method, Words(**keys), block=int(block) if block else None, **words)


def _end(work: Callable[[Ask], None], ask: Ask) -> NoReturn:
    """Do the work and exit with the status that it leads to."""
    status = 0
    try:
        with _terminable():
            work(ask)
    except Ended as ended:
        print(
            f"dtls-micro: {printable(str(ended).encode('utf-8', 'backslashreplace'))}",
            file=sys.stderr,
        )
        if ended.detail:
            print(ended.detail, file=sys.stderr)
        status = ended.status
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let `kill` end the work as Ctrl-C does, so that nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        with suppress(TypeError):  # it was not set from Python
            signal.signal(signal.SIGTERM, before)
