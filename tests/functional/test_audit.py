"""Who did what: a line in the log for each change, login refused, task started or stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.services.user_fields import NewUser
from tests.conftest import (
    LogLines,
    MakeApp,
    MakePrograms,
    MakeSettings,
    until,
    users_of,
    working,
)
from tests.support.client import authorization

Line = dict[str, Any]
Audit = Callable[[], list[Line]]
ANN = {"username": "ann", "password": "canary", "fullname": "Ann"}


@pytest.fixture
def app(
    make_settings: MakeSettings,
    make_testapp: MakeApp,
    programs: MakePrograms,
    redis_url: str,
    add_user: Callable[..., Any],
) -> TestApp:
    path = programs(iostat='sleep "$3"; echo done')
    made = make_testapp(make_settings(redis_url=redis_url, command_path=path))
    made.authorization = add_user("root", "canary", admin=True)
    made.extra_environ["REMOTE_ADDR"] = "10.0.0.1"
    return made


@pytest.fixture
def audit(app: TestApp, log_lines: LogLines) -> Audit:
    """The lines of the audit since the application was made, but for what every line has."""
    before = len(log_lines())

    def lines() -> list[Line]:
        found = [x for x in log_lines()[before:] if x["logger"] == "sysmon_core.services.audit"]
        kept = [
            {k: v for k, v in one.items() if k not in {"timestamp", "level", "logger"}}
            for one in found
        ]
        assert "canary" not in str(kept)
        return kept

    return lines


def line(answer: Any, message: str, by: str = "root", **details: Any) -> Line:
    request_id = answer.headers["X-Request-Id"]
    return {"message": message, "by": by, "address": "10.0.0.1", "request_id": request_id} | details


def test_each_change_of_a_user_has_its_line(app: TestApp, audit: Audit) -> None:
    path = "/v3/users/ann"
    whole = ANN | {"admin": True}
    answers: list[tuple[Any, dict[str, Any]]] = [
        (
            app.post_json("/v3/users/", ANN),
            {"message": "user.created", "admin": False, "fields": ALL},
        ),
        (
            app.patch_json(path, {"password": "canary2"}),
            {"message": "user.changed", "admin": False, "fields": ["password_hash"]},
        ),
        (
            app.put_json(path, whole),
            {"message": "user.changed", "admin": True, "fields": ["admin", "password_hash"]},
        ),
        (
            app.patch_json(path, {"username": "eve"}),
            {
                "message": "user.changed",
                "user": "eve",
                "was": "ann",
                "admin": True,
                "fields": ["username"],
            },
        ),
        (
            app.delete("/v3/users/eve"),
            {"message": "user.deleted", "user": "eve", "admin": True, "fields": []},
        ),
        (app.put_json(path, ANN), {"message": "user.created", "admin": False, "fields": ALL}),
    ]
    assert audit() == [line(answer, **{"user": "ann", **told}) for answer, told in answers]


ALL = ["admin", "fullname", "password_hash", "username"]


def test_what_changes_nothing_has_no_line(app: TestApp, audit: Audit) -> None:
    app.get("/v3/users/")
    app.patch_json("/v3/users/root", {})
    app.post_json("/v3/users/", ANN | {"username": "root"}, status=409)
    app.patch_json("/v3/users/root", {"admin": False}, status=409)
    app.delete("/v3/users/root", status=409)
    app.delete("/v3/users/ann", status=404)
    app.put_json("/v3/users/ann", ANN | {"username": "eve"}, status=400)
    assert audit() == []


def test_a_change_by_the_command_is_logged_with_the_system_user(
    app: TestApp, audit: Audit, make_settings: MakeSettings
) -> None:
    users_of(make_settings().database).create(NewUser(**ANN))
    assert [(one["message"], one["by"]) for one in audit()] == [
        ("user.created", f"uid {os.getuid()}")
    ]


def test_a_refused_login_is_logged_without_the_name_of_an_unknown_user(
    app: TestApp, audit: Audit
) -> None:
    for name, told in (("root", "root"), ("canary", "unknown")):
        app.authorization = ("Basic", (name, "wrong"))
        answer = app.get("/v3/uptime/", status=401)
        assert audit()[-1] == line(answer, "login.refused", by="", user=told)
    assert len(audit()) == 2


def test_guesses_that_are_not_looked_at_have_a_line_each(
    make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str, audit: Audit
) -> None:
    limits = {"guesses_per_address": "1/minute", "redis_url": redis_url}
    app = make_testapp(make_settings(**limits))
    header = authorization("root:wrong")
    statuses = [app.get("/v3/uptime/", headers=header, status="*").status_int for _ in range(2)]
    assert statuses == [401, 429]
    assert [one["message"] for one in audit()] == ["login.refused", "login.throttled"]


@pytest.mark.parametrize(("version", "by"), [("v2", ""), ("v3", "root")])
def test_a_task_has_a_line_when_it_is_started_stopped_and_removed(
    app: TestApp, audit: Audit, version: str, by: str
) -> None:
    started = app.post(f"/{version}/iostat/?count=100", status=201)
    stopped = app.delete(started.location)
    removed = app.delete(started.location)
    app.delete(started.location, status=404)
    about = {"task": started.json["task_id"], "metric": "iostat", "by": by}
    assert audit() == [
        line(started, "task.started", **about),
        line(stopped, "task.stopped", **about),
        line(removed, "task.removed", **about),
    ]


def test_a_workers_lines_have_the_id_of_their_task(
    app: TestApp, log_lines: LogLines, make_settings: MakeSettings, redis_url: str
) -> None:
    task = app.post("/v2/iostat/?count=2", status=201)
    with working(make_settings(redis_url=redis_url)):
        until(lambda: app.get(task.location).json["state"] not in {"QUEUED", "STARTED"})
    told = [one for one in log_lines() if one["logger"] == "sysmon_core.tasks.task_runner"]
    assert len(told) == 2
    assert {one["task"] for one in told} == {task.json["task_id"]}
