"""What the tests of plugins share: a metric's whole report, from a real run."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from sysmon_core import Metric, Report
from sysmon_core.running.context import Stop
from sysmon_core.running.run import Run
from tests.conftest import PATIENCE

# The types of values, by the kind of their column.
TYPES: dict[str, set[type]] = {"key": {int, float, str}, "text": {str, bool}}
NUMBERS: set[type] = {int, float}
ROOM = 1 << 20  # bytes that a program may print

Collect = Callable[[Metric], Report]
MakeRun = Callable[..., Run]


class Mount(NamedTuple):
    """What psutil says of a mounted file system."""

    device: str
    mountpoint: str
    fstype: str
    opts: str


class Usage(NamedTuple):
    """What psutil says of its room, in bytes and percent."""

    total: Any
    used: Any
    free: Any
    percent: Any


@pytest.fixture
def metric(request: pytest.FixtureRequest) -> Metric:
    """The one metric of the plugin that the test's file is named after, as it declares it."""
    plugin = import_module(request.path.stem.replace("test_", "sysmon_"))
    (found,) = plugin.sysmon_metrics()
    assert isinstance(found, Metric)
    return found


@pytest.fixture
def make_run() -> Iterator[MakeRun]:
    """Runs with time enough for anything here, unless a test says less."""
    with contextlib.ExitStack() as stack:

        def make(seconds: float = 20.0) -> Run:
            return Run(time.monotonic() + seconds, ROOM, stack.enter_context(Stop()))

        yield make


@pytest.fixture
def collect(make_run: MakeRun) -> Collect:
    """Run a metric with its default params, within the time that they allow for."""

    def run(metric: Metric) -> Report:
        params = metric.params()
        return metric.collect(params, make_run(metric.seconds(params) + 20))

    return run


def sound(metric: Metric, row: dict[str, Any]) -> None:
    """The columns that are declared, and in each a value of its kind or none."""
    assert list(row) == [column.name for column in metric.columns]
    json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
    for column in metric.columns:
        types = TYPES.get(column.kind, NUMBERS)
        assert type(row[column.name]) in {*types, type(None)}, column.name


def collected(metric: Metric) -> Report:
    """The report of one run; there are too many for descriptors to be left until the end."""
    with Stop() as stop:
        return metric.collect(metric.params(), Run(time.monotonic() + PATIENCE, ROOM, stop))
