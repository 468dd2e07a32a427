"""Captured datagrams as a ladder: who said what, when, in how many bytes.

Flights have the numbers of RFC 6347 section 4.2.4; without a cookie, 2 and 3 are missing.
"""

import textwrap
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from .dissect import Conversation, Record
from .tap import Datagram

_LEAST, _MOST = 60, 100  # columns
_TIME = 9  # columns in front of the client's line
_CLIENT_HELLO = 1
_HELLO_VERIFY_REQUEST = 3
_NEW_SESSION_TICKET = 4
_CHANGE_CIPHER_SPEC = 20
_ALERT = 21
_HANDSHAKE = 22
_ASCII = str.maketrans("│├┤─▶◀", "|||-><")


def show(datagrams: Iterable[Datagram], console: Console) -> None:
    """Print the ladder in 60 to 100 columns; a console that has no arrows gets ASCII."""
    width = max(_LEAST, min(_MOST, console.width))
    plain = not console.encoding.lower().startswith("utf")
    for line in lines(datagrams, width):
        if plain:
            line = Text(line.plain.translate(_ASCII))
        console.print(line, soft_wrap=True, highlight=False)


def lines(datagrams: Iterable[Datagram], width: int = 80) -> Iterator[Text]:
    """Yield the lines of the ladder."""
    conversation = Conversation()
    total = {True: [0, 0], False: [0, 0]}
    heading = ""
    inner = width - _TIME
    yield Text("ms".rjust(_TIME - 2) + "  client" + "server".rjust(inner - 6))
    for one in datagrams:
        records = conversation.feed(one.outgoing, one.data)
        total[one.outgoing][0] += 1
        total[one.outgoing][1] += len(one.data)
        found = _heading(one.outgoing, records)
        if found and found != heading:
            heading = found
            yield _between(Text(f" {heading}", "bold"), inner)
        yield from _rungs(one, records, inner)
    yield _total(total)


def _total(total: dict[bool, list[int]]) -> Text:
    sides = [f"{who} {n} datagrams, {size} bytes" for who, (n, size) in _named(total)]
    count = sum(n for n, _ in total.values())
    size = sum(size for _, size in total.values())
    return Text(f"{'; '.join(sides)}; together {count} datagrams, {size} bytes", "bold")


def _named(total: dict[bool, list[int]]) -> Iterator[tuple[str, list[int]]]:
    yield "client", total[True]
    yield "server", total[False]


def _heading(outgoing: bool, records: list[Record]) -> str:
    """Return the flight that a datagram belongs to, "data" after the handshake, or ""."""
    for record in records:
        if record.messages:
            kind = record.messages[0].kind
            if kind == _CLIENT_HELLO:
                return "flight 3" if record.messages[0].message_seq else "flight 1"
            if kind == _HELLO_VERIFY_REQUEST:
                return "flight 2"
            last = outgoing or kind == _NEW_SESSION_TICKET
            return ("flight 5" if outgoing else "flight 6") if last else "flight 4"
        if record.kind == _CHANGE_CIPHER_SPEC or record.note:
            return "flight 5" if outgoing else "flight 6"
        if record.encrypted and record.kind not in (_ALERT, _HANDSHAKE):
            return "data"
        if record.encrypted and record.kind == _ALERT:
            return "end"
    return ""


def _style(outgoing: bool, records: list[Record]) -> str:
    if any(r.kind < 0 or r.alert for r in records):
        return "red"
    if any(r.again or any(m.again for m in r.messages) for r in records):
        return "yellow"
    return "cyan" if outgoing else "green"


def _between(text: Text, inner: int, time: str = "") -> Text:
    """Return a line of text between the two uprights."""
    line = Text(time.rjust(_TIME - 1) + " │")
    line.append_text(text)
    line.append(" " * max(0, inner - 2 - len(text)) + "│")
    return line


def _rungs(one: Datagram, records: list[Record], inner: int) -> Iterator[Text]:
    """Yield the arrow of one datagram, below as much of its contents as the arrow cannot hold."""
    size = f"{len(one.data)} byte{'' if len(one.data) == 1 else 's'}"
    room = inner - len(size) - 12
    label = ", ".join(map(str, records)) or "nothing"
    time = f"{one.ms:.1f}"
    style = _style(one.outgoing, records)
    *above, label = textwrap.wrap(label, room) or [label]
    for text in above:
        yield _between(Text("  " + text, style), inner, time)
        time = ""
    shaft = "─" * (room - len(label) + 1)
    if one.outgoing:
        rung = f"├─ {label} {shaft} {size} ──▶│"
    else:
        rung = f"│◀─ {label} {shaft} {size} ─┤"
    line = Text(time.rjust(_TIME - 1) + " ")
    line.append(rung, style)
    yield line
