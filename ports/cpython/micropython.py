"""What MicroPython's `micropython` module offers the library, for CPython."""


def const(value):
    """Return `value`: a compile-time hint to MicroPython, nothing here."""
    return value
