"""The run of one task in a worker, from its message to its outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from sysmon_core import Integer, Metric, MetricFailed, Params, Report, Run
from sysmon_core.errors import RunStopped
from sysmon_core.services.executor import Executor
from sysmon_core.services.task import State
from sysmon_core.tasks.queues import USERS_LONG
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.task_runner import CANCELLED, SHUT_DOWN, TaskRunner
from tests.conftest import MakeSettings, hosting, until
from tests.unit.tasks.conftest import (
    ABSENT,
    PLAIN,
    TTL,
    Reach,
    field,
    find_lost,
    lose_messages,
    queued,
    read,
    state_of,
    text_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


class Depth(Params):
    depth: Integer
    note: str


class Dive:
    """A metric's function that a test can hold; a stop ends it."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.given: list[Depth] = []
        self.error: BaseException | None = None

    def __call__(self, params: Depth, run: Run) -> Report:
        self.given.append(params)
        until(lambda: self.go.is_set() or run.stop.reason)
        if run.stop.reason:
            raise RunStopped(run.stop.reason)
        if self.error:
            raise self.error
        return Report(f"{params.depth} m")


class Gate(redis.Redis):
    """A client that blocks its first command until the test lets it go on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.asked, self.go = threading.Event(), threading.Event()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.asked.set()
        assert self.go.wait(20)
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


@pytest.fixture
def dive() -> Dive:
    return Dive()


@pytest.fixture
def gate(client: redis.Redis) -> Gate:
    return Gate(connection_pool=client.connection_pool)


MakeRunner = Callable[[redis.Redis], TaskRunner]


@pytest.fixture
def make_runner(dive: Dive, results: ResultStore, make_settings: MakeSettings) -> MakeRunner:
    def make(client: redis.Redis) -> TaskRunner:
        settings = make_settings(task_ttl=TTL)
        metric = Metric(name="dive", title="", params=Depth, function=dive)
        host = hosting(settings, metric)
        records = RedisRecords(client, results, settings)
        return TaskRunner(host.registry, Executor(settings, host), records)

    return make


@pytest.fixture
def runner(make_runner: MakeRunner, client: redis.Redis) -> TaskRunner:
    return make_runner(client)


@pytest.fixture
def begin(dive: Dive) -> Iterator[Callable[[TaskRunner], threading.Thread]]:
    """Run the task in another thread, which is over when the test is."""
    threads = []

    def start(runner: TaskRunner) -> threading.Thread:
        threads.append(threading.Thread(target=runner.run, args=(ID,)))
        threads[-1].start()
        return threads[-1]

    yield start
    dive.go.set()
    for thread in threads:
        thread.join()


Begin = Callable[[TaskRunner], threading.Thread]


@pytest.fixture
def held(dive: Dive, begin: Begin, runner: TaskRunner, records: RedisRecords) -> threading.Thread:
    """The thread of a run of the task, held by its metric."""
    records.submit(PLAIN, "somebody")
    dive.go.clear()
    thread = begin(runner)
    until(runner.running)
    return thread


@pytest.fixture
def gated(make_runner: MakeRunner, gate: Gate, begin: Begin, records: RedisRecords) -> TaskRunner:
    """A runner whose run of the task waits at the gate, its start not yet recorded."""
    records.submit(PLAIN, "somebody")
    runner = make_runner(gate)
    begin(runner)
    assert gate.asked.wait(20)
    return runner


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_task_is_run_if_it_waits_and_not_if_its_message_came_too_late(
    state: State | None, runner: TaskRunner, dive: Dive, records: RedisRecords, reach: Reach
) -> None:
    reach(state)
    before = records.get(ID)
    runner.run(ID)
    runner.run(ID)  # a message may come twice
    if state in {QUEUED, RETRY}:
        assert dive.given == [Depth(depth=5, note="ü")]
        assert state_of(records) is SUCCESS
        assert text_of(records) == "5 m"
    else:
        assert dive.given == []
        assert records.get(ID) == before
    assert runner.running() == []


BLAME = "(its plugin: mend it, or name it in plugins_blocked)"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MetricFailed("no water"), "no water"),
        (MetricFailed("x" * 5000), "x" * 2000),
        (ValueError("no water"), f"The metric dive failed: ValueError: no water {BLAME}"),
        (SystemExit(), f"The metric dive failed: SystemExit {BLAME}"),
    ],
)
def test_the_error_of_a_failed_run_is_recorded(
    error: BaseException, reason: str, runner: TaskRunner, dive: Dive, records: RedisRecords
) -> None:
    dive.error = error
    records.submit(PLAIN, "somebody")
    runner.run(ID)
    assert records.get(ID) == read(FAILURE, reason)
    assert text_of(records) is None


def test_a_run_is_known_as_running_from_its_start_to_its_end(
    runner: TaskRunner, dive: Dive, held: threading.Thread, client: redis.Redis
) -> None:
    assert runner.running() == [(ID, field(client, "token"))]
    dive.go.set()
    held.join()
    assert runner.running() == []


def test_a_run_whose_start_is_not_yet_recorded_is_neither_renewed_nor_given_up(
    gated: TaskRunner, gate: Gate, records: RedisRecords
) -> None:
    assert gated.running() == []
    gated.abandon(records.renew(gated.running()))
    gate.go.set()
    until(lambda: state_of(records) is SUCCESS)


def test_a_cancel_that_comes_while_the_start_is_being_recorded_finds_the_run(
    gated: TaskRunner, gate: Gate, dive: Dive, records: RedisRecords
) -> None:
    dive.go.clear()
    gated.cancel(ID)
    gate.go.set()
    until(lambda: records.get(ID) == read(FAILURE, CANCELLED))


def test_a_run_that_another_ended_is_stopped_and_changes_nothing(
    runner: TaskRunner, held: threading.Thread, records: RedisRecords, client: redis.Redis
) -> None:
    runner.abandon(records.renew(runner.running()))
    assert len(runner.running()) == 1  # so far it is ours
    find_lost(records, client)
    assert state_of(records) is FAILURE
    ended = records.get(ID)
    runner.abandon(records.renew(runner.running()))
    held.join()
    assert records.get(ID) == ended


def test_a_cancel_stops_the_runs_of_its_task_alone(
    runner: TaskRunner, held: threading.Thread, records: RedisRecords
) -> None:
    runner.cancel("t2")
    assert len(runner.running()) == 1
    records.cancel(ID)
    assert len(runner.running()) == 1  # nobody has told it
    runner.cancel(ID)
    held.join()
    assert state_of(records) is REVOKED


def test_a_shutdown_fails_what_runs_and_leaves_what_waits_to_the_next(
    runner: TaskRunner, held: threading.Thread, records: RedisRecords, client: redis.Redis
) -> None:
    runner.close()
    held.join()
    assert records.get(ID) == read(FAILURE, SHUT_DOWN)
    records.cancel(ID)
    records.submit(PLAIN, "somebody")
    lose_messages(client, USERS_LONG)
    runner.run(ID)
    assert state_of(records) is QUEUED
    assert queued(client, USERS_LONG) == [ID]
