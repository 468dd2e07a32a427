"""What the board knows of itself and of its server: the file CREDENTIALS of config.py.

A RuntimeError says what is missing there, and how to make it.
"""

import config

from dtls_micro import credentials


def read(words: str, *needed):
    """Return the credentials if they have one of `needed`, which these words provide."""
    path = config.CREDENTIALS
    make = " ".join(["python -m tools.provision --endpoint NAME"] + words.split())
    copy = "tools.deploy --credentials FILE copies it"
    try:
        mine = credentials.read(path)
    except OSError:
        raise RuntimeError("%s is not on the board: `%s` makes it, and %s" % (path, make, copy))
    except ValueError as error:
        raise RuntimeError("%s is damaged (%s): %s again" % (path, error, copy))
    if not any(getattr(mine, name) for name in needed):
        raise RuntimeError("%s is for another program: `%s` makes one for this" % (path, make))
    return mine


def pre_shared():
    """Return credentials with `identity` and `key`."""
    return read("", "key")
