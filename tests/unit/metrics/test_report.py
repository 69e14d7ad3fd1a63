"""What a metric's function may return, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Column, Metric, MetricFailed, Params, Report, Row
from sysmon_core.errors import MetricTimeout, RunStopped
from sysmon_core.metrics.returned import to_report
from sysmon_core.running.run import Run
from tests.unit.conftest import MakeRun

ROWS: list[Row] = [
    {"name": "carp", "depth": 7, "weight": 1.5, "seen": None},
    {"name": "sturgeon", "depth": 120, "weight": 33.333, "seen": True},
]
TABLE = """\
name      depth  weight  seen
carp          7    1.50  -
sturgeon    120   33.33  True
"""


def metric_of(*rows: Row) -> Metric:
    def dive(_params: Params, _run: Run) -> Iterator[Row]:
        yield from rows

    return Metric(name="dive", title="Dive", function=dive)


def test_rows_are_the_table_that_people_read(make_run: MakeRun) -> None:
    report = to_report(ROWS, make_run())
    assert report.rows == ROWS
    assert report.text == TABLE


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0.00"),
        (0.58, "0.58"),
        (0.5, "0.50"),
        (1234.567, "1234.57"),
        (0.000113, "0.000113"),
        (-0.0149, "-0.0149"),
        (0.12345, "0.123"),
        (4e-12, "4e-12"),
        (1.5e300, "1.5e+300"),
    ],
)
def test_a_number_that_two_decimals_would_lose_has_three_digits(
    value: float, written: str, make_run: MakeRun
) -> None:
    assert to_report([{"depth": value}], make_run()).text.split() == ["depth", written]


def test_a_value_can_neither_break_its_line_nor_command_a_terminal(make_run: MakeRun) -> None:
    rows = [{"name": name, "depth": 7} for name in ("a\nb", "\x1b[2J", "\udcff", "é b")]
    report = to_report(rows, make_run())
    assert report.rows == rows
    names = [line[:8].rstrip() for line in report.text.splitlines()]
    assert names == ["name", r"a\nb", r"\x1b[2J", r"\udcff", "é b"]


def test_no_rows_are_no_text(make_run: MakeRun) -> None:
    report = to_report([], make_run())
    assert (report.text, report.rows) == ("", [])


def test_a_text_is_a_report_without_rows(make_run: MakeRun) -> None:
    report = to_report("7 m\n", make_run())
    assert (report.text, list(report.rows)) == ("7 m\n", [])


def test_a_to_report_a_function_s_own_stays_as_it_is(make_run: MakeRun) -> None:
    report = to_report(Report("7 m", [{"depth": 7}]), make_run())
    assert (report.text, report.rows) == ("7 m", [{"depth": 7}])


def test_rows_are_read_once_and_only_when_asked_for() -> None:
    read = []

    def rows() -> list[Row]:
        read.append(1)
        return [{"depth": 7}]

    report = Report("7 m", rows)
    assert read == []
    assert report.rows is report.rows
    assert read == [1]


def test_rows_that_are_yielded_are_told_as_they_come(make_run: MakeRun) -> None:
    told: list[bytes] = []
    run = make_run(listener=told.append)
    report = metric_of({"depth": 7, "fish": "é"}, {"depth": 12}).collect(Params(), run)
    assert told == ["depth  fish\n    7  é\n".encode(), b"   12  -\n"]
    assert report.text.encode() == b"".join(told)
    assert report.rows == [{"depth": 7, "fish": "é"}, {"depth": 12}]


def test_between_two_rows_a_run_may_end(make_run: MakeRun) -> None:
    closed = []

    def dive(_params: Params, run: Run) -> Iterator[Row]:
        try:
            yield {"depth": 1}
            run.stop.set("enough")
            yield {"depth": 2}
            raise AssertionError
        finally:
            closed.append(1)

    with pytest.raises(RunStopped, match="enough"):
        to_report(dive(Params(), run := make_run()), run)
    assert closed == [1]
    with pytest.raises(MetricTimeout):
        to_report((row for row in ROWS), make_run(seconds=-1))


@pytest.mark.parametrize(
    "row", [{"depth": math.nan}, {"depth": object()}, {"depth": {1}}, {}, [], "depth", None]
)
def test_what_is_no_row_of_json_is_the_plugin_s_failure(row: Any, make_run: MakeRun) -> None:
    for returned in ([row], (one for one in [row]), Report("", [row])):
        with pytest.raises(MetricFailed, match="rows that are no"):
            to_report(returned, make_run())


@pytest.mark.parametrize("endless", [True, False])
def test_rows_have_the_limit_that_all_output_has(endless: bool, make_run: MakeRun) -> None:
    rows = [{"depth": 7}] * 100
    returned = (row for row in rows) if endless else rows
    with pytest.raises(MetricFailed, match="limit of 100 bytes"):
        to_report(returned, make_run(output_limit=100))


@pytest.mark.parametrize("value", [None, 5, {"depth": 7}, b"text", Report(b"text")])  # type: ignore[arg-type]
def test_anything_else_is_no_report(value: Any, make_run: MakeRun) -> None:
    with pytest.raises(MetricFailed, match="no Report, no text and no list of rows"):
        to_report(value, make_run())


@given(value=st.integers() | st.none() | st.text())
def test_a_column_takes_a_parser_s_value_into_its_unit(value: Any) -> None:
    column = Column("read", "what was read", "By", source="kb_read", scale=1024)
    expected = value * 1024 if isinstance(value, int) else value
    assert column.of({"kb_read": value, "read": "another"}) == expected
    assert column.of({}) is None
    assert Column("read", "what was read").of({"read": value}) == value
