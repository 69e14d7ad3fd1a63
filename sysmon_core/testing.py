"""Fixtures for authors of plugins; pytest finds them where sysmon is installed.

``check_metric`` checks what every metric must do; ``sysmon_app`` is the web application with
just the metrics of a test; ``sysmon_worker`` runs their tasks.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from webtest import TestApp

    from sysmon_core.metrics.metric import Metric
    from sysmon_core.metrics.registry import Registry, Source
    from sysmon_core.settings import Settings

# pytest loads this in every run of the environment: what is heavy is imported where it is needed.
# ruff: noqa: PLC0415

TIMEOUT_SECONDS = 20.0  # for what takes a moment, so that a busy machine is no failure
REDIS_SERVERS = ("redis-server", "valkey-server")
IN_MEMORY_OPTIONS = ("--port", "0", "--save", "", "--appendonly", "no", "--loglevel", "warning")

CheckMetric = Callable[["Metric"], None]
MakeApp = Callable[..., "TestApp"]
RunTask = Callable[..., dict[str, Any]]


def until(condition: Callable[[], object], seconds: float = TIMEOUT_SECONDS) -> None:
    """Wait for a condition; fail loudly rather than sleep for luck."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{condition} did not come true in {seconds} s")
        time.sleep(0.01)


def server_program() -> str | None:
    """Find the Redis server of this host, if there is one."""
    return next(filter(None, map(shutil.which, REDIS_SERVERS)), None)


@contextlib.contextmanager
def started_redis(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a private Redis with its socket in the folder; without options it stores no file."""
    import redis

    program = server_program()
    if program is None:
        raise FileNotFoundError(f"Neither of {', '.join(REDIS_SERVERS)} is on this host")
    place = ("--dir", str(folder), "--unixsocket", str(folder / "redis.sock"))
    server = subprocess.Popen([program, *(options or IN_MEMORY_OPTIONS), *place])  # noqa: S603 - our own words

    def answers() -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False

    try:
        with redis.Redis(unix_socket_path=str(folder / "redis.sock")) as client:
            until(answers)
        yield server
    finally:
        server.send_signal(signal.SIGCONT)
        server.kill()
        server.wait()


def make_testapp(config: Settings, metrics: Registry) -> TestApp:
    """Make the whole web application on these settings, its database migrated."""
    with warnings.catch_warnings():  # of our libraries: an author cannot change them
        warnings.simplefilter("ignore", DeprecationWarning)
        from webtest import TestApp

        from sysmon_core.app import make_app
    from sysmon_core.database import Database, migrations

    migrations.upgrade(Database(config.database))
    return TestApp(make_app(config, metrics))


def installed(metric: Metric, found: Registry) -> Source | None:
    """Find where a metric comes from, if it is of a plugin that is installed."""
    source = found.sources.get(metric.name)
    module = getattr(metric.function, "__module__", None) or ""
    same = source and source.module.partition(".")[0] == module.partition(".")[0]
    return source if same else None


@pytest.fixture
def check_metric() -> CheckMetric:
    """Check a metric, and fail with all that falls short."""
    from sysmon_core import settings
    from sysmon_core.checks import examine
    from sysmon_core.metrics import registry

    config = settings.load({"sysmon.plugins_tolerant": "true"}, environ={})
    found = registry.load(config)

    def check(metric: Metric) -> None:
        findings = examine(metric, config, installed(metric, found))
        short = [f"{finding.check}: {finding.detail}" for finding in findings if not finding.ok]
        __tracebackhide__ = True
        if short:
            raise AssertionError("\n".join([f"The metric {metric.name} falls short:", *short]))

    return check


class Bench:
    """The applications of one test, with their workers and Redis."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._parts: dict[TestApp, tuple[Settings, Registry]] = {}
        self._working: set[TestApp] = set()

    def app(self, metrics: Metric | Iterable[Metric], **values: object) -> TestApp:
        """Make the web application with these metrics alone; the values are settings."""
        from sysmon_core import settings
        from sysmon_core.metrics.metric import Metric
        from sysmon_core.metrics.registry import Registry, Source

        place = self._folder / str(len(self._parts))
        place.mkdir()
        given = {"var": place} | values
        config = settings.load({f"sysmon.{k}": str(v) for k, v in given.items()}, environ={})
        source = Source("test", "the test itself", "0")
        listed = [metrics] if isinstance(metrics, Metric) else metrics
        found = Registry((metric, source) for metric in listed)
        app = make_testapp(config, found)
        self._parts[app] = config, found
        return app

    def task(self, app: TestApp, path: str) -> dict[str, Any]:
        """Submit a task, as ``/v2/NAME/?count=2``; return what the API shows once it has ended."""
        if app not in self._working:
            self._start(*self._parts[app])
            self._working.add(app)
        place = app.post(path, status=201).location
        until(lambda: app.get(place).json["state"] not in {"QUEUED", "STARTED", "RETRY"}, 600)
        shown: dict[str, Any] = app.get(place).json
        return shown

    def _start(self, config: Settings, metrics: Registry) -> None:
        from sysmon_core.worker import in_threads

        self._stack.enter_context(started_redis(config.redis_socket.parent))
        self._stack.enter_context(in_threads(config, metrics))


@pytest.fixture
def sysmon_bench() -> Iterator[Bench]:
    """The applications that ``sysmon_app`` makes and ``sysmon_worker`` uses."""
    with contextlib.ExitStack() as stack:
        # Not tmp_path: the path of a socket must be short.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-"))
        yield Bench(Path(folder), stack)


@pytest.fixture
def sysmon_app(sysmon_bench: Bench) -> MakeApp:
    """Make a WebTest application with one metric or some; more arguments are settings."""
    return sysmon_bench.app


@pytest.fixture
def sysmon_worker(sysmon_bench: Bench) -> RunTask:
    """Submit a task to an application of ``sysmon_app`` and wait for its end, beside a worker."""
    if server_program() is None:
        pytest.skip(f"Neither of {', '.join(REDIS_SERVERS)} is on this host: install redis-server")
    return sysmon_bench.task
