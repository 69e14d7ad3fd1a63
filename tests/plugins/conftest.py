"""What the tests of plugins share: a metric's whole report, from a real run."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sysmon_core import Metric, Report
from sysmon_core.run import Run, Stop

Collect = Callable[[Metric], Report]


@pytest.fixture
def collect() -> Collect:
    """Run a metric with its default params, within the time that they allow for."""

    def run(metric: Metric) -> Report:
        with Stop() as stop:
            params = metric.params()
            deadline = time.monotonic() + metric.seconds(params) + 20
            return metric.collect(params, Run(deadline, 1 << 20, stop))

    return run
