"""Every metric that is installed here keeps what ``sysmon plugin check`` checks."""

from __future__ import annotations

import pytest

from sysmon_core import Metric
from sysmon_core.metrics.loading import load
from sysmon_core.settings import Settings
from sysmon_core.testing import CheckMetric


@pytest.mark.parametrize("metric", list(load(Settings())), ids=lambda metric: metric.name)
def test_it_keeps_what_every_metric_keeps(metric: Metric, check_metric: CheckMetric) -> None:
    check_metric(metric)
