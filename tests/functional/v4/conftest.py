"""What the tests of version 4 share: metrics that need no host, and applications of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Column, Field, Integer, Metric, MetricFailed, Params, Report, Row, Run
from sysmon_core.testing import MakeApp

Serve = Callable[..., TestApp]

COLUMNS = [
    Column("depth", "how deep it is", "m"),
    Column("fish", "whose it is", kind="key"),
    Column("dives", "dives since midnight", "1", kind="counter"),
    Column("note", "what was seen"),
]
ROW = {"depth": 3, "fish": "eel", "dives": 7, "note": None}


class Dives(Params):
    """How often, and where."""

    dives: Integer = Field(1, ge=1, le=20, description="How often")
    lake: str = Field("", description="Where")


def pond(**more: Any) -> Metric:
    """A quick metric that is kept for an hour."""
    fields: dict[str, Any] = {
        "name": "pond",
        "title": "Pond",
        "description": "How deep the pond is.",
        "columns": COLUMNS,
        "function": lambda _params, _run: Report("deep\n", [ROW]),
        "lifetime": 3600,
    }
    return Metric(**fields | more)


def dive(**more: Any) -> Metric:
    """A long metric that yields a row for each dive, a little apart."""

    def function(params: Dives, run: Run) -> Iterator[Row]:
        for number in range(params.dives):
            run.check()
            time.sleep(0.02)
            yield ROW | {"depth": number / 10}

    fields: dict[str, Any] = {
        "name": "dive",
        "title": "Dives",
        "params": Dives,
        "columns": COLUMNS,
        "function": function,
        "duration": lambda params: params.dives - 1,
    }
    return Metric(**fields | more)


class Lazy:
    """Rows that count how often they were asked for."""

    def __init__(self, rows: Sequence[Row] = (ROW,), error: str = "") -> None:
        self.asked = 0
        self._rows, self._error = rows, error

    def __call__(self) -> Sequence[Row]:
        self.asked += 1
        if self._error:
            raise MetricFailed(self._error)
        return list(self._rows)

    def metric(self, **more: Any) -> Metric:
        return pond(function=lambda _params, _run: Report("deep\n", self), **more)


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what is tested here knows nothing of the users' database."""
    return ""


@pytest.fixture
def serve(sysmon_app: MakeApp) -> Serve:
    """Make an application of version 4 with these metrics; its requests are an admin's."""

    def make(*metrics: Metric, **values: object) -> TestApp:
        given = {"versions": "v4", "as_admin": True} | values
        app: TestApp = sysmon_app(metrics or [pond(), dive()], **given)
        return app

    return make


@pytest.fixture
def app(serve: Serve) -> TestApp:
    return serve()
