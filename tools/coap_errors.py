"""How a CoAP command ends: a sentence, and the exit status that curl has for it."""

import errno

from dtls_micro.coap.errors import CoapError, TimedOut

from .advice import system
from .failure import Failure

MALFORMED_URI = 3
NOT_RESOLVED = 6
NOT_CONNECTED = 7
REFUSED = 22
NOT_WRITTEN = 23
NOT_READ = 26
TIMED_OUT = 28
NO_HANDSHAKE = 35
BROKEN = 56
NOT_TRUSTED = 60
INTERRUPTED = 130

STATUS = """\b
Exit status, as curl has it:
  0  the server answered with 2.xx
  2  wrong usage
  3  the URI is malformed
  6  the host has no address
  7  nobody listens there, or no way leads there
 22  the server answered with 4.xx or 5.xx
 23  the output cannot be written
 26  the file of --payload cannot be read
 28  no answer in time
 35  the DTLS handshake failed
 56  the connection failed later, or the server ended an observation
 60  the server's certificate or key is not trusted
130  interrupted; observe then ends with 0
"""


class Ended(Failure):
    """The command ends with this exit status; the text is for the user, `detail` to follow it."""

    def __init__(self, status: int, text: str, detail: str = ""):
        super().__init__(text)
        self.status = status
        self.detail = detail


def explain(error: OSError, answered: bool, seconds: float) -> Ended:
    """Return how a request ends in an error of the endpoint or of its channel.

    answered: something has come from the server before
    """
    if isinstance(error, TimedOut) or error.errno == errno.ETIMEDOUT:
        if answered:
            return Ended(TIMED_OUT, f"the server fell silent for {seconds:g} s: try again")
        return Ended(
            TIMED_OUT,
            f"no answer in {seconds:g} s: check address, UDP port and firewall, "
            "and that a CoAP server runs there",
        )
    if isinstance(error, CoapError) or error.errno is None:
        return Ended(BROKEN, str(error))
    if answered and error.errno == errno.ECONNREFUSED:
        return Ended(BROKEN, "the server is gone: the host says that nothing listens any more")
    return Ended(BROKEN if answered else NOT_CONNECTED, system(error))
