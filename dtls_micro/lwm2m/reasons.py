"""Why a step has failed, in words for people."""

from ..coap.codes import text
from ..errors import HandshakeTimeout

_OF_CODES = {
    0x80: "it does not understand the request: is the endpoint name one that it accepts?",
    0x83: "the identity may not register under this endpoint name",
    0x84: "it knows nothing of this endpoint, or serves no such interface",
    0x8C: "it does not support this version of LwM2M",
}


def of_error(error) -> str:
    """Return the text for an exception."""
    if isinstance(error, HandshakeTimeout) and "nothing listens" not in str(error):
        return "no answer: identity or key may be unknown to the server, or it is not there"
    return str(error) or type(error).__name__


def of_answer(answer) -> str:
    """Return the text for a response that is no success."""
    found = "%s %s" % (text(answer.code), _OF_CODES.get(answer.code, ""))
    if answer.payload:
        found += " (%r)" % bytes(answer.payload[:80])
    return found
