"""The committed table of sizes holds: no number has become worse.

After a change that is worth it: python -m tools.size --update, and say why in the commit.
"""

import json
import os

import pytest

from tools.readme_sizes import README, updated
from tools.size import TABLE, measure, worse
from tools.wasm import Missing


def test_no_size_is_worse_than_the_committed_table():
    try:
        table = measure()
    except Missing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    grown = worse(table, json.loads(TABLE.read_text()))
    assert not grown, "\n".join(grown)
    assert table["PSK client: 1152-byte buffers: handshake bytes"] <= 560
    assert table["PSK client: 1152-byte buffers: heap peak"] <= 6000
    assert table["ECDHE client with a pinned key: 1152-byte buffers: heap peak"] <= 10000


def test_the_readme_has_the_numbers_of_the_table():
    text = README.read_text()
    assert updated(text, json.loads(TABLE.read_text())) == text, "python -m tools.size --update"


def test_a_number_that_grew_or_is_new_counts_as_worse():
    assert worse({"a": 2, "b": 1, "c": 1}, {"a": 1, "b": 1}) == [
        "a: 2, was 1",
        "c: 1, was not there",
    ]
