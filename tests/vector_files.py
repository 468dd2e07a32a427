"""Readers of the public vector files in tests/vectors, on MicroPython and CPython alike."""

import json
import sys
from binascii import unhexlify

_FOLDER = __file__.rsplit("/", 1)[0] + "/vectors/" if "/" in __file__ else "vectors/"


_SAMPLED = sys.implementation.name == "micropython"


def sample(items, stride: int):
    """Yield all of the items on CPython, the first of every `stride` of them on MicroPython."""
    for number, item in enumerate(items):
        if number % stride == 0 or not _SAMPLED:
            yield item


def sampled(count: int, stride: int) -> int:
    """Return how many of `count` items sample() yields."""
    return -(-count // stride) if _SAMPLED else count


def load(name: str):
    """Return the content of a JSON file, named from tests/vectors."""
    with open(_FOLDER + name) as file:
        return json.load(file)


def wycheproof(algorithm: str):
    """Yield (group, test) for every test of wycheproof/<algorithm>_test.json."""
    for group in load("wycheproof/%s_test.json" % algorithm)["testGroups"]:
        for test in group["tests"]:
            yield group, test


def _fields(line: str):
    """Yield (key, value) for each `key = value` of a line; a word alone has the value ""."""
    for part in line.strip("[]").split(", "):
        key, _, value = part.partition("=")
        yield key.strip(), value.strip()


def cases(name: str, marker: str):
    """Yield a dict of strings for every case of cryptography/<name>, read line by line.

    Blocks end with an empty line. A block that holds the key `marker` is a case; what other
    blocks say (group headings, a key for all that follow) holds until it is said again. What
    a heading without "=" has in its brackets is the value of the key "group".
    """
    common: dict[str, str] = {}
    block: dict[str, str] = {}
    with open(_FOLDER + "cryptography/" + name) as file:
        while True:
            line = file.readline()
            text = line.strip()
            if text.startswith("[") and "=" not in text:
                block["group"] = text[1:-1]
            elif text and not text.startswith("#"):
                for key, value in _fields(text):
                    block[key] = value
            elif not text and block:
                if marker in block:
                    case = common.copy()
                    case.update(block)
                    yield case
                else:
                    common.update(block)
                block = {}
            if not line:
                return


def octets(text: str) -> bytearray:
    """Return the bytes of a hexadecimal string."""
    return bytearray(unhexlify(text))
