"""Metrics made of one function, and the executors that run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sysmon_core import Integer, Metric, Params, Report, Run
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from tests.conftest import MakeSettings, hosting


class Depth(Params):
    depth: Integer = 3


Function = Callable[[Any, Run], Report]


def make(function: Function | None = None, **more: Any) -> Metric:
    function = function or (lambda params, _run: Report(f"{params.depth} m"))
    fields: dict[str, Any] = {"name": "dive", "title": "", "params": Depth} | more
    return Metric(function=function, **fields)


MakeExecutor = Callable[..., Executor]


@pytest.fixture
def make_executor(make_settings: MakeSettings) -> MakeExecutor:
    """Executors of some metrics."""
    config = make_settings(sync_limit=30, sync_runs=2, overrun=10, output_limit=1000)
    return lambda *metrics: Executor(config, hosting(config, *metrics))


def collect(make_executor: MakeExecutor, metric: Metric) -> Report:
    with Stop() as stop:
        return make_executor(metric).run(metric, metric.params(), stop)
