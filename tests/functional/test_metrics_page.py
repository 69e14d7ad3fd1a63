"""What Prometheus reads: requests by route and status, tasks, their worker."""

from __future__ import annotations

import time

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import LogLines, MakeApp, MakePrograms, MakeSettings, until, working

Samples = dict[tuple[str, tuple[str, ...]], float]
OPEN = "application/openmetrics-text"
OPEN_METRICS = f"{OPEN};version=1.0.0;q=0.5,text/plain;q=0.1,*/*;q=0.01"


@pytest.fixture
def config(make_settings: MakeSettings, programs: MakePrograms, redis_url: str) -> Settings:
    path = programs(iostat='[ "$3" = 3 ] && exit 1; [ "$3" -lt 9 ] || sleep 60; echo done')
    return make_settings(client_share=1, redis_url=redis_url, command_path=path)


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp) -> TestApp:
    return make_testapp(config)


def samples(app: TestApp) -> Samples:
    """Every sample by its name and the values of its labels."""
    text = app.get("/metrics").text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_method_route_and_status(app: TestApp) -> None:
    for _ in range(3):
        app.get("/v1/uptime/")
    app.get("/v1/iostat/?count=x", status=400)
    app.get("/v2/task/none", status=404)
    app.get("/v2/task/another", status=404)
    found = samples(app)
    name = "sysmon_requests_total"
    assert found[name, ("GET", "/v1/uptime/", "200")] == 3
    assert found[name, ("GET", "/v1/iostat/", "400")] == 1
    assert found[name, ("GET", "/v2/task/{task_id}", "404")] == 2
    assert found["sysmon_request_seconds_count", ("/v1/uptime/",)] == 3


def test_a_client_cannot_make_labels_up(app: TestApp) -> None:
    app = TestApp(app.app, lint=False)
    before = len(samples(app))
    app.get("/made/up", status=404)
    app.get("/v1/made-up/", status=404)
    app.request("/", method="MADEUP", status=405)
    app.get("/%E2%98%83", status=404)
    app.get("/", headers={"Host": "made.up"}, status=421)
    grown = samples(app)
    assert "made" not in str(grown).lower()
    app.get("/made/up/again", status=404)
    assert len(samples(app)) == len(grown) > before


def test_tasks_are_counted_by_state_and_by_what_became_of_them(
    app: TestApp, config: Settings
) -> None:
    assert samples(app)["sysmon_workers", ()] == 0
    made = [app.post(f"/v2/iostat/?count={count}", status=201) for count in (1, 2, 3, 9, 10)]
    assert samples(app)["sysmon_tasks_open", ("QUEUED",)] == 5
    with working(config):
        until(lambda: samples(app)["sysmon_tasks_open", ("STARTED",)] == 2)
        until(lambda: samples(app)["sysmon_tasks_open", ("QUEUED",)] == 0)
        assert samples(app)["sysmon_workers", ()] == 1
        heartbeat = samples(app)["sysmon_worker_heartbeat_timestamp_seconds", ()]
        assert abs(time.time() - heartbeat) < 20
        for task in made[3:]:
            app.delete(task.location)
    for task in made:
        app.delete(task.location)  # a record that is removed was counted all the same
    found = samples(app)
    assert found["sysmon_tasks_total", ("iostat", "SUCCESS")] == 2
    assert found["sysmon_tasks_total", ("iostat", "FAILURE")] == 1
    assert found["sysmon_tasks_total", ("iostat", "REVOKED")] == 2
    assert found["sysmon_tasks_open", ("STARTED",)] == 0


def test_without_redis_it_says_just_that(
    make_settings: MakeSettings, make_testapp: MakeApp
) -> None:
    found = samples(make_testapp(make_settings()))
    assert found["sysmon_redis_up", ()] == 0
    assert not [name for name, _ in found if name.startswith("sysmon_task")]
    assert [name for name, _ in found if name == "process_resident_memory_bytes"]


def test_prometheus_own_format_is_given_if_it_is_asked_for(app: TestApp) -> None:
    answer = app.get("/metrics", headers={"Accept": OPEN_METRICS})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = openmetrics_families(answer.text)  # type: ignore[no-untyped-call]  # it ships none
    assert list(families)
    assert app.get("/metrics").headers["Content-Type"].startswith("text/plain")
    app.get("/metrics", headers={"Accept": "image/png"}, status=406)


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("text/plain; version=0.0.4", "text/plain; version=0.0.4"),
        (f"{OPEN}; version=1.0.0; charset=utf-8", f"{OPEN}; version=1.0.0"),
        (f"{OPEN};q=0.1, text/plain;version=0.0.4;q=0.9", "text/plain; version=0.0.4"),
        ("application/vnd.google.protobuf;q=0.7,text/plain;q=0.3", "text/plain; version=0.0.4"),
    ],
)
def test_a_scraper_is_given_the_best_format_that_it_names(
    app: TestApp, accept: str, given: str
) -> None:
    answer = app.get("/metrics", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(given)


def test_two_applications_count_for_themselves(
    app: TestApp, config: Settings, make_testapp: MakeApp
) -> None:
    app.get("/v1/uptime/")
    other = samples(make_testapp(config))
    assert ("sysmon_requests_total", ("GET", "/v1/uptime/", "200")) not in other


def test_a_request_has_a_line_in_the_log_without_its_query_or_body(
    app: TestApp, log_lines: LogLines
) -> None:
    more = {"headers": {"X-Request-Id": "of-the-client"}}
    app.post("/v2/iostat/?count=canary", {"wait": "canary"}, status=400, **more)
    (line,) = [one for one in log_lines() if one["logger"] == "sysmon_core.api.wsgi.access_log"]
    assert line.pop("ms") >= 0
    assert {key: line[key] for key in line if key not in {"timestamp", "logger", "level"}} == {
        "message": "answered",
        "request_id": "of-the-client",
        "method": "POST",
        "route": "/v2/iostat/",
        "status": 400,
        "client": line["client"],
        "user": "",
    }
    assert "canary" not in str(log_lines())
