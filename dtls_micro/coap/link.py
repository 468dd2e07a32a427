"""Link format: what /.well-known/core tells (RFC 6690 section 2)."""

from micropython import const

_QUOTE = const(0x22)
_COMMA = const(0x2C)
_SEMICOLON = const(0x3B)
_LESS = const(0x3C)
_EQUALS = const(0x3D)
_BACKSLASH = const(0x5C)
_DELETE = const(0x7F)
_BLANKS = b" \t\r\n"
_NOT_IN_TARGET = b'<>"'
_NOT_IN_VALUE = b'",;\\'  # of one without quotes: what is no ptokenchar
_NOT_IN_NAME = b'",;\\=<>()@:/[]?{}'  # what is no parmname (RFC 5987)
_UNQUOTED = ("ct", "sz", "hreflang")  # names whose values the grammar wants without quotes


def parse(payload) -> list:
    """Return [(target, {attribute: value})]; an attribute without a value has None.

    payload:  str, or UTF-8 in any buffer
    Of an attribute that comes twice the first one counts, as RFC 5988 has it for rel and title.
    Blanks may stand between all parts. ValueError for what is no link format.
    """
    try:
        text = payload.encode() if isinstance(payload, str) else bytes(payload)
        text.decode()
    except UnicodeError:
        raise ValueError("links that are not UTF-8")
    # Bytes from here on: on MicroPython it takes time to find a character by its number.
    links = []
    at = _blanks(text, 0)
    more = at < len(text)
    while more:
        link, at = _link(text, at)
        links.append(link)
        more = at < len(text)
        if more:
            if text[at] != _COMMA:
                raise ValueError("no comma between links, at %d" % at)
            at = _blanks(text, at + 1)
    return links


def _blanks(text: bytes, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _is(text: bytes, at: int, octet: int) -> bool:
    return at < len(text) and text[at] == octet


def _link(text: bytes, at: int) -> tuple:
    """Return a link and the place behind it and its blanks."""
    end = text.find(b">", at)
    if not _is(text, at, _LESS) or _token(text, at + 1, _NOT_IN_TARGET, 255) != end:
        raise ValueError("a link begins with <target>, at %d" % at)
    target = text[at + 1 : end].decode()
    attributes = {}
    at = _blanks(text, end + 1)
    while _is(text, at, _SEMICOLON):
        name, value, at = _attribute(text, _blanks(text, at + 1))
        if name not in attributes:
            attributes[name] = value
    return (target, attributes), at


def _token(text: bytes, at: int, stops: bytes, last: int = 126) -> int:
    """Return the place of the first octet that is a blank, a control, in `stops` or > `last`."""
    while at < len(text) and 32 < text[at] <= last and text[at] not in stops:
        if text[at] == _DELETE:
            break
        at += 1
    return at


def _attribute(text: bytes, at: int) -> tuple:
    """Return name, value and the place behind them and their blanks."""
    end = _token(text, at, _NOT_IN_NAME)
    if end == at:
        raise ValueError("an attribute without a name, at %d" % at)
    name = text[at:end].decode()
    at = _blanks(text, end)
    if not _is(text, at, _EQUALS):
        return name, None, at
    at = _blanks(text, at + 1)
    if _is(text, at, _QUOTE):
        value, end = _quoted(text, at + 1)
    else:
        end = _token(text, at, _NOT_IN_VALUE)
        if end == at:
            raise ValueError("an attribute without the value behind its =, at %d" % at)
        value = text[at:end].decode()
    return name, value, _blanks(text, end)


def _quoted(text: bytes, at: int) -> tuple:
    """Return a quoted string without its quotes and backslashes, and the place behind it."""
    value = bytearray()
    while at < len(text) and text[at] != _QUOTE:
        if text[at] == _BACKSLASH and at + 1 < len(text):
            at += 1
        if _is_control(text[at]):
            raise ValueError("a control character in a quoted string, at %d" % at)
        value.append(text[at])
        at += 1
    if at == len(text):
        raise ValueError("a quoted string without its end")
    return bytes(value).decode(), at + 1


def _is_control(octet: int) -> bool:
    return octet < 32 and octet not in _BLANKS or octet == _DELETE


def format(links) -> str:
    """Return the text of [(target, {attribute: value})]: what parse() takes apart.

    value: str, int, or None for an attribute that has none
    ValueError for a target, a name or a value that cannot be written.
    """
    texts = []
    for target, attributes in links:
        octets = target.encode()
        if _token(octets, 0, _NOT_IN_TARGET, 255) < len(octets):
            raise ValueError("a link's target has no blanks and none of %s" % '<>"')
        text = "<%s>" % target
        for name, value in attributes.items():
            octets = name.encode()
            if not octets or _token(octets, 0, _NOT_IN_NAME) < len(octets):
                raise ValueError("not the name of an attribute: %s" % name)
            text += ";" + name
            if value is not None:
                text += "=" + _written(name, value)
        texts.append(text)
    return ",".join(texts)


def _written(name: str, value) -> str:
    """Return a value as it stands behind the "=", in quotes where they may be."""
    if isinstance(value, int):
        return "%d" % value
    octets = value.encode()
    if name in _UNQUOTED or name.endswith("*"):
        if octets and _token(octets, 0, _NOT_IN_VALUE) == len(octets):
            return value
    for octet in octets:
        if _is_control(octet):
            raise ValueError("an attribute's value has no control characters: %s" % name)
    return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')
