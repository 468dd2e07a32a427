"""Captured exchanges of Leshan's servers with Leshan's client, played with ours in its place.

tests/vectors/lwm2m has them. What the servers sent is sent here, octet for octet; our answers
have the codes of the captured ones, but where the specification wants another.
"""

import json
import re
from binascii import unhexlify
from pathlib import Path

import pytest
from lwm2m_fakes import bootstrap_security, request

from dtls_micro.lwm2m import accounts, formats
from dtls_micro.lwm2m.bootstrap import Bootstrap
from dtls_micro.lwm2m.device import Device
from dtls_micro.lwm2m.management import Management
from dtls_micro.lwm2m.store import MemoryStore
from dtls_micro.lwm2m.tree import Tree

FOLDER = Path(__file__).resolve().parent / "vectors/lwm2m"
CODES = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4}
FORMATS = {
    "application/vnd.oma.lwm2m+tlv": 11542,
    "application/senml+json": 110,
    "application/link-format": 40,
    "text/plain": 0,
}
LINE = re.compile(r"^(BS|DM) \S+ (.) (\S+)\s+MID= *(\d+),? ?(?:Token=\S+ OptionSet=(\{.*?\}),)?")
# Leshan's client says 4.04 of object 0; the specification wants 4.01 (section 6.3)
OTHER = {("DM", "/0"): "4.01"}


def exchanges(name):
    """Yield (server, method, options, payload, code of the answer) of the servers' requests."""
    lines = (FOLDER / (name + ".txt")).read_text().splitlines()
    answers = {}
    for line in lines:
        found = LINE.match(line)
        if found and found[2] == "<" and found[3].startswith("ACK"):
            answers[found[1], found[4]] = found[3].partition("-")[2]
        if found and found[2] == "<" and found[3].startswith("CON-2"):  # a separate response
            answers[found[1], "last"] = found[3].partition("-")[2]
    for line in lines:
        found = LINE.match(line)
        if not found or found[2] != ">" or not found[3].startswith("CON-"):
            continue
        method = found[3].partition("-")[2]
        if method in CODES:
            options = json.loads(found[5])
            payload = line.rpartition("PAYLOAD=")[2] if "PAYLOAD=" in line else ""
            code = answers.get((found[1], found[4])) or answers[found[1], "last"]
            yield found[1], method, options, unhexlify(payload), code


def message(method, options, payload):
    path = options.get("Uri-Path", [])
    query = options.get("Uri-Query", [])
    return request(
        CODES[method],
        "/".join([path] if isinstance(path, str) else path),
        payload,
        form=FORMATS[options["Content-Format"]] if "Content-Format" in options else None,
        accept=FORMATS[options["Accept"]] if "Accept" in options else None,
        query=[query] if isinstance(query, str) else query,
    )


@pytest.mark.parametrize("name", ["tlv", "senmljson", "auto"])
def test_a_captured_exchange(name):
    objects = Tree()
    device = Device("ACME", "M1", "SN1")
    device.offset, device.timezone = "Z", "Etc/UTC"
    objects.add(device)
    own = accounts.of(bootstrap_security())
    session = Bootstrap(own, objects, MemoryStore(), False, [].append)
    management = None
    seen = {"BS": 0, "DM": 0}
    for server, method, options, payload, code in exchanges(name):
        asked = message(method, options, payload)
        if server == "DM" and management is None:
            assert session.finished
            ((_, one),) = accounts.pairs(session.accounts)
            tree = objects.with_instance((accounts.SERVER, 0), one)
            management = Management(tree, one, [].append)
        answer = (session if server == "BS" else management).handle(asked)
        said = "%d.%02d" % (answer.code >> 5, answer.code & 31)
        assert said == OTHER.get((server, asked.path), code), (server, method, asked.path)
        if (method, asked.path) == ("GET", "/3/0") and answer.content_format == 11542:
            found = dict(formats.decode(11542, answer.payload, (3, 0), tree.kind))
            assert (found[(3, 0, 0)], found[(3, 0, 14)]) == ("ACME", "Z")
        seen[server] += 1
    assert seen["BS"] >= 4 and seen["DM"] >= 4, seen
    assert management._server.lifetime == 60 and management._server.asked == "update"
