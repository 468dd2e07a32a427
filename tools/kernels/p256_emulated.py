"""The kernels of P-256 in machine code, as mpy-cross makes them, in emulated cores."""

from pathlib import Path

from . import p256, p256_rv32
from .emulate import CortexM0, CortexM33, compiled
from .emulate_rv32 import Rv32, compiled_rv32
from .emulated import Emulated

_RP2 = Path(__file__).resolve().parent.parent.parent / "ports/rp2"


def emulated(name: str, mpy_cross: str) -> Emulated:
    """Return p256_thumb, p256_m33 or p256_rv32."""
    source = _RP2 / f"{name}.py"
    if name == "p256_rv32":
        return Rv32(compiled_rv32(source, p256_rv32.build().code(), mpy_cross))
    m33 = name == "p256_m33"
    code = compiled(source, p256.build(m33).code(), mpy_cross)
    return (CortexM33 if m33 else CortexM0)(code)
