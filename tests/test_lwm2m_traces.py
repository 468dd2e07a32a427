"""Captured exchanges of Leshan's servers with Leshan's client, played with ours in its place.

tests/vectors/lwm2m has them. What the servers sent comes here as the datagrams that it was. Our
answers are compared with the captured ones octet for octet where those have no content, as
values or links where they have, as both clients have other resources.
"""

import json
import os
import re
from binascii import unhexlify
from pathlib import Path

import pytest
from lwm2m_fakes import bootstrap_security, request

from dtls_micro.coap.engine import Engine
from dtls_micro.coap.message import encode, parse
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
FORBIDDEN_TO_US = 0x81


def exchanges(name):
    """Yield (server, the request of the server as a Message, the line of the answer)."""
    lines = (FOLDER / (name + ".txt")).read_text().splitlines()
    answers = {}
    for line in lines:
        found = LINE.match(line)
        if found and found[2] == "<" and found[3].startswith(("ACK-", "CON-2")):
            answers[found[1], token_of(line)] = line  # CON: a separate response
    for line in lines:
        found = LINE.match(line)
        if not found or found[2] != ">" or not found[3].startswith("CON-"):
            continue
        method = found[3].partition("-")[2]
        if method in CODES:
            payload = line.rpartition("PAYLOAD=")[2] if "PAYLOAD=" in line else ""
            asked = message(method, json.loads(found[5]), unhexlify(payload))
            asked.mid, asked.token = int(found[4]), token_of(line)
            yield found[1], asked, answers[found[1], asked.token]


def token_of(line):
    return unhexlify(re.search(r"Token=(\w+)", line)[1])


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


class Wire:
    """An engine of ours at the other end of the captured server's datagrams."""

    def __init__(self):
        self._engine = Engine(os.urandom)
        self._engine.server = self
        self.handle = None

    def answer(self, asked):
        """Return our datagram on a request that comes in one."""
        datagram = bytearray()
        encode(asked, datagram)
        self._engine.receive(datagram)
        answer = bytes(self._engine.datagram())
        assert self._engine.datagram() is None
        return answer


def compare(answer, line, tree):
    """Compare an answer with the captured one."""
    raw = re.search(r"RAW=(\w*)", line)[1]
    captured, ours = parse(unhexlify(raw)), parse(answer)
    if LINE.match(line)[3].startswith("CON"):
        assert (ours.code, ours.payload) == (captured.code, b"")
    elif not captured.payload:
        assert answer.hex() == raw
    elif captured.content_format == 40:
        assert ours.content_format == 40
        paths = [set(re.findall(rb"<([^>]+)>", one.payload)) for one in (ours, captured)]
        assert paths[0] >= paths[1] and len(paths[1]) >= 6
    else:
        both = [
            dict(formats.decode(11542, m.payload, (3, 0), tree.kind)) for m in (ours, captured)
        ]
        same = [path for path in both[1] if path in both[0]]
        assert len(same) >= 6 and ours.content_format == captured.content_format
        assert [both[0][path] for path in same] == [both[1][path] for path in same]


@pytest.mark.parametrize("name", ["tlv", "senmljson", "auto"])
def test_a_captured_exchange(name):
    objects = Tree()
    device = Device("ACME", "M1", "SN1")
    device.offset, device.timezone = "Z", "Etc/UTC"
    objects.add(device)
    own = accounts.of(bootstrap_security())
    session = Bootstrap(own, objects, MemoryStore(), False, [].append)
    management = None
    wire = Wire()
    seen = {"BS": 0, "DM": 0}
    for server, asked, line in exchanges(name):
        if server == "DM" and management is None:
            assert session.finished
            ((_, one),) = accounts.pairs(session.accounts)
            tree = objects.with_instance((accounts.SERVER, 0), one)
            management = Management(tree, one, [].append)
        wire.handle = (session if server == "BS" else management).handle
        answer = wire.answer(asked)
        if server == "DM" and asked.path == "/0":
            assert parse(answer).code == FORBIDDEN_TO_US
        else:
            compare(answer, line, objects if management is None else tree)
        seen[server] += 1
    assert seen["BS"] >= 4 and seen["DM"] >= 4, seen
    assert management._server.lifetime == 60 and management._server.asked == "update"
