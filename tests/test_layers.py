"""The order of the house, read from its source: layers, profiles, sizes, forbidden imports."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dtls_micro"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
LAYERS = (
    ("errors", "wire", "der", "files"),
    ("crypto",),
    (
        "prf",
        "transcript",
        "replay",
        "protection",
        "timer",
        "hashes",
        "spki",
        "distinguished",
        "credentials",
    ),
    ("record", "reassembly", "flight", "messages", "names", "signature_algorithms"),
    ("extensions", "p256", "x25519", "rsa", "constraints"),
    ("handshake", "p384", "certificate_extensions", "rules"),
    ("psk", "verdict", "ecdh", "pin", "rpk", "certificates", "certificate", "matching"),
    ("ecdhe_psk", "client_key", "path"),
    ("x509",),
    ("usage", "ecdhe"),
    ("client",),
    ("transport",),
    ("blocking", "aio"),
    ("coap.errors", "coap.codes", "coap.options", "coap.link", "coap.reference", "coap.udp"),
    (
        "coap.message",
        "coap.exchange",
        "coap.upload",
        "coap.download",
        "coap.notifications",
        "coap.uri",
    ),
    ("coap.reliability", "coap.observation", "coap.observers", "coap.transfer"),
    ("coap.served_blocks", "coap.engine", "coap.secure"),
    ("coap.resources",),
    ("coap.base",),
    ("coap.blocking", "coap.aio_endpoint"),
    ("coap.connection",),
    ("coap.aio", "coap"),
    ("lwm2m.objects", "lwm2m.text", "lwm2m.cbor", "lwm2m.tlv", "lwm2m.link_objects"),
    ("lwm2m.senml", "lwm2m.tree", "lwm2m.keys", "lwm2m.attributes", "lwm2m.reasons"),
    ("lwm2m.senml_json", "lwm2m.senml_cbor", "lwm2m.device", "lwm2m.connectivity"),
    ("lwm2m.formats", "lwm2m.accounts", "lwm2m.firmware"),
    ("lwm2m.credential", "lwm2m.store", "lwm2m.requests"),
    ("lwm2m.consistency",),
    ("lwm2m.pending", "lwm2m.management"),
    ("lwm2m.bootstrap",),
    ("lwm2m.reporting",),
    ("lwm2m.session", "lwm2m.pack", "lwm2m.saving"),
    ("lwm2m.conversation",),
    ("lwm2m.base",),
    ("lwm2m.blocking", "lwm2m.aio"),
    ("lwm2m",),
    ("",),  # dtls_micro itself
)
KNOW_DTLS = ("coap.secure", "coap.connection", "coap.aio")  # of coap/, the conveniences
FORBIDDEN = ("typing", "enum", "dataclasses", "abc", "logging", "__future__")
FREE_TO_IMPORT_A_PORT = ("blocking.py", "aio.py", "base.py", "connection.py")
NOT_FOR_PSK = (
    "ecdhe",
    "ecdsa",
    "p256",
    "p384",
    "x25519",
    "x509",
    "rsa",
    "der",
    "spki",
    "ecdh",
    "certificate",
    "certificates",
    "weierstrass",
    "modular",
    "rfc6979",
    "sha512",
    "constraints",
    "distinguished",
    "hashes",
    "names",
    "path",
    "rules",
    "signature",
    "usage",
    "curve",
)
MOST_LINES_OF_A_FILE = 330
MOST_LINES_OF_A_FUNCTION = 40


def layer(module: str) -> int:
    """Return the layer of a module that is named from the package on: "crypto.aes", ""."""
    first = module if module.startswith(("coap", "lwm2m")) else module.split(".")[0]
    for number, names in enumerate(LAYERS):
        if first in names:
            return number
    raise AssertionError("module %s has no layer: give it one in LAYERS" % module)


def module_of(path: Path, base: Path) -> str:
    """Return the dotted name of a file below `base`; a package's __init__ is the package."""
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, package: str):
    """Yield the absolute name of every module that a file imports, in functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(above + ([base] if base else []))
            if node.module:  # else it is about modules of the package
                yield base
            for alias in node.names:
                yield "%s.%s" % (base, alias.name)


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


def own_imports(path: Path):
    """Return the modules of dtls_micro that a file imports, named from the package on."""
    found = set()
    for name in imports(path, package_of(path)):
        if name == "dtls_micro" or name.startswith("dtls_micro."):
            as_file = ROOT / (name.replace(".", "/") + ".py")
            as_package = ROOT / name.replace(".", "/") / "__init__.py"
            if as_file.exists() or as_package.exists():
                found.add(name[len("dtls_micro.") :])
    return found


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_point_to_a_lower_layer(path):
    mine = module_of(path, PACKAGE)
    for other in own_imports(path) - {"", mine}:
        if mine.startswith("crypto"):
            assert other.split(".")[0] == "crypto", "%s imports %s" % (mine, other)
        elif mine != "":
            same = layer(other) == layer(mine) == 0  # wire raises the exceptions of errors
            lower = layer(other) < layer(mine)
            assert lower or (same and (mine, other) == ("wire", "errors")), (mine, other)


@pytest.mark.parametrize("path", sorted((PACKAGE / "coap").glob("*.py")), ids=lambda p: p.stem)
def test_coap_knows_no_dtls(path):
    mine = module_of(path, PACKAGE)
    if mine not in KNOW_DTLS:
        others = own_imports(path) - {"", mine}
        assert not [other for other in others if not other.startswith("coap")]


def test_no_modules_import_each_other_in_a_circle():
    graph = {module_of(path, PACKAGE): own_imports(path) - {""} for path in FILES}
    while graph:
        ends = [name for name, others in graph.items() if not others & set(graph)]
        assert ends, "a circle among %s" % sorted(graph)
        for name in ends:
            del graph[name]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_modules_import_nothing_that_is_forbidden(path):
    for name in imports(path, package_of(path)):
        first = name.split(".")[0]
        assert first not in FORBIDDEN, name
        if first == "dtls_port":
            assert path.name in FREE_TO_IMPORT_A_PORT


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_modules_say_what_they_are_and_stay_small(path):
    source = path.read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "no docstring"
    assert len(source.splitlines()) <= MOST_LINES_OF_A_FILE
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= MOST_LINES_OF_A_FUNCTION, "%s has %d lines" % (node.name, lines)


def closure(program: str, port: Path) -> set:
    """Return the names of all modules that a program needs, with those of the port."""
    found = set()
    start = ast.parse(program)
    waiting = [node.module for node in ast.walk(start) if isinstance(node, ast.ImportFrom)]
    while waiting:
        name = waiting.pop()
        for base in (ROOT, port):
            stem = base / name.replace(".", "/")
            for path in (stem.with_suffix(".py"), stem / "__init__.py"):
                if path.exists() and name not in found:
                    found.add(name)
                    waiting.extend(imports(path, package_of(path) if base == ROOT else ""))
        if "." in name:
            waiting.extend({name.rpartition(".")[0]} - found)
    return found


@pytest.mark.parametrize("port", ["unix", "cpython"])
def test_a_psk_program_needs_no_curve_and_no_certificate(port):
    program = "from dtls_micro import connect\nfrom dtls_micro.psk import Psk\n"
    found = closure(program, ROOT / "ports" / port)
    assert {"dtls_port", "dtls_micro.client", "dtls_micro.psk", "dtls_micro.crypto.ccm"} <= found
    for name in found:
        for word in name.split("."):
            assert not [no for no in NOT_FOR_PSK if word == no or word.startswith(no + "_")], name


def test_a_psk_program_loads_no_curve_and_no_certificate_when_it_runs():
    import subprocess

    code = (
        "import sys; sys.path[0:0] = %r\n"
        "from dtls_micro.client import Client\nfrom dtls_micro.psk import Psk\n"
        "import dtls_port; Client(dtls_port, Psk('a', b'b'))\n"
        "print(' '.join(m for m in sys.modules if m.startswith('dtls_micro')))\n"
    ) % ([str(ROOT), str(ROOT / "ports/cpython")],)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    loaded = done.stdout.decode().split()
    assert "dtls_micro.psk" in loaded
    assert not [name for name in loaded if name.split(".")[-1] in NOT_FOR_PSK]
