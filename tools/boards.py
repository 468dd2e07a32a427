"""The boards: what their processors run and which ports they are made of."""

from typing import NamedTuple

PROGRAM = "sensor_psk"  # of boards/programs, unless another is asked for

# Modules that a port imports for ECDHE alone: a program without dtls_micro.p256 never does
P256_OF_PORTS = (
    *("dtls_micro.crypto.p256_comb", "dtls_micro.crypto.p256_kernel"),
    *("ecc_esp32", "p256_m33", "p256_rv32", "p256_thumb", "p256_viper"),
)


class Board(NamedTuple):
    """What a program for a board is made with."""

    architecture: str | None  # of mpy-cross; None: the firmware wants source
    ports: tuple[str, ...]  # folders of modules, the first found counts
    entry: str  # the file that the firmware runs
    leave_out: tuple[str, ...] = ()  # modules that the port imports on other chips only


_RP2 = ("ports/rp2", "ports/native", "ports/common")
_ESP32 = ("ports/esp32", "ports/native", "ports/common")
_CIRCUITPYTHON = ("ports/circuitpython", "ports/common")
_OF_RISCV = ("ghash_viper", "octets_viper", "p256_rv32")
_OF_ARM = ("ghash_thumb", "octets_thumb", "p256_m33")
_OF_RP2040 = ("hmac_kernel", "p256_thumb", "ring_oscillator", "sha256_thumb")
_OF_RP2350 = ("rp2350_trng", "rp2350_sha256", "p256_m33")

BOARDS = {
    "circuitpython_esp32s3": Board(None, _CIRCUITPYTHON, "code.py"),
    "circuitpython_pico_w": Board(None, _CIRCUITPYTHON, "code.py"),
    "esp32_c3": Board("rv32imc", _ESP32, "main.py", ("ecc_esp32",)),
    "esp32_c6": Board("rv32imc", _ESP32, "main.py"),
    "esp32_generic": Board("xtensawin", _ESP32, "main.py", ("ecc_esp32",)),
    "esp32_s3": Board("xtensawin", _ESP32, "main.py", ("ecc_esp32",)),
    "unix": Board("x64", ("ports/unix", "ports/common"), "main.py"),  # a computer, no board
    "rpi_pico2_w": Board("armv7m", _RP2, "main.py", (*_OF_RP2040, *_OF_RISCV)),
    "rpi_pico2_w_riscv": Board("rv32imc", _RP2, "main.py", (*_OF_RP2040, *_OF_ARM)),
    "rpi_pico_w": Board("armv6m", _RP2, "main.py", (*_OF_RP2350, *_OF_RISCV)),
}
