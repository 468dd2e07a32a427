"""The work of the CoAP commands: connect, ask, show what comes."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import click
import dtls_port

from dtls_micro.coap import reference, uri
from dtls_micro.coap.blocking import Endpoint
from dtls_micro.coap.errors import TimedOut
from dtls_micro.coap.message import Message

from . import coap_channel, coap_files, coap_head, coap_show
from .coap_codes import name
from .coap_errors import BROKEN, MALFORMED_URI, REFUSED, TIMED_OUT, Ended, explain
from .coap_progress import Bar
from .credentials import Words, credential

_CODES = {"get": 1, "post": 2, "put": 3, "delete": 4, "discover": 1, "observe": 1}
_LINK_FORMAT = 40
_URI_HOST = 3  # options
_URI_PATH = 11
_TICK_S = 0.01  # endpoints count whole milliseconds, and so may come back a little early
_MOST = 1 << 30  # bytes of a body: more than blocks can be numbered


@dataclass
class Ask:
    """What the user wants, as options say it."""

    method: str
    keys: Words
    uri: str
    suites: tuple[str, ...] | None = None
    server_name: str | None = None
    mtu: int = 1152
    allow_legacy: bool = False
    accept: int | None = None
    block: int | None = None
    progress: bool = False
    include: bool = False
    output: str | None = None
    timeout: float = 30.0
    non: bool = False
    payload: str | None = None
    content_format: int | None = None
    count: int | None = None
    seconds: float | None = None

    def check(self) -> None:
        """Raise click.UsageError for what does not go together."""
        if self.content_format is not None and self.payload is None:
            raise click.UsageError("--content-format is of a --payload")
        if self.payload == "@-" and self.keys.psk_key_file == "-":
            raise click.UsageError("stdin is either the payload or the key")

    @property
    def file(self) -> str | None:
        """The file for the body, None for stdout."""
        return None if self.output == "-" else self.output


class Target:
    """The URI's parts: where to connect, and what to ask for."""

    def __init__(self, ask: Ask):
        try:
            self.secure, self.host, self.port, options = uri.split(ask.uri)
        except UnicodeError:
            raise Ended(MALFORMED_URI, f"'{ask.uri}' is no CoAP URI: it is not UTF-8") from None
        except ValueError as error:
            raise Ended(MALFORMED_URI, f"'{ask.uri}' is no CoAP URI: {error}") from None
        self.base = [one for one in options if one[0] == _URI_HOST]
        self.path = reference.compose(options)
        if ask.method == "discover" and not any(number == _URI_PATH for number, _ in options):
            query = self.path.partition("?")[2]
            self.path = "/.well-known/core" + ("?" + query if query else "")

    def handshake(self, ask: Ask) -> coap_channel.Handshake:
        """Return how to make the handshake; click.UsageError if the credentials do not fit."""
        if self.secure:
            keys = credential(ask.keys, ask.suites)
        elif ask.keys == Words():
            keys = None
        else:
            raise click.UsageError("coap:// protects nothing: with credentials it is coaps://")
        return coap_channel.Handshake(
            keys, ask.timeout, ask.server_name, ask.mtu, ask.allow_legacy
        )


def request(ask: Ask) -> None:
    """Send a request and show the response."""
    ask.check()
    target = Target(ask)
    handshake = target.handshake(ask)
    body = b"" if ask.payload is None else coap_files.payload(ask.payload)
    with ExitStack() as stack:
        file = stack.enter_context(coap_files.OutputFile(ask.file)) if ask.file else None
        endpoint = stack.enter_context(_endpoint(target, handshake, ask))
        with Bar(len(body)) as bar:
            response = endpoint.request(
                _CODES[ask.method],
                payload=body,
                content_format=ask.content_format,
                into=file,
                **_settings(ask, bar),
            )
        _show(response, ask, file)


def observe(ask: Ask) -> None:
    """Show a resource and its changes."""
    ask.check()
    target = Target(ask)
    handshake = target.handshake(ask)
    if ask.file:
        with coap_files.OutputFile(ask.file):
            """It can be written."""
    bar = Bar(0)
    with _endpoint(target, handshake, ask) as endpoint:
        states = endpoint.observe(**_settings(ask, bar))
        try:
            _follow(states, ask, bar)
        except OSError:  # silence, or the end of the connection: there is nobody to tell
            raise
        except KeyboardInterrupt:
            _cancel(endpoint, states)
        except Ended:
            _cancel(endpoint, states)
            raise
        else:
            _cancel(endpoint, states)


_FAREWELL_S = 2  # for a server that may have gone


def _cancel(endpoint: Endpoint, states: Any) -> None:
    """Tell the server that no more is wanted, if it is there."""
    if endpoint.channel.answered:
        with suppress(OSError):  # it is gone, and will notice that nobody listens
            states.cancel(_FAREWELL_S)


def _settings(ask: Ask, bar: Bar) -> dict[str, Any]:
    """Return what every request of an endpoint is told."""
    return {
        "accept": _LINK_FORMAT if ask.accept is None and ask.method == "discover" else ask.accept,
        "block": ask.block,
        "most": _MOST,
        "confirmable": not ask.non,
        "progress": bar.told if ask.progress else None,
    }


@contextmanager
def _endpoint(target: Target, handshake: coap_channel.Handshake, ask: Ask) -> Iterator[Endpoint]:
    """Give an endpoint; its errors end the command."""
    channel = coap_channel.connect(target.host, target.port, handshake)
    endpoint = Endpoint(channel, dtls_port, target.base, target.path, ask.timeout)
    try:
        yield endpoint
    except OSError as error:
        raise explain(error, channel.answered, ask.timeout) from None
    finally:
        with suppress(OSError):
            endpoint.close()


def _follow(states: Any, ask: Ask, bar: Bar) -> None:
    """Show states as they come, as many and as long as is wanted."""
    until = None if ask.seconds is None else time.monotonic() + ask.seconds
    seen = 0
    while ask.count is None or seen < ask.count:
        left = None if until is None else max(0.0, until - time.monotonic()) + _TICK_S
        try:
            with bar:
                response = states.next(left)
        except TimedOut:
            if until is None or time.monotonic() < until:
                raise
            if not seen:
                raise Ended(
                    TIMED_OUT, f"no answer in the {ask.seconds:g} s of --seconds"
                ) from None
            return
        if response is None:
            raise Ended(BROKEN, "the server does not notify of changes, or no longer")
        if ask.file and response.ok:
            with coap_files.OutputFile(ask.file) as file:
                file.write(response.payload)
                _show(response, ask, file)
        else:
            _show(response, ask, None)
        seen += 1


def _show(response: Message, ask: Ask, file: coap_files.OutputFile | None) -> None:
    """Print a response, its body if that is not in a file; Ended if it is no success."""
    head = coap_head.head(response) + "\n" if ask.include else ""
    if not response.ok:
        coap_files.to_stdout(head.encode())
        raise _refusal(response)
    body = b""
    if file:
        file.commit()
    elif ask.output == "-":
        body = bytes(response.payload)
    else:
        lines = ask.method == "observe"
        body = coap_show.shown(response, terminal=sys.stdout.isatty(), lines=lines)
    coap_files.to_stdout(head.encode() + body)


def _refusal(response: Message) -> Ended:
    """Return the end that a response of class 4 or 5 is, with what the server says to it."""
    said = name(response.code)
    text = f"the server answered {said}"
    body = coap_show.shown(response, terminal=True, lines=True).decode().strip("\n")
    if not body or said.endswith(" " + body):
        return Ended(REFUSED, text)
    if "\n" in body:
        return Ended(REFUSED, text, body)
    return Ended(REFUSED, f"{text}: {body}")
