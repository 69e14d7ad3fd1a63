"""Tasks of version 4 whose metric is gone, or whose record somebody has damaged in Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from webtest import TestApp

from sysmon_core.redis_store.keys import TASK
from sysmon_core.settings import Settings
from tests.functional.v4.tasks.conftest import Submit, ended, path_of

TASKS = "/v4/tasks/"
FORMATS = ("json", "text", "csv")

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def rewrite(config: Settings) -> Callable[..., None]:
    """Write other fields into the record of a task."""

    def make(task: dict[str, Any], **fields: str | bytes) -> None:
        with redis.Redis.from_url(config.redis_url) as client:
            client.hset(TASK + task["id"], mapping=fields)

    return make


def ids(app: TestApp) -> list[str]:
    return [one["id"] for one in app.get(TASKS).json["items"]]


def test_the_task_of_a_metric_that_is_gone_is_shown_and_removed(
    app: TestApp, submit: Submit, rewrite: Callable[..., None]
) -> None:
    done = ended(app, submit(dives=1))
    rewrite(done, metric="gone")
    assert app.get(path_of(done)).json["metric"] == "gone"
    assert ids(app) == [done["id"]]
    report = app.get(path_of(done, "report")).json
    assert (report["columns"], report["samples"]) == ([], [])
    for name in FORMATS:
        app.get(f"{path_of(done, 'report')}?format={name}", status=200)
    app.delete(path_of(done), status=204)


@pytest.mark.parametrize(
    "fields",
    [
        *({"params": "{"}, {"params": "5"}, {"params": b"\xff"}, {"error": b"\xff"}),
        *({"state": "ODD"}, {"created": "x"}, {"samples": "many"}),
    ],
)
def test_a_damaged_record_is_no_task_and_hides_no_other(
    fields: dict[str, str | bytes],
    app: TestApp,
    submit: Submit,
    rewrite: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole, damaged = (ended(app, submit(dives=1)) for _ in range(2))
    rewrite(damaged, **fields)
    for path in (path_of(damaged), path_of(damaged, "report")):
        app.get(path, status=404)
    app.delete(path_of(damaged), status=404)
    assert ids(app) == [whole["id"]]
    assert f"The record of the task {damaged['id']} is damaged" in caplog.text
