"""Tasks in version 3: its own are its users' alone, those of version 2 are everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakePrograms, MakeSettings, until, working

Who = tuple[str, tuple[str, str]] | None


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str, programs: MakePrograms) -> Settings:
    path = programs(iostat='echo "Device: $*"')
    return make_settings(redis_url=redis_url, command_path=path)


@pytest.fixture
def ann(config: Settings, make_testapp: MakeApp, add_user: Callable[..., Who]) -> TestApp:
    """Version 3 as a user sees it; no worker."""
    app = make_testapp(config)
    app.authorization = add_user("ann", "ann's")
    return app


@pytest.fixture
def nobody(ann: TestApp) -> TestApp:
    """The same application without credentials."""
    return TestApp(ann.app)


@pytest.fixture
def bob(ann: TestApp, add_user: Callable[..., Who]) -> TestApp:
    """The same application for another user."""
    app = TestApp(ann.app)
    app.authorization = add_user("bob", "bob's")
    return app


def make_task(app: TestApp, version: str, method: str = "POST") -> str:
    """Make a task and return its id."""
    made = app.request(f"/{version}/iostat/?count=2", method=method)
    task_id = str(made.json["task_id"])
    href = f"/{version}/task/{task_id}"
    assert made.status_int == 201
    assert made.headers["Location"] == href
    assert made.json == {"task_id": task_id, "links": [{"rel": "task", "href": href}]}
    return task_id


def shown(task_id: str, state: str, version: str = "v3", **more: object) -> dict[str, Any]:
    href = f"/{version}/task/{task_id}"
    links = [{"rel": "self", "href": href}]
    if state == "QUEUED":
        links.append({"rel": "cancel", "method": "DELETE", "href": href})
    return {"task_id": task_id, "state": state, "links": links} | more


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_task_of_version_3_is_neither_seen_nor_cancelled_through_version_2(
    ann: TestApp, bob: TestApp, nobody: TestApp, method: str
) -> None:
    task_id = make_task(ann, "v3", method)
    for app in (nobody, ann):  # its maker's credentials do not count in version 2
        app.get(f"/v2/task/{task_id}", status=404)
        app.head(f"/v2/task/{task_id}", status=404)
        app.delete(f"/v2/task/{task_id}", status=404)
    nobody.get(f"/v3/task/{task_id}", status=401)
    nobody.delete(f"/v3/task/{task_id}", status=401)
    for app in (ann, bob):
        assert app.get(f"/v3/task/{task_id}").json == shown(task_id, "QUEUED")


def test_a_task_of_version_2_is_seen_and_cancelled_through_version_3(
    ann: TestApp, nobody: TestApp
) -> None:
    for maker in (nobody, ann):  # credentials sent to version 2 make no difference
        task_id = make_task(maker, "v2")
        assert nobody.get(f"/v2/task/{task_id}").json == shown(task_id, "QUEUED", "v2")
        assert ann.get(f"/v3/task/{task_id}").json == shown(task_id, "QUEUED")
        cancelled = ann.delete(f"/v3/task/{task_id}", status=204)
        assert cancelled.body == b""
        assert nobody.get(f"/v2/task/{task_id}").json == shown(task_id, "REVOKED", "v2")
        assert ann.get(f"/v3/task/{task_id}").json == shown(task_id, "REVOKED")
        nobody.delete(f"/v2/task/{task_id}", status=204)
        ann.get(f"/v3/task/{task_id}", status=404)
        ann.delete(f"/v3/task/{task_id}", status=404)


def test_a_task_of_version_3_is_cancelled_and_then_removed_there(
    ann: TestApp, bob: TestApp, nobody: TestApp
) -> None:
    task_id = make_task(ann, "v3")
    bob.delete(f"/v3/task/{task_id}", status=204)
    assert ann.get(f"/v3/task/{task_id}").json == shown(task_id, "REVOKED")
    nobody.delete(f"/v2/task/{task_id}", status=404)  # an end does not make it public
    assert ann.head(f"/v3/task/{task_id}").body == b""
    ann.delete(f"/v3/task/{task_id}", status=204)
    bob.get(f"/v3/task/{task_id}", status=404)
    bob.delete(f"/v3/task/{task_id}", status=404)


def test_a_task_of_version_3_runs_to_the_result_that_only_version_3_shows(
    config: Settings, ann: TestApp, nobody: TestApp
) -> None:
    task_id = make_task(ann, "v3")
    with working(config):
        until(lambda: "result" in ann.get(f"/v3/task/{task_id}").json)
    result = nobody.get("/v1/iostat/?count=2").json
    assert result["iostat"].startswith("Device:")
    assert ann.get(f"/v3/task/{task_id}").json == shown(task_id, "SUCCESS", result=result)
    nobody.get(f"/v2/task/{task_id}", status=404)
    nobody.delete(f"/v2/task/{task_id}", status=404)


def test_a_task_stays_hidden_when_its_maker_is_gone(
    ann: TestApp, bob: TestApp, nobody: TestApp, add_user: Callable[..., Who]
) -> None:
    task_id = make_task(ann, "v3")
    root = TestApp(ann.app)
    root.authorization = add_user("root", "root's", admin=True)
    root.delete("/v3/users/ann", status=204)
    ann.get(f"/v3/task/{task_id}", status=401)
    nobody.get(f"/v2/task/{task_id}", status=404)
    assert bob.get(f"/v3/task/{task_id}").json == shown(task_id, "QUEUED")


@pytest.mark.parametrize(
    "query", ["count=0", "count=x", "count=1&wait=2", "count=2&count=2", "x=1", "count=", "count=9"]
)
def test_what_cannot_be_run_is_the_same_400_in_version_2_and_3(ann: TestApp, query: str) -> None:
    answers = [ann.get(f"/{v}/iostat/?{query}&wait=86400", status=400).json for v in ("v2", "v3")]
    for answer in answers:
        del answer["instance"]
    assert answers[0] == answers[1]
    for method in ("GET", "POST"):
        ann.request(f"/v3/iostat/?{query}&wait=86400", method=method, status=400)


def test_a_quick_metric_answers_at_once_in_version_3_too(ann: TestApp) -> None:
    answer = ann.get("/v3/uptime/")
    assert answer.status_int == 200
    assert set(answer.json) == {"uptime"}
    assert "load average" in answer.json["uptime"]
