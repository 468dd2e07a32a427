"""LwM2M (OMA LwM2M core 1.1) for devices: bootstrap, registration, objects.

    from dtls_micro import lwm2m
    from dtls_micro.lwm2m.accounts import Security
    from dtls_micro.lwm2m.device import Device
    from dtls_micro.lwm2m.store import FileStore

    lwm2m.Client(
        "urn:dev:ops:32473-Board-1",
        bootstrap=Security("coaps://bootstrap.example", identity="board1", secret=key),
        store=FileStore(),
        objects=[Device("Example")],
    ).run()

Everywhere in this package a path is a tuple of 0 to 4 numbers 0..65535: object, instance,
resource, resource instance. The kind of a resource is one letter, and says what its value is:

s  string            str
i  integer           int of 64 bits at most, with a sign
u  unsigned integer  int of 64 bits at most
f  float             float
b  boolean           bool
o  opaque            bytes
t  time              int, seconds since 1970
l  object link       (object, instance)
"""

from .blocking import Client  # noqa: F401  (lwm2m.Client; aio.Client is its twin)
