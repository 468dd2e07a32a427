"""An endpoint for a URI: `coap://` over plain UDP, `coaps://` over DTLS."""

from micropython import const

from .reference import compose
from .uri import split

_URI_HOST = const(3)


def connect(uri, credential=None, port=None, timeout=None, **options):
    """Return a blocking.Endpoint connected to the server of a URI.

    uri:         "coaps://host:port/path?query"; requests without a path are for that one
    credential:  for coaps: psk.Psk, ecdhe.Ecdhe or ecdhe_psk.EcdhePsk
    port:        a platform's module; None takes the `dtls_port` on the import path
    timeout:     seconds for the handshake, and for each message with its answer
    options:     of reliability.Reliability, and for coaps of client.Client
    Raises ValueError for a URI or a credential that will not do, else OSError.
    """
    from .blocking import Endpoint

    address, settings = prepare(uri, credential, options)
    port = port or default_port()
    if credential is None:
        from .udp import UdpChannel

        return Endpoint(UdpChannel(port, address), port, timeout=timeout, **settings)
    from ..blocking import connect as connect_dtls
    from .secure import DtlsChannel

    socket = connect_dtls(address, credential, port, timeout, **options)
    return Endpoint(DtlsChannel(socket), port, timeout=timeout, **settings)


def prepare(uri: str, credential, options: dict) -> tuple:
    """Return the address of a URI and the settings of its endpoint."""
    secure, host, port, parts = split(uri)
    if secure and credential is None:
        raise ValueError("coaps:// needs a credential: Psk, Ecdhe or EcdhePsk")
    settings = {}
    for name in ("ack_timeout_ms", "max_retransmit"):
        if name in options:
            settings[name] = options.pop(name)
    if not secure and (credential is not None or options):
        raise ValueError("coap:// protects nothing: for a credential write coaps://")
    settings["base"] = [part for part in parts if part[0] == _URI_HOST]
    settings["path"] = compose(parts)
    return (host, port), settings


def default_port():
    """Return the module of the platform."""
    import dtls_port

    return dtls_port
