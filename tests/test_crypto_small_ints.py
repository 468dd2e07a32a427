"""No int reaches 2**28 in crypto/: 32-bit boards allocate for ints from 2**30 on.

The sources are compiled again with every operator and call wrapped in a check of its value, then
run on inputs and inner states that make the numbers largest. Only CPython can do this.
"""

import ast
import sys
import types
from pathlib import Path

import pytest
from ccm_bulk_check import Modes, reference
from gcm_bulk_check import reference as ghash_reference

_FOLDER = Path(__file__).resolve().parent.parent / "dtls_micro" / "crypto"
_PACKAGE = "dtls_micro.crypto."
_CHECKED = "checked_crypto_"
_LIMIT = 2**28
_ONES = bytearray(b"\xff" * 300)


def _checked(value):
    if isinstance(value, int) and not -_LIMIT < value < _LIMIT:
        raise OverflowError(value)
    return value


class _Wrap(ast.NodeTransformer):
    """Put _checked() around every operation; turn `a += b` into `a = _checked(a + b)`."""

    def visit_ImportFrom(self, node):
        if node.module.startswith(_PACKAGE):
            node.module = _CHECKED + node.module[len(_PACKAGE) :]
        return node

    def _call(self, node):
        self.generic_visit(node)
        name = ast.Name("_checked", ast.Load())
        return ast.copy_location(ast.Call(name, [node], []), node)

    visit_BinOp = visit_UnaryOp = visit_Call = _call

    def visit_AugAssign(self, node):
        source = ast.parse(ast.unparse(node.target), mode="eval").body
        value = ast.copy_location(ast.BinOp(source, node.op, node.value), node)
        return ast.copy_location(ast.Assign([self.visit(node.target)], self.visit(value)), node)


def _compile(name: str, text: str):
    """Return a module made of the text, with all its arithmetic checked."""
    tree = ast.fix_missing_locations(_Wrap().visit(ast.parse(text)))
    module = types.ModuleType(name)
    module.__dict__["_checked"] = _checked
    sys.modules[name] = module
    exec(compile(tree, name, "exec"), module.__dict__)
    return module


# What is not for records may use large integers.
_PUBLIC_KEYS = (
    *("ecdsa", "ecdsa_der", "modular", "multiply", "p256", "p384", "rfc6979", "rsa"),
    *("p256_comb", "p256_kernel", "p256_programs", "weierstrass", "x25519"),
)


@pytest.fixture(scope="module")
def crypto():
    """Return the checked modules by name, each made after those it imports."""
    names = ("compare", "aes", "ccm", "ccm_bulk", "ghash", "gcm", "chacha", "poly1305")
    names += ("chachapoly", "gcm_bulk")
    others = {"__init__", "hmac", "sha512", "turn", *_PUBLIC_KEYS}
    assert {*names, *others} == {p.stem for p in _FOLDER.glob("*.py")}
    yield {n: _compile(_CHECKED + n, (_FOLDER / (n + ".py")).read_text()) for n in names}
    for name in names:
        del sys.modules[_CHECKED + name]


@pytest.mark.parametrize(
    "line",
    [
        "x = 2**14 * 2**14",
        "x = 2**27; x += 2**27",
        "x = [2**27]; x[0] <<= 1",
        "x = -(2**27) - 2**27",
        "x = int.from_bytes(b'1234', 'big')",
        "x = sum([2**20] * 2**8)",
    ],
)
def test_the_check_finds_a_large_int(line):
    with pytest.raises(OverflowError):
        _compile("large", line)


def _round_trip(aead, data: bytearray, aad: bytearray):
    buf = data + bytearray(aead.tag_length)
    aead.seal(bytearray(b"\xff" * 12), aad, buf, 0, len(data))
    assert buf[: len(data)] != data or not data
    assert aead.open(bytearray(b"\xff" * 12), aad, buf, 0, len(buf)) == len(data)
    assert buf[: len(data)] == data


@pytest.mark.parametrize("fill", [b"\xff", b"\x00", b"\x5a"])
def test_records(crypto, fill):
    def block(size):
        return crypto["aes"].Aes(fill * size)

    for aead in (
        crypto["ccm"].Ccm(block(16), 8),
        crypto["ccm"].Ccm(block(32), 16),
        crypto["ccm_bulk"].CcmBulk(Modes(fill * 16, 1), Modes(fill * 16, 2), 8, reference),
        crypto["gcm"].Gcm(block(16)),
        crypto["gcm_bulk"].GcmBulk(Modes(fill * 16, 1), reference, ghash_reference),
        crypto["chachapoly"].ChaChaPoly(fill * 32),
    ):
        for size in (0, 1, 16, 64, 300):
            _round_trip(aead, bytearray(fill * size), bytearray(fill * 13))
        aead.wipe()


def test_longest_record(crypto):
    _round_trip(crypto["ccm"].Ccm(crypto["aes"].Aes(bytes(16)), 8), _ONES, bytearray(0x10000))


def test_ghash_with_every_limb_full(crypto):
    ghash = crypto["ghash"].Ghash(_ONES[:16])
    for row in ghash._table:
        row[:] = [2**28 - 1] * 5
    ghash._y[:] = [2**28 - 1] * 5
    ghash._multiply()
    assert max(ghash._y) < 2**28
    ghash.lengths(2**26 - 1, 2**26 - 1)


def test_chacha_with_every_half_full(crypto):
    cipher = crypto["chacha"].ChaCha(_ONES[:32])
    cipher._start_low[:] = cipher._start_high[:] = [0xFFFF] * 16
    cipher.start(_ONES[:12])
    cipher.block(2**28 - 1)
    low, high = [0xFFFF] * 16, [0xFFFF] * 16
    cipher._double_round(low, high)
    assert max(low + high) <= 0xFFFF


def test_poly1305_with_every_limb_at_its_bound(crypto):
    mac = crypto["poly1305"].Poly1305()
    for key in (_ONES[:32], bytearray(32)):
        mac.start(key)
        mac._r[:] = [2**10 - 1] * 13
        mac._wrapped[:] = [5 * (2**10 - 1)] * 12
        mac._h[:] = [2**10 - 1] * 13
        mac._h[1] += 2**8
        mac.update(_ONES, 0, 160)
        bounds = [2**10] * 13
        bounds[1] += 2**8
        assert all(h < bound for h, bound in zip(mac._h, bounds, strict=True))
        mac._h[:] = [2**11 + 2**8] * 13
        mac._multiply()
        assert all(h < bound for h, bound in zip(mac._h, bounds, strict=True))
        mac.lengths(2**28 - 1, 2**28 - 1)
        mac.finish(bytearray(16))
