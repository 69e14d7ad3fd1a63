"""What the kinds of tests share: a real Redis, settings for each test, the app, a worker."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from dramatiq import Worker
from webtest import TestApp

from sysmon_core import migrations, registry, settings
from sysmon_core.app import make_app
from sysmon_core.db import Database
from sysmon_core.registry import Registry
from sysmon_core.services.passwords import Passwords
from sysmon_core.services.users import NewUser, Users
from sysmon_core.settings import Settings
from sysmon_core.worker import make_worker
from tests.postgresql import Cluster, started_postgresql

ROOT = Path(__file__).parent.parent
PATIENCE = 20.0  # seconds: far more than anything here takes, so that a busy machine is no failure

MakeSettings = Callable[..., Settings]
MakeApp = Callable[..., TestApp]
MakePrograms = Callable[..., str]


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for a condition; fail loudly rather than sleep for luck."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{condition} did not come true in {seconds} s"
        time.sleep(0.01)


@contextlib.contextmanager
def started_redis(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A private redis-server with the configuration of `make run`, its socket in the folder."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program, "redis-server is missing: make programs"
    socket = folder / "redis.sock"
    command = [program, str(ROOT / "config/redis.conf"), "--dir", str(folder)]
    server = subprocess.Popen([*command, "--unixsocket", str(socket), *options])
    try:
        client = redis.Redis(unix_socket_path=str(socket))
        until(lambda: _answers(client))
        yield server
    finally:
        server.send_signal(signal.SIGCONT)
        server.kill()
        server.wait()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the test's own, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="sysmon-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def redis_folder() -> Iterator[Path]:
    """The folder of the one Redis that tests share which do not harm it."""
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
    """The one PostgreSQL server that tests share which do not harm it."""
    with started_postgresql() as cluster:
        yield cluster


@pytest.fixture
def database_url() -> str:
    """The users' database of this test: SQLite in its folder, but where this is overridden."""
    return ""


@pytest.fixture
def make_settings(folder: Path, database_url: str) -> MakeSettings:
    """Settings of this test: state in its folder, no Redis unless named, nothing inherited."""

    def make(**values: object) -> Settings:
        given = {"var": folder, "database_url": database_url} | values
        ini = {f"sysmon.{name}": str(value) for name, value in given.items()}
        return settings.load(ini, environ={})

    return make


@pytest.fixture
def programs(folder: Path) -> MakePrograms:
    """A command_path on which the named programs are these shell scripts, before the real ones."""

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
    """The whole web application on these settings, its database migrated."""

    def make(config: Settings, metrics: Registry | None = None) -> TestApp:
        migrations.upgrade(Database(config.database))
        found = metrics or registry.load(config)
        return TestApp(make_app(config, found))

    return make


@pytest.fixture
def testapp(make_settings: MakeSettings, make_testapp: MakeApp, redis_url: str) -> TestApp:
    """The application with everything it needs but a worker."""
    return make_testapp(make_settings(redis_url=redis_url))


@contextlib.contextmanager
def working(config: Settings, metrics: Registry | None = None) -> Iterator[None]:
    """A worker on these settings, in threads of this process."""
    broker = make_worker(config, metrics or registry.load(config))
    worker = Worker(broker, worker_threads=4, worker_timeout=20)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        broker.client.connection_pool.disconnect()


@pytest.fixture
def worker(make_settings: MakeSettings, redis_url: str) -> Iterator[None]:
    """A worker for the application of the fixture ``testapp``."""
    with working(make_settings(redis_url=redis_url)):
        yield


@pytest.fixture
def add_user(make_settings: MakeSettings) -> Callable[..., tuple[str, tuple[str, str]]]:
    """Put a user into the database of the fixture ``testapp``; gives WebTest's authorization."""

    def add(name: str, password: str, *, admin: bool = False) -> tuple[str, tuple[str, str]]:
        users = Users(Database(make_settings().database), Passwords(), 1)
        users.create(NewUser(username=name, password=password, fullname=name.title(), admin=admin))
        return ("Basic", (name, password))

    return add
