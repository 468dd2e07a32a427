"""Attributes for notifications (OMA LwM2M core 1.1 section 5.1.2), of one server.

pmin, pmax:  seconds between two notifications, at least and at most
gt, lt:      notify when the value crosses it
st:          notify when the value has changed by that much since the last notification
"""

from .objects import BAD_REQUEST, Refused

_NAMES = ("pmin", "pmax", "gt", "lt", "st")
_LONGEST = 24  # characters of a value
_OF_NUMBERS = ("gt", "lt", "st")
_MOST = 64  # paths that have attributes


class Attributes:
    """What a server has written; server: its Server, which has the defaults."""

    def __init__(self, server):
        self._server = server
        self._table: "dict[tuple, dict]" = {}

    def write(self, path, queries):
        """Take "pmin=10", or "pmin" to take it away; Refused leaves all as it was."""
        changed = dict(self._table.get(path, {}))
        for query in queries:
            name, _, text = query.partition("=")
            if name not in _NAMES or (name in _OF_NUMBERS and len(path) < 3):
                raise Refused(BAD_REQUEST, "attribute " + name)
            if "=" in query:
                changed[name] = _value(name, text)
            else:
                changed.pop(name, None)
        _check(changed)
        if path not in self._table and len(self._table) >= _MOST:
            raise Refused(BAD_REQUEST, "too many attributes")
        self._table[path] = changed
        if not changed:
            del self._table[path]

    def forget(self, path):
        """Drop those of an instance and all in it."""
        for one in [one for one in self._table if one[: len(path)] == path]:
            del self._table[one]

    def at(self, path, inherited: bool) -> list:
        """Return [(name, text)] for Discover."""
        found = self.of(path) if inherited else self._table.get(path, {})
        return [(name, _text(found[name])) for name in _NAMES if name in found]

    def of(self, path) -> dict:
        """Return the attributes in force at a path: its own, or those of what it is in."""
        found: dict = {}
        for size in range(len(path) + 1):
            found.update(self._table.get(path[:size], {}))
        return found

    def period(self, path) -> tuple:
        """Return (pmin, pmax) in force, in seconds; pmax is None without an end."""
        found = self.of(path)
        server = self._server
        least = found.get("pmin", server.pmin or 0)
        most = found.get("pmax", server.pmax or None)
        if not most or most < least:
            most = None  # it must be ignored then
        return least, most

    def matters(self, path, before, now) -> bool:
        """Tell whether a change of a value is to be notified: gt, lt and st."""
        found = self.of(path)
        if before == now or before != before and now != now:  # what is no number twice
            return False
        if not isinstance(before, (int, float)) or not isinstance(now, (int, float)):
            return True
        conditions = [name for name in _OF_NUMBERS if name in found]
        if not conditions or before != before or now != now:
            return True
        for name in conditions:
            if name == "st":
                if abs(now - before) >= found[name]:
                    return True
            elif _crosses(name, found[name], before, now):
                return True
        return False


def _crosses(name: str, limit, before, now) -> bool:
    if name == "gt":
        return (before > limit) != (now > limit)
    return (before < limit) != (now < limit)


def _value(name: str, text: str):
    if "_" in text or len(text) > _LONGEST:
        raise Refused(BAD_REQUEST, "%s is a number" % name)
    try:
        value = float(text) if name in _OF_NUMBERS else int(text)
    except ValueError:
        raise Refused(BAD_REQUEST, "%s is a number" % name)
    if name not in _OF_NUMBERS and not 0 <= value <= 0x7FFFFFFF:
        raise Refused(BAD_REQUEST, "%s is out of range" % name)
    if value - value != 0 or (name == "st" and value < 0):
        raise Refused(BAD_REQUEST, "%s is out of range" % name)
    return value


def _check(found):
    """Refuse what contradicts itself: lt + 2 st < gt (section 5.1.2)."""
    if "gt" in found and "lt" in found:
        if found["lt"] + 2 * found.get("st", 0) >= found["gt"]:
            raise Refused(BAD_REQUEST, "lt must be less than gt, by more than twice st")


def _text(value) -> str:
    return "%d" % value if value == int(value) else str(value)
