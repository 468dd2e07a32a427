"""What the benchmarks print."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from runtimes import micropython, need_module

from tools import bench_board
from tools.figures import OPERATIONS, OTHERS, OURS

ROOT = Path(__file__).resolve().parent.parent


def test_kernels_are_counted_as_the_table_says():
    need_module("unicorn", "unicorn: pip install unicorn==2.1.4")
    from tools.bench_kernels import counts

    found = counts()
    assert found == counts()  # to the cycle
    for name in OPERATIONS:
        assert 0.3 * OURS[name] < found[name] / 1e6 < OURS[name]


def test_the_readme_has_the_figures():
    text = (ROOT / "README.md").read_text()
    for name in OPERATIONS:
        row = f"| {name} | {OURS[name]:.2f} | {OTHERS['Mbed TLS in MicroPython'][name]} |"
        assert row in text


def test_the_device_script_runs_on_micropython():
    done = subprocess.run(
        [micropython(), "-X", "heapsize=4m", "tools/device/bench.py"],
        cwd=ROOT,
        env={"MICROPYPATH": ".:ports/unix:.frozen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 9 and lines[-1].startswith("P-256 verify")


@pytest.mark.parametrize(
    "words, wanted",
    [
        ([], ["mpremote", "run"]),
        (["--port", "/dev/x"], ["mpremote", "connect", "/dev/x", "run"]),
        (["--port", "/dev/x", "--via", "ampy"], ["ampy", "--port", "/dev/x", "run"]),
    ],
)
def test_the_board_is_asked(monkeypatch, words, wanted):
    ran = []

    def run(command):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bench_board.subprocess, "run", run)
    done = CliRunner().invoke(bench_board.main, words)
    assert done.exit_code == 0, done.output
    assert ran == [[*wanted, str(bench_board.SCRIPT)]]
    assert Path(ran[0][-1]).exists()


def test_ampy_needs_a_port():
    done = CliRunner().invoke(bench_board.main, ["--via", "ampy"])
    assert done.exit_code == 2 and "--port" in done.output
