"""Content-Formats by number and by name (RFC 7252 section 12.3 and its registry)."""

import click

_LARGEST = 65535
_FORMATS = (
    (0, "text", "text/plain;charset=utf-8"),
    (16, "cose-encrypt0", 'application/cose;cose-type="cose-encrypt0"'),
    (17, "cose-mac0", 'application/cose;cose-type="cose-mac0"'),
    (18, "cose-sign1", 'application/cose;cose-type="cose-sign1"'),
    (40, "link", "application/link-format"),
    (41, "xml", "application/xml"),
    (42, "octet", "application/octet-stream"),
    (47, "exi", "application/exi"),
    (50, "json", "application/json"),
    (51, "json-patch+json", "application/json-patch+json"),
    (52, "merge-patch+json", "application/merge-patch+json"),
    (60, "cbor", "application/cbor"),
    (61, "cwt", "application/cwt"),
    (62, "multipart", "application/multipart-core"),
    (63, "cbor-seq", "application/cbor-seq"),
    (96, "cose-encrypt", 'application/cose;cose-type="cose-encrypt"'),
    (97, "cose-mac", 'application/cose;cose-type="cose-mac"'),
    (98, "cose-sign", 'application/cose;cose-type="cose-sign"'),
    (101, "cose-key", "application/cose-key"),
    (102, "cose-key-set", "application/cose-key-set"),
    (110, "senml+json", "application/senml+json"),
    (111, "sensml+json", "application/sensml+json"),
    (112, "senml+cbor", "application/senml+cbor"),
    (113, "sensml+cbor", "application/sensml+cbor"),
    (256, "coap-group+json", "application/coap-group+json"),
    (257, "problem+cbor", "application/concise-problem-details+cbor"),
    (310, "senml+xml", "application/senml+xml"),
    (311, "sensml+xml", "application/sensml+xml"),
    (320, "senml-etch+json", "application/senml-etch+json"),
    (322, "senml-etch+cbor", "application/senml-etch+cbor"),
    (11542, "tlv", "application/vnd.oma.lwm2m+tlv"),
    (11543, "lwm2m+json", "application/vnd.oma.lwm2m+json"),
    (11544, "lwm2m+cbor", "application/vnd.oma.lwm2m+cbor"),
)
_ALIASES = {
    "text/plain": 0,
    "link-format": 40,
    "binary": 42,
    "octets": 42,
    "octet-stream": 42,
    "senml": 110,
    "lwm2m+tlv": 11542,
}
_CBOR = (60, 61, 62, 63, 16, 17, 18, 96, 97, 98, 101, 102)  # +cbor aside
_LINK = 40


def content_format(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """Return the number of a format that was named, in full or in short, or numbered."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and int(text[:6]) <= _LARGEST:
        return int(text)
    wanted = text.lower().replace(" ", "")
    for number, name, media_type in _FORMATS:
        if wanted in (name, media_type):
            return number
    if wanted in _ALIASES:
        return _ALIASES[wanted]
    names = ", ".join(name for _number, name, _media in _FORMATS)
    raise click.BadParameter(f"no format '{text}'; a number from 0 to {_LARGEST}, or {names}")


def media_type(number: int) -> str:
    """Return the media type of a Content-Format, "" if it is not known here."""
    return next((media for one, _, media in _FORMATS if one == number), "")


def kind(number: int | None) -> str:
    """Tell how to read a body: "json", "cbor", "link", or "" as what it looks like."""
    if number is None:
        return ""
    if number == _LINK:
        return "link"
    media = media_type(number)
    if number in _CBOR or media.endswith("+cbor"):
        return "cbor"
    return "json" if media.endswith(("/json", "+json")) else ""


def is_senml(number: int | None) -> bool:
    """Tell whether the maps of a body have the labels of SenML (RFC 8428 section 6)."""
    return number is not None and media_type(number).startswith(
        ("application/senml+", "application/sensml+", "application/senml-etch+")
    )
