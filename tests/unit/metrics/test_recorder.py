"""What a function gives while it runs: rows that it yields, and samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sysmon_core import Column, Metric, MetricFailed, Params, Report, Row, Run
from sysmon_core.errors import RunStopped
from sysmon_core.metrics.samples import SampleList
from tests.unit.conftest import MakeRun

COLUMNS = [Column("fish", "which one", kind="key"), Column("depth", "how deep", "m")]
COD, EEL = {"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 20.5}
TABLE = "fish  depth\ncod       1\neel   20.50\ncod       1\n"

Function = Callable[[Any, Run], Any]


def metric_of(function: Function, **fields: Any) -> Metric:
    given: dict[str, Any] = {"columns": COLUMNS, "duration": lambda _params: 1} | fields
    return Metric(name="dive", title="Dive", function=function, **given)


def sampling(_params: Params, run: Run) -> None:
    run.sample([COD, EEL], since_boot=True)
    run.sample([COD])


def yielding(_params: Params, _run: Run) -> Iterator[Row]:
    yield from (COD, EEL, COD)


@pytest.mark.parametrize("function", [sampling, yielding])
def test_a_report_has_all_samples_and_their_table(function: Function, make_run: MakeRun) -> None:
    before = time.time()
    report = metric_of(function, since_boot=True).collect(Params(), make_run())
    first, second = report.samples
    assert (first.rows, first.index, first.since_boot) == ([COD, EEL], 0, True)
    assert (second.rows, second.index, second.since_boot) == ([COD], 1, False)
    assert before <= first.at <= second.at <= time.time()
    assert (report.text, report.rows, report.told) == (TABLE, [COD, EEL, COD], False)


@pytest.mark.parametrize("function", [sampling, yielding])
def test_listeners_are_told_as_it_comes(function: Function, make_run: MakeRun) -> None:
    heard: list[bytes] = []
    found = SampleList()
    run = make_run(listener=heard.append, sample_listener=found)
    report = metric_of(function).collect(Params(), run)
    assert [list(one.rows) for one in found.samples] == [[COD, EEL], [COD]]
    assert b"".join(heard).decode() == report.text == TABLE
    assert report.told, "samples that were told are not kept"
    assert (report.rows, report.stored_rows) == ((), None)
    assert report.with_samples(found.samples).rows == [COD, EEL, COD]


@pytest.mark.parametrize("function", [sampling, yielding])
def test_a_quick_metric_has_one_sample(function: Function, make_run: MakeRun) -> None:
    (sample,) = metric_of(function, duration=None).collect(Params(), make_run()).samples
    assert list(sample.rows) == [COD, EEL, COD]


def test_a_function_that_samples_may_have_a_text_of_its_own(make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> str:
        run.sample([COD])
        return "one cod"

    report = metric_of(function).collect(Params(), make_run())
    assert (report.text, report.rows) == ("one cod", [COD])


@pytest.mark.parametrize("returned", [[COD], [], Report("x"), 7])
def test_it_returns_no_rows_besides(returned: Any, make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> Any:
        run.sample([COD])
        return returned

    with pytest.raises(MetricFailed, match=r"gave samples by run\.sample and returned .*nothing"):
        metric_of(function).collect(Params(), make_run())


def test_a_sample_between_rows_that_are_yielded_is_one_of_its_own(make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> Iterator[Row]:
        yield COD
        run.sample([COD, EEL])
        yield EEL

    samples = metric_of(function).collect(Params(), make_run()).samples
    assert [list(one.rows) for one in samples] == [[COD], [COD, EEL], [EEL]]
    assert [one.index for one in samples] == [0, 1, 2]


def test_a_sample_may_have_no_rows(make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> None:
        run.sample([])
        run.sample((COD,))

    report = metric_of(function).collect(Params(), make_run())
    assert [list(one.rows) for one in report.samples] == [[], [COD]]
    assert report.text == "fish  depth\ncod       1\n"


@pytest.mark.parametrize("given", ["cod", {"fish": "cod"}, None, iter([COD])])
def test_a_sample_is_a_list_of_rows(given: Any, make_run: MakeRun) -> None:
    with pytest.raises(MetricFailed, match="a sample that is no list of rows"):
        metric_of(lambda _params, run: run.sample(given)).collect(Params(), make_run())


@pytest.mark.parametrize("rows", [[{}], [7], [{"depth": float("nan")}], [{"depth": {1}}]])
def test_its_rows_are_of_json(rows: Any, make_run: MakeRun) -> None:
    with pytest.raises(MetricFailed, match="rows that are no"):
        metric_of(lambda _params, run: run.sample(rows)).collect(Params(), make_run())


def test_all_samples_have_the_limit_of_the_run(make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> None:
        while True:
            run.sample([COD])

    with pytest.raises(MetricFailed, match="more than the limit of 1000 bytes"):
        metric_of(function).collect(Params(), make_run(output_limit=1000))


def test_a_run_that_is_stopped_ends_with_its_next_sample(make_run: MakeRun) -> None:
    def function(_params: Params, run: Run) -> None:
        run.sample([COD])
        run.stop.set("enough")
        run.sample([EEL])
        raise AssertionError

    found = SampleList()
    with pytest.raises(RunStopped, match="enough"):
        metric_of(function).collect(Params(), make_run(sample_listener=found))
    assert [list(one.rows) for one in found.samples] == [[COD], [EEL]]


def test_a_function_may_use_its_rows_again(make_run: MakeRun) -> None:
    def reuse(_params: Params, run: Run) -> None:
        row = dict(COD)
        run.sample([row])
        row["depth"] = 7
        run.sample([row])

    samples = metric_of(reuse).collect(Params(), make_run()).samples
    assert [one.rows for one in samples] == [[COD], [COD | {"depth": 7}]]
