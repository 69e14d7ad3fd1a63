"""What the tests of version 3's users share: an admin, and how users are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert
from webtest import TestApp

from sysmon_core.database import Database, tables
from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakeSettings
from tests.functional.answers import FORM, JSON
from tests.support.client import authorization

SECRET = "pa55-"  # every password has this in it, and no answer may
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the costs are in the hash
Ask = Callable[..., Any]


def shown(username: str, fullname: str = "A B", *, admin: bool = False) -> dict[str, Any]:
    href = f"/v3/users/{username}"
    links = [{"rel": "self", "href": href}]
    return {"username": username, "fullname": fullname, "admin": admin, "links": links}


def whole(username: str = "ann", **fields: object) -> dict[str, Any]:
    return {"username": username, "password": f"{SECRET}{username}", "fullname": "A B"} | fields


ROOT = shown("root", "Root", admin=True)


def asker(app: TestApp) -> Ask:
    """A function that asks as ``root``, and holds each answer to what is true of all."""

    def ask(method: str, path: str, content: object = b"", **more: Any) -> Any:
        who = ":".join(more.pop("who", ("root", f"{SECRET}root")))
        headers = authorization(who)
        kind = more.pop("kind", FORM if isinstance(content, str) else JSON)
        body = content.encode() if isinstance(content, str) else content
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        path = path if path.startswith("/") else f"/v3/users/{path}"
        headers |= {"Content-Type": kind} if body else {}
        answer = app.request(
            path, method=method, headers=headers, body=body, expect_errors=True, **more
        )
        assert SECRET not in f"{answer.headers} {answer.text}"
        if answer.status_int >= 400:
            assert answer.content_type == "application/problem+json"
            assert answer.json["status"] == answer.status_int
        return answer

    return ask


def add_root(config: Settings) -> None:
    """The first admin, whose password is verified in no time."""
    password_hash = QUICK.hash(f"{SECRET}root")
    with Database(config.database).write() as connection:
        row = {"username": "root", "fullname": "Root", "admin": True}
        connection.execute(insert(tables.users).values(password_hash=password_hash, **row))


@pytest.fixture
def ask(make_settings: MakeSettings, make_testapp: MakeApp) -> Ask:
    app = make_testapp(make_settings())
    add_root(make_settings())
    return asker(app)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_int == 400
    return [(error["in"], error["name"]) for error in answer.json["errors"]]


def users(ask: Ask) -> Any:
    return ask("GET", "?detail=1").json["users"]
