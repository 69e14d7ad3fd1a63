"""What every metric that is installed here must keep, whoever wrote it."""

from __future__ import annotations

import json
import sys

import pytest

from sysmon_core import Command, Metric
from sysmon_core.metrics.registry import load
from sysmon_core.settings import Settings
from tests.plugins.conftest import IDENTIFIERS, Collect

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
        assert column.unit in {"", "s", "1", "%", "By", "1/s", "By/s"}, "a base unit, by its code"


@every_metric
def test_a_run_with_default_params_gives_text_and_rows(metric: Metric, collect: Collect) -> None:
    report = collect(metric)
    assert report.text.strip()
    rows = json.loads(json.dumps(list(report.rows), allow_nan=False))
    for row in rows:  # none where the host has nothing to tell of, a container without disks, say
        assert list(row) == [column.name for column in metric.columns]
        assert {int, float} & set(map(type, row.values())), "a row has numbers"
        for column in metric.columns:
            number = bool(column.unit) or column.name in IDENTIFIERS
            kinds = {int, float} if number else {str, bool}
            assert type(row[column.name]) in {*kinds, type(None)}, column.name
