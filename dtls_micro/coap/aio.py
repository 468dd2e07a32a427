"""CoAP for asyncio: `endpoint = await aio.connect("coaps://...", credential)`."""

from .aio_endpoint import Endpoint
from .connection import default_port, prepare


async def connect(uri, credential=None, port=None, timeout=None, **options):
    """Return an Endpoint connected to the server of a URI: as connection.connect()."""
    address, settings = prepare(uri, credential, options)
    port = port or default_port()
    if credential is None:
        from .udp import AioUdpChannel

        channel = AioUdpChannel(port, address)
    else:
        from ..aio import connect as connect_dtls
        from .secure import AioDtlsChannel

        if timeout:
            options.setdefault("handshake_timeout_ms", int(timeout * 1000))
        channel = AioDtlsChannel(await connect_dtls(address, credential, port, **options))
    endpoint = Endpoint(channel, port, timeout=timeout, **settings)
    endpoint.start()
    return endpoint
