"""What a client tells of its objects, in link format (OMA LwM2M core 1.1 section 6.4.1)."""


def register(items, formats=()) -> bytes:
    """Return the payload of Register: the root with its content formats, then `items`.

    formats: numbers, most wanted first; see links() for the items
    """
    root = [("rt", "oma.lwm2m")]
    if formats:
        numbers = " ".join([str(number) for number in formats])
        root.append(("ct", numbers if len(formats) > 1 else formats[0]))
    return links([((), root)] + list(items))


def links(items) -> bytes:
    """Return [(path, [(name, value)])] in link format, for Discover and Update as well.

    value: a number, a str, or None for an attribute that has none. A str of digits and dots,
           as a version is, stands without quotes: ver=1.1.
    ValueError for a control character in a value.
    """
    return ",".join([_link(path, attributes) for path, attributes in items]).encode()


def _link(path, attributes) -> str:
    text = "</%s>" % "/".join([str(number) for number in path])
    for name, value in attributes:
        text += ";" + name
        if value is not None:
            text += "=" + _value(value)
    return text


def _value(value) -> str:
    if not isinstance(value, str):
        return str(value)
    if value and all(c in "0123456789." for c in value):
        return value
    for c in value:
        if c < " " or c == "\x7f":
            raise ValueError("control character")
    return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')
