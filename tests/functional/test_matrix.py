"""Every path and method, for nobody, a wrong password, a user and an admin: who gets what."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import METRICS, MakeApp, MakePrograms, MakeSettings

AddUser = Callable[..., Any]
Row = tuple[int, int, int, int]

CALLERS = ("nobody", "wrong", "user", "admin")
ALL = (200, 200, 200, 200)
USERS = (401, 401, 200, 200)
LONG = ("iostat", "vmstat")

# What an empty request is answered, by method and path; the version's own paths follow below.
EVERYWHERE: dict[tuple[str, str], Row] = {
    ("GET", "/"): ALL,
    ("GET", "/livez"): ALL,
    ("GET", "/readyz"): (503, 503, 503, 503),  # there is no worker
    ("GET", "/metrics"): ALL,
    ("GET", "/openapi.json"): ALL,
    ("GET", "/docs"): ALL,
    ("GET", "/v3/users/"): USERS,
    ("POST", "/v3/users/"): (401, 401, 403, 400),
    ("GET", "/v3/users/{username}"): USERS,
    ("PUT", "/v3/users/{username}"): (401, 401, 403, 400),
    ("PATCH", "/v3/users/{username}"): (401, 401, 403, 200),
    ("DELETE", "/v3/users/{username}"): (401, 401, 403, 204),
}


def rows(version: str, *, guarded: bool) -> dict[tuple[str, str], Row]:
    """The rows that each version has: its index, its metrics and its tasks."""

    def row(status: int) -> Row:
        return (401, 401, status, status) if guarded else (status,) * 4

    found = {("GET", f"/{version}/"): ALL}
    for metric in METRICS:
        long = metric in LONG and version != "v1"
        for method in ("GET", "POST") if long else ("GET",):
            found[method, f"/{version}/{metric}/"] = row(201 if long else 200)
    if version != "v1":
        for method in ("GET", "DELETE"):
            found[method, f"/{version}/task/{{task_id}}"] = row(404)
    return found


OPEN = EVERYWHERE | rows("v1", guarded=False) | rows("v2", guarded=False) | rows("v3", guarded=True)
PRIVATE = OPEN | {("GET", "/metrics"): USERS} | rows("v1", guarded=True) | rows("v2", guarded=True)
TABLES = {"open": OPEN, "private": PRIVATE}


@pytest.fixture
def make(
    make_settings: MakeSettings,
    make_testapp: MakeApp,
    programs: MakePrograms,
    redis_url: str,
    add_user: AddUser,
) -> Callable[..., TestApp]:
    path = programs(uptime="echo up", iostat="echo Device", vmstat="echo procs")

    def make(**settings: object) -> TestApp:
        app = make_testapp(make_settings(redis_url=redis_url, command_path=path, **settings))
        add_user("ann", "secret")
        add_user("root", "secret", admin=True)
        return app

    return make


def headers(caller: str) -> dict[str, str]:
    words = {"wrong": "root:wrong", "user": "ann:secret", "admin": "root:secret"}.get(caller)
    return {"Authorization": f"Basic {b64encode(words.encode()).decode()}"} if words else {}


def answers(app: TestApp, table: dict[tuple[str, str], Row]) -> dict[tuple[str, str], Row]:
    """What each caller really gets; the admin comes last, since an admin may delete."""
    found: dict[tuple[str, str], list[int]] = {key: [] for key in table}
    for caller in CALLERS:
        for method, path in table:
            where = path.format(username="ann", task_id="none")
            answer = app.request(where, method=method, headers=headers(caller), status="*")
            found[method, path].append(answer.status_int)
    return {key: (a, b, c, d) for key, (a, b, c, d) in found.items()}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", TABLES)
def test_everyone_gets_the_status_in_the_table(name: str, make: Callable[..., TestApp]) -> None:
    app = make(private=name == "private")
    assert answers(app, TABLES[name]) == TABLES[name]


def test_every_path_has_its_row(make: Callable[..., TestApp]) -> None:
    """The document has every route: tests of its own see to that."""
    paths = make().get("/openapi.json").json["paths"]
    served = {
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert served == set(OPEN)


@pytest.mark.parametrize("versions", ["v1", "v2", "v3", "v1 v3"])
def test_a_version_that_is_not_served_is_not_there(
    versions: str, make: Callable[..., TestApp]
) -> None:
    app = make(versions=versions)
    assert [link["rel"] for link in app.get("/").json["links"]] == versions.split()
    described = {path.split("/")[1] for path in app.get("/openapi.json").json["paths"]}
    for name in ("v1", "v2", "v3"):
        there = name in versions.split()
        assert app.get(f"/{name}/", status="*").status_int == (200 if there else 404)
        assert app.get(f"/{name}/uptime/", status="*", headers=headers("user")).status_int == (
            200 if there else 404
        )
        assert (name in described) is there


@pytest.mark.parametrize(("versions", "advice"), [("v1 v2", "/v2/"), ("v1 v3", "/v3/"), ("v1", "")])
def test_a_run_that_is_too_long_for_the_api_says_what_is_served(
    versions: str, advice: str, make: Callable[..., TestApp]
) -> None:
    detail = make(versions=versions).get("/v1/iostat/?count=99", status=400).json["detail"]
    assert (f"{advice}iostat/ has no such limit" if advice else "ask for less") in detail
