"""The formats of reports: exact, and written in parts."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Column
from sysmon_core.api.v4.report_writers import BATCH_ROWS, as_csv, as_json
from sysmon_core.metrics.report import Row, Sample

COLUMNS = [Column("size", "", "By"), Column("name", "", kind="key"), Column("note", "")]
AT = "1970-01-01T00:00:01.500Z"


def written(samples: list[Sample]) -> Any:
    return json.loads(as_json({"a": 1}, COLUMNS, samples, {"z": None}))


def test_json_has_the_samples_between_the_other_members() -> None:
    samples = [Sample(1.5, [{"size": 1.1}], 0, since_boot=True), Sample(2, [], 1)]
    assert written(samples) == {
        "a": 1,
        "samples": [
            {
                "at": AT,
                "index": 0,
                "since_boot": True,
                "rows": [{"size": 1.1, "name": None, "note": None}],
            },
            {"at": "1970-01-01T00:00:02.000Z", "index": 1, "since_boot": False, "rows": []},
        ],
        "z": None,
    }
    assert list(written([])) == ["a", "samples", "z"]


@pytest.mark.parametrize("number", [BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 1, 3 * BATCH_ROWS])
def test_batches_are_not_to_be_seen(number: int) -> None:
    rows = [{"size": size, "name": str(size), "note": None} for size in range(number)]
    assert written([Sample(1.5, rows)])["samples"][0]["rows"] == rows
    assert as_csv(COLUMNS, [Sample(1.5, rows)]).count(b"\r\n") == number + 1


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"size": 1126.4, "name": "sda", "note": "x"}, b"sda,1126.4,x"),
        ({"size": None, "name": None, "note": None}, b",,"),
        ({}, b",,"),
        ({"size": 10**20, "name": 7, "note": True}, b"7,100000000000000000000,true"),
        ({"size": 1e-7, "name": 'a "b"', "note": "c,d"}, b'"a ""b""",1e-07,"c,d"'),
        ({"size": 0, "name": "two\r\nlines", "note": "=1+1"}, b'"two\r\nlines",0,=1+1'),
        ({"size": [1, 2], "name": {"a": "b"}, "note": "\ud800"}, b'"{""a"": ""b""}","[1, 2]",?'),
    ],
)
def test_csv_has_the_time_then_the_keys_then_all_else(row: Row, line: bytes) -> None:
    assert as_csv(COLUMNS, [Sample(1.5, [row])]) == (
        b"at,name,size,note\r\n" + AT.encode() + b"," + line + b"\r\n"
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.fixed_dictionaries({"name": TEXTS, "note": TEXTS})))
def test_any_text_is_read_from_csv_as_it_was(rows: list[dict[str, str]]) -> None:
    text = as_csv(COLUMNS, [Sample(1.5, rows)]).decode()
    _, *read = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert [(name, note) for _, name, _, note in read] == [
        (row["name"], row["note"]) for row in rows
    ]


MANY = 100_000


@pytest.fixture(scope="module")
def many() -> list[Sample]:
    return [Sample(1.5, [{"size": size, "name": f"disk {size}"} for size in range(MANY)])]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_many_rows_take_the_memory_of_the_body_and_little_more(
    form: str, many: list[Sample]
) -> None:
    tracemalloc.start()
    try:
        body = as_csv(COLUMNS, many) if form == "csv" else as_json({}, COLUMNS, many, {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(body) > 4_000_000
    assert peak < 1.3 * len(body) + 1_000_000  # a buffer grows by an eighth
