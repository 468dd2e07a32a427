"""What management.py and bootstrap.py share: paths, formats and responses of requests."""

from micropython import const

from ..coap.message import Message
from ..coap.options import uint
from . import formats
from .objects import BAD_REQUEST, NOT_ACCEPTABLE, NOT_FOUND, UNSUPPORTED_FORMAT, Refused

GET = 1  # methods
POST = 2
PUT = 3
DELETE = 4
FETCH = 5
IPATCH = 7
CREATED = 0x41
DELETED = 0x42
CHANGED = 0x44
CONTENT = 0x45
_URI_PATH = const(11)
_URI_QUERY = const(15)
_LOCATION_PATH = const(8)
_CONTENT_FORMAT = const(12)
_ACCEPT = const(17)
_PARTS = const(4)
_LAST = const(65535)


def path_of(request) -> tuple:
    """Return the path of a request as numbers; Refused if it is none of LwM2M."""
    return path_of_segments([bytes(one) for one in request.all(_URI_PATH)])


def path_of_segments(segments) -> tuple:
    """Return the numbers of segments, bytes each."""
    if segments == [b""]:
        return ()
    if len(segments) > _PARTS:
        raise Refused(NOT_FOUND, "a path of %d parts" % len(segments))
    return tuple([_number(one) for one in segments])


def _number(segment: bytes) -> int:
    if 1 <= len(segment) <= 5:
        value = 0
        for octet in segment:
            if not 48 <= octet <= 57:
                break
            value = value * 10 + octet - 48
        else:
            if value <= _LAST:
                return value
    raise Refused(NOT_FOUND, "no number of an object")


def quoted(octets) -> str:
    """Return a segment or a value of a query as it stands in a path: percent-encoded."""
    text = ""
    for octet in octets:
        one = chr(octet)
        text += (
            one
            if octet < 127 and (one.isalpha() or one.isdigit() or one in "-._~:")
            else ("%%%02X" % octet)
        )
    return text


def location(response) -> str:
    """Return the Location-Path of a response as a path for requests, "" if there is none."""
    return "".join(["/" + quoted(one) for one in response.all(_LOCATION_PATH)])


def queries(request) -> list:
    """Return the queries of a request as text."""
    try:
        return [one.decode() for one in request.all(_URI_QUERY)]
    except UnicodeError:
        raise Refused(BAD_REQUEST, "a query that is not UTF-8")


def accept(request):
    """Return the format that the response is to have, or None."""
    return request.uint(_ACCEPT)


def decoded(request, base, kind) -> list:
    """Return [(path, value)] of the payload of a request."""
    number = request.content_format
    if number is None:
        number = formats.TEXT if len(base) > 2 else formats.TLV
    if number not in formats.KNOWN:
        raise Refused(UNSUPPORTED_FORMAT, "format %d" % number)
    try:
        return formats.decode(number, request.payload, base, kind)
    except ValueError as error:
        raise Refused(BAD_REQUEST, str(error))


def content(records, base, wanted, multiple=False):
    """Return the response with records, in the format that is wanted or the usual one."""
    if wanted is None:
        single = len(records) == 1 and len(base) > 2 and not multiple
        wanted = formats.TLV
        if single:
            wanted = formats.OPAQUE if records[0][1] == "o" else formats.TEXT
    if wanted not in formats.KNOWN:
        raise Refused(NOT_ACCEPTABLE, "format %d" % wanted)
    try:
        return response(CONTENT, formats.encode(wanted, records, base), wanted)
    except ValueError as error:
        raise Refused(NOT_ACCEPTABLE, str(error))


def response(code: int, payload=b"", content_format=None):
    """Return a response."""
    message = Message(code, payload)
    if content_format is not None:
        message.add(_CONTENT_FORMAT, uint(content_format))
    return message


def created(path):
    """Return the response to Create."""
    message = Message(CREATED)
    for part in path:
        message.add(_LOCATION_PATH, b"%d" % part)
    return message


def refusal(error):
    """Return the response that a Refused means; its reason is a diagnostic payload."""
    return Message(error.code, error.reason.encode())
