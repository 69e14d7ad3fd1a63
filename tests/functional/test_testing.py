"""The kit of a plugin's author: its fixtures, as pytest gives them to anybody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_core import Column, Field, Integer, Metric, MetricFailed, Params, Row, Run
from sysmon_core.testing import CheckMetric, MakeApp, RunTask

DEPTH = Column("depth", "how deep it is", "m")


class Dives(Params):
    dives: Integer = Field(1, ge=1, le=20, description="How often")


def dive(params: Dives, run: Run) -> Generator[Row, None, None]:
    for number in range(params.dives):
        if number == 9:
            raise MetricFailed("no air")
        yield {"depth": number}
        run.check()


LONG = Metric(
    name="dive",
    title="Dives",
    description="How deep each dive is.",
    params=Dives,
    columns=[DEPTH],
    function=dive,
    duration=lambda _params: 0,
)
QUICK = Metric(
    name="pond",
    title="Pond",
    description="How deep the pond is.",
    columns=[DEPTH],
    function=lambda _params, _run: [{"depth": 3}],
)


def test_a_metric_that_keeps_everything_passes(check_metric: CheckMetric) -> None:
    for metric in (LONG, QUICK):
        check_metric(metric)


def test_a_metric_that_falls_short_fails_with_all_that_does(check_metric: CheckMetric) -> None:
    metric = Metric(name="pond", title="", description="Deep", function=QUICK.function)
    with pytest.raises(AssertionError) as caught:
        check_metric(metric)
    first, *short = str(caught.value).splitlines()
    assert first == "The metric pond falls short:"
    assert [line.partition(":")[0] for line in short] == ["declaration", "declaration", "output"]


def test_an_application_has_just_these_metrics(sysmon_app: MakeApp) -> None:
    app = sysmon_app([LONG, QUICK])
    assert {link["rel"] for link in app.get("/v1/").json["links"]} == {"dive", "pond"}
    assert app.get("/v1/pond/").json == {"pond": "depth\n    3\n"}
    assert app.get("/v1/dive/?dives=2").json == {"dive": "depth\n    0\n    1\n"}
    other = sysmon_app(QUICK)
    assert {link["rel"] for link in other.get("/v1/").json["links"]} == {"pond"}
    other.get("/v3/pond/", status=401)


@pytest.mark.parametrize("access", ["open", "users", "admins"])
def test_an_admin_may_ask_for_every_metric(
    access: str, sysmon_app: MakeApp, sysmon_worker: RunTask
) -> None:
    metrics = [replace(metric, access=access) for metric in (LONG, QUICK)]  # type: ignore[arg-type]  # a word of the three
    app = sysmon_app(metrics, as_admin=True)
    assert app.get("/v3/pond/").json == {"pond": "depth\n    3\n"}
    assert sysmon_worker(app, "/v3/dive/")["result"] == {"dive": "depth\n    0\n"}


def test_an_application_takes_settings(sysmon_app: MakeApp) -> None:
    said = sysmon_app(QUICK, output_limit=3).get("/v1/pond/", status="*")
    assert said.status_int == 502
    assert "limit" in said.json["detail"]


def test_a_task_runs_to_its_end(sysmon_app: MakeApp, sysmon_worker: RunTask) -> None:
    app = sysmon_app(LONG)
    done = sysmon_worker(app, "/v2/dive/?dives=2")
    assert (done["state"], done["result"]) == ("SUCCESS", {"dive": "depth\n    0\n    1\n"})
    assert sysmon_worker(app, "/v2/dive/?dives=12")["state"] == "FAILURE"


def test_a_task_of_version_4_has_its_samples(sysmon_app: MakeApp, sysmon_worker: RunTask) -> None:
    app = sysmon_app(LONG, as_admin=True)
    body = {"metric": "dive", "params": {"dives": 2}}
    done = sysmon_worker(app, "/v4/tasks/", body)
    assert (done["state"], done["progress"]["samples"]) == ("SUCCESS", 2)
    samples = app.get(f"/v4/tasks/{done['id']}/report").json["samples"]
    assert [one["rows"] for one in samples] == [[{"depth": 0}], [{"depth": 1}]]


def test_a_task_needs_no_program_of_the_host(
    sysmon_app: MakeApp, sysmon_worker: RunTask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert sysmon_worker(sysmon_app(LONG), "/v2/dive/?dives=2")["state"] == "SUCCESS"


def test_pytest_loads_nothing_heavy_for_it() -> None:
    code = "import sys, sysmon_core.testing; print(*sys.modules, sep='\\n')"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"pyramid", "sqlalchemy", "dramatiq", "redis", "jc", "webtest", "psutil"}
    assert not heavy & set(loaded)
