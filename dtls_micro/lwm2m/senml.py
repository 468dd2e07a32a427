"""SenML packs of LwM2M, in JSON or CBOR (RFC 8428, OMA LwM2M core 1.1 section 7.4.4).

Times, units and sums are passed over. A base value is refused: LwM2M has none.
"""

from micropython import const

from .text import finite, in_range, integer, link

# Places in the tables of labels that senml_json and senml_cbor have.
_BASE_NAME = const(0)
_NAME = const(1)
_NUMBER = const(2)
_STRING = const(3)
_BOOLEAN = const(4)
_OPAQUE = const(5)
_LINK = const(6)
_BASE_VERSION = const(7)
_BASE_VALUE = const(8)

_KINDS = "__isbol"  # one for each place of a value
_VERSION = const(10)


def _place(kind: str) -> int:
    """Return the place of the label of a value."""
    return _NUMBER if kind in "uft" else _KINDS.find(kind)


def take(pack, base, kind, labels, opaque) -> list:
    """Return [(path, value)] of a pack, a list of dicts.

    kind:   see tlv.decode(); of a resource that it knows nothing of the value is as it is
    labels: what the fields are called, in the order of _BASE_NAME ...
    opaque: function that returns the bytes of the value of an opaque resource
    The value is None for a record that has a name and no value (Read-Composite), and for a
    pack that has a base name and nothing else: an instance without resources.
    ValueError for what is malformed, or not for `base`.
    """
    if not isinstance(pack, list):
        raise ValueError("not a pack")
    records: list = []
    base_name = ""
    for record in pack:
        _check(record, labels)
        base_name = _string(record, labels[_BASE_NAME], base_name)
        fields = [field for field in range(_NUMBER, _LINK + 1) if labels[field] in record]
        if len(fields) > 1:
            raise ValueError("values of one record")
        if fields or labels[_NAME] in record or len(pack) == 1:
            path = _path(base_name + _string(record, labels[_NAME], ""), base)
            value = None
            if fields:
                value = _value(fields[0], record[labels[fields[0]]], path, kind, opaque)
            records.append((path, value))
    return records


def _check(record, labels):
    """Refuse what RFC 8428 sections 4.2 and 4.4 want refused."""
    if not isinstance(record, dict):
        raise ValueError("not a record")
    if labels[_BASE_VALUE] in record or record.get(labels[_BASE_VERSION], _VERSION) != _VERSION:
        raise ValueError("base value or version")
    for label in record:
        if isinstance(label, str) and label.endswith("_"):
            raise ValueError("a field that must be understood, and is not")


def _string(record, label, default: str) -> str:
    value = record.get(label, default)
    if not isinstance(value, str):
        raise ValueError("not a name")
    return value


def _path(name: str, base) -> tuple:
    """Return the numbers of a name: of "/3/0/1"; it may end with a "/"."""
    parts = name.split("/")
    if parts[-1] == "":
        parts.pop()
    if not name.startswith("/") or len(parts) > 5 or len(name) > 25:
        raise ValueError("not a path")
    path = tuple([integer(part.encode(), "u") for part in parts[1:]])
    if path[: len(base)] != base or max(path + (0,)) > 65535 or "-" in name:
        raise ValueError("not for the path")
    return path


def _value(field: int, value, path, kind, opaque):
    """Return the value of a resource."""
    if len(path) < 3:
        raise ValueError("value for no resource")
    letter = kind(path[0], path[2])
    if field == _OPAQUE:
        value = opaque(value)
    if letter is None:
        return value
    # An object link comes as a string too.
    if field != _place(letter) and not (letter == "l" and field == _STRING):
        raise ValueError("not of kind %s" % letter)
    if field == _NUMBER:
        return _number(value, letter)
    if field != _OPAQUE and not isinstance(value, bool if field == _BOOLEAN else str):
        raise ValueError("not of kind %s" % letter)
    if letter == "s":
        value.encode()  # ValueError for half of a surrogate pair
    return link(value) if letter == "l" else value


def _number(value, letter: str):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a number")
    if letter == "f":
        try:
            return finite(float(value))
        except OverflowError:  # CPython's; MicroPython makes it infinite
            raise ValueError("out of range")
    if isinstance(value, float):
        whole = int(finite(value))
        if whole != value:
            raise ValueError("not an integer")
        value = whole
    return in_range(value, letter)


def _name(path) -> str:
    return "/".join([str(number) for number in path])


def put(records, base) -> list:
    """Return the pack of [(path, kind, value)]: each record a list of (place of label, value).

    records: sorted by path; those whose value is None are left out, SenML has nothing for them,
             nor for an object without instances: its pack is empty
    """
    pack: list = []
    above = "/" + _name(base) if base else ""
    for path, kind, value in records:
        if path[: len(base)] != base:
            raise ValueError("not for the path")
        if value is None:
            continue
        name = _name(path[len(base) :])
        if not base:
            name = "/" + name
        fields = [(_NAME, name)] if name else []
        if base and not pack:
            fields.insert(0, (_BASE_NAME, above + "/" if name else above))
        field = _place(kind)
        if field == _LINK:
            value = "%d:%d" % value
        elif field == _BOOLEAN:
            value = bool(value)
        elif field == _NUMBER:
            value = finite(float(value)) if kind == "f" else in_range(value, kind)
        fields.append((field, value))
        pack.append(fields)
    return pack
