"""SenML in CBOR (RFC 8428 section 6)."""

from . import cbor
from .senml import put, take

_LABELS = (-2, 0, 2, 3, 4, 8, "vlo", -1, -5)


def decode(data, base, kind) -> list:
    """Return [(path, value)] of a payload for the path `base`; see senml.take()."""
    return take(cbor.decode(data), base, kind, _LABELS, _opaque)


def _opaque(value) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("not a byte string")
    return value


def encode(records, base) -> bytes:
    """Return the payload of [(path, kind, value)]; see senml.put()."""
    pack = [{_LABELS[field]: value for field, value in fields} for fields in put(records, base)]
    return cbor.encode(pack)
