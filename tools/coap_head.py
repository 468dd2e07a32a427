"""Codes and options of CoAP messages, for people."""

from dtls_micro.coap.message import Message

from .coap_codes import name
from .coap_formats import media_type
from .printable import printable

_CONTENT_FORMAT = 12
_NAMES = {  # RFC 7252 section 12.2 and its registry
    1: "If-Match",
    3: "Uri-Host",
    4: "ETag",
    5: "If-None-Match",
    6: "Observe",
    7: "Uri-Port",
    8: "Location-Path",
    9: "OSCORE",
    11: "Uri-Path",
    _CONTENT_FORMAT: "Content-Format",
    14: "Max-Age",
    15: "Uri-Query",
    16: "Hop-Limit",
    17: "Accept",
    20: "Location-Query",
    23: "Block2",
    27: "Block1",
    28: "Size2",
    35: "Proxy-Uri",
    39: "Proxy-Scheme",
    60: "Size1",
    252: "Echo",
    258: "No-Response",
    292: "Request-Tag",
}
_TEXTS = (3, 8, 11, 15, 20, 35, 39)
_UINTS = (6, 7, 14, 16, 17, 28, 60, 258)
_BLOCKS = (23, 27)


def head(message: Message) -> str:
    """Return code and options of a response, a line each."""
    lines = [name(message.code)]
    for number, value in message.options:
        lines.append(f"{_NAMES.get(number, f'Option {number}')}: {_value(number, value)}")
    return "".join(line.rstrip() + "\n" for line in lines)


def _value(number: int, value: bytes) -> str:
    integer = int.from_bytes(value, "big")
    if number == _CONTENT_FORMAT:
        media = media_type(integer)
        return f"{integer} ({media})" if media else str(integer)
    if number in _UINTS:
        return str(integer)
    if number in _BLOCKS:
        more = ", more follow" if integer & 8 else ""
        return f"number {integer >> 4}, {16 << (integer & 7)} bytes{more}"
    return printable(value) if number in _TEXTS else value.hex()
