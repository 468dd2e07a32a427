"""What a bootstrap server asks of objects besides the accounts: done at Finish, whole or not."""

from micropython import const

from .accounts import instance_paths
from .objects import BAD_REQUEST, NOT_ALLOWED, NOT_FOUND, Refused
from .tlv import NO_INSTANCE

_DEVICE = const(3)
_MOST = const(64)  # requests that are kept
_MOST_OCTETS = const(16384)


class Pending:
    """Writes and deletions, in their order.

    tree: the Tree of those objects
    """

    def __init__(self, tree):
        self._tree = tree
        self._asked: list = []  # (path of the request, records, size), None for a deletion
        self._done: list = []  # what undo() has to do, the last first

    def write(self, path, records, size: int):
        """Keep a write in mind; Refused if it is known that it cannot be done.

        size: bytes of the payload
        """
        for one in instance_paths(records):
            if len(one) < 2 or one[1] == NO_INSTANCE:
                raise Refused(BAD_REQUEST, "an instance is wanted")
            if not self._tree.has(one) and not self._tree.object_class(one[0]).creatable:
                raise Refused(NOT_FOUND, "no instance %d" % one[1])
        for one, _ in records:
            if len(one) > 2 and not self._writable(one):
                raise Refused(NOT_ALLOWED, "resource %d cannot be written" % one[2])
        self._keep([kept for kept in self._asked if kept[0] != path], path, records, size)

    def _keep(self, others, path, records, size):
        """Keep what is asked, in the place of what it makes void."""
        if len(others) >= _MOST or sum([kept[2] for kept in others]) + size > _MOST_OCTETS:
            raise Refused(BAD_REQUEST, "more than can be kept until Finish")
        self._asked = others + [(path, records, size)]

    def _writable(self, path) -> bool:
        for resource in self._tree.object_class(path[0]).resources:
            if resource.number == path[2]:
                return resource.operations in ("", "W", "RW")
        raise Refused(NOT_FOUND, "no resource %d" % path[2])

    def delete(self, path):
        """Keep a deletion in mind, of an object's instances or one of them."""
        if path[0] == _DEVICE:
            raise Refused(BAD_REQUEST, "the device stays")
        if not self._tree.object_class(path[0]).creatable:
            raise Refused(NOT_ALLOWED, "it stays")
        others = [kept for kept in self._asked if kept[0][: len(path)] != path]
        if not self._tree.has(path) and len(others) == len(self._asked):
            raise Refused(NOT_FOUND, "no instance %d" % path[1])
        self._keep(others, path, None, 0)

    def delete_all(self):
        """Keep in mind to delete all that can be created."""
        for number in self._tree.objects():
            if self._tree.object_class(number).creatable:
                self.delete((number,))

    def apply(self):
        """Do it all; Refused if a part cannot be done, and then nothing is."""
        self._done = []
        try:
            for path, records, _ in self._asked:
                if records is None:
                    self._remove(path)
                else:
                    self._write(records)
        except Exception:
            self.undo()
            raise

    def undo(self):
        """Undo what apply() has done."""
        for step in reversed(self._done):
            step[0](*step[1:])
        self._done = []

    def _remove(self, path):
        for number, instance in self._tree.instances(path[0]):
            if path[1:] in ((), (number,)):
                self._tree.remove((path[0], number))
                self._done.append((self._tree.add, instance, number))

    def _write(self, records):
        for path in instance_paths(records):
            mine = [one for one in records if one[0][:2] == path]
            if self._tree.has(path):
                instance = self._tree.instance(path)
                before = self._values(instance, mine)
                self._tree.write(mine, "")
                self._done.extend(before)
                continue
            if len(self._tree.instances(path[0])) >= self._tree.object_class(path[0]).most:
                raise Refused(BAD_REQUEST, "too many instances of object %d" % path[0])
            self._tree.create(path, mine, "")
            self._done.append((self._tree.remove, path))

    def _values(self, instance, records) -> list:
        """Return the steps that write what is there now."""
        found = []
        for path, _ in records:
            if len(path) > 2:
                resource = instance.resource(path[2])
                found.append((instance.restore, resource, instance.read(resource)))
        return found
