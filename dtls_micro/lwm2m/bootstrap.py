"""The Bootstrap interface: what a bootstrap server may do to our accounts.

OMA LwM2M core 1.1 section 6.1. Everything is done to a copy, which Finish checks, stores and
hands over; until then, and for ever if Finish does not come, the old accounts are in force.
Other objects are written and deleted at Finish too, see pending.py.
"""

from micropython import const

from . import accounts, formats
from .consistency import fault
from .link_objects import links
from .objects import BAD_REQUEST, INTERNAL_ERROR, NOT_ALLOWED, Refused
from .pending import Pending
from .requests import (
    CHANGED,
    DELETE,
    DELETED,
    GET,
    POST,
    PUT,
    accept,
    content,
    decoded,
    path_of,
    quoted,
    refusal,
    response,
)
from .tlv import NO_INSTANCE

_URI_PATH = const(11)
_INCONSISTENT = const(0x86)  # 4.06 Not Acceptable
_ACCESS_CONTROL = const(2)
_ACCOUNTS = (accounts.SECURITY, accounts.SERVER)


class Bootstrap:
    """A session with a bootstrap server.

    before:      the Tree of the accounts in force; of them the bootstrap account stays
    objects:     the Tree of the other objects
    store:       see store.py
    allow_nosec: accept accounts without security
    tell:        function that is told of each step, as text
    trusted:     anchors, verifiers and floor, as credential() takes them
    """

    def __init__(self, before, objects, store, allow_nosec, tell, trusted=((), None)):
        self.accounts = accounts.copy(before)
        self.finished = False
        self.requests = 0  # how many there have been
        self.waker = None  # whose set() wakes who waits for them
        self.refused = None  # why Finish was answered 4.06
        self._objects = objects
        self._store = store
        self._allow_nosec = allow_nosec
        self._tell = tell
        self._trusted = trusted
        self._pending = Pending(objects)

    def handle(self, request):
        """Return the response to a request of the server."""
        self.requests += 1
        if self.waker:
            self.waker.set()
        try:
            if self.finished:
                raise Refused(NOT_ALLOWED, "the bootstrap is finished")
            if request.code == POST and request.all(_URI_PATH) == [b"bs"]:
                self.refused = None
                try:
                    self.finish()
                    self._tell("Finish: the accounts are stored")
                    return response(CHANGED)
                except Exception as error:
                    self.refused = str(error) or type(error).__name__
                    raise
            path = path_of(request)
            answer = self._done(request, path)
            self._tell("%s %s" % (_NAMES.get(request.code, "?"), _shown(request)))
            return answer
        except Refused as error:
            self._tell("refused %s: %s" % (_shown(request), error.reason))
            return refusal(error)

    def _done(self, request, path):
        if request.code == GET:
            if accept(request) == formats.LINK:
                return response(0x45, links(self._discovered(path)), formats.LINK)
            return self._read(path, accept(request))
        if request.code == PUT:
            self._write(path, request)
            return response(CHANGED)
        if request.code == DELETE:
            self._delete(path)
            return response(DELETED)
        raise Refused(NOT_ALLOWED, "not while bootstrapping")

    def _tree(self, path):
        """Return the Tree that has an object."""
        return self.accounts if path[0] in _ACCOUNTS else self._objects

    def _discovered(self, path) -> list:
        """Return the items of Bootstrap-Discover (section 6.1.7.3)."""
        items: list = [] if path else [((), [("lwm2m", "1.1")])]
        if len(path) > 1:
            raise Refused(BAD_REQUEST, "an object, or all")
        for number in path or sorted(self.accounts.objects() + self._objects.objects()):
            tree = self._tree((number,))
            version = tree.object_class(number).version
            items.append(((number,), [("ver", version)] if version != "1.0" else []))
            for one, instance in tree.instances(number):
                items.append(((number, one), _attributes(instance)))
        return items

    def _read(self, path, wanted):
        """Bootstrap-Read: of the objects Server and Access Control only (section 6.1.7.2)."""
        if not path or path[0] not in (accounts.SERVER, _ACCESS_CONTROL) or len(path) > 2:
            raise Refused(NOT_ALLOWED, "only /1 and /2 can be read")
        return content(self._tree(path).read(path), path, wanted)

    def _write(self, path, request):
        """Bootstrap-Write, of an object, an instance or a resource."""
        if not path:
            raise Refused(NOT_ALLOWED, "a path is wanted")
        if len(path) > 3:
            raise Refused(NOT_ALLOWED, "an object, an instance or a resource")
        if len(path) > 1 and path[1] == NO_INSTANCE:
            raise Refused(BAD_REQUEST, "there is no instance 65535")
        tree = self._tree(path)
        tree.object_class(path[0])  # Refused if there is none
        records = [one for one in decoded(request, path, tree.kind) if len(one[0]) > 1]
        if path[0] not in _ACCOUNTS:
            self._pending.write(path, records, len(request.payload))
            return
        changed = accounts.copy(self.accounts)  # a write is done as a whole or not at all
        accounts.put(changed, records, len(path) > 2)
        self.accounts = changed

    def _delete(self, path):
        """Bootstrap-Delete; the bootstrap account and the device stay (section 6.1.7.6)."""
        if len(path) > 2:
            raise Refused(NOT_ALLOWED, "an instance, an object, or all")
        if path and path[0] not in _ACCOUNTS:
            self._pending.delete(path)
            return
        if not path:
            self._pending.delete_all()
        if len(path) == 2:
            if getattr(self.accounts.instance(path), "bootstrap", None) is True:
                raise Refused(BAD_REQUEST, "the account of the bootstrap server stays")
            self.accounts.remove(path)
            return
        for number in path or _ACCOUNTS:
            accounts.clear(self.accounts, number)

    def finish(self):
        """Check the accounts and store them; Refused if they cannot be used: nothing is done."""
        wrong = fault(self.accounts, self._allow_nosec, self._trusted)
        if wrong:
            raise Refused(_INCONSISTENT, wrong)
        self._pending.apply()
        try:
            self._store.stage(self.accounts)
        except Exception as error:  # a store may be the user's
            self._pending.undo()
            raise Refused(INTERNAL_ERROR, "the accounts cannot be stored: %s" % error)
        self.finished = True


def _shown(request) -> str:
    """Return the path of a request for people: a server may have put anything into it."""
    return "/" + "/".join([quoted(one) for one in request.all(_URI_PATH)])


_NAMES = {GET: "Discover or Read", PUT: "Write", DELETE: "Delete"}


def _attributes(instance) -> list:
    """Return what Discover tells of an instance."""
    if instance.number == accounts.SERVER:
        return [("ssid", instance.ssid)]
    if instance.number == accounts.SECURITY:
        found = [] if instance.bootstrap else [("ssid", instance.ssid)]
        return found + [("uri", instance.uri)]
    return []
