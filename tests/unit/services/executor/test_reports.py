"""The report of a run: its text, its rows, when and where it was made."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import pytest

from sysmon_core import Column, Report
from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Sample
from tests.unit.services.executor.conftest import Depth, MakeExecutor, collect, make


def test_a_report_tells_of_its_run(make_executor: MakeExecutor) -> None:
    before, columns = time.time(), [Column("depth", "how deep")]
    metric = make(lambda *_: Report("7 m", [{"depth": 7}]), columns=columns)
    report = make_executor(metric).run_now(metric, Depth(depth=7)).report
    assert report.text == "7 m"
    assert (report.columns, report.host) == (columns, platform.node())
    assert before <= report.started <= report.finished <= time.time()
    assert report.samples == [Sample(report.finished, [{"depth": 7}])]


def test_a_report_without_rows_has_no_samples(make_executor: MakeExecutor) -> None:
    metric = make()
    report = make_executor(metric).run_now(metric, Depth(depth=7)).report
    assert (report.text, report.samples) == ("7 m", [])


@pytest.mark.parametrize(
    "given",
    [None, 5, {}, [5], [{}], Report(b"bytes"), Report(5)],  # type: ignore[arg-type]
)
def test_what_is_no_report_of_text_is_a_failure(given: Any, make_executor: MakeExecutor) -> None:
    with pytest.raises(MetricFailed):
        collect(make_executor, make(lambda _params, _run: given))


def test_a_report_may_be_as_large_as_the_output_of_a_program(make_executor: MakeExecutor) -> None:
    assert collect(make_executor, make(lambda *_: Report("x" * 1000))).text == "x" * 1000
    with pytest.raises(MetricFailed, match="output_limit"):
        collect(make_executor, make(lambda *_: Report("x" * 1001)))


def test_rows_of_a_function_are_made_when_they_are_asked_for(make_executor: MakeExecutor) -> None:
    made = []

    def rows() -> list[dict[str, int]]:
        made.append(1)
        return [{"depth": 7}]

    report = collect(make_executor, make(lambda *_: Report("7 m", rows)))
    assert (report.text, made) == ("7 m", [])
    assert report.rows == report.stored_rows == [{"depth": 7}]
    assert made == [1]


@pytest.mark.parametrize("rows", [lambda: [{"depth": 1 // 0}], lambda: [{"depth": {1}}]])
def test_rows_that_fail_when_they_are_asked_for_are_the_plugin_s_failure(
    rows: Callable[[], Any], make_executor: MakeExecutor
) -> None:
    report = collect(make_executor, make(lambda *_: Report("7 m", rows), origin="fish 1.0"))
    with pytest.raises(MetricFailed, match=r"dive failed: .* \(fish 1.0: mend it"):
        _ = report.rows
