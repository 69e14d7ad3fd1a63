"""The text of which the ETag of a task is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_core.api.v4.task_fields import revision
from sysmon_core.services.task import State, Task

RUNNING = Task(
    id="1", metric="m", params={}, state=State.STARTED, seconds=100, started=0, now=10, revision="a"
)


@pytest.mark.parametrize("now", [10.0, 10.4])
def test_a_moment_later_a_task_is_as_it_was(now: float) -> None:
    assert revision(replace(RUNNING, now=now)) == revision(RUNNING)


@pytest.mark.parametrize(
    "change", [{"now": 11.2}, {"revision": "b"}, {"id": "2"}, {"state": State.SUCCESS}]
)
def test_a_change_and_each_percent_make_another(change: dict[str, object]) -> None:
    assert revision(replace(RUNNING, **change)) != revision(RUNNING)  # type: ignore[arg-type]  # its own


def test_a_task_that_waits_stays_as_it_is() -> None:
    waiting = replace(RUNNING, state=State.QUEUED, started=None)
    assert revision(replace(waiting, now=99)) == revision(waiting)
