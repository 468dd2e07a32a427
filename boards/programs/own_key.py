"""Who the board is to servers that ask: a certificate or a raw key of its own."""

import config

from dtls_micro.client_key import ClientCertificate, ClientRawKey


def client(mine):
    """Return what Ecdhe sends of these credentials; None if they have no key."""
    if not mine.private_key:
        return None
    if mine.certificates:
        return ClientCertificate(mine.certificates, mine.private_key)
    if not mine.public_key:
        raise RuntimeError("%s is of an older version: make it again" % config.CREDENTIALS)
    return ClientRawKey(mine.public_key, mine.private_key)
