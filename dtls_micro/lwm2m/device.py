"""The object Device (3): OMA LwM2M core 1.1 appendix E.4."""

from .objects import Object, Resource


class Device(Object):
    """What a board is; give what there is of manufacturer, model, serial, firmware as text.

    reboot: called when a server executes Reboot, after a second in which it gets its answer
    errors: dict of the codes of resource 11, {0: 0} for none
    """

    number = 3
    version = "1.1"
    # fmt: off
    resources = (
        Resource(0, "manufacturer", "s", "R"),
        Resource(1, "model", "s", "R"),
        Resource(2, "serial", "s", "R"),
        Resource(3, "firmware", "s", "R"),
        Resource(4, "restart", None, "E"),
        Resource(9, "battery", "i", "R"),
        Resource(11, "errors", "i", "R", multiple=True),
        Resource(13, "time", "t", "RW"),
        Resource(14, "offset", "s", "RW"),
        Resource(15, "timezone", "s", "RW"),
        Resource(16, "binding", "s", "R"),
    )
    # fmt: on
    manufacturer = model = serial = firmware = battery = time = offset = timezone = None
    binding = "U"
    client = None

    def __init__(self, manufacturer=None, model=None, serial=None, firmware=None, reboot=None):
        self.manufacturer = manufacturer
        self.model = model
        self.serial = serial
        self.firmware = firmware
        self.errors = {0: 0}
        self._reboot = reboot
        self._pending = False

    def restart(self, arguments):
        """Reboot, once the answer is out."""
        if self._reboot is None:
            raise NotImplementedError("this device has no reboot hook")
        if not self._pending:
            self._pending = True
            self.client.later(1, self._restart)

    def _restart(self):
        self._pending = False
        self._reboot()

    def has(self, resource) -> bool:
        """Tell whether a resource is there."""
        if resource.number == 4:
            return self._reboot is not None
        return super().has(resource)
