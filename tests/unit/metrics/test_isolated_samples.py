"""Samples of a function in a process of its own: they come as they are made, with their times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sysmon_core import MetricFailed, Params
from sysmon_core.metrics import isolation
from sysmon_core.metrics.host import HostMetric
from sysmon_core.metrics.report import Report, Sample
from sysmon_core.metrics.samples import SampleList
from sysmon_core.services.executor import Executor
from sysmon_core.settings import Settings
from tests.support.plugins import Site, site_with
from tests.unit.conftest import MakeRun

PLUGIN = """
import os, time
from sysmon_core import Column, Metric, MetricFailed, hookimpl

COLUMNS = [Column("fish", "which one", kind="key"), Column("depth", "how deep", "m")]

def dive(params, run):
    {body}

@hookimpl
def sysmon_metrics():
    return [
        Metric(
            name="dive", title="Dive", columns=COLUMNS, since_boot=True, function=dive,
            duration=lambda params: 1,
        )
    ]
"""
COD, EEL = {"fish": "cöd", "depth": 1}, {"fish": "eel", "depth": 20.5}
SAMPLING = f"run.sample([{COD}, {EEL}]); run.sample([{COD}])"
YIELDING = f"yield from [{COD}, {EEL}, {COD}]"

Write = Callable[[str], HostMetric]


@pytest.fixture
def write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Install a plugin whose function has this body."""
    with site_with("", folder, monkeypatch) as site:

        def make(body: str) -> HostMetric:
            place = site.folder / f"{site.modules[0]}.py"
            place.write_text(PLUGIN.format(body=body))
            return bound_of(site)

        yield make


def bound_of(site: Site) -> HostMetric:
    bound = site.bind().get("dive")
    assert bound
    return bound


@pytest.mark.parametrize("body", [SAMPLING, YIELDING])
def test_samples_come_with_all_that_they_have(body: str, write: Write, make_run: MakeRun) -> None:
    found, before = SampleList(), time.time()
    run = make_run(sample_listener=found)
    report = isolation.collect(write(body), Params(), run)
    first, second = found.samples
    assert before <= first.at <= second.at <= time.time()
    assert first == Sample(first.at, [COD, EEL], 0, since_boot=True)
    assert second == Sample(second.at, [COD], 1)
    assert (report.told, list(report.rows)) == (True, [])
    assert report.text.startswith("fish  depth\ncöd       1\n")


@pytest.mark.parametrize("body", [SAMPLING, YIELDING])
def test_without_a_listener_the_report_has_all_rows(
    body: str, write: Write, make_run: MakeRun
) -> None:
    bound = write(body)
    report = isolation.collect(bound, Params(), make_run())
    assert report.rows == [COD, EEL, COD]
    samples = report.of_run((), 1.0, 7.0, "here", cut=bound.metric.cut).samples
    assert samples == [Sample(7.0, [COD, EEL], 0, since_boot=True), Sample(7.0, [COD], 1)]


def test_a_sample_is_told_before_the_next_is_there(
    folder: Path, write: Write, make_run: MakeRun
) -> None:
    """The function waits for a file that is made when its first sample is heard of."""
    told = folder / "told"
    body = f"run.sample([{COD}])\n    while not os.path.exists('{told}'): time.sleep(0.01)"
    report = isolation.collect(
        write(body), Params(), make_run(sample_listener=lambda _: told.touch())
    )
    assert report.told


def test_what_came_before_a_failure_was_told(write: Write, make_run: MakeRun) -> None:
    found = SampleList()
    bound = write(f"run.sample([{COD}]); raise MetricFailed('no water')")
    run = make_run(sample_listener=found)
    with pytest.raises(MetricFailed, match=r"^no water$"):
        isolation.collect(bound, Params(), run)
    assert [one.rows for one in found.samples] == [[COD]]


def test_the_executor_gives_samples_with_their_times(folder: Path, write: Write) -> None:
    body = f"run.sample([{COD}]); run.sleep(0.1); run.sample([{EEL}])"
    write(body)
    metrics = Site(folder / "site").bind()
    metric = metrics.registry.get("dive")
    assert metric

    def report(*, samples: bool) -> Report:
        return Executor(Settings(), metrics).run_now(metric, Params(), samples=samples).report

    timed, untimed = report(samples=True), report(samples=False)
    assert timed.rows == untimed.rows == [COD, EEL]
    first, second = timed.samples
    assert timed.started <= first.at < second.at <= timed.finished
    assert {one.at for one in untimed.samples} == {untimed.finished}


def test_an_error_of_the_listener_is_not_taken_for_one_of_the_process(
    write: Write, make_run: MakeRun
) -> None:
    def fail(_part: object) -> None:
        raise ValueError("nobody hears")

    with pytest.raises(ValueError, match="nobody hears"):
        isolation.collect(write(f"run.sample([{COD}])"), Params(), make_run(sample_listener=fail))
