"""Who may see, start and end tasks in version 4: users, admins, tokens, pages of other sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeSettings
from tests.functional.v4.tasks.conftest import Submit, path_of

TASKS = "/v4/tasks/"
DIVE = {"metric": "dive"}

AsUser = Callable[[str], TestApp]


@pytest.fixture
def token(app: TestApp) -> Callable[..., dict[str, str]]:
    """Make the header of a new token of ann."""

    def make(**fields: Any) -> dict[str, str]:
        made = app.post_json("/v4/tokens/", {"name": "a job", **fields}, status=201).json
        return {"Authorization": f"Bearer {made['token']}"}

    return make


@pytest.fixture
def bare(app: TestApp) -> TestApp:
    """The same application, asked with what each request sends alone."""
    return TestApp(app.app)


def test_anothers_task_is_not_found(as_user: AsUser, submit: Submit) -> None:
    made, eve = submit(), as_user("eve")
    for path in (path_of(made), path_of(made, "report")):
        problem = eve.get(path, status=404).json
        assert problem["code"] == "task-not-found"
    eve.delete(path_of(made), status=404)
    eve.get(path_of(made), headers={"Prefer": "wait=20"}, status=404)


def test_an_admin_sees_and_ends_anybodys(app: TestApp, as_user: AsUser, submit: Submit) -> None:
    root, made = as_user("root"), submit()
    anonymous = app.post("/v2/dive/").json["task_id"]
    for path in (path_of(made), f"{TASKS}{anonymous}"):
        root.get(f"{path}/report", status=200)
        root.delete(path, status=204)
        assert root.get(path).json["state"] == "REVOKED"
    app.get(f"{TASKS}{anonymous}", status=404)
    assert root.get(f"{TASKS}{anonymous}").json["owner"] is None


def test_nobody_may_do_nothing(bare: TestApp, submit: Submit) -> None:
    made = submit()
    bare.get(TASKS, status=401)
    bare.get(path_of(made), status=401)
    bare.post_json(TASKS, {"metric": "swim"}, status=401)
    bare.delete(path_of(made), status=401)


def test_a_token_to_read_looks_and_starts_and_ends_nothing(
    bare: TestApp, token: Callable[..., dict[str, str]], submit: Submit
) -> None:
    made, headers = submit(), token(scope="read")
    for path in (TASKS, path_of(made), path_of(made, "report")):
        bare.get(path, headers=headers, status=200)
    bare.post_json(TASKS, DIVE, headers=headers, status=403)
    bare.post_json(TASKS, {"metric": "swim"}, headers=headers, status=403)
    bare.delete(path_of(made), headers=headers, status=403)
    assert bare.get(path_of(made), headers=headers).json["state"] == "QUEUED"


def test_a_token_to_run_starts_and_ends(
    bare: TestApp, token: Callable[..., dict[str, str]]
) -> None:
    headers = token(scope="run")
    made = bare.post_json(TASKS, DIVE, headers=headers, status=201).json
    assert made["owner"] == "ann"
    bare.delete(path_of(made), headers=headers, status=204)


def test_a_token_of_some_metrics_has_their_tasks_alone(
    app: TestApp, bare: TestApp, token: Callable[..., dict[str, str]], submit: Submit
) -> None:
    dive, headers = submit(), token(scope="run", metrics=["weigh"])
    weigh = app.post_json(TASKS, {"metric": "weigh"}).json
    listed = bare.get(TASKS, headers=headers).json["items"]
    assert [task["id"] for task in listed] == [weigh["id"]]
    bare.get(path_of(dive), headers=headers, status=404)
    bare.get(path_of(dive, "report"), headers=headers, status=404)
    bare.delete(path_of(dive), headers=headers, status=404)
    refused = bare.post_json(TASKS, DIVE, headers=headers, status=403).json
    assert refused["code"] == "token-insufficient"
    bare.post_json(TASKS, {"metric": "weigh"}, headers=headers, status=201)


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none-such"}]
)
def test_the_page_of_another_site_starts_and_ends_nothing(
    header: dict[str, str], app: TestApp, submit: Submit
) -> None:
    made = submit()
    app.post_json(TASKS, DIVE, headers=header, status=403)
    app.delete(path_of(made), headers=header, status=403)
    (only,) = app.get(TASKS).json["items"]
    assert (only["id"], only["state"]) == (made["id"], "QUEUED")


class TestFewTasks:
    """Where a user may have one open task."""

    @pytest.fixture
    def config(self, make_settings: MakeSettings, redis_url: str) -> Settings:
        return make_settings(redis_url=redis_url, versions="v4", tasks_per_client=1)

    def test_a_further_one_is_refused_until_the_first_has_ended(
        self, app: TestApp, as_user: AsUser, submit: Submit
    ) -> None:
        made = submit()
        refused = app.post_json(TASKS, DIVE, status=429)
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json["code"] == "too-many-tasks"
        as_user("eve").post_json(TASKS, DIVE, status=201)
        app.delete(path_of(made))
        submit()


class TestWithoutRedis:
    """Where there is no Redis."""

    @pytest.fixture
    def config(self, make_settings: MakeSettings) -> Settings:
        return make_settings(versions="v4")

    @pytest.mark.parametrize("prefer", [{}, {"Prefer": "wait=20"}])
    def test_tasks_are_a_503_at_once(self, prefer: dict[str, str], app: TestApp) -> None:
        for path in (TASKS, f"{TASKS}x", f"{TASKS}x/report"):
            assert int(app.get(path, headers=prefer, status=503).headers["Retry-After"]) > 0
        app.post_json(TASKS, DIVE, headers=prefer, status=503)
        app.delete(f"{TASKS}x", status=503)
