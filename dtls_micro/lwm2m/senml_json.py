"""SenML in JSON (RFC 8428 section 5)."""

import json
from binascii import b2a_base64

from micropython import const

from .senml import put, take
from .text import unbase64

_LABELS = ("bn", "n", "v", "vs", "vb", "vd", "vlo", "bver", "bv")
_DEEPEST = const(4)


def decode(data, base, kind) -> list:
    """Return [(path, value)] of a payload for the path `base`; see senml.take().

    What is not quite JSON may pass: that is as the firmware's parser has it.
    """
    octets = bytes(data)
    _check_depth(octets)
    return take(json.loads(octets.decode()), base, kind, _LABELS, _opaque)


def _check_depth(octets: bytes):
    """Refuse what is nested deeper than a pack ever is: each level costs the parser memory."""
    depth = 0
    quoted = escaped = False
    for octet in octets:
        if escaped:
            escaped = False
        elif octet == 0x22:  # '"'
            quoted = not quoted
        elif quoted:
            escaped = octet == 0x5C  # "\"
        elif octet == 0x5B or octet == 0x7B:  # "[", "{"
            depth += 1
            if depth > _DEEPEST:
                raise ValueError("too many levels")
        elif octet == 0x5D or octet == 0x7D:
            depth -= 1


def _opaque(value) -> bytes:
    """Return the bytes of Base64 for URLs, without its padding (RFC 8428 section 5)."""
    if not isinstance(value, str) or "+" in value or "/" in value or "=" in value:
        raise ValueError("not Base64 for URLs")
    text = value.replace("-", "+").replace("_", "/")
    return unbase64((text + "=" * (-len(text) % 4)).encode())


def encode(records, base) -> bytes:
    """Return the payload of [(path, kind, value)]; see senml.put()."""
    texts = []
    for fields in put(records, base):
        pairs = ['"%s":%s' % (_LABELS[field], _text(value)) for field, value in fields]
        texts.append("{" + ",".join(pairs) + "}")
    return ("[" + ",".join(texts) + "]").encode()


def _text(value) -> str:
    if isinstance(value, (bytes, bytearray)):
        text = b2a_base64(value).decode().rstrip("\n=")
        return '"%s"' % text.replace("+", "-").replace("/", "_")
    return json.dumps(value)
