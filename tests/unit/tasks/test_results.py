"""The stored results of tasks: each form that was ever written can be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sysmon_core.metrics.report import ParsedReport, Report, Row
from sysmon_core.tasks.results import report_fields, report_of_fields

ROWS: list[Row] = [{"depth": 1126.4}, {"depth": None}]
RUN: dict[str, Any] = {"started": 1.5, "finished": 2.5, "host": "pond"}


def stored(report: Report) -> dict[str, Any]:
    """The fields of a report after their way through JSON."""
    fields: dict[str, Any] = json.loads(
        json.dumps(report_fields(report.of_run((), 1.5, 2.5, "pond")))
    )
    return fields


def test_rows_of_a_function_are_stored() -> None:
    fields = stored(Report("deep", ROWS))
    assert fields == {"text": "deep", "rows": ROWS, "told": False} | RUN
    read = report_of_fields(fields)
    assert (read.text, read.rows, read.told) == ("deep", ROWS, False)
    assert (read.started, read.finished, read.host) == (1.5, 2.5, "pond")


def test_rows_that_the_text_has_are_not_stored_nor_read() -> None:
    def parse(_text: str) -> list[Row]:
        raise AssertionError

    fields = stored(ParsedReport("deep", parse))
    assert fields == {"text": "deep", "rows": None, "told": False} | RUN
    assert list(report_of_fields(fields).rows) == []


@pytest.mark.parametrize(
    "report", [Report("deep", told=True), ParsedReport("deep", lambda _text: [], told=True)]
)
def test_samples_that_were_told_are_stored_elsewhere(report: Report) -> None:
    fields = stored(report)
    assert fields == {"text": "deep", "rows": None, "told": True} | RUN
    assert report_of_fields(fields).told


@pytest.mark.parametrize(
    "fields",
    [
        {"dive": "deep"},
        {"text": "deep", "rows": ROWS} | RUN,
        {"text": "deep", "rows": None} | RUN,
    ],
    ids=["of the first version", "before there were samples", "likewise, of a program"],
)
def test_a_result_of_before_is_read(fields: dict[str, Any]) -> None:
    read = report_of_fields(fields)
    assert (read.text, read.told) == ("deep", False)
    assert list(read.rows) == (fields.get("rows") or [])
