"""What its author tests, with the fixtures that sysmon brings."""

from collections.abc import Callable

import pytest
from sysmon_kernel import sysmon_metrics
from webtest import TestApp

from sysmon_core import Metric


@pytest.mark.parametrize("metric", sysmon_metrics(), ids=lambda metric: metric.name)
def test_it_keeps_what_every_metric_keeps(
    metric: Metric, check_metric: Callable[[Metric], None]
) -> None:
    check_metric(metric)


def test_it_is_served(sysmon_app: Callable[..., TestApp]) -> None:
    app = sysmon_app(sysmon_metrics())
    assert app.get("/v1/kernel/").json["kernel"]
    assert len(app.get("/v1/beat/?beats=2").json["beat"].splitlines()) == 3
