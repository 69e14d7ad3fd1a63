"""Pages as WebTest sees them, for people who log in by the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from sysmon_core import Metric, Params
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakeSettings

OWN_PAGE = {"Origin": "http://localhost:80"}
SECRET = "secret"
Visit = Callable[..., TestApp]


def registry(*metrics: Metric) -> Registry:
    source = Source("test", "the test itself", "0")
    return Registry((metric, source) for metric in metrics)


def words(name: str, text: str, **more: Any) -> Metric:
    """A quick metric without rows that says a text."""
    return Metric(name=name, title=name, params=Params, function=lambda *_: text, **more)


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    return make_settings(redis_url=redis_url)


@pytest.fixture
def visit(config: Settings, make_testapp: MakeApp, add_user: Callable[..., Any]) -> Visit:
    """Make a browser, logged in as ann or root; with metrics, those alone are served."""

    def make(name: str | None = "ann", *metrics: Metric, **settings: Any) -> TestApp:
        given = config.model_copy(update=settings)
        app = make_testapp(given, registry(*metrics) if metrics else None)
        if name:
            add_user(name, SECRET, admin=name == "root")
            log_in(app, name)
        return app

    return make


def log_in(app: TestApp, name: str, password: str = SECRET, to: str = "") -> Any:
    form = app.get(f"/ui/login{to}").form
    form["username"], form["password"] = name, password
    return form.submit(headers=OWN_PAGE, status="*")
