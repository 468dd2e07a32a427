"""The table of states of the handshake as Markdown, with a diagram for each key exchange.

`python -m tools.states` writes docs/states.md; `--check` fails if the file is stale. The rows are
read from the sources of handshake.py and of the key exchanges: nothing is repeated here.
"""

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "states.md"
EXCHANGES = (("PSK", "psk"), ("ECDHE_ECDSA", "ecdhe"), ("ECDHE_PSK", "ecdhe_psk"))


class Row(NamedTuple):
    """A row of the table, by the names in its source."""

    state: str
    message: str
    handler: str
    after: str


def rows(module: str) -> list[Row]:
    """Return the rows of ROWS in a module of the library."""
    tree = ast.parse((ROOT / "dtls_micro" / f"{module}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROWS":
            assert isinstance(node.value, ast.Tuple)
            return [
                Row(*(ast.unparse(cell) for cell in row.elts))
                for row in node.value.elts
                if isinstance(row, ast.Tuple)
            ]
    raise ValueError(f"{module}.py has no ROWS")


def plain(name: str) -> str:
    """Return a name without the underscore that makes it private."""
    return name.lstrip("_")


def message(name: str) -> str:
    """Return a message's name as the RFC spells it: ServerHello."""
    return "".join(word.capitalize() for word in plain(name).split("_"))


def diagram(table: list[Row]) -> list[str]:
    """Return the lines of a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {plain(table[0].state)}"]
    for row in table:
        lines.append(f"    {plain(row.state)} --> {plain(row.after)}: {message(row.message)}")
    ends = {row.after for row in table} - {row.state for row in table}
    return [*lines, *(f"    {plain(end)} --> [*]" for end in sorted(ends)), "```"]


def section(name: str, module: str) -> list[str]:
    """Return the lines of a key exchange: its diagram, its whole table."""
    shared, own = rows("handshake"), rows(module)
    first = [row for row in shared if row.after in {row.state, own[0].state}]
    table = [*first, *own, *(row for row in shared if row not in first)]
    lines = [f"## {name}", "", *diagram(table), "", "| state | message | handler | next state |"]
    lines.append("|---|---|---|---|")
    for row in table:
        source = module if row in own else "handshake"
        handler = f"`{source}.{row.handler}`"
        cells = (plain(row.state), message(row.message), handler, plain(row.after))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def page() -> str:
    """Return docs/states.md."""
    lines = ["# States of the handshake", "", "Written by `python -m tools.states`.", ""]
    lines += ["A message that has no row in the present state ends the handshake with the"]
    lines += ["alert unexpected_message.", ""]
    for name, module in EXCHANGES:
        lines += section(name, module)
    return "\n".join(lines)


@click.command()
@click.option("--check", is_flag=True, help="Fail if docs/states.md is stale; write nothing.")
def main(check: bool) -> None:
    """Write docs/states.md."""
    text = page()
    if not check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("states: docs/states.md is stale: run python -m tools.states")


if __name__ == "__main__":
    main()
