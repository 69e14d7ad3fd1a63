"""Fixtures for authors of plugins; pytest finds them where sysmon is installed.

``check_metric`` checks what every metric must do; ``sysmon_app`` is the web application with
just the metrics of a test, with ``as_admin=True`` as an admin sees it; ``sysmon_worker`` runs their
tasks. None of them needs Redis. What the operator would set for the plugin is given as
``plugin_settings``.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from webtest import TestApp

    from sysmon_core.metrics.metric import Metric
    from sysmon_core.metrics.registry import Registry, Source
    from sysmon_core.services.task_records import Records
    from sysmon_core.settings import Settings
    from sysmon_core.settings.plugin_values import PluginValues
    from sysmon_core.tasks.memory_records import MemoryRecords

# pytest loads this in every run of the environment: what is heavy is imported where it is needed.
# ruff: noqa: PLC0415

TIMEOUT_SECONDS = 20.0  # for what takes a moment, so that a busy machine is no failure
TASK_SECONDS = 600.0  # for a task to end
NOTHING: Mapping[str, object] = MappingProxyType({})

CheckMetric = Callable[..., None]
MakeApp = Callable[..., "TestApp"]
RunTask = Callable[..., dict[str, Any]]


def until(condition: Callable[[], object], seconds: float = TIMEOUT_SECONDS) -> None:
    """Wait for a condition; fail loudly rather than sleep for luck."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{condition} did not come true in {seconds} s")
        time.sleep(0.01)


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Ignore what our libraries warn of when they are imported: an author cannot change them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def make_testapp(config: Settings, metrics: Registry, records: Records | None = None) -> TestApp:
    """Make the whole web application on these settings, its database migrated."""
    with _quiet_libraries():
        from webtest import TestApp

        from sysmon_core.app import make_app
    from sysmon_core.database import Database, migrations

    migrations.upgrade(Database(config.database))
    return TestApp(make_app(config, metrics, records=records))


def installed(metric: Metric, found: Registry) -> Source | None:
    """Return the source of a metric, if an installed plugin declares it."""
    source = found.sources.get(metric.name)
    module = getattr(metric.function, "__module__", None) or ""
    same = source and source.module.partition(".")[0] == module.partition(".")[0]
    return source if same else None


def values_of(plugin: str, settings: Mapping[str, object]) -> PluginValues:
    """Make of Python values what an ini file would give for a plugin."""
    from sysmon_core.settings.plugin_values import Given, PluginValues

    given = {name: Given(_text(value), name) for name, value in settings.items()}
    return PluginValues({plugin: given})


def _text(value: object) -> str:
    """Write a value as an ini file has it: a list with spaces, the word of an Enum, a secret."""
    if isinstance(value, list | tuple):
        return " ".join(_text(one) for one in value)
    secret = getattr(value, "get_secret_value", None)
    return str(secret() if secret else getattr(value, "value", value))


@pytest.fixture
def check_metric() -> CheckMetric:
    """Check a metric, on settings of its plugin if given, and fail with all that falls short."""
    from sysmon_core import settings
    from sysmon_core.checks import Mark, examine
    from sysmon_core.metrics import loading
    from sysmon_core.metrics.registry import Source

    with _quiet_libraries():
        from sysmon_core.cli.surfaces import SURFACES

    config = settings.load({"sysmon.plugins_tolerant": "true"}, environ={})
    found = loading.load(config)

    def check(metric: Metric, plugin_settings: Mapping[str, object] = NOTHING) -> None:
        source = installed(metric, found) or Source("test", "the test itself", "0")
        own = config.with_plugins(values_of(source.plugin, plugin_settings))
        findings = examine(metric, own, source, SURFACES)
        short = [f"{one.check}: {one.detail}" for one in findings if one.mark is Mark.SHORT]
        __tracebackhide__ = True
        if short:
            raise AssertionError("\n".join([f"The metric {metric.name} falls short:", *short]))

    return check


def _add_admin(config: Settings) -> tuple[str, tuple[str, str]]:
    """Add an admin to the users; return what a TestApp sends as that."""
    from sysmon_core.services.user_fields import NewUser
    from sysmon_core.services.users import Users

    name, password = "admin", secrets.token_urlsafe()
    Users.of(config).create(NewUser(username=name, password=password, fullname=name, admin=True))
    return "Basic", (name, password)


class Bench:
    """The applications of one test, with their workers."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._parts: dict[TestApp, tuple[Settings, Registry, MemoryRecords]] = {}
        self._working: set[TestApp] = set()

    def app(
        self,
        metrics: Metric | Iterable[Metric],
        plugin_settings: Mapping[str, object] = NOTHING,
        *,
        as_admin: bool = False,
        **values: object,
    ) -> TestApp:
        """Make the web application with these metrics alone.

        Its requests are an admin's, who may ask for every metric in version 3, or nobody's. The
        other values are settings of sysmon, by name.
        """
        from sysmon_core import settings
        from sysmon_core.metrics.metric import Metric
        from sysmon_core.metrics.registry import Registry, Source
        from sysmon_core.tasks.memory_records import MemoryRecords

        place = self._folder / str(len(self._parts))
        place.mkdir()
        given = {"var": place} | values
        config = settings.load({f"sysmon.{k}": str(v) for k, v in given.items()}, environ={})
        source = Source("test", "the test itself", "0")
        config = config.with_plugins(values_of(source.plugin, plugin_settings))
        listed = [metrics] if isinstance(metrics, Metric) else metrics
        found = Registry((metric, source) for metric in listed)
        records = MemoryRecords(config)
        app = make_testapp(config, found, records)
        if as_admin:
            app.authorization = _add_admin(config)
        self._parts[app] = config, found, records
        return app

    def task(
        self, app: TestApp, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Submit a task, as ``/v2/NAME/?count=2``, and return its JSON once it has ended.

        In version 4 the path is ``/v4/tasks/``, and ``body`` has the JSON.
        """
        if app not in self._working:
            self._start(*self._parts[app])
            self._working.add(app)
        post = app.post if body is None else partial(app.post_json, params=body)
        place = post(path, status=201).location
        unfinished = {"QUEUED", "STARTED", "RETRY"}
        until(lambda: app.get(place).json["state"] not in unfinished, TASK_SECONDS)
        shown: dict[str, Any] = app.get(place).json
        return shown

    def _start(self, config: Settings, metrics: Registry, records: MemoryRecords) -> None:
        from sysmon_core.metrics.host import bind
        from sysmon_core.services.executor import Executor
        from sysmon_core.tasks.memory_worker import memory_worker
        from sysmon_core.tasks.task_runner import TaskRunner

        host = bind(metrics, config)
        runner = TaskRunner(host.registry, Executor(config, host), records)
        self._stack.enter_context(memory_worker(records, runner))


@pytest.fixture
def sysmon_bench() -> Iterator[Bench]:
    """Make what ``sysmon_app`` and ``sysmon_worker`` share."""
    with contextlib.ExitStack() as stack:
        # Not tmp_path: the path of a socket must be short.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sysmon-"))
        yield Bench(Path(folder), stack)


@pytest.fixture
def sysmon_app(sysmon_bench: Bench) -> MakeApp:
    """Make a WebTest application with one metric or some, as ``Bench.app`` says."""
    return sysmon_bench.app


@pytest.fixture
def sysmon_worker(sysmon_bench: Bench) -> RunTask:
    """Submit a task to an application of ``sysmon_app``, run it, and wait for its end."""
    return sysmon_bench.task
