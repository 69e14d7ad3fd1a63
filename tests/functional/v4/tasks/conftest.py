"""What the tests of version 4 share: its application, with a worker in threads, and its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Column, Field, Integer, Metric, MetricFailed, Params, Row, Run
from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.services.user_fields import NewUser
from sysmon_core.services.users import Users
from sysmon_core.settings import Settings
from sysmon_core.worker import in_threads
from tests.conftest import MakeSettings, until

PASSWORD = "a whale of a secret"
UNFINISHED = {"QUEUED", "STARTED", "RETRY"}

Submit = Callable[..., dict[str, Any]]


class Dives(Params):
    dives: Integer = Field(2, ge=0, le=100, description="How often")
    fail: bool = Field(False, description="Whether the last one fails")
    endless: bool = Field(False, description="Whether there is no end after the last one")


def dive(params: Dives, run: Run) -> None:
    for number in range(params.dives):
        run.sample([{"fish": name, "depth": number + 0.5} for name in ("cod", "eel")])
    if params.fail:
        raise MetricFailed("no air")
    while params.endless:
        run.sleep(0.05)


COLUMNS = [Column("fish", "which one", kind="key"), Column("depth", "how deep it is", "m")]
LONG = Metric(
    name="dive",
    title="Dives",
    params=Dives,
    columns=COLUMNS,
    function=dive,
    duration=lambda params: params.dives,
)


def weigh(_params: Params, _run: Run) -> list[Row]:
    return [{"fish": "cod", "depth": 3}]


QUICK = Metric(name="weigh", title="Weights", columns=COLUMNS, function=weigh)
ADMINS = Metric(name="vault", title="Vault", function=weigh, columns=COLUMNS, access="admins")


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    return make_settings(redis_url=redis_url, versions="v1 v2 v3 v4", samples_kept=50)


@pytest.fixture
def registry() -> Registry:
    source = Source("test", "the test itself", "0")
    return Registry((metric, source) for metric in (LONG, QUICK, ADMINS))


@pytest.fixture
def users(config: Settings) -> Users:
    migrations.upgrade(Database(config.database, config.database_timeout))
    found = Users.of(config)
    for name, admin in (("ann", False), ("eve", False), ("root", True)):
        found.create(NewUser(username=name, password=PASSWORD, fullname=name, admin=admin))
    return found


@pytest.fixture
def as_user(config: Settings, registry: Registry, users: Users) -> Callable[[str], TestApp]:
    """The application as one of its users asks it."""
    assert users.has_admin()
    whole = make_app(config, registry)

    def app(name: str) -> TestApp:
        made = TestApp(whole)
        made.authorization = ("Basic", (name, PASSWORD))
        return made

    return app


@pytest.fixture
def app(as_user: Callable[[str], TestApp]) -> TestApp:
    """The application as ann asks it, who is no admin."""
    return as_user("ann")


@pytest.fixture
def worker(config: Settings, registry: Registry) -> Iterator[None]:
    with in_threads(config, registry):
        yield


@pytest.fixture
def submit(app: TestApp) -> Submit:
    """Submit a task of dive with these params; return it as it was answered."""

    def make(**params: object) -> dict[str, Any]:
        body = {"metric": "dive", "params": params}
        made: dict[str, Any] = app.post_json("/v4/tasks/", body, status=201).json
        return made

    return make


def path_of(task: dict[str, Any], rel: str = "self") -> str:
    (href,) = [link["href"] for link in task["links"] if link["rel"] == rel]
    return str(href)


def ended(app: TestApp, task: dict[str, Any]) -> dict[str, Any]:
    """The task once it has ended."""
    until(lambda: app.get(path_of(task)).json["state"] not in UNFINISHED)
    found: dict[str, Any] = app.get(path_of(task)).json
    return found
