"""The ladder, drawn of a captured handshake."""

import io

import pytest
from capture import TOLD, capture
from rich.console import Console

from tools.ladder import lines, show


def drawn(width: int) -> list[str]:
    return [line.plain for line in lines(capture(), width)]


@pytest.mark.parametrize("width", [72, 80, 100])
def test_the_ladder_is_as_wide_as_it_may_be(width):
    head, *rungs, total = drawn(width)
    assert len(head) == width
    assert all(len(rung) in (width, width - 7) for rung in rungs)  # 7 columns of bytes
    assert all(rung[width - 8] in "│┤" and rung[17] in "│├" for rung in rungs)


def test_the_ladder_tells_flights_times_bytes_and_totals():
    head, *rungs, total = drawn(100)
    assert head.split() == ["flight", "ms", "client", "server", "bytes"]
    flights = [rung[:6].strip() for rung in rungs]
    assert flights == ["1", "2", "3", "4", "", "", "5", "6", "data", "end", ""]
    assert [float(rung[6:16]) for rung in rungs] == [float(i) for i in range(11)]
    assert [int(rung[93:]) for rung in rungs] == [len(one.data) for one in capture()]
    assert [("▶" in rung) for rung in rungs] == [one.outgoing for one in capture()]
    for rung, text in zip(rungs, TOLD, strict=True):
        assert text[2:] in rung
    out = [len(one.data) for one in capture() if one.outgoing]
    back = [len(one.data) for one in capture() if not one.outgoing]
    sent = "client sent %d datagrams, %d bytes" % (len(out), sum(out))
    assert total == "%s; server sent %d datagrams, %d bytes" % (sent, len(back), sum(back))


def test_a_narrow_ladder_breaks_between_messages():
    text = "\n".join(drawn(80))
    assert "│  ClientKeyExchange, ChangeCipherSpec, " in text
    assert "├─ Finished (encrypted) ─" in text


@pytest.mark.parametrize(("encoding", "arrow"), [("utf-8", "─▶│"), ("ascii", "->|")])
def test_a_console_that_is_no_terminal_gets_no_colour_and_what_it_can_write(encoding, arrow):
    file = io.BytesIO()
    text = io.TextIOWrapper(file, encoding=encoding)
    show(capture(), Console(file=text, width=80))
    text.flush()
    written = file.getvalue().decode(encoding)
    assert arrow in written
    assert "\x1b" not in written


def test_a_terminal_gets_colours():
    file = io.StringIO()
    show(capture(), Console(file=file, width=80, force_terminal=True, color_system="standard"))
    assert "\x1b[36m" in file.getvalue()


def test_an_empty_ladder_has_its_head_and_total():
    assert [line.plain for line in lines([])][-1] == "client sent 0 datagrams, 0 bytes; " + (
        "server sent 0 datagrams, 0 bytes"
    )
