"""What every metric that is installed here must keep, whoever wrote it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

import pytest

from sysmon_core import Command, Metric
from sysmon_core.metrics.column import MEASURES
from sysmon_core.metrics.loading import load
from sysmon_core.metrics.samples import SampleList
from sysmon_core.settings import Settings
from tests.plugins.conftest import Collect, MakeRun, sound

WITHOUT = {"darwin": {"vmstat"}}  # what a platform has no program for
METRICS = [
    metric.on_host(Settings().command_path)
    for metric in load(Settings())
    if metric.name not in WITHOUT.get(sys.platform, ())
]

every_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def test_there_are_metrics_and_those_of_the_project_come_first() -> None:
    assert [metric.name for metric in METRICS][:2] == ["uptime", "iostat"]


@every_metric
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    for text in (metric.title, metric.description):
        assert text
        assert text == text.strip()
    assert "\n" not in metric.title
    assert not metric.title.endswith(".")
    assert metric.description.endswith(".")


@every_metric
def test_each_param_says_what_it_is_and_has_a_default(metric: Metric) -> None:
    for name, field in metric.params.model_fields.items():
        assert field.description, f"{name} has no description"
        assert not field.is_required(), f"{name} has no default"
    properties = metric.params.model_json_schema().get("properties", {})
    assert properties.keys() == metric.params.model_fields.keys()
    assert json.dumps(properties)


@every_metric
def test_a_program_is_named_with_its_package_and_is_on_this_host(metric: Metric) -> None:
    if isinstance(metric, Command):
        assert metric.program
        assert metric.package
        assert metric.parser, "a report needs rows beside its text"
    metric.require()


@every_metric
def test_a_run_takes_a_time_that_is_known_before(metric: Metric) -> None:
    seconds = metric.seconds(metric.params())
    assert isinstance(seconds, int | float)
    assert 0 <= seconds < 30, "with default params it must do in version 1"


@every_metric
def test_each_column_says_what_it_is(metric: Metric) -> None:
    assert metric.columns
    names = [column.name for column in metric.columns]
    assert len(set(names)) == len(names)
    for column in metric.columns:
        assert column.name.isidentifier()
        assert column.description
        assert column.description == column.description.strip().rstrip(".")
        units = {"", "s", "1", "%", "By", "1/s", "By/s", "bit/s"}
        assert column.unit in units, "a base unit, by its code"
        assert bool(column.unit) == (column.kind in MEASURES)


@every_metric
def test_the_first_sample_is_since_boot_where_it_is_declared(metric: Metric) -> None:
    assert metric.since_boot is (metric.name in {"iostat", "vmstat"})


@every_metric
def test_a_run_with_default_params_has_samples_in_their_order(
    metric: Metric, make_run: MakeRun
) -> None:
    found, params = SampleList(), metric.params()
    before = time.time()
    run = replace(make_run(metric.seconds(params) + 20), sample_listener=found)
    report = metric.collect(params, run).of_run(
        metric.columns, before, time.time(), "", cut=metric.cut
    )
    samples = found.samples if report.told else report.samples
    assert [one.index for one in samples] == list(range(len(samples)))
    times = [before, *(one.at for one in samples), time.time()]
    assert times == sorted(times)
    assert metric.long or len(samples) <= 1
    keys = [column.name for column in metric.columns if column.kind == "key"]
    for sample in samples:
        assert len({tuple(row[key] for key in keys) for row in sample.rows}) == len(sample.rows)


@every_metric
def test_a_run_with_default_params_gives_text_and_rows(metric: Metric, collect: Collect) -> None:
    report = collect(metric)
    assert report.text.strip()
    rows = json.loads(json.dumps(list(report.rows), allow_nan=False))
    for row in rows:  # none where the host has nothing to tell of, a container without disks, say
        assert {int, float} & set(map(type, row.values())), "a row has numbers"
        sound(metric, row)
