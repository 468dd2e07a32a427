"""A DTLS 1.2 client for microcontrollers (RFC 6347, profile of RFC 7925)."""

__version__ = "0.1.0"


def connect(address, credential, **options):
    """Return a connected blocking.DtlsSocket; see there."""
    from .blocking import connect as connect_blocking

    return connect_blocking(address, credential, **options)
