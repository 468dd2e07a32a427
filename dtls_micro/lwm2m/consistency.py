"""What makes a set of accounts unusable: the check of Finish (OMA LwM2M core 1.1, 6.1.7.5)."""

from micropython import const

from ..coap.uri import split
from .accounts import NO_SEC, PSK, SECURITY, SERVER
from .credential import credential

_IDENTITY = const(128)  # bytes at most (RFC 4279 section 5.3)
_KEY = const(64)
_LEAST_KEY = const(8)  # bytes of a pre-shared key: less can be guessed
_LAST_SSID = const(65534)


def fault(tree, allow_nosec=False, trusted=((), None)):
    """Return what makes a set of accounts unusable, or None.

    trusted: anchors, verifiers and floor, as credential() takes them
    """
    ssids: list = []
    bootstraps = 0
    for number, security in tree.instances(SECURITY):
        wrong = _fault_of(security, allow_nosec, trusted)
        if wrong:
            return "/0/%d: %s" % (number, wrong)
        if security.bootstrap:
            bootstraps += 1
        elif security.ssid in ssids:
            return "/0/%d: server %d has another account" % (number, security.ssid)
        else:
            ssids.append(security.ssid)
    if bootstraps > 1:
        return "two accounts are for bootstrap servers"
    if not ssids:
        return "no account of a server"
    return _fault_of_servers(tree, ssids)


def _fault_of_servers(tree, ssids):
    servers: list = []
    for number, server in tree.instances(SERVER):
        if server.ssid not in ssids or server.ssid in servers:
            return "/1/%d: no account of server %d, or two" % (number, server.ssid)
        if "U" not in server.binding:
            return "/1/%d: binding %s cannot be done" % (number, server.binding)
        if server.lifetime < 0:
            return "/1/%d: lifetime" % number
        servers.append(server.ssid)
    for ssid in ssids:
        if ssid not in servers:
            return "no server for the account of server %d" % ssid
    return None


def _fault_of(security, allow_nosec: bool, trusted):
    try:
        secure = split(security.uri)[0]
    except ValueError as error:
        return str(error)
    if not security.bootstrap and not 1 <= security.ssid <= _LAST_SSID:
        return "short server ID %d" % security.ssid
    if security.mode == NO_SEC:
        if not allow_nosec:
            return "a server without security is not allowed here"
        return "coaps:// without security" if secure else None
    if not secure:
        return "coap:// with security"
    if security.mode == PSK:
        if not 1 <= len(security.identity) <= _IDENTITY:
            return "an identity has 1 to 128 bytes"
        if not _LEAST_KEY <= len(security.secret) <= _KEY:
            return "a pre-shared key has 8 to 64 bytes"
    try:
        credential(security, *trusted)
    except ValueError as error:
        return str(error)
    return None
