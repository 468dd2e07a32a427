"""Bodies of CoAP messages made readable."""

from collections.abc import Iterator
from contextlib import suppress

from dtls_micro.coap.message import Message

from . import coap_formats
from .coap_values import Unreadable, cbor, json_text
from .printable import printable

_ROW = 16  # bytes


def readable(body: bytes, number: int | None) -> str | None:
    """Return a body as text by its Content-Format, or None if it is not text.

    JSON and CBOR are indented, link-format has a line for each link; what does not hold what
    its format promises is taken for what it looks like.
    """
    kind = coap_formats.kind(number)
    with suppress(Unreadable, UnicodeDecodeError):
        if kind == "json":
            return json_text(body) + "\n"
        if kind == "cbor":
            return cbor(body, coap_formats.is_senml(number)) + "\n"
        if kind == "link":
            return "".join(one + "\n" for one in _links(body.decode()))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if _is_text(text) else None


def shown(message: Message, terminal: bool, lines: bool) -> bytes:
    """Return what of a body goes to stdout.

    terminal: binary as a hexdump, text without what steers a terminal, and whole lines
    lines:    text has whole lines
    """
    body = bytes(message.payload)
    text = readable(body, message.content_format)
    if text is None:
        return hexdump(body).encode() if terminal else body
    if terminal:
        text = safe(text)
    if text and (terminal or lines) and not text.endswith("\n"):
        text += "\n"
    return text.encode("utf-8", "backslashreplace")


def _is_text(text: str) -> bool:
    """Tell text from binary that happens to be UTF-8: a terminal's escapes are still text."""
    return not any(c < " " and c not in "\t\n\r\f\x1b" or c == "\x7f" for c in text)


def _links(text: str) -> Iterator[str]:
    """Yield the links of a link-format document, cut at the commas outside of <> and ""."""
    begin = 0
    closing = ""
    escaped = False
    for at, c in enumerate(text):
        if escaped:
            escaped = False
        elif closing:
            escaped = c == "\\" and closing == '"'
            closing = "" if c == closing else closing
        elif c in '<"':
            closing = ">" if c == "<" else c
        elif c == ",":
            yield text[begin:at].strip()
            begin = at + 1
    if text[begin:].strip():
        yield text[begin:].strip()


def safe(text: str) -> str:
    """Return text of a peer with all that steers a terminal escaped; lines stay lines."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(map(_safe, line.split("\t"))) for line in lines)


def _safe(text: str) -> str:
    return printable(text.encode("utf-8", "backslashreplace"))


def hexdump(body: bytes) -> str:
    """Return rows of an offset, 16 bytes in hex, and those that are ASCII."""
    rows = []
    for at in range(0, len(body), _ROW):
        row = body[at : at + _ROW]
        shown = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        rows.append(f"{at:08x}  {row.hex(' ').ljust(3 * _ROW - 1)}  |{shown}|\n")
    return "".join(rows)
