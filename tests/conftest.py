"""Fixtures of all tests: a real Redis, settings for each test, the application, a worker."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from webtest import TestApp

from sysmon_core import logs, settings, testing
from sysmon_core.database import Database
from sysmon_core.metrics import loading
from sysmon_core.metrics.host import HostMetrics, bind
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.services.passwords import PasswordRules, Passwords
from sysmon_core.services.user_fields import NewUser
from sysmon_core.services.users import Account, Users
from sysmon_core.settings import Settings
from sysmon_core.worker import in_threads
from tests.support import redis_server
from tests.support.postgresql import Cluster, started_postgresql

ROOT = Path(__file__).parent.parent
PATIENCE = 20.0  # seconds: longer than anything here takes on a busy machine

# Of the project, in their order.
METRICS = ("uptime", "iostat", "vmstat", "disk", "processes", "memory", "network")

# Most tests are not about the limits of password guesses and of concurrent password checks.
UNHURRIED = dict.fromkeys(
    ("guesses_per_address", "guesses_per_user_and_address", "guesses_per_user"), "9999/second"
) | {"password_checks": 64}

# No deadline: the machine may be busy. A failing example is printed, not stored.
hypothesis.register_profile(
    "house",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis.register_profile("long", hypothesis.get_profile("house"), max_examples=5000)
hypothesis.load_profile("house")

until = testing.until
started_redis = redis_server.started_redis

LogLines = Callable[[], list[dict[str, Any]]]
MakeSettings = Callable[..., Settings]
MakeApp = Callable[..., TestApp]
MakePrograms = Callable[..., str]


def examples(number: int) -> int:
    """The number of examples where 100 are too many or too few, scaled by the profile."""
    per_cent: int = hypothesis().max_examples
    return max(1, number * per_cent // 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "http://NAME:PASSWORD@HOST:PORT of a server and its admin, held to the contract"
    parser.addoption("--server", metavar="URL", help=about)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the test's own, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="sysmon-") as name:
        yield Path(name)


@pytest.fixture(scope="session", autouse=True)
def signals_heard() -> None:
    """Handle INT and HUP in what tests start, even if pytest itself runs under nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def redis_folder() -> Iterator[Path]:
    """The folder of the Redis that all tests share that do not stop it."""
    with tempfile.TemporaryDirectory(prefix="sysmon-redis-") as name, started_redis(Path(name)):
        yield Path(name)


@pytest.fixture
def redis_url(redis_folder: Path) -> str:
    """The shared Redis, empty."""
    url = f"unix://{redis_folder}/redis.sock"
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """The PostgreSQL server that all tests share that do not stop it."""
    with started_postgresql() as cluster:
        yield cluster


@pytest.fixture
def database_url() -> str:
    """The users' database of this test: SQLite in its folder, but where this is overridden."""
    return ""


@pytest.fixture
def make_settings(folder: Path, database_url: str) -> MakeSettings:
    """Make settings: state in the test's folder, no Redis unless named, no environment."""

    def make(**values: object) -> Settings:
        given = {"var": folder, "database_url": database_url} | UNHURRIED | values
        ini = {f"sysmon.{name}": str(value) for name, value in given.items()}
        return settings.load(ini, environ={})

    return make


@pytest.fixture
def programs(folder: Path) -> MakePrograms:
    """Make a command_path on which these shell scripts come before the real programs."""

    def make(**scripts: str) -> str:
        place = folder / "programs"
        place.mkdir(exist_ok=True)
        for name, script in scripts.items():
            (place / name).write_text(f"#!/bin/sh\n{script}\n")
            (place / name).chmod(0o755)
        return f"{place}:/usr/bin:/bin"

    return make


@pytest.fixture
def make_testapp() -> MakeApp:
    """Make the whole web application, its database migrated."""

    def make(config: Settings, metrics: Registry | None = None) -> TestApp:
        return testing.make_testapp(config, metrics or loading.load(config))

    return make


@pytest.fixture
def testapp(make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str) -> TestApp:
    """The application with everything it needs but a worker."""
    return make_testapp(make_settings(redis_url=redis_url))


def hosting(config: Settings, *metrics: Metric) -> HostMetrics:
    """Metrics of no plugin, bound to this host."""
    source = Source("test", "the test itself", "0")
    return bind(Registry((metric, source) for metric in metrics), config)


def working(
    config: Settings, metrics: Registry | None = None
) -> contextlib.AbstractContextManager[None]:
    """A worker on these settings, in threads of this process."""
    return in_threads(config, metrics or loading.load(config))


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    """Read what was logged so far, in the JSON of production.ini."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Json())
    logger = logging.getLogger("sysmon_core")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture
def worker(make_settings: MakeSettings, redis_url: str) -> Iterator[None]:
    """A worker for the application of the fixture ``testapp``."""
    with working(make_settings(redis_url=redis_url)):
        yield


def users_of(database: str | Database, passwords: Passwords | None = None) -> Users:
    """The users in a database, given by its URL or opened."""
    opened = Database(database) if isinstance(database, str) else database
    return Users(opened, passwords or Passwords(), PasswordRules())


def owner_of(users: Users, name: str, password: str) -> Account | None:
    """The user of this name and password."""
    account, password_hash = users.credentials(name) or (None, None)
    return account if Passwords().verify(password_hash, password) else None


@pytest.fixture
def add_user(make_settings: MakeSettings) -> Callable[..., tuple[str, tuple[str, str]]]:
    """Put a user into the database of the fixture ``testapp``; gives WebTest's authorization."""

    def add(name: str, password: str, *, admin: bool = False) -> tuple[str, tuple[str, str]]:
        users = users_of(make_settings().database)
        users.create(NewUser(username=name, password=password, fullname=name.title(), admin=admin))
        return ("Basic", (name, password))

    return add
