"""All objects of a device, by their paths: what the operations of LwM2M do to them.

Refused is raised for what cannot be done. What is written is checked as a whole first, and
undone if an object refuses a part of it.
"""

from micropython import const

from .objects import BAD_REQUEST, NOT_ALLOWED, NOT_FOUND, Object, Refused
from .tlv import NO_INSTANCE

_MOST = const(64)  # instances of a multiple resource that a server may write


class Tree:
    """The instances of objects, by object and instance number."""

    def __init__(self):
        self._instances: "dict[int, dict[int, Object]]" = {}
        self._classes: "dict[int, type[Object]]" = {}

    def define(self, kind):
        """Let there be instances of a class, none as yet."""
        self._classes[kind.number] = kind
        self._instances.setdefault(kind.number, {})

    def add(self, instance, number=None) -> int:
        """Put an instance of an object under a number, or the next one that is free."""
        self.define(type(instance))
        instances = self._instances[instance.number]
        if number is None:
            number = 0
            while number in instances:
                number += 1
        instances[number] = instance
        return number

    def remove(self, path):
        """Take an instance away."""
        self.instance(path)
        del self._instances[path[0]][path[1]]

    def with_instance(self, path, instance):
        """Return a Tree with the same objects and one that has but this instance."""
        tree = Tree()
        tree._instances.update(self._instances)
        tree._classes.update(self._classes)
        tree._classes[path[0]] = type(instance)
        tree._instances[path[0]] = {path[1]: instance}
        return tree

    def share(self, number: int, other):
        """Have the instances of an object that another Tree has."""
        self._classes[number] = other._classes[number]
        self._instances[number] = other._instances[number]

    def objects(self) -> list:
        """Return the numbers of the objects, sorted."""
        return sorted(self._instances)

    def instances(self, number: int) -> list:
        """Return (number, instance) of an object's instances, sorted."""
        found = self._instances.get(number)
        if found is None:
            raise Refused(NOT_FOUND, "no object %d" % number)
        return [(one, found[one]) for one in sorted(found)]

    def has(self, path) -> bool:
        """Tell whether an object or an instance is there."""
        found = self._instances.get(path[0])
        return found is not None and (len(path) < 2 or path[1] in found)

    def instance(self, path):
        """Return an instance."""
        if not self.has(path):
            raise Refused(NOT_FOUND, "no instance /%d/%d" % path[:2])
        return self._instances[path[0]][path[1]]

    def object_class(self, number: int):
        """Return the class of an object."""
        kind = self._classes.get(number)
        if kind is None:
            raise Refused(NOT_FOUND, "no object %d" % number)
        return kind

    def kind(self, number: int, resource: int):
        """Return the letter of a resource's kind, or None: for the content formats."""
        kind = self._classes.get(number)
        for one in kind.resources if kind else ():
            if one.number == resource:
                return one.kind
        return None

    def definition(self, path):
        """Return the instance and the Resource of a path of 3 or 4 parts."""
        instance = self.instance(path)
        resource = instance.resource(path[2])
        if resource is None:
            raise Refused(NOT_FOUND, "no resource %d" % path[2])
        return instance, resource

    def read(self, path, needs="R") -> list:
        """Return records (path, kind, value) of an object, an instance or a resource.

        needs: the operations one of which a resource must have; "" for all that have a value
        """
        if len(path) >= 3:
            instance, resource = self.definition(path)
            if not _may(resource, needs):
                raise Refused(NOT_ALLOWED, "resource %d cannot be read" % path[2])
            records = _records(path[:3], instance, resource)
            if len(path) == 4:
                records = [one for one in records if one[0] == path]
            if not records and not (resource.multiple and len(path) == 3):
                raise Refused(NOT_FOUND, "no value")
            return records
        if len(path) == 2:
            return self._read_instance(path, self.instance(path), needs)
        records = []
        for number, instance in self.instances(path[0]):
            records.extend(self._read_instance((path[0], number), instance, needs))
        return records

    def _read_instance(self, path, instance, needs) -> list:
        records: list = []
        for resource in instance.resources:
            if _may(resource, needs) and resource.kind:
                records.extend(_records(path + (resource.number,), instance, resource))
        return records

    def write(self, records, needs="W", merge=False):
        """Write the values of decoded records (path, value), of instances that are there.

        needs: as of read()
        merge: instances of multiple resources that are not named stay
        """
        changes = _changes(self, records, needs, merge)
        before = [(one[0], one[1], one[0].read(one[1])) for one in changes]
        done = 0
        try:
            for instance, resource, value in changes:
                instance.write(resource, value)
                done += 1
        except Exception as error:
            for instance, resource, value in reversed(before[:done]):
                instance.restore(resource, value)
            if isinstance(error, (ValueError, TypeError)):
                raise Refused(BAD_REQUEST, str(error))
            raise

    def create(self, path, records, needs="W", merge=False) -> int:
        """Create an instance with the values of records; return its number.

        path: of an object, or of an instance. Records whose instance is NO_INSTANCE, or that
              has no number yet, belong to the new one.
        """
        kind = self.object_class(path[0])
        number = path[1] if len(path) > 1 else None
        if number is None:
            number = 0
            while self.has((path[0], number)):
                number += 1
        elif number == NO_INSTANCE or self.has(path):
            raise Refused(BAD_REQUEST, "instance %d is there, or cannot be" % number)
        if not kind.multiple and self._instances[path[0]]:
            raise Refused(BAD_REQUEST, "object %d has one instance only" % path[0])
        instance = kind()
        given = [one[0][2] for one in records if len(one[0]) > 2]
        for resource in instance.resources:
            if resource.mandatory and resource.number not in given:
                raise Refused(BAD_REQUEST, "resource %d is mandatory" % resource.number)
        self.add(instance, number)
        try:
            # An executable or read-only resource of a new instance is as the class has it.
            self.write([((path[0], number) + one[0][2:], one[1]) for one in records], needs, merge)
        except Refused:
            self.remove((path[0], number))
            raise
        return number

    def execute(self, path, arguments: str):
        """Execute a resource."""
        instance, resource = self.definition(path)
        if "E" not in resource.operations or not instance.has(resource):
            raise Refused(NOT_ALLOWED, "resource %d cannot be executed" % path[2])
        try:
            instance.execute(resource, arguments)
        except ValueError as error:
            raise Refused(BAD_REQUEST, str(error))


def _may(resource, needs: str) -> bool:
    return not needs or any(one in resource.operations for one in needs)


def _records(path, instance, resource) -> list:
    value = instance.read(resource) if resource.kind else None
    if value is None:
        return []
    if resource.multiple:
        return [(path + (one,), resource.kind, value[one]) for one in sorted(value)]
    return [(path, resource.kind, value)]


def _changes(tree, records, needs, merge) -> list:
    """Return [(instance, resource, value)], the instances of multiple resources together."""
    changes: list = []
    places: dict = {}  # of multiple resources, in `changes`
    for path, value in records:
        if len(path) < 3:
            continue  # an instance with nothing in it
        instance, resource = tree.definition(path)
        if not _may(resource, needs) or resource.kind is None:
            raise Refused(NOT_ALLOWED, "resource %d cannot be written" % path[2])
        if not resource.multiple:
            if len(path) > 3 or value is None:
                raise Refused(BAD_REQUEST, "resource %d is single" % path[2])
            changes.append((instance, resource, value))
            continue
        if path[:3] not in places:
            there = (instance.read(resource) or {}) if merge else {}
            places[path[:3]] = len(changes)
            changes.append((instance, resource, dict(there)))
        values = changes[places[path[:3]]][2]
        if len(path) > 3 and value is not None:
            values[path[3]] = value
            if len(values) > _MOST:
                raise Refused(BAD_REQUEST, "more than %d instances" % _MOST)
        elif value is not None:
            raise Refused(BAD_REQUEST, "resource %d is multiple" % path[2])
    return changes
