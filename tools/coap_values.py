"""JSON and CBOR as indented text, what only CBOR has written as RFC 8949 section 8 does."""

import io
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import cbor2

_INDENT = "  "
_SENML = {  # labels of RFC 8428 section 6
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip


class Unreadable(Exception):
    """The bytes are not what their format says."""


class _Literal(str):
    """A number as the peer wrote it, which neither rounding nor a second reading changes."""


class _Pairs(list[tuple[Any, Any]]):
    """The members of a map in their order, also those that come twice."""


def json_text(body: bytes) -> str:
    """Return JSON indented; Unreadable if it is none."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_float=_Literal,
            parse_int=_Literal,
            parse_constant=_Literal,
            object_pairs_hook=_Pairs,
        )
        return _text(value, "")
    except (ValueError, RecursionError):
        raise Unreadable from None


def cbor(body: bytes, senml: bool) -> str:
    """Return CBOR as text, each item of a sequence on its own; Unreadable if it is none.

    senml: the labels of SenML are shown by the names that they have in JSON
    """
    name = (lambda key: _SENML.get(key, key)) if senml else (lambda key: key)
    stream = io.BytesIO(body)
    items = []
    try:
        decoder = cbor2.CBORDecoder(stream)
        while stream.tell() < len(body):
            items.append(_text(decoder.decode(), "", name))
    except Exception:  # of a hostile body: cbor2 lets those of the types it makes pass through
        raise Unreadable from None
    if not items:
        raise Unreadable
    return "\n".join(items)


def _same(key: Any) -> Any:
    return key


def _text(value: Any, margin: str, name: Callable[[Any], Any] = _same) -> str:
    """Return a value as text whose lines but the first begin with `margin`."""
    inner = margin + _INDENT
    if isinstance(value, cbor2.CBORTag):
        return f"{value.tag}({_text(value.value, margin, name)})"
    if isinstance(value, cbor2.CBORSimpleValue):  # once a tuple: cbor2 5
        return f"simple({value.value})"
    if isinstance(value, (_Pairs, dict)) or hasattr(value, "items"):
        pairs = value if isinstance(value, _Pairs) else value.items()
        rows = [f"{_text(_label(k, name), inner)}: {_text(v, inner, name)}" for k, v in pairs]
        return _block("{", rows, "}", margin)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _block("[", [_text(one, inner, name) for one in value], "]", margin)
    return _scalar(value)


def _label(key: Any, name: Callable[[Any], Any]) -> Any:
    return name(key) if type(key) is int else key


def _block(begin: str, rows: Iterable[str], end: str, margin: str) -> str:
    inner = ",\n".join(margin + _INDENT + row for row in rows)
    return f"{begin}\n{inner}\n{margin}{end}" if inner else begin + end


def _scalar(value: Any) -> str:
    if isinstance(value, _Literal):
        return str(value)
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bytes, bytearray)):
        return f"h'{value.hex()}'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else _NOT_FINITE[repr(value)]
    if isinstance(value, int):
        return str(value) if value.bit_length() < 10000 else hex(value)
    if value is cbor2.undefined:
        return "undefined"
    return json.dumps(_written(value), ensure_ascii=False)


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _written(value: Any) -> str:
    """Return what else cbor2 makes of tags: dates, decimals, fractions, addresses, patterns."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(getattr(value, "pattern", value))
