"""What a probe found out, as JSON and for the eye."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from .dissect import Conversation
from .hello import Hello
from .printable import printable

_SERVER_HELLO = 2
_HELLO_VERIFY_REQUEST = 3


@dataclass
class Traffic:
    """Datagrams of one direction and their bytes of UDP payload."""

    datagrams: int = 0
    bytes: int = 0


@dataclass
class Report:
    """One probe. `error` is None when everything went well, else a sentence."""

    host: str
    port: int
    address: str | None = None  # numeric, what the name stands for
    error: str | None = None
    connected: bool = False
    hint: bytes | None = None  # identity hint of the server
    certificates: list[dict[str, str]] = field(default_factory=list)  # the server's own first
    sent: Traffic = field(default_factory=Traffic)  # of the handshake alone
    received: Traffic = field(default_factory=Traffic)
    ms: float | None = None  # from the first datagram to the server's Finished
    reply: bytes | None = None
    conversation: Conversation = field(default_factory=Conversation)

    @property
    def server_hello(self) -> Hello | None:
        """The ServerHello, if there was one."""
        return self.conversation.last(_SERVER_HELLO)

    @property
    def cookie(self) -> int | None:
        """Bytes of the cookie that the server asked for, None if it asked for none."""
        request = self.conversation.last(_HELLO_VERIFY_REQUEST)
        return request.cookie if request else None

    def as_json(self) -> dict[str, Any]:
        """Return the whole report in JSON's types."""
        hello = self.server_hello
        return {
            "ok": self.error is None,
            "error": self.error,
            "host": self.host,
            "port": self.port,
            "address": self.address,
            "connected": self.connected,
            "version": hello.version if hello else None,
            "suite": hello.suites[0] if hello and hello.suites else None,
            "extensions": [
                {"name": one.name, "value": one.value}
                for one in (hello.extensions if hello else ())
            ],
            "extended_master_secret": hello.has("extended_master_secret") if hello else None,
            "cookie_length": self.cookie,
            "identity_hint": None if self.hint is None else printable(self.hint),
            "certificates": self.certificates,
            "handshake": {
                "sent": vars(self.sent),
                "received": vars(self.received),
                "ms": self.ms,
            },
            "reply": None if self.reply is None else printable(self.reply),
        }

    def as_lines(self, width: int) -> Iterator[Text]:
        """Yield what is known, as lines of up to `width` columns."""
        return listing(self._rows(), width)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("server", _server(self.host, self.port, self.address))]
        hello = self.server_hello
        if self.conversation.last(_HELLO_VERIFY_REQUEST) or hello:
            rows.append(("cookie", f"{self.cookie} bytes" if self.cookie is not None else "none"))
        if hello:
            rows.append(("version", hello.version))
            rows.append(("suite", ", ".join(hello.suites)))
            rows.append(("extensions", ", ".join(map(str, hello.extensions)) or "none"))
            extended = hello.has("extended_master_secret")
            rows.append(("extended master secret", "yes" if extended else "no"))
        if self.hint is not None:
            rows.append(("identity hint", printable(self.hint) or "empty"))
        for number, one in enumerate(self.certificates, 1):
            rows.append((f"certificate {number}", _certificate(one)))
            if "pin" in one:
                rows.append(("  pin", one["pin"]))
        for name, way in (("sent", self.sent), ("received", self.received)):
            rows.append((name, f"{way.datagrams} datagrams, {way.bytes} bytes in the handshake"))
        if self.ms is not None:
            rows.append(("time", f"{self.ms:.1f} ms"))
        if self.reply is not None:
            rows.append(("reply", printable(self.reply)))
        return rows


def _certificate(one: dict[str, str]) -> str:
    """Return a certificate in a line."""
    text = printable(one["subject"].encode())
    if "issuer" in one:
        text += f", issued by {printable(one['issuer'].encode())}, key {one['key']}"
        text += f", valid {one['not_before'][:10]} to {one['not_after'][:10]}"
    return text


def listing(rows: list[tuple[str, str]], width: int) -> Iterator[Text]:
    """Yield names and values in two columns, long values broken to `width` columns in all."""
    left = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        for line in textwrap.wrap(value, max(20, width - left)) or [""]:
            yield Text.assemble((name.ljust(left), "bold"), line)
            name = ""


def _server(host: str, port: int, address: str | None) -> str:
    text = f"{host} port {port}"
    return text if address in (None, host) else f"{text} ({address})"
