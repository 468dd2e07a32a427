"""`python -m tools.kernels`: write the modules of ports/ that hold machine code.

`--check` only tells whether they are what would be written, with exit status 1 if not.
"""

import sys
from pathlib import Path

import click

from .generate import FILES


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a file would change.")
def main(check: bool) -> None:
    """Generate the kernels."""
    root = Path(__file__).resolve().parent.parent.parent
    for name, make in FILES.items():
        path = root / name
        text = make()
        if path.exists() and path.read_text() == text:
            continue
        if check:
            print(f"{name} is not what the generator makes: run python -m tools.kernels")
            sys.exit(1)
        path.write_text(text)
        print("wrote", name)


if __name__ == "__main__":
    main()
