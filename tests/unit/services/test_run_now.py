"""Who asks for a metric that has a lifetime gets what others have just collected."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from sysmon_core import Integer, Metric, Params
from sysmon_core.errors import MetricFailed
from sysmon_core.services.executor import Executor
from tests.conftest import MakeSettings, hosting


class Depth(Params):
    depth: Integer = 3


class Sea:
    """Counts how often it is looked at."""

    def __init__(self) -> None:
        self.runs = 0

    def collect(self, params: Depth, _run: object) -> str:
        self.runs += 1
        if params.depth == 13:
            raise ValueError("too deep")
        return f"{params.depth} m, number {self.runs}"


@pytest.fixture
def sea() -> Sea:
    return Sea()


@pytest.fixture
def metric(sea: Sea) -> Metric:
    """What it gives is shown for an hour."""
    return Metric(name="dive", title="", params=Depth, function=sea.collect, lifetime=3600)


@pytest.fixture
def make_executor(make_settings: MakeSettings, metric: Metric) -> Callable[..., Executor]:
    config = make_settings()
    return lambda *more: Executor(config, hosting(config, metric, *more))


@pytest.fixture
def executor(make_executor: Callable[..., Executor]) -> Executor:
    return make_executor()


def test_a_reading_is_shown_to_all_who_ask_with_the_same_params(
    executor: Executor, metric: Metric, sea: Sea
) -> None:
    first = executor.run_now(metric, Depth())
    assert first.report.text == "3 m, number 1"
    assert first.lifetime == 3600
    assert executor.run_now(metric, Depth(depth=3)) is first
    assert sea.runs == 1


def test_other_params_and_another_metric_have_readings_of_their_own(
    make_executor: Callable[..., Executor], metric: Metric
) -> None:
    other = replace(metric, name="swim")
    executor = make_executor(other)
    for _ in range(2):
        assert executor.run_now(metric, Depth(depth=1)).report.text == "1 m, number 1"
        assert executor.run_now(metric, Depth(depth=2)).report.text == "2 m, number 2"
        assert executor.run_now(other, Depth(depth=1)).report.text == "1 m, number 3"


def test_no_collection_shows_what_another_has(
    make_executor: Callable[..., Executor], metric: Metric, sea: Sea
) -> None:
    for _ in range(2):
        make_executor().run_now(metric, Depth())
    assert sea.runs == 2


def test_without_a_lifetime_each_run_is_its_caller_s_own(
    executor: Executor, metric: Metric
) -> None:
    before = time.monotonic()
    readings = [executor.run_now(replace(metric, lifetime=0), Depth()) for _ in range(2)]
    assert [one.report.text for one in readings] == ["3 m, number 1", "3 m, number 2"]
    for one in readings:
        assert one.lifetime == 0
        assert before <= one.started == one.expires <= time.monotonic()


def test_what_fails_is_not_shown_to_others(executor: Executor, metric: Metric, sea: Sea) -> None:
    for _ in range(2):
        with pytest.raises(MetricFailed, match="too deep"):
            executor.run_now(metric, Depth(depth=13))
    assert sea.runs == 2
