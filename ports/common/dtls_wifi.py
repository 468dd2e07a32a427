"""WiFi that stays up, the time by SNTP, and deep sleep; dtls_radio.py is what a board has.

    dtls_wifi.connect("network", "password")
    dtls_wifi.set_time()
    while True:
        dtls_wifi.keep_up()
        ...

Not yet run on silicon.
"""

import time

import dtls_radio
from dtls_port import elapsed, random, socket, ticks_ms
from dtls_radio import deep_sleep, is_up  # noqa: F401  (of the board)
from micropython import const

_ATTEMPT_S = const(10)  # at most, to join the network once
_PAUSE_S = const(1)  # between attempts of connect(), and the first one of keep_up()
_LONGEST_PAUSE_S = const(60)
_PORT = const(123)
_SIZE = const(48)  # bytes of an SNTP message (RFC 4330 section 4)
_VERSION = const(4)
_CLIENT = const(3)  # modes
_SERVER = const(4)
_UNKNOWN = const(3)  # the leap indicator of a server that does not know the time itself
_LAST_STRATUM = const(15)
_REFERENCE = const(12)  # offsets
_ORIGINATE = const(24)
_TRANSMIT = const(40)
_QUESTIONS = const(3)
_ANSWER_MS = const(2000)
_EARLIEST = 1704067200  # 2024: no server of the present says less

_network = None  # (ssid, password)
_pause_s = _PAUSE_S
_failed = None  # ticks_ms() of the last failure of keep_up()


def connect(ssid, password=b"", timeout_s=30):
    """Join a network, which keep_up() then stays in; OSError if that fails for `timeout_s`."""
    global _network, _pause_s, _failed
    _network = (ssid, password)
    _pause_s = _PAUSE_S
    _failed = None
    begin = ticks_ms()
    while True:
        left_s = timeout_s - elapsed(ticks_ms(), begin) / 1000
        try:
            _join(max(1, min(left_s, _ATTEMPT_S)))
            return
        except OSError:
            if left_s <= _PAUSE_S:
                raise
        time.sleep(_PAUSE_S)


def keep_up() -> bool:
    """Join the network of connect() again if it is lost; tell whether it is there.

    Call it often. It may take 10 seconds, but after a failure it does nothing for a while:
    1 second, then 2, 4 ... 60.
    """
    global _pause_s, _failed
    if is_up():
        _pause_s = _PAUSE_S
        _failed = None
        return True
    if _network is None:
        raise OSError("keep_up() comes after connect()")
    if _failed is not None:
        if elapsed(ticks_ms(), _failed) < _pause_s * 1000:
            return False
        _pause_s = min(2 * _pause_s, _LONGEST_PAUSE_S)
    try:
        _join(_ATTEMPT_S)
    except OSError:
        _failed = ticks_ms()
        return False
    return True


def _join(timeout_s):
    """Try once to join the network; OSError if that fails."""
    dtls_radio.join(_network[0], _network[1], timeout_s)
    if not is_up():
        raise OSError("WiFi gives no address")


def set_time(host="pool.ntp.org", port=_PORT):
    """Ask a server for the time by SNTP (RFC 4330) and set the clock, in UTC.

    OSError if there is no answer worth belief. That is one with the random number of our
    question, so who does not see the traffic cannot forge it; who sees it can.
    """
    dtls_radio.set_clock(ask(host, port))


def ask(host, port=_PORT):
    """Return the seconds since 1970 that a server tells; see set_time()."""
    peer = socket((host, port))
    try:
        for _ in range(_QUESTIONS):
            question = _question()
            peer.send(question)
            told = _answer(peer, question)
            if told:
                return told
    finally:
        peer.close()
    raise OSError("no time from %s" % host)


def _question():
    """Return a request; its transmit timestamp is random (RFC 5905 section 15 allows that)."""
    question = bytearray(_SIZE)
    question[0] = _VERSION << 3 | _CLIENT
    question[_TRANSMIT:] = random(_SIZE - _TRANSMIT)
    return bytes(question)


def _answer(peer, question):
    """Return what the first good answer says, None if none comes."""
    begin = ticks_ms()
    left_ms = _ANSWER_MS
    while left_ms > 0 and peer.wait(left_ms):
        answer = peer.receive(_SIZE)  # what may follow are extensions and signatures
        if answer and _is_good(answer, question):
            told = _seconds(answer)
            if told >= _EARLIEST:
                return told
        left_ms = _ANSWER_MS - elapsed(ticks_ms(), begin)
    return None


def _is_good(answer, question) -> bool:
    """Check an answer as RFC 4330 section 5 says; OSError if the server refuses service."""
    if len(answer) < _SIZE or answer[0] & 7 != _SERVER:
        return False
    if answer[_ORIGINATE : _ORIGINATE + 8] != question[_TRANSMIT:]:
        return False
    stratum = answer[1]
    if stratum == 0:  # a kiss-o'-death, after which no more must be asked (section 8)
        raise OSError("the time server refuses: %r" % answer[_REFERENCE : _REFERENCE + 4])
    return (
        stratum <= _LAST_STRATUM
        and answer[0] >> 6 != _UNKNOWN
        and answer[_TRANSMIT:_SIZE] != bytes(8)
    )


def _seconds(answer) -> int:
    """Return the seconds since 1970 of the transmit timestamp, up to 2104.

    It counts from 1900, and from 2036 once its highest bit is 0 (RFC 4330 section 3).
    """
    seconds = int.from_bytes(answer[_TRANSMIT : _TRANSMIT + 4], "big")
    if not seconds >> 31:
        seconds += 1 << 32
    return seconds - 2208988800
