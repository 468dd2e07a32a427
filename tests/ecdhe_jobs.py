"""Words of drive.py's jobs for the identities of certificates_for_tests.py."""

PIN, RPK, X509 = "pin", "rpk", "x509"  # kinds of trust
CERTIFICATE, RAW = "certificate", "raw"  # kinds of client


def trust(kind, who) -> dict:
    """Return the trust in one identity: its pin, its raw key, or its root."""
    if kind == PIN:
        return {"kind": kind, "pins": [who.pin]}
    if kind == RPK:
        return {"kind": kind, "keys": [who.spki.hex()]}
    return {"kind": kind, "anchors": [who.root_der.hex()]}


def client(kind, who):
    """Return a client that is this identity, or None for one that is nobody."""
    if kind == RAW:
        return {"kind": kind, "public": who.spki.hex(), "key": who.private.hex()}
    if kind == CERTIFICATE:
        chain = [certificate.hex() for certificate in who.chain_der]
        return {"kind": kind, "chain": chain, "key": who.private.hex()}
    return None
