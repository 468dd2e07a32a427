"""Objects that a device offers: what users derive theirs from.

    class Temperature(Object):
        number = 3303
        resources = (
            Resource(5700, "value", "f", "R"),
            Resource(5701, "units", "s", "R"),
            Resource(5605, "reset", None, "E"),
        )
        units = "Cel"

        def value(self):
            return sensor.temperature()

        def reset(self, arguments):
            ...

A resource is an attribute, or a method that returns its value. What a server writes goes to the
method set_<name>(value) if there is one, else to the attribute; ValueError of it refuses the
value. The value of a multiple resource is a dict of its instances: {0: "a", 1: "b"}. One whose
value is None, or that has no attribute, is not there.
"""

from micropython import const

BAD_REQUEST = const(0x80)  # codes of responses (OMA LwM2M core 1.1 section 6.7.4)
UNAUTHORIZED = const(0x81)
NOT_FOUND = const(0x84)
NOT_ALLOWED = const(0x85)
NOT_ACCEPTABLE = const(0x86)
UNSUPPORTED_FORMAT = const(0x8F)
INTERNAL_ERROR = const(0xA0)


class Refused(Exception):
    """A request cannot be done: the code of the response, and why, for people."""

    def __init__(self, code: int, reason: str = ""):
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Resource:
    """Definition of a resource.

    number:     0 to 65534
    name:       of the attribute or method of the object
    kind:       a letter, see the package's docstring; None for what can only be executed
    operations: of a server: "R", "W", "RW", "E", or "" for none
    multiple:   it may have several instances
    mandatory:  an instance cannot be created without it
    """

    def __init__(self, number, name, kind, operations, multiple=False, mandatory=False):
        self.number = number
        self.name = name
        self.kind = kind
        self.operations = operations
        self.multiple = multiple
        self.mandatory = mandatory


class Object:
    """An instance of an object; classes of the user's are derived from it.

    number:     of the object
    version:    of it, told to servers if it is not "1.0"
    resources:  a tuple of Resource
    multiple:   there may be more than one instance
    creatable:  servers may create and delete instances
    most:       instances that there may be by a server's creation
    """

    number: int
    version = "1.0"
    resources: "tuple[Resource, ...]" = ()
    multiple = False
    creatable = False
    most = 16

    def resource(self, number: int):
        """Return the definition of a resource, or None."""
        for one in self.resources:
            if one.number == number:
                return one
        return None

    def read(self, resource):
        """Return the value of a resource, None if it has none."""
        value = getattr(self, resource.name, None)
        return value() if callable(value) else value

    def write(self, resource, value):
        """Take a value; ValueError refuses it. Of a multiple resource it is a dict."""
        setter = getattr(self, "set_" + resource.name, None)
        if setter:
            setter(value)
        elif callable(getattr(self, resource.name, None)):
            raise ValueError("resource %d cannot be written" % resource.number)
        else:
            setattr(self, resource.name, value)

    def restore(self, resource, value):
        """Write back what read() has returned."""
        if value is None:
            setattr(self, resource.name, None)
        else:
            self.write(resource, value)

    def execute(self, resource, arguments: str):
        """Do it."""
        getattr(self, resource.name)(arguments)

    def has(self, resource) -> bool:
        """Tell whether a resource is there."""
        if resource.kind is None:
            return hasattr(self, resource.name)
        return getattr(self, resource.name, None) is not None
