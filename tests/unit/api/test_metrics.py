from __future__ import annotations

import pytest

from sysmon_core import Metric, Params, Report
from sysmon_core.metrics.registry import Registry, Source
from tests.conftest import MakeApp, MakeSettings

NAMES = ["admin", "root", "tasks", "user", "users-", "v1", "v3", "x" * 63]
SOURCE = Source("aquarium", "fishtank", "1.2")


def no_time(_params: Params) -> float:
    return 0


@pytest.mark.parametrize("long", [False, True])
def test_a_metric_may_have_any_name_that_is_not_reserved(
    long: bool, make_testapp: MakeApp, make_settings: MakeSettings
) -> None:
    metrics = [
        Metric(
            name=name,
            title="",
            function=lambda _params, _run: Report("5 m"),
            duration=no_time if long else None,
        )
        for name in NAMES
    ]
    app = make_testapp(make_settings(), Registry((metric, SOURCE) for metric in metrics))
    for name in NAMES:
        assert app.get(f"/v1/{name}/").json == {name: "5 m"}
    assert [link["rel"] for link in app.get("/v3/").json["links"]] == [*NAMES, "users"]
