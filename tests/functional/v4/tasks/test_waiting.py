"""Requests of version 4 that wait for the end of a task."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeSettings, until
from tests.functional.v4.tasks.conftest import Submit, path_of

TASKS = "/v4/tasks/"
WAIT = {"Prefer": "wait=20"}


@pytest.mark.usefixtures("worker")
def test_a_submission_is_answered_when_its_task_has_ended(app: TestApp) -> None:
    body = {"metric": "dive", "params": {"dives": 1}}
    answer = app.post_json(TASKS, body, headers=WAIT, status=201)
    assert answer.json["state"] == "SUCCESS"
    assert answer.headers["Location"] == path_of(answer.json)
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert answer.headers["Vary"] == "Prefer"


@pytest.mark.usefixtures("worker")
def test_a_failure_is_an_end_too(app: TestApp) -> None:
    body = {"metric": "dive", "params": {"fail": True}}
    answer = app.post_json(TASKS, body, headers=WAIT, status=201)
    assert answer.json["state"] == "FAILURE"


def test_whoever_asks_for_a_task_waits_until_another_ends_it(
    app: TestApp, as_user: Callable[[str], TestApp], submit: Submit
) -> None:
    made, found = submit(), []
    asking = threading.Thread(
        target=lambda: found.append(as_user("ann").get(path_of(made), headers=WAIT))
    )
    asking.start()
    asking.join(0.3)
    assert asking.is_alive()
    app.delete(path_of(made), status=204)
    asking.join()
    (answer,) = found
    assert answer.json["state"] == "REVOKED"
    assert answer.headers["Preference-Applied"] == "wait=20"


def test_a_wait_ends_with_its_time_and_the_task_as_it_is_then(app: TestApp, submit: Submit) -> None:
    made = submit()
    answer = app.get(path_of(made), headers={"Prefer": "wait=1"})
    assert answer.json["state"] == "QUEUED"
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_a_wait_that_ends_with_what_the_client_has_already_tells_that_it_was_heeded(
    app: TestApp, submit: Submit
) -> None:
    path = path_of(submit())
    headers = {"If-None-Match": app.get(path).headers["ETag"], "Prefer": "wait=1"}
    answer = app.get(path, headers=headers, status=304)
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_a_task_that_is_removed_meanwhile_is_not_found(
    app: TestApp, as_user: Callable[[str], TestApp], submit: Submit
) -> None:
    made, found = submit(), []
    asking = threading.Thread(
        target=lambda: found.append(as_user("ann").get(path_of(made), headers=WAIT, status="*"))
    )
    asking.start()
    asking.join(0.3)
    for _ in ("cancel", "remove"):
        app.delete(path_of(made), status=204)
    asking.join()
    assert (found[0].status_int, found[0].json.get("state")) in {(404, None), (200, "REVOKED")}


class TestWithoutPlaces:
    """Where as many requests wait as may wait."""

    @pytest.fixture
    def config(self, make_settings: MakeSettings, redis_url: str) -> Settings:
        return make_settings(redis_url=redis_url, versions="v4", waiting_requests=1, wait_limit=20)

    def test_a_further_wait_is_answered_at_once(
        self, app: TestApp, as_user: Callable[[str], TestApp], submit: Submit
    ) -> None:
        made, found = submit(), []
        apps = [as_user("ann") for _ in range(2)]
        asking = [
            threading.Thread(
                target=lambda one=one: found.append(one.get(path_of(made), headers=WAIT))
            )
            for one in apps
        ]
        for thread in asking:
            thread.start()
        until(lambda: found)
        assert found[0].json["state"] == "QUEUED"
        assert "Preference-Applied" not in found[0].headers
        app.delete(path_of(made), status=204)
        for thread in asking:
            thread.join()
        assert found[1].json["state"] == "REVOKED"
        assert found[1].headers["Preference-Applied"] == "wait=20"
