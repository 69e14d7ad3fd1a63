"""Every path and method, for everybody who may ask: the table says who gets what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.database import Database
from sysmon_core.services.params import parse
from sysmon_core.services.token_fields import NewToken
from sysmon_core.services.tokens import Tokens
from tests.conftest import MakeApp, MakePrograms, MakeSettings
from tests.functional.access_table import OPEN, TABLES, Key, Row, Table
from tests.support.client import authorization

AddUser = Callable[..., Any]
Headers = Mapping[str, str]
EVERY_VERSION = "v1 v2 v3 v4"
# Users who are changed and removed, so that nobody who asks is.
PARTS = {"task_id": "none", "name": "not-found", "id": "none"}


@pytest.fixture
def make(
    make_settings: MakeSettings,
    make_testapp: MakeApp,
    programs: MakePrograms,
    redis_url: str,
    add_user: AddUser,
) -> Callable[..., TestApp]:
    path = programs(iostat="echo Device")

    def make(**settings: object) -> TestApp:
        app = make_testapp(make_settings(redis_url=redis_url, command_path=path, **settings))
        for name in ("ann", "v3", "v4"):
            add_user(name, "secret")
        add_user("root", "secret", admin=True)
        return app

    return make


def token(database: Database, scope: str) -> Headers:
    fields = parse(NewToken, {"name": "x", "scope": scope}.items())
    return {"Authorization": f"Bearer {Tokens(database).create('ann', fields)[1]}"}


def session(app: TestApp) -> Headers:
    cookie = app.post("/session", {"username": "ann", "password": "secret"}).headers["Set-Cookie"]
    app.reset()  # the jar of WebTest
    return {"Cookie": cookie.partition(";")[0], "Origin": "http://localhost:80"}


@pytest.fixture
def callers(make_settings: MakeSettings) -> Callable[[TestApp], Mapping[str, Headers]]:
    """Make the headers of each caller; the admin comes last, since an admin may remove users."""

    def make(app: TestApp) -> Mapping[str, Headers]:
        database = Database(make_settings().database)
        return {
            "nobody": {},
            "wrong": authorization("root:wrong"),
            "read": token(database, "read"),
            "run": token(database, "run"),
            "user": authorization("ann:secret"),
            "session": session(app),
            "admin": authorization("root:secret"),
        }

    return make


def answers(app: TestApp, table: Table, callers: Mapping[str, Headers]) -> dict[Key, list[int]]:
    """What each caller really gets."""
    found: dict[Key, list[int]] = defaultdict(list)
    for headers in callers.values():
        for method, path in table:
            where = path.format(username=path.split("/")[1], **PARTS)
            answer = app.request(where, method=method, headers=headers, status="*")
            app.reset()
            found[method, path].append(answer.status_int)
    return found


def expected(row: Row) -> list[int]:
    return [row.nobody, *row]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", TABLES)
def test_everyone_gets_the_status_in_the_table(
    name: str,
    make: Callable[..., TestApp],
    callers: Callable[[TestApp], Mapping[str, Headers]],
) -> None:
    app = make(private=name == "private", versions=EVERY_VERSION)
    found = answers(app, TABLES[name], callers(app))
    assert found == {key: expected(row) for key, row in TABLES[name].items()}


def test_every_path_has_its_row(make: Callable[..., TestApp]) -> None:
    """The document has every route: tests of its own see to that."""
    paths = make(versions=EVERY_VERSION).get("/openapi.json").json["paths"]
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
        assert app.get(
            f"/{name}/uptime/", status="*", headers=authorization("ann:secret")
        ).status_int == (200 if there else 404)
        assert (name in described) is there


@pytest.mark.parametrize(("versions", "advice"), [("v1 v2", "/v2/"), ("v1 v3", "/v3/"), ("v1", "")])
def test_a_run_that_is_too_long_for_the_api_says_what_is_served(
    versions: str, advice: str, make: Callable[..., TestApp]
) -> None:
    detail = make(versions=versions).get("/v1/iostat/?count=99", status=400).json["detail"]
    assert (f"{advice}iostat/ has no such limit" if advice else "ask for less") in detail
