"""The kernels in machine code, as mpy-cross puts them into a .mpy, in emulated cores."""

import hashlib
import os
from array import array
from pathlib import Path

import gcm_bulk_check
import pytest
from ccm_bulk_check import check_ccm, check_forgeries, check_kernel
from p256_kernel_check import (
    Random,
    check_again,
    check_aliases,
    check_curve,
    check_field,
    check_invert,
    check_pick,
    check_scalars,
    check_wipe,
    check_wycheproof,
)
from runtimes import need_module

from dtls_micro.crypto import p256, p256_programs
from dtls_micro.crypto.p256_comb import COMB
from dtls_micro.crypto.p256_kernel import P256
from tools.kernels import p256_rv32
from tools.kernels.generate import FILES
from tools.kernels.p256 import build
from tools.wasm import find_tool

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module", params=["p256_thumb", "p256_m33", "p256_rv32"])
def kernel(request):
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.kernels.p256_emulated import emulated

    return emulated(request.param, find_tool("mpy-cross"))


@pytest.mark.parametrize("name", FILES)
def test_the_generated_files_are_what_the_generator_makes(name):
    assert (ROOT / name).read_text() == FILES[name]()


def test_field(kernel):
    check_field(kernel, 100)
    check_aliases(kernel)
    check_pick(kernel)
    check_again(kernel)
    check_invert(kernel)


def test_a_program_may_lie_anywhere_and_elements_may_not(kernel):
    """The emulator has `bytes` at odd addresses, where a ROMFS may have its constants."""
    check_field(kernel, 1)
    with pytest.raises(ValueError, match="not aligned"):
        kernel(b"\1\3\1\2" + bytes(4), bytes(32 * 110), 0)


def test_curve(kernel):
    check_curve(kernel, hashlib.sha256)
    check_wipe(kernel)


def test_scalars_at_the_edges(kernel):
    check_scalars(kernel)


def test_wycheproof(kernel):
    """Every 50th case of them; test_p256_viper.py has all, on the kernel's twin."""
    assert check_wycheproof(kernel, os.urandom, 50) == 8 + 6


@pytest.mark.parametrize("kernel", ["p256_thumb"], indirect=True)
def test_cycles(kernel):
    """The targets of the kernel itself; tools/bench_kernels.py prints the sums."""
    empty = cycles(kernel, bytes(4))
    assert cycles(kernel, b"\1\3\1\2" + bytes(4)) - empty <= 1650  # dispatch included
    assert cycles(kernel, b"\2\3\1\1" + bytes(4)) - empty <= 1150
    assert len(build().code()) + len(COMB) <= 12 * 1024


@pytest.mark.parametrize(
    "kernel, product, square, size, code",
    [
        ("p256_m33", 330, 330, 2300, build(with_umaal=True)),  # a fifth of those without UMAAL
        ("p256_rv32", 680, 515, 6144, p256_rv32.build()),
    ],
    indirect=["kernel"],
)
def test_instructions(kernel, product, square, size, code):
    empty = cycles(kernel, bytes(4))
    assert cycles(kernel, b"\1\3\1\2" + bytes(4)) - empty <= product
    assert cycles(kernel, b"\2\3\1\1" + bytes(4)) - empty <= square
    assert len(code.code()) <= size


def cycles(kernel, program) -> int:
    kernel(program, bytearray(Random()(32 * 110)), 0)
    return kernel.cycles


SECRET = ("WINDOW", "COMB_STEP", "FIRST_WINDOW", "FIRST_OF_COMB", "INVERT_Z", "AFFINE",
          "LOAD", "CHAIN", "TABLE")  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_the_trace_does_not_depend_on_what_is_computed(kernel, name):
    random = Random(9)
    for place in (0, 1, 7, 8, 14, 15):
        traces = set()
        for fill in (bytes(32 * 110), b"\xff" * (32 * 110), random(32 * 110)):
            kernel.trace = []
            kernel(getattr(p256_programs, name), bytearray(fill), place | place << 8)
            traces.add(tuple(kernel.trace))
        assert len(traces) == 1
    kernel.trace = None


def test_a_trace_tells_of_addresses(kernel):
    """Digits that are public are looked up where they say: that must be seen."""
    traces = set()
    for fill in (bytes(32 * 110), Random(9)(32 * 110)):
        kernel.trace = []
        kernel(p256_programs.WINDOW, bytearray(fill), 0x10000)
        traces.add(tuple(kernel.trace))
    kernel.trace = None
    assert len(traces) == 2


def trace_of(kernel, work, *arguments) -> tuple[bytes, int]:
    """Return a digest of all instructions and addresses of what P256 has the kernel do."""
    kernel.trace = array("I")
    work(P256(kernel), *arguments)
    found = hashlib.sha256(kernel.trace.tobytes()).digest(), len(kernel.trace)
    kernel.trace = None
    return found


def secrets():
    """Return private keys: sparse, dense, small, close to the order, and one at random."""
    numbers = (2**251 + 1, 2**255 - 1, 0x1234, N - 0x1234, int.from_bytes(os.urandom(31), "big"))
    return [number.to_bytes(32, "big") for number in numbers]


def test_the_trace_of_a_key_pair_does_not_depend_on_it(kernel):
    def fixed(private):
        return lambda size: private[:size]

    work = P256.keypair
    assert len({trace_of(kernel, work, fixed(private)) for private in secrets()}) == 1


def test_the_trace_of_ecdh_does_not_depend_on_the_private_key(kernel):
    peer = p256.keypair(os.urandom)[1]
    work = P256.shared
    traces = {trace_of(kernel, work, private, peer, os.urandom) for private in secrets()[1:]}
    assert len(traces) == 1


def test_the_trace_of_a_signature_depends_on_a_blinded_number_alone(kernel):
    """The nonce is inverted after a number at random has multiplied it: all before is traced."""
    traces = set()
    for private in secrets():
        kernel.trace = array("I")

        def run(program, arena, place):
            if program is p256_programs.INVERT_SCALAR:
                traces.add((hashlib.sha256(kernel.trace.tobytes()).digest(), len(kernel.trace)))
                kernel.trace = None
            kernel(program, arena, place)

        P256(run).sign(private, bytes(range(32)), hashlib.sha256, os.urandom)
    assert len(traces) == 1


def test_no_secret_stays_in_registers_and_below_the_stack(kernel):
    peer = p256.keypair(os.urandom)[1]
    left = set()
    for private in secrets():
        P256(kernel).shared(private, peer, os.urandom)
        left.add(kernel.left())
    assert len(left) == 1


def test_registers_of_the_caller_are_kept():
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.kernels.emulate_rv32 import Rv32

    for code, wrong in (("01458280", False), ("05048280", True), ("92018280", True)):
        kernel = Rv32(bytes.fromhex(code))  # li a0, 0; addi s0, s0, 1; add gp, gp, tp
        if not wrong:
            assert kernel() == 0
            continue
        with pytest.raises(ValueError, match="of the caller"):
            kernel()


@pytest.fixture(scope="module")
def octets():
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.kernels.emulate import CortexM0, compiled

    return CortexM0(compiled(ROOT / "ports/rp2/octets_thumb.py", None, find_tool("mpy-cross")))


def test_octets(octets):
    check_kernel(octets)
    check_ccm(octets, sizes=(0, 1, 64, 81, 193))
    check_forgeries(octets)


def test_octets_take_as_long_whatever_they_are(octets):
    for operation in range(8):
        traces = set()
        for fill in (b"\0", b"\xff", b"\x5a"):
            octets.trace = []
            octets(bytearray(fill * 200), 5 | 40 << 16, bytearray(fill * 256), operation << 16)
            traces.add(tuple(octets.trace))
        assert len(traces) == 1
    octets.trace = None


@pytest.fixture(scope="module")
def ghash():
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.kernels.emulate import CortexM0, compiled

    return CortexM0(compiled(ROOT / "ports/rp2/ghash_thumb.py", None, find_tool("mpy-cross")))


def test_ghash(octets, ghash):
    gcm_bulk_check.check_kernel(ghash)
    gcm_bulk_check.check_gcm(octets, ghash, sizes=(0, 1, 64, 112, 113))
    assert gcm_bulk_check.check_vectors(octets, ghash, 9) >= 5


def test_ghash_takes_as_long_whatever_it_hashes(ghash):
    traces = set()
    for fill in (b"\0", b"\xff", b"\x5a"):
        ghash.trace = []
        ghash(bytearray(fill * 32 + bytes(12)), bytearray(fill * 40), 5 | 2 << 16)
        traces.add(tuple(ghash.trace))
    assert len(traces) == 1
    ghash.trace = None
