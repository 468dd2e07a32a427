"""What the port's primitives take on a board: runs tools/device/bench.py there."""

import subprocess
import sys
from pathlib import Path

import click

SCRIPT = Path(__file__).resolve().parent / "device/bench.py"


def command(port: str | None, via: str) -> list[str]:
    """Return the command that runs the script."""
    if via == "mpremote":
        return ["mpremote", *(["connect", port] if port else []), "run", str(SCRIPT)]
    if port is None:
        raise click.UsageError("ampy needs --port, /dev/ttyACM0 say")
    return ["ampy", "--port", port, "run", str(SCRIPT)]


@click.command()
@click.option("--port", help="Serial port; mpremote takes the first board it finds.")
@click.option("--via", type=click.Choice(["mpremote", "ampy"]), default="mpremote")
def main(port: str | None, via: str) -> None:
    """Print microseconds and cycles of what a board computes; the library is installed there."""
    words = command(port, via)
    try:
        sys.exit(subprocess.run(words).returncode)
    except FileNotFoundError:
        sys.exit(f"{words[0]} is missing: pip install dtls-micro[boards]")


if __name__ == "__main__":
    main()
