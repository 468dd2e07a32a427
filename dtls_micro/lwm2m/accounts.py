"""Accounts: the objects LwM2M Security (0) and Server (1).

OMA LwM2M core 1.1 appendices E.1 and E.2.
"""

from . import tlv
from .objects import BAD_REQUEST, Object, Refused, Resource
from .tree import Tree

SECURITY = 0  # objects
SERVER = 1
PSK = 0  # security modes
RPK = 1
X509 = 2
NO_SEC = 3
_LONGEST_BINDING = 8


class Security(Object):
    """How a server is reached: an instance of object 0."""

    number = SECURITY
    version = "1.1"
    multiple = creatable = True
    # fmt: off
    resources = (
        Resource(0, "uri", "s", "", mandatory=True),
        Resource(1, "bootstrap", "b", "", mandatory=True),
        Resource(2, "mode", "i", "", mandatory=True),
        Resource(3, "identity", "o", ""),  # or certificate, or public key
        Resource(4, "server_key", "o", ""),  # or its certificate, or a hash of that
        Resource(5, "secret", "o", ""),
        Resource(10, "ssid", "i", ""),
        Resource(11, "hold_off", "i", ""),  # seconds
        Resource(13, "matching", "u", ""),  # 1, 2, 3: server_key is a SHA-256, -384, -512
        Resource(14, "server_name", "s", ""),
        Resource(15, "usage", "u", ""),
        Resource(16, "suites", "u", "", multiple=True),
    )
    # fmt: on
    uri = ""
    bootstrap = False
    mode = PSK
    identity = server_key = secret = b""
    ssid = 0
    hold_off = 0
    matching = server_name = suites = None
    usage: "int | None" = None

    def __init__(self, uri="", mode=PSK, identity=b"", secret=b"", **more):
        self.uri = uri
        self.mode = mode
        self.identity = identity.encode() if isinstance(identity, str) else identity
        self.secret = secret
        for name in more:
            setattr(self, name, more[name])

    def set_uri(self, value):
        """Take a URI; it is shown in link format, which has no control characters."""
        if any(one < " " or one == "\x7f" for one in value):
            raise ValueError("a URI with a control character")
        self.uri = value


class Server(Object):
    """How to be registered with a server: an instance of object 1.

    asked: "update", "disable" or "bootstrap" if the server has executed that; the last of these
           of several
    """

    number = SERVER
    version = "1.1"
    multiple = True
    # fmt: off
    resources = (
        Resource(0, "ssid", "i", "R", mandatory=True),
        Resource(1, "lifetime", "i", "RW", mandatory=True),  # seconds
        Resource(2, "pmin", "i", "RW"),
        Resource(3, "pmax", "i", "RW"),
        Resource(4, "disable", None, "E"),
        Resource(5, "disable_timeout", "i", "RW"),
        Resource(6, "storing", "b", "RW"),
        Resource(7, "binding", "s", "RW"),
        Resource(8, "update", None, "E"),
        Resource(9, "bootstrap", None, "E"),
        Resource(16, "bootstrap_on_failure", "b", "RW"),
        Resource(17, "retries", "u", "RW"),
        Resource(18, "retry_timer", "u", "RW"),
        Resource(19, "sequence_delay", "u", "RW"),
        Resource(20, "sequences", "u", "RW"),
    )
    # fmt: on
    ssid = 0
    lifetime = 86400
    pmin = pmax = disable_timeout = None
    storing = True
    binding = "U"
    bootstrap_on_failure = retries = retry_timer = sequence_delay = sequences = None
    asked: "str | None" = None

    def __init__(self, ssid=0, lifetime=86400, **more):
        self.ssid = ssid
        self.lifetime = lifetime
        for name in more:
            setattr(self, name, more[name])

    def disable(self, arguments):
        """De-register for a while."""
        if self.asked != "bootstrap":
            self.asked = "disable"

    def update(self, arguments):
        """Update the registration."""
        self.asked = self.asked or "update"

    def bootstrap(self, arguments):
        """Bootstrap anew."""
        self.asked = "bootstrap"

    def set_lifetime(self, value):
        """Take a lifetime; 0 is for ever."""
        self.lifetime = _within(value, 0, 1 << 31)

    def set_binding(self, value):
        """Take a binding; UDP is what there is."""
        if "U" not in value or len(value) > _LONGEST_BINDING:
            raise ValueError("only binding U is there")
        if any(one not in "UTSNQ" for one in value):
            raise ValueError("a binding that is not known")
        self.binding = value

    def set_pmin(self, value):
        """Take the default of the attribute."""
        self.pmin = _within(value, 0, 1 << 31)

    def set_pmax(self, value):
        """Take the default of the attribute."""
        self.pmax = _within(value, 0, 1 << 31)

    def set_disable_timeout(self, value):
        """Take how long "disable" is to last."""
        self.disable_timeout = _within(value, 0, 1 << 31)


def _within(value: int, least: int, end: int) -> int:
    if not least <= value < end:
        raise ValueError("out of range")
    return value


def empty() -> Tree:
    """Return a set of accounts without any."""
    tree = Tree()
    tree.define(Security)
    tree.define(Server)
    return tree


def of(*instances) -> Tree:
    """Return a set with some instances of Security and Server."""
    tree = empty()
    for instance in instances:
        tree.add(instance)
    return tree


def encode(tree) -> bytes:
    """Return a set as octets: object 0, then object 1, each as its length and TLV."""
    out = b""
    for number in (SECURITY, SERVER):
        body = tlv.encode(tree.read((number,), ""), (number,))
        out += len(body).to_bytes(4, "big") + body
    return out


def decode(octets) -> Tree:
    """Return the set of encode(); ValueError if it is none."""
    tree = empty()
    at = 0
    for number in (SECURITY, SERVER):
        end = at + 4 + int.from_bytes(octets[at : at + 4], "big")
        if at + 4 > len(octets) or end > len(octets):
            raise ValueError("accounts are cut")
        try:
            put(tree, tlv.decode(octets[at + 4 : end], (number,), tree.kind))
        except Refused as error:
            raise ValueError(error.reason)
        at = end
    return tree


def copy(tree) -> Tree:
    """Return another set that is the same."""
    return decode(encode(tree))


def put(tree, records, merge=False):
    """Write decoded records, each instance as a whole; Refused if one cannot be.

    What is not known here is passed over: SMS, resources of 1.2 and of vendors.
    merge: what an instance that is there has besides stays
    """
    for path in instance_paths(records):
        kind = tree.object_class(path[0])
        known = [one.number for one in kind.resources]
        mine = [one for one in records if one[0][:2] == path]
        mine = [one for one in mine if len(one[0]) < 3 or one[0][2] in known]
        if merge:
            if not tree.has(path):
                tree.add(kind(), path[1])
            tree.write(mine, "")
        else:
            if tree.has(path):
                tree.remove(path)
            tree.create(path, mine, "")
        if len(tree.instances(path[0])) > kind.most:
            raise Refused(BAD_REQUEST, "more than %d instances" % kind.most)


def clear(tree, number: int):
    """Remove the instances of an object, but for the account of the bootstrap server."""
    for one, instance in tree.instances(number):
        if number == SERVER or not instance.bootstrap:
            tree.remove((number, one))


def instance_paths(records) -> list:
    """Return the paths of the instances of records, each once, in their order."""
    found: list = []
    for path, _ in records:
        if path[:2] not in found:
            found.append(path[:2])
    return found


def bootstrap_account(tree):
    """Return the Security of the bootstrap server, or None."""
    for _, security in tree.instances(SECURITY):
        if security.bootstrap:
            return security
    return None


def pairs(tree) -> list:
    """Return (Security, Server) of each server, in the order of their numbers."""
    servers = {server.ssid: server for _, server in tree.instances(SERVER)}
    found = []
    for _, security in tree.instances(SECURITY):
        if not security.bootstrap and security.ssid in servers:
            found.append((security, servers[security.ssid]))
    return found
