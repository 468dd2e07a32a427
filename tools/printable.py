"""Text that a peer chose, made safe for a terminal."""


def printable(data: bytes) -> str:
    """Return bytes as UTF-8 text in which everything that does not print is escaped."""
    text = data.decode("utf-8", "backslashreplace")
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )
