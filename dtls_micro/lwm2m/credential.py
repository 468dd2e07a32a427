"""The DTLS credential of an account: security modes of object 0 (OMA LwM2M core 1.1, E.1).

Modules of a mode are loaded when an account has it.
"""

from .accounts import NO_SEC, PSK, RPK, X509


def credential(security, anchors=(), verifiers=None, floor=None):
    """Return what connects to a server, None without security; ValueError says what is wrong.

    anchors:   CA certificates, for certificate usages 0 and 1
    verifiers, floor: as of x509.X509
    """
    if security.mode == NO_SEC:
        return None
    if security.mode == PSK:
        return _psk(security)
    if security.mode == RPK:
        from ..client_key import ClientRawKey
        from ..ecdhe import Ecdhe
        from .keys import private_key, raw_trust

        client = ClientRawKey(security.identity, private_key(security.secret))
        return _with_suites(Ecdhe, security, raw_trust(security), client)
    if security.mode == X509:
        from ..client_key import ClientCertificate
        from ..ecdhe import Ecdhe
        from .keys import private_key, trust

        client = ClientCertificate(security.identity, private_key(security.secret))
        return _with_suites(Ecdhe, security, trust(security, anchors, verifiers, floor), client)
    raise ValueError("unknown security mode %d" % security.mode)


def _psk(security):
    from ..psk import SUITES, Psk

    return Psk(security.identity, security.secret, _names(security, SUITES))


def _with_suites(kind, security, trust, client):
    from ..ecdhe import SUITES

    return kind(trust, client, _names(security, SUITES))


def _names(security, suites):
    """Return the names of the suites that an account asks for, None for all."""
    if not security.suites:
        return None
    wanted = [security.suites[one] for one in sorted(security.suites)]
    names = [suite[1] for number in wanted for suite in suites if suite[0] == number]
    if not names:
        raise ValueError("none of the cipher suites that are wanted is there")
    return names
