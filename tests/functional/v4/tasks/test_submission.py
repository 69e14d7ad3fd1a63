"""Submission of tasks in version 4: bodies, refusals, keys, and when a task is to begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from webtest import TestApp

from sysmon_core.services.user_fields import UserChange
from sysmon_core.services.users import Users
from tests.conftest import until
from tests.functional.v4.tasks.conftest import ended, path_of

TASKS = "/v4/tasks/"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "metric"),
        ({"metric": "swim"}, "metric"),
        ({"metric": "dive", "params": {"dives": 101}}, "params.dives"),
        ({"metric": "dive", "params": {"depth": 1}}, "params.depth"),
        ({"metric": "dive", "params": []}, "params"),
        ({"metric": "dive", "params": 7}, "params"),
        ({"metric": "dive", "start_within": 0}, "start_within"),
        ({"metric": "dive", "count": 1}, "count"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, object], name: str, app: TestApp) -> None:
    problem = app.post_json(TASKS, body, status=400).json
    assert [one["name"] for one in problem["errors"]] == [name]
    assert problem["errors"][0]["in"] == "body"
    assert problem["type"] == "/problems/invalid-input"


def test_params_that_are_given_twice_are_refused(app: TestApp) -> None:
    body = b'{"metric": "dive", "params": {"dives": 1, "dives": 2}}'
    problem = app.post(TASKS, body, content_type="application/json", status=400).json
    assert problem["errors"][0] == {
        "in": "body",
        "name": "params.dives",
        "detail": "given more than once",
    }


def test_a_form_has_no_place_for_params(app: TestApp) -> None:
    app.post(TASKS, {"metric": "weigh"}, status=415)


def test_another_host_is_not_found_and_this_one_is_by_its_name(app: TestApp) -> None:
    made = app.post_json(TASKS, {"metric": "weigh"}, status=201).json
    app.post_json(TASKS, {"metric": "weigh", "host": made["host"]}, status=201)
    problem = app.post_json(TASKS, {"metric": "weigh", "host": "kraken"}, status=404).json
    assert "kraken" in problem["detail"]


def test_a_metric_for_admins_is_theirs_alone(as_user: Callable[[str], TestApp]) -> None:
    as_user("root").post_json(TASKS, {"metric": "vault"}, status=201)
    as_user("eve").post_json(TASKS, {"metric": "vault"}, status=403)


def test_an_admin_who_is_none_any_more_sees_no_task_of_such_a_metric(
    as_user: Callable[[str], TestApp], users: Users
) -> None:
    for name in ("root", "eve"):
        users.change(name, UserChange(admin=True))
    eve = as_user("eve")
    made = eve.post_json(TASKS, {"metric": "vault"}, status=201).json
    eve.get(path_of(made), status=200)
    users.change("eve", UserChange(admin=False))
    for rel in ("self", "report"):
        eve.get(path_of(made, rel), status=404)
    eve.delete(path_of(made), status=404)
    assert eve.get(TASKS).json["items"] == []


def test_a_key_that_is_sent_again_gets_the_first_task_again(app: TestApp) -> None:
    body, headers = {"metric": "dive", "params": {"dives": 1}}, {"Idempotency-Key": '"k1"'}
    first = app.post_json(TASKS, body, headers=headers, status=201)
    again = app.post_json(TASKS, body, headers={"Idempotency-Key": "k1"}, status=201)
    assert first.json["id"] == again.json["id"]
    assert first.location == again.location
    assert len(app.get(TASKS).json["items"]) == 1


def test_a_key_with_another_body_is_refused(
    app: TestApp, as_user: Callable[[str], TestApp]
) -> None:
    headers = {"Idempotency-Key": "k1"}
    app.post_json(TASKS, {"metric": "dive"}, headers=headers, status=201)
    problem = app.post_json(TASKS, {"metric": "weigh"}, headers=headers, status=422).json
    assert problem["code"] == "idempotency-key-reused"
    as_user("eve").post_json(TASKS, {"metric": "weigh"}, headers=headers, status=201)


@pytest.mark.parametrize("key", ["", '""', '"a', 'a"', "a b", "\xe9", "x" * 256])
def test_what_is_no_key_is_a_400(key: str, app: TestApp) -> None:
    problem = app.post_json(
        TASKS, {"metric": "weigh"}, headers={"Idempotency-Key": key}, status=400
    ).json
    assert problem["errors"][0]["in"] == "header"


def test_a_key_ends_with_the_record_of_its_task(app: TestApp) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = app.post_json(TASKS, {"metric": "dive"}, headers=headers).json
    for _ in ("cancel", "remove"):
        app.delete(path_of(first), status=204)
    second = app.post_json(TASKS, {"metric": "weigh"}, headers=headers, status=201).json
    assert second["id"] != first["id"]


def test_a_task_that_does_not_begin_in_time_fails(app: TestApp) -> None:
    body = {"metric": "dive", "start_within": 0.05}
    made = app.post_json(TASKS, body, status=201).json
    until(lambda: app.get(path_of(made)).json["state"] == "FAILURE")
    failed = app.get(path_of(made)).json
    assert failed["error"]["code"] == "not-started-in-time"
    assert failed["started"] is None


@pytest.mark.usefixtures("worker")
def test_one_that_begins_in_time_runs_to_its_end(app: TestApp) -> None:
    body = {"metric": "dive", "params": {"dives": 1}, "start_within": "1h"}
    assert ended(app, app.post_json(TASKS, body, status=201).json)["state"] == "SUCCESS"
