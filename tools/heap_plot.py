"""Plots the heap over the course of a handshake: docs/images/heap.png.

Measured as tools/size.py does, on MicroPython's wasm runtime, whose objects have the sizes of a
32-bit board, with an openssl server: what is alive after each verb, and what came on top in it.
"""

import sys
from pathlib import Path

import click

from .size import PROFILES, code, load
from .wasm import HERE, Missing, Wasm
from .wasm.handshake import MODULES, Exchange, openssl_server, pin

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "heap.png"
SIZE = 1152  # bytes of the buffers


class Course(Exchange):
    """An exchange that keeps, for each verb, its name and the bytes alive and passing."""

    def __init__(self, python: Wasm, address: tuple[str, int], make: str):
        self.points: list[tuple[str, int, int]] = []
        super().__init__(python, address, make)

    def verb(self, source: str) -> str:
        before = self.python.used()
        value, allocated = self.python.eval(source)
        after = self.python.used()
        if value or "datagram()" not in source:  # not the calls that find nothing to send
            name = source.split("(")[0].removeprefix("measure.")
            self.points.append((name, after - self.base, before + allocated - self.base))
        return value


def course(kind: str) -> list[tuple[str, int, int]]:
    """Return (verb, bytes alive after it, bytes with its garbage) of a handshake."""
    program, extra = next(profile[3:] for profile in PROFILES if profile[0] == kind)
    with Wasm() as python:
        load(python, code([*program, *extra]))
        for name in ("dtls_port", "measure", f"measure_{kind}"):
            python.put(f"/lib/{name}.py", (HERE / f"{name}.py").read_bytes())
        python.run(f"import measure, dtls_micro.handshake, {MODULES[kind]}")
        argument = f"'{pin()}'" if kind == "pin" else ""
        with openssl_server(kind) as port:
            make = f"measure.make({SIZE}, measure_{kind}.credential({argument}))"
            exchange = Course(python, ("127.0.0.1", port), make)
            exchange.flush()
            for _ in range(20):
                exchange.receive()
                exchange.flush()
                if python.eval("measure.client.state == dtls_micro.handshake.CONNECTED"):
                    return exchange.points
    raise RuntimeError("the handshake did not end")


def draw(courses: dict[str, list[tuple[str, int, int]]], path: Path) -> None:
    """Write the picture."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, plots = pyplot.subplots(1, len(courses), figsize=(10, 4), squeeze=False)
    for plot, (title, points) in zip(plots[0], courses.items(), strict=True):
        steps = range(len(points))
        plot.bar(steps, [top for _, _, top in points], color="0.85", label="with garbage")
        plot.step(steps, [alive for _, alive, _ in points], where="mid", label="alive after it")
        plot.set_xticks(steps, [name for name, _, _ in points], rotation=60, ha="right")
        plot.set_title(title)
        plot.set_ylabel(f"bytes of heap, {SIZE}-byte buffers")
        plot.set_ylim(0, 1.5 * max(alive for _, alive, _ in points))
        plot.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=PICTURE, show_default=True)
def main(output: Path) -> None:
    """Measure a handshake of each kind and plot its heap."""
    try:
        courses = {"PSK": course("psk"), "ECDHE_ECDSA, pinned key": course("pin")}
    except Missing as error:
        sys.exit(f"heap_plot: {error}")
    try:
        draw(courses, output)
    except ImportError:
        sys.exit("heap_plot: matplotlib is not there: make bench installs it")
    for title, points in courses.items():
        print(title)
        for name, alive, top in points:
            print(f"  {name:10} {alive:6} alive {top:8} with garbage")


if __name__ == "__main__":
    main()
