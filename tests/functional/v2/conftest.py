"""What the tests of version 2 share: the application, and how a task is shown."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakePrograms, MakeSettings, until


@pytest.fixture
def config(make_settings: MakeSettings, programs: MakePrograms, redis_url: str) -> Settings:
    """Programs that answer at once, iostat with its arguments."""
    path = programs(uptime="echo ' up '", iostat='echo "$*"')
    return make_settings(redis_url=redis_url, command_path=path)


@pytest.fixture
def app(config: Settings, make_testapp: MakeApp) -> TestApp:
    return make_testapp(config)


def shown(made: Any, state: str, **members: object) -> dict[str, Any]:
    """The task in this state, as it must be shown."""
    href = made.headers["Location"]
    links = [{"rel": "self", "href": href}]
    if state in {"QUEUED", "STARTED"}:
        links.append({"rel": "cancel", "method": "DELETE", "href": href})
    return {"task_id": made.json["task_id"], "state": state, "links": links} | members


def ended(app: TestApp, made: Any) -> dict[str, Any]:
    """The task as it is shown once it has ended."""
    until(lambda: app.get(made.location).json["state"] not in {"QUEUED", "STARTED"})
    task: dict[str, Any] = app.get(made.location).json
    return task


def cancel(app: TestApp, made: Any) -> None:
    answer = app.delete(made.location, status=204)
    assert answer.body == b""
    assert "Content-Type" not in answer.headers
