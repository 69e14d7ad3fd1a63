"""An application with two users, whose password checks are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.metrics import loading
from sysmon_core.services.user_fields import NewUser
from sysmon_core.settings import Settings
from tests.conftest import MakeSettings, users_of
from tests.support.client import authorization
from tests.support.passwords import CountingPasswords

PATH = "/v3/users/"
FEW = {
    "guesses_per_address": "30/minute",
    "guesses_per_user_and_address": "3/minute",
    "guesses_per_user": "100/hour",
}


@pytest.fixture
def passwords() -> Iterator[CountingPasswords]:
    counting = CountingPasswords()
    yield counting
    counting.gate.set()


Make = Callable[..., TestApp]


@pytest.fixture
def make(make_settings: MakeSettings, redis_url: str, passwords: CountingPasswords) -> Make:
    """An application with the users ann and root; all on the same database."""
    config = make_settings()
    migrations.upgrade(Database(config.database))
    users = users_of(config.database, passwords)
    for name, admin in (("ann", False), ("root", True)):
        users.create(NewUser(username=name, password=name, fullname=name, admin=admin))

    def new(**values: object) -> TestApp:
        given: Settings = make_settings(**{"redis_url": redis_url} | values)
        return TestApp(make_app(given, loading.load(given), passwords))

    return new


def ask(app: TestApp, name: str, password: str, path: str = PATH, **more: Any) -> Any:
    method = more.pop("method", "GET")
    address = more.pop("address", "127.0.0.1")
    headers = authorization(f"{name}:{password}")
    if "forwarded_for" in more:
        headers["X-Forwarded-For"] = more.pop("forwarded_for")
    environ = {"REMOTE_ADDR": address}
    return app.request(
        path, method=method, headers=headers, environ=environ, expect_errors=True, **more
    )


def status(*args: Any, **more: Any) -> int:
    return int(ask(*args, **more).status_int)


def change(app: TestApp, name: str, fields: bytes, who: str = "root") -> None:
    more = {"body": fields, "content_type": "application/json"}
    assert status(app, who, who, f"{PATH}{name}", method="PATCH", **more) == 200
