"""CoAP (RFC 7252) for devices: a client, and a server for the peer on the same connection."""

from .codes import text  # noqa: F401  (0x84 is "4.04")


def connect(uri, credential=None, port=None, timeout=None, **options):
    """Return a blocking.Endpoint connected to the server of a URI; see connection.py."""
    from .connection import connect as connect_blocking

    return connect_blocking(uri, credential, port, timeout, **options)
