"""Captured datagrams as a ladder: who said what, when, in how many bytes of UDP payload.

Flights have the numbers of RFC 6347 section 4.2.4; without a cookie, 2 and 3 are missing.
"""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from .dissect import Conversation, Record
from .tap import Datagram

_LEAST, _MOST = 72, 100  # columns
_LEFT = 17  # columns of flight and time
_RIGHT = 7  # columns of the bytes
_CLIENT_HELLO = 1
_HELLO_VERIFY_REQUEST = 3
_NEW_SESSION_TICKET = 4
_CHANGE_CIPHER_SPEC = 20
_ALERT = 21
_HANDSHAKE = 22
_ASCII = str.maketrans("│├┤─▶◀", "|||-><")


def show(datagrams: Iterable[Datagram], console: Console) -> None:
    """Print the ladder in 72 to 100 columns; a console that has no arrows gets ASCII."""
    width = max(_LEAST, min(_MOST, console.width))
    plain = not console.encoding.lower().startswith("utf")
    for line in lines(datagrams, width):
        if plain:
            line = Text(line.plain.translate(_ASCII))
        console.print(line, soft_wrap=True, highlight=False)


def lines(datagrams: Iterable[Datagram], width: int = 80) -> Iterator[Text]:
    """Yield the lines of the ladder; its time begins with the first datagram."""
    datagrams = list(datagrams)
    zero = datagrams[0].ms if datagrams else 0.0
    conversation = Conversation()
    total = {True: [0, 0], False: [0, 0]}
    inner = width - _LEFT - _RIGHT
    head = "flight" + "ms".rjust(_LEFT - 7) + " client" + "server".rjust(inner - 6)
    yield Text((head + "bytes".rjust(_RIGHT)).rstrip(), "bold")
    shown = ""
    for one in datagrams:
        records = conversation.feed(one.outgoing, one.data)
        total[one.outgoing][0] += 1
        total[one.outgoing][1] += len(one.data)
        flight = _flight(one.outgoing, records)
        left = ("" if flight == shown else flight).ljust(6)
        left += f"{one.ms - zero:.1f}".rjust(_LEFT - 7) + " "
        yield from _rungs(one, records, inner, left)
        shown = flight or shown
    yield Text(_summary(total), "bold")


def _summary(total: dict[bool, list[int]]) -> str:
    (sent, out), (received, back) = total[True], total[False]
    text = f"client sent {_many(sent, 'datagram')}, {_many(out, 'byte')}; "
    return text + f"server sent {_many(received, 'datagram')}, {_many(back, 'byte')}"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _flight(outgoing: bool, records: list[Record]) -> str:
    """Return the number of the flight that a datagram belongs to, "data", "end" or ""."""
    for record in records:
        if record.messages:
            kind = record.messages[0].kind
            if kind == _CLIENT_HELLO:
                return "3" if record.messages[0].message_seq else "1"
            if kind == _HELLO_VERIFY_REQUEST:
                return "2"
            if outgoing:
                return "5"
            return "6" if kind == _NEW_SESSION_TICKET else "4"
        if record.kind == _CHANGE_CIPHER_SPEC or record.finished:
            return "5" if outgoing else "6"
        if record.encrypted and record.kind != _HANDSHAKE:
            return "end" if record.kind == _ALERT else "data"
    return ""


def _style(outgoing: bool, records: list[Record]) -> str:
    if any(r.kind < 0 or r.alert for r in records):
        return "red"
    if any(r.again or any(m.again for m in r.messages) for r in records):
        return "yellow"
    return "cyan" if outgoing else "green"


def _rungs(one: Datagram, records: list[Record], inner: int, left: str) -> Iterator[Text]:
    """Yield the arrow of one datagram, below as much of its contents as the arrow cannot hold."""
    style = _style(one.outgoing, records)
    *above, label = _wrapped(_labels(records), inner - 7)
    for text in above:
        yield Text.assemble(left, "│", (f"  {text}".ljust(inner - 2), style), "│")
        left = " " * _LEFT
    shaft = "─" * (inner - 6 - len(label))
    arrow = f"├─ {label} {shaft}▶│" if one.outgoing else f"│◀─ {label} {shaft}┤"
    yield Text.assemble(left, (arrow, style), str(len(one.data)).rjust(_RIGHT))


def _labels(records: list[Record]) -> list[str]:
    return [text for record in records for text in record.labels()] or ["nothing"]


def _wrapped(labels: list[str], room: int) -> list[str]:
    """Return lines of up to `room` columns, broken between two labels where that is possible."""
    found = [""]
    for i, label in enumerate(labels):
        label += "," if i + 1 < len(labels) else ""
        if found[-1] and len(found[-1]) + 1 + len(label) > room:
            found.append("")
        found[-1] = f"{found[-1]} {label}".lstrip()
        while len(found[-1]) > room:
            found.append(found[-1][room:])
            found[-2] = found[-2][:room]
    return found
