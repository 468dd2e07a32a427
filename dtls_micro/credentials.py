"""The identity of a device in a file, as tools/provision.py makes it.

    from dtls_micro import credentials
    from dtls_micro.psk import Psk

    mine = credentials.read("credentials.dtls")
    credential = Psk(mine.identity, mine.key)
    # or Ecdhe(PinnedKey(*mine.pins), ClientCertificate(mine.certificates, mine.private_key))

The body of the file (files.py) is entries of type, 1 byte, length, 2 bytes, and value.
"""

from micropython import const

from . import files

VERSION = 1
_ENOENT = const(2)

_IDENTITY = const(1)
_KEY = const(2)
_PRIVATE_KEY = const(3)
_CERTIFICATE = const(4)
_PIN = const(5)
_SERVER_KEY = const(6)
_ANCHOR = const(7)
_PUBLIC_KEY = const(8)
_SINCE = const(9)


class Credentials:
    """What a device has; None, or an empty list, is what it has not.

    identity, key:  of a pre-shared key, bytes
    private_key:    of P-256, 32 bytes
    public_key:     SubjectPublicKeyInfo of the device
    certificates:   of the device, DER, its own first
    pins:           of the server, 32 bytes each
    server_key:     SubjectPublicKeyInfo of the server
    anchors:        certificates that the server's is to come from, DER
    since:          year, 2 bytes, month, day, hour, minute and second, UTC, when this was made
    """

    identity = key = private_key = public_key = server_key = since = None

    def __init__(self):
        self.certificates = []
        self.pins = []
        self.anchors = []

    def _entries(self):
        return (
            (_IDENTITY, [self.identity]),
            (_KEY, [self.key]),
            (_PRIVATE_KEY, [self.private_key]),
            (_CERTIFICATE, self.certificates),
            (_PIN, self.pins),
            (_SERVER_KEY, [self.server_key]),
            (_ANCHOR, self.anchors),
            (_PUBLIC_KEY, [self.public_key]),
            (_SINCE, [self.since]),
        )

    def encode(self) -> bytes:
        """Return the body of a file."""
        body = b""
        for kind, values in self._entries():
            for value in values:
                if value is not None:
                    body += bytes((kind, len(value) >> 8, len(value) & 255)) + value
        return body

    def put(self, kind: int, value: bytes):
        """Take an entry; one of an unknown type is passed over."""
        if kind == _IDENTITY:
            self.identity = value
        elif kind == _KEY:
            self.key = value
        elif kind == _PRIVATE_KEY:
            self.private_key = value
        elif kind == _CERTIFICATE:
            self.certificates.append(value)
        elif kind == _PIN:
            self.pins.append(value)
        elif kind == _SERVER_KEY:
            self.server_key = value
        elif kind == _ANCHOR:
            self.anchors.append(value)
        elif kind == _PUBLIC_KEY:
            self.public_key = value
        elif kind == _SINCE:
            self.since = value

    def floor(self):
        """Return `since` as X509 wants its `floor`: a time that is over; None if there is none."""
        if not self.since:
            return None
        return (self.since[0] << 8 | self.since[1],) + tuple(self.since[2:])


def decode(body) -> Credentials:
    """Return what the body of a file holds; ValueError if it is cut."""
    found = Credentials()
    at = 0
    while at < len(body):
        end = at + 3
        if end <= len(body):
            end += body[at + 1] << 8 | body[at + 2]
        if end > len(body) or end < at + 3:
            raise ValueError("credentials are cut")
        found.put(body[at], bytes(body[at + 3 : end]))
        at = end
    return found


def read(path: str = "credentials.dtls") -> Credentials:
    """Return what a file holds; OSError if there is none, ValueError if it is damaged."""
    return decode(files.read(path, VERSION))


def write(path: str, credentials: Credentials, force: bool = False) -> bool:
    """Write a file, whole or not at all; OSError if there is another one, unless `force`."""
    if not force:
        try:
            if files.read(path, VERSION) == credentials.encode():
                return False
            raise OSError("%s is there already, and is another one" % path)
        except ValueError:
            raise OSError("%s is there already, and cannot be read" % path)
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise
    return files.write(path, credentials.encode(), VERSION)
