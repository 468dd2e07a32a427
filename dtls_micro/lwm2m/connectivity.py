"""The object Connectivity Monitoring (4): OMA LwM2M core 1.1 appendix E.5."""

from .objects import Object, Resource

WLAN = 21  # network bearers
ETHERNET = 41


class Connectivity(Object):
    """How the board is connected.

    radio: function that returns (signal strength in dBm, own IP address as text)
    """

    number = 4
    version = "1.0"
    # fmt: off
    resources = (
        Resource(0, "bearer", "i", "R"),
        Resource(1, "bearers", "i", "R", multiple=True),
        Resource(2, "strength", "i", "R"),
        Resource(4, "addresses", "s", "R", multiple=True),
    )
    # fmt: on

    def __init__(self, radio, bearer=WLAN):
        self._radio = radio
        self.bearer = bearer
        self.bearers = {0: bearer}

    def strength(self):
        """Return the signal strength in dBm."""
        return self._radio()[0]

    def addresses(self):
        """Return our IP address."""
        return {0: self._radio()[1]}
