"""Content formats by their numbers (OMA LwM2M core 1.1 section 7.4); opaque is here.

The module of a format is loaded when it is first used: a device that has TLV only, or is only
asked for it, has no memory for the others.
"""

TEXT = 0
LINK = 40  # see link_objects, which writes it
OPAQUE = 42
SENML_JSON = 110
SENML_CBOR = 112
TLV = 11542
_OLD_TEXT = 1541  # of drafts of LwM2M 1.0
_OLD_TLV = 1542
KNOWN = (TEXT, OPAQUE, SENML_JSON, SENML_CBOR, TLV, _OLD_TEXT, _OLD_TLV)


def decode(number: int, data, base, kind) -> list:
    """Return [(path, value)] of a payload in a format of KNOWN.

    data: any buffer
    base: path of the request
    kind: function (object, resource) that returns the letter of a resource's kind, or None if
          it knows of none: then the value is as the format has it, bytes in TLV
    An instance without resources is ((object, instance), None).
    ValueError for a payload that is malformed or not for `base`, and for another format.
    """
    if number == OPAQUE:
        return _decode_opaque(data, base, kind)
    return _codec(number).decode(data, base, kind)


def encode(number: int, records, base) -> bytes:
    """Return the payload of [(path, kind, value)] in a format of KNOWN.

    records: sorted by path; those of a multiple resource have paths of 4 parts
    ValueError for what the format has no place for, and for another format.
    """
    if number == OPAQUE:
        ((path, kind, value),) = records
        if path != base or kind != "o":
            raise ValueError("a format for one opaque value")
        return bytes(value)
    return _codec(number).encode(records, base)


def _codec(number: int):
    """Return the module of a format."""
    if number == TLV or number == _OLD_TLV:
        from . import tlv

        return tlv
    if number == TEXT or number == _OLD_TEXT:
        from . import text

        return text
    if number == SENML_CBOR:
        from . import senml_cbor

        return senml_cbor
    if number == SENML_JSON:
        from . import senml_json

        return senml_json
    raise ValueError("format %d" % number)


def _decode_opaque(data, base, kind) -> list:
    if len(base) < 3 or kind(base[0], base[2]) not in (None, "o"):
        raise ValueError("a format for one opaque value")
    return [(base, bytes(data))]
