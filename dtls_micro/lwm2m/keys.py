"""Keys and certificates of accounts: what security modes RPK and X.509 need besides ours."""

from micropython import const

from ..der import Der

_DANE_EE = const(3)
_SEQUENCE = const(0x30)
_OCTETS = const(0x04)
_PRIVATE = const(32)  # bytes of a key of P-256


def trust(security, anchors, verifiers, floor):
    """Return the trust object of an account with certificates; ValueError if there is none."""
    usage = _DANE_EE if security.usage is None else security.usage
    if security.matching and usage == _DANE_EE:
        return _matched(security, verifiers, False)
    from ..usage import certificate_usage

    more = {} if verifiers is None else {"verifiers": verifiers}
    matching = security.matching or 0
    return certificate_usage(
        usage, security.server_key, anchors, floor=floor, matching=matching, **more
    )


def raw_trust(security):
    """Return the trust object of an account with raw public keys; ValueError if there is none."""
    if security.matching:
        return _matched(security, None, True)
    from ..rpk import RawPublicKey

    return RawPublicKey(security.server_key)


def _matched(security, verifiers, raw: bool):
    """Return trust in what is known by its hash, and needs no path."""
    from ..matching import Matched
    from ..p256 import P256

    return Matched(security.matching, security.server_key, verifiers or (P256,), raw)


def private_key(octets) -> bytes:
    """Return the 32 bytes of a key of P-256: bare, of RFC 5915, or in PKCS #8 (RFC 5958)."""
    if len(octets) == _PRIVATE:
        return bytes(octets)
    der = Der(octets).enter()
    if der.integer() == b"\0":  # the version of PKCS #8
        der.take(_SEQUENCE)
        der = Der(der.take(_OCTETS)).enter()
        der.integer()
    key = bytes(der.take(_OCTETS))
    if len(key) != _PRIVATE:
        raise ValueError("a private key that is not of P-256")
    return key
