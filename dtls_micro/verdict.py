"""What an unanswered flight may come from, in words for whoever has to mend it."""

from micropython import const

from .errors import HandshakeTimeout, ProtocolError
from .handshake import WAIT_CIPHER

_DECODE_ERROR = const(50)


def verdict(hs, answered: bool, over: bool):
    """Return the error to end the handshake with, or None to send the flight again.

    answered: something has come from the server
    over:     the time for the whole handshake is used up
    """
    length = hs.reassembly.too_long
    if length and (over or hs.flight.timer.expiries > 1):  # and came again after a repeat
        need = 12 + length + (length + 7) // 8
        return ProtocolError(
            _DECODE_ERROR,
            "a handshake message of %d bytes does not fit: message_size=%d" % (length, need),
        )
    if not over:
        return None
    if hs.records.cut:
        text = "datagrams of the server are longer than rx_size=%d" % hs.records.size
    elif hs.suite is None and hs.flight.split:
        text = "the ClientHello was fragmented, which servers with cookies refuse: enlarge mtu"
    elif not answered:
        text = "no answer at all: wrong address or port, a firewall, or no DTLS server"
    elif hs.state >= WAIT_CIPHER:
        text = "the server answered until the key was used: it may not know us, or a key differs"
    elif hs.suite is None:
        text = "the server answered but chose no suite: it may share none with us"
    else:
        text = "the server's flight stayed incomplete: parts of it are lost on the way"
    return HandshakeTimeout(text)
