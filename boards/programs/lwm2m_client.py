"""A LwM2M device: it bootstraps itself, registers, and serves its temperature (object 3303)."""

import config
import dtls_wifi
import identity
import online
import sensor

from dtls_micro import lwm2m
from dtls_micro.lwm2m.accounts import Security
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.objects import Object, Resource
from dtls_micro.lwm2m.store import FileStore


class Temperature(Object):
    """IPSO Temperature."""

    number = 3303
    resources = (
        Resource(5700, "value", "f", "R"),
        Resource(5701, "units", "s", "R"),
    )
    units = "Cel"

    def value(self):
        """Return degrees Celsius, to a tenth: a server is not told of less."""
        return round(sensor.temperature(), 1)


def main():
    """Be a LwM2M device for ever."""
    mine = identity.pre_shared()
    online.join()
    client = lwm2m.Client(
        config.ENDPOINT or mine.identity.decode(),
        bootstrap=Security(config.BOOTSTRAP, identity=mine.identity, secret=mine.key),
        store=FileStore("lwm2m.dtls"),
        objects=[Device("dtls_micro", reboot=sensor.restart), Temperature()],
        tell=print,
    )
    try:
        while not client.run(config.INTERVAL_S):
            dtls_wifi.keep_up()
    finally:
        client.save()


if __name__ == "__main__":
    main()
