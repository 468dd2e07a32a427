"""What goes wrong, in a sentence that says what to do."""


class Failure(Exception):
    """The command cannot succeed; the text is for the user, and no traceback is wanted."""
