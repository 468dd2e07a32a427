"""Device Management and Information Reporting: what a server may do to our objects.

OMA LwM2M core 1.1 sections 6.3 and 6.4. One Management for each server; its handle() goes to the
connection as resources.fallback.
"""

from . import accounts, formats
from .attributes import Attributes
from .link_objects import links
from .objects import (
    BAD_REQUEST,
    NOT_ACCEPTABLE,
    NOT_ALLOWED,
    UNAUTHORIZED,
    UNSUPPORTED_FORMAT,
    Refused,
)
from .requests import (
    CHANGED,
    CONTENT,
    DELETE,
    DELETED,
    FETCH,
    GET,
    IPATCH,
    POST,
    PUT,
    accept,
    content,
    created,
    decoded,
    path_of,
    queries,
    refusal,
    response,
)
from .tlv import NO_INSTANCE


class Management:
    """The requests of one server.

    tree:     the objects, with that server's instances of object 1
    server:   its Server
    changed:  called with the path that a server has written, or None if instances came or went
    """

    def __init__(self, tree, server, changed):
        self._tree = tree
        self._server = server
        self._changed = changed
        self.attributes = Attributes(server)

    def handle(self, request):
        """Return the response to a request."""
        try:
            if request.code == FETCH:
                return self._read_composite(request)
            if request.code == IPATCH:
                return self._write_composite(request)
            path = path_of(request)
            if path and path[0] == accounts.SECURITY:
                raise Refused(UNAUTHORIZED, "servers have no access to object 0")
            if not path:
                raise Refused(NOT_ALLOWED, "a path is wanted")
            if request.code == GET:
                return self._get(request, path)
            if request.code == PUT:
                return self._put(request, path)
            if request.code == POST:
                return self._post(request, path)
            if request.code == DELETE:
                return self._delete(path)
            raise Refused(NOT_ALLOWED)
        except Refused as error:
            return refusal(error)

    def _get(self, request, path):
        """Read (6.3.1) or Discover (6.3.2)."""
        if accept(request) == formats.LINK:
            return response(CONTENT, links(self._discovered(path)), formats.LINK)
        multiple = len(path) == 3 and self._tree.definition(path)[1].multiple
        return content(self._tree.read(path), path, accept(request), multiple)

    def _put(self, request, path):
        """Write as a replacement (6.3.3), or Write-Attributes (6.3.4)."""
        self._check(path)
        asked = queries(request)
        if asked and not request.payload:
            if len(path) > 3:
                raise Refused(BAD_REQUEST, "attributes of a resource's instance")
            self.attributes.write(path, asked)
            return response(CHANGED)
        if len(path) < 2:
            raise Refused(NOT_ALLOWED, "an instance or a resource")
        return self._write(request, path, len(path) > 3)

    def _post(self, request, path):
        """Create (6.3.6), Execute (6.3.5), or Write as a partial update (6.3.3)."""
        if len(path) == 1:
            return self._create(request, path)
        if len(path) == 2:
            return self._write(request, path, True)
        self._check(path)
        executable = "E" in self._tree.definition(path)[1].operations
        if len(path) == 3 and (executable or not request.payload):
            try:
                arguments = bytes(request.payload).decode()
            except UnicodeError:
                raise Refused(BAD_REQUEST, "arguments that are not text")
            self._tree.execute(path, arguments)
            return response(CHANGED)
        return self._write(request, path, True)

    def _write(self, request, path, merge: bool):
        self._check(path)
        records = decoded(request, path, self._tree.kind)
        if request.code == PUT and len(path) == 2:
            self._refuse_incomplete(path, records)
        self._tree.write(records, "W", merge)
        self._changed(path)
        return response(CHANGED)

    def _refuse_incomplete(self, path, records):
        """Refuse a replacement of an instance that lacks what is mandatory and writable."""
        given = [one[0][2] for one in records if len(one[0]) > 2]
        for resource in self._tree.instance(path).resources:
            if resource.mandatory and "W" in resource.operations and resource.number not in given:
                raise Refused(BAD_REQUEST, "resource %d is mandatory" % resource.number)

    def _create(self, request, path):
        kind = self._tree.object_class(path[0])
        if not kind.creatable:
            raise Refused(NOT_ALLOWED, "servers cannot create instances of it")
        if len(self._tree.instances(path[0])) >= kind.most:
            raise Refused(BAD_REQUEST, "there are %d instances, which is the most" % kind.most)
        records = decoded(request, path, self._tree.kind)
        paths = accounts.instance_paths(records)
        if len(paths) > 1:
            raise Refused(BAD_REQUEST, "one instance at a time")
        target = path
        if paths and len(paths[0]) > 1 and paths[0][1] != NO_INSTANCE:
            target = paths[0]
        number = self._tree.create(target, records, "RW")
        self._changed(None)
        return created(path + (number,))

    def _delete(self, path):
        """Delete (6.3.7)."""
        self._check(path)
        if len(path) != 2 or not self._tree.object_class(path[0]).creatable:
            raise Refused(NOT_ALLOWED, "servers cannot delete it")
        self._tree.remove(path)
        self.attributes.forget(path)
        self._changed(None)
        return response(DELETED)

    def _check(self, path):
        """Refuse a path that is not there."""
        if len(path) == 1:
            self._tree.instances(path[0])
        elif len(path) == 2:
            self._tree.instance(path)
        else:
            self._tree.definition(path)

    def _read_composite(self, request):
        """Read-Composite (6.3.9): what is not there is left out."""
        wanted = accept(request)
        if wanted is None:
            wanted = formats.SENML_CBOR
        if wanted not in (formats.SENML_CBOR, formats.SENML_JSON):
            raise Refused(NOT_ACCEPTABLE, "format %d" % wanted)
        return content(self.records(self.paths(request)), (), wanted)

    def records(self, paths) -> list:
        """Return what is at some paths, sorted, and what is not there left out."""
        records: list = []
        for i, path in enumerate(paths):
            if path in paths[:i]:
                continue
            if path and path[0] == accounts.SECURITY:
                raise Refused(UNAUTHORIZED, "servers have no access to object 0")
            for number in path[:1] or self._tree.objects():
                try:
                    found = self._tree.read(path or (number,))
                except Refused:
                    continue
                records.extend([one for one in found if one not in records])
        records.sort(key=_path)
        return records

    def paths(self, request) -> list:
        """Return the paths that a Read or a Read-Composite names."""
        if request.code != FETCH:
            return [path_of(request)]
        if request.content_format not in (formats.SENML_CBOR, formats.SENML_JSON):
            raise Refused(UNSUPPORTED_FORMAT, "SenML is wanted")
        return [path for path, _ in decoded(request, (), self._tree.kind)]

    def _write_composite(self, request):
        """Write-Composite (6.3.10): all or nothing."""
        if request.content_format not in (formats.SENML_CBOR, formats.SENML_JSON):
            raise Refused(UNSUPPORTED_FORMAT, "SenML is wanted")
        records = decoded(request, (), self._tree.kind)
        for path, _ in records:
            if path[:1] == (accounts.SECURITY,):
                raise Refused(UNAUTHORIZED, "servers have no access to object 0")
            if len(path) < 3:
                raise Refused(BAD_REQUEST, "resources are wanted")
        self._tree.write(records, "W", True)
        for path in accounts.instance_paths(records):
            self._changed(path)
        return response(CHANGED)

    def _discovered(self, path) -> list:
        """Return the items of Discover, with the attributes that were written."""
        self._check(path)
        if len(path) > 3:
            raise Refused(BAD_REQUEST, "an object, an instance or a resource")
        if len(path) == 3:
            instance, resource = self._tree.definition(path)
            return [(path, _dimension(instance, resource) + self.attributes.at(path, True))]
        items = []
        if len(path) == 1:
            version = self._tree.object_class(path[0]).version
            shown = [("ver", version)] if version != "1.0" else []
            items.append((path, shown + self.attributes.at(path, False)))
        for number, instance in self._tree.instances(path[0]):
            one = path[:1] + (number,)
            if one[: len(path)] == path:
                items.append((one, self.attributes.at(one, False)))
                for resource in instance.resources:
                    if instance.has(resource):
                        part = one + (resource.number,)
                        more = _dimension(instance, resource) if len(path) > 1 else []
                        items.append((part, more + self.attributes.at(part, False)))
        return items


def _path(record):
    return record[0]


def _dimension(instance, resource) -> list:
    if not resource.multiple:
        return []
    return [("dim", len(instance.read(resource) or {}))]
