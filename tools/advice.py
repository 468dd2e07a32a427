"""Why a handshake failed and what to do about it: one sentence for whoever runs the probe."""

import errno

from dtls_micro.errors import HandshakeTimeout, PeerAlert, ProtocolError

from . import iana
from .dissect import Conversation

_CLIENT_HELLO = 1
_HELLO_VERIFY_REQUEST = 3
_SERVER_HELLO = 2
_CERTIFICATE = 11
_CERTIFICATE_REQUEST = 13
_HANDSHAKE = 22

_ALERTS = {
    20: "the key differs: compare it with the server's (a PSK is hex here, text elsewhere)",
    40: "it shares no suite with us, or wants a certificate: try others with --suite, "
    "or --cert and --key",
    47: "it did not like a value of ours: its log says which",
    51: "the key differs: compare it with the server's (a PSK is hex here, text elsewhere)",
    70: "it does not speak DTLS 1.2: enable that at the server",
    71: "it finds the suites too weak: try others with --suite "
    "(for CCM_8, OpenSSL wants @SECLEVEL=0 in -cipher)",
    80: "it failed on its side, with some servers over an unknown identity: its log says why",
    42: "it refuses our certificate: check --cert and --key",
    43: "it refuses our certificate: check --cert and --key",
    45: "our certificate has expired: make a new one",
    46: "it refuses our certificate: check --cert and --key",
    48: "it does not know who issued our certificate: check --cert",
    112: "it does not know the name: check --server-name",
    115: "it does not know the identity: check --psk-identity",
}


def explain(error: Exception, conversation: Conversation, timeout: float) -> str:
    """Return a sentence for an error of a handshake that was to last `timeout` seconds."""
    if isinstance(error, PeerAlert):
        number = error.alert or 0
        advice = _ALERTS.get(number, "its log says why")
        came = {m.kind for out, record in conversation.records if not out for m in record.messages}
        if number == 40 and _CERTIFICATE_REQUEST in came:
            advice = "it wants a certificate or a key of ours: give --cert and --key"
        elif number in (20, 51) and _CERTIFICATE in came:
            advice = "what we signed does not fit: do --cert and --key belong together?"
        return f"the server refused with the alert {iana.alert(number)}: {advice}"
    if isinstance(error, HandshakeTimeout):
        return _silence(conversation, timeout)
    if isinstance(error, ProtocolError):
        text = str(error).replace("allow_legacy=True does", "update it, or let --allow-legacy do")
        return f"{text} (we refused with the alert {iana.alert(error.alert or 0)})"
    if isinstance(error, OSError):
        return system(error)
    return str(error)


def system(error: OSError) -> str:
    """Return a sentence for an error of the operating system."""
    if error.errno == errno.ECONNREFUSED:
        return (
            "the host says that nothing listens on that UDP port: start the server, check the port"
        )
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return "there is no way to that address: check the network and the address family"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this machine may not send there: check its firewall and the address"
    return f"the system said '{error.strerror or error}': check the address and the network"


def _silence(conversation: Conversation, timeout: float) -> str:
    """Return a sentence for a server that did not, or no longer, answer."""
    came = [record for outgoing, record in conversation.records if not outgoing]
    if any(
        message.kind == _CLIENT_HELLO and not message.whole
        for outgoing, record in conversation.records
        for message in record.messages
        if outgoing
    ):
        return "the ClientHello was fragmented, which servers with cookies refuse: enlarge --mtu"
    if not came:
        return (
            f"no answer in {timeout:g} s: check address, UDP port and firewall, "
            "and that a DTLS server runs there"
        )
    if all(record.kind < 0 for record in came):
        return "what answers there is no DTLS server: check the port"
    finished = [
        r for out, r in conversation.records if out and r.kind == _HANDSHAKE and r.encrypted
    ]
    certified = any(message.kind == _CERTIFICATE for record in came for message in record.messages)
    if finished and certified:
        return "the server fell silent after our keys: look in its log, check --cert and --key"
    if finished:
        return (
            "the server fell silent when the key was used: compare identity and key with "
            "the server's (the key is hex here, other tools take text)"
        )
    if conversation.last(_SERVER_HELLO):
        return "the server's flight never got complete: check the path's MTU and losses, try again"
    if conversation.last(_HELLO_VERIFY_REQUEST):
        return (
            "the server gave a cookie and then fell silent: it may share no suite with us, "
            "try them one by one with --suite, and look in its log"
        )
    return "the server answered but made no choice: look in its log"
