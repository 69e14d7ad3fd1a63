"""The worker of tasks in memory, as the fixture sysmon_worker has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sysmon_core import Metric, Report, Run
from sysmon_core.services.executor import Executor
from sysmon_core.services.task import State
from sysmon_core.tasks.memory_records import MemoryRecords
from sysmon_core.tasks.memory_worker import memory_worker
from sysmon_core.tasks.task_runner import SHUT_DOWN, TaskRunner
from tests.conftest import MakeSettings, hosting, until
from tests.unit.tasks.conftest import PLAIN, state_of, text_of

ID = PLAIN.id
TASK = replace(PLAIN, params={})


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """Until this is set, a run does not end by itself."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def records(make_settings: MakeSettings) -> MemoryRecords:
    return MemoryRecords(make_settings())


@pytest.fixture
def runner(make_settings: MakeSettings, records: MemoryRecords, go: threading.Event) -> TaskRunner:
    def dive(_params: Any, run: Run) -> Report:
        until(lambda: go.is_set() or run.stop.reason)
        run.check()
        return Report("5 m")

    metric = Metric(name="dive", title="", function=dive)
    host = hosting(make_settings(), metric)
    return TaskRunner(host.registry, Executor(make_settings(), host), records)


def test_more_tasks_than_threads_run_to_their_ends(
    records: MemoryRecords, runner: TaskRunner, go: threading.Event
) -> None:
    for number in range(5):
        records.submit(replace(TASK, id=f"t{number}"), f"user {number}")
    with memory_worker(records, runner, threads=2):
        until(lambda: records.figures().open == {State.QUEUED: 3, State.STARTED: 2})
        go.set()
        until(lambda: records.figures().ended == {("dive", State.SUCCESS): 5})
    assert text_of(records, "t4") == "5 m"


def test_a_cancel_stops_the_run(records: MemoryRecords, runner: TaskRunner) -> None:
    records.submit(TASK, "somebody")
    with memory_worker(records, runner):
        until(runner.running)
        assert records.cancel(ID) is State.STARTED
        until(lambda: not runner.running())
    assert state_of(records) is State.REVOKED


def test_the_end_of_the_worker_stops_what_runs(records: MemoryRecords, runner: TaskRunner) -> None:
    records.submit(TASK, "somebody")
    with memory_worker(records, runner):
        until(runner.running)
    task = records.get(ID)
    assert task
    assert (task.state, task.error) == (State.FAILURE, SHUT_DOWN)
