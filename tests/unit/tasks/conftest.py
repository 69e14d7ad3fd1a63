"""The records and the broker on a real Redis, and a task in each state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import pytest
import redis

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Report
from sysmon_core.redis_store.client import api_client
from sysmon_core.redis_store.keys import LEASES, LINE, NAMESPACE, TASK, TURNS
from sysmon_core.services.task import State, Task
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.settings import Settings
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.limits import SUSPICION_SECONDS
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings

TTL = 100  # seconds
KEPT = 50  # samples of a task's report
LONG_SECONDS = 3600  # longer than a task of these tests waits
PLAIN = Task(id="t1", metric="dive", params={"depth": 5, "note": "ü"}, owner="eve")
REPEATABLE = replace(PLAIN, repeatable=True)
RECORD = TASK + PLAIN.id
ABSENT = None
DONE = Report("5 m")
FAILED = MetricFailed("no water")

Reach = Callable[[State | None], None]


class Faults(Protocol):
    """Faults of the worker that runs the task, in any kind of records."""

    def end_lease(self) -> None:
        """Let the lease run out."""

    def lose_worker(self) -> None:
        """Let the lease run out and the suspicion last."""

    def end_wait(self) -> None:
        """Let the time pass in which the task was to begin, as long as that was."""


class RedisFaults:
    """Faults made by a change of the data in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def end_lease(self) -> None:
        end_lease(self._client)

    def lose_worker(self) -> None:
        lose_worker(self._client)

    def end_wait(self) -> None:
        for name in ("created", "start_by"):
            if before := field(self._client, name):
                self._client.hset(RECORD, name, str(float(before) - LONG_SECONDS))


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client as the API has it."""
    client = api_client(redis_url)
    yield client
    client.connection_pool.disconnect()


@pytest.fixture
def broker(client: redis.Redis) -> WakingBroker:
    """A broker without actors."""
    return WakingBroker(client)


@pytest.fixture
def results(broker: WakingBroker) -> ResultStore:
    """The results of runs."""
    return ResultStore(broker.get_results_backend())


@pytest.fixture
def few_tasks(make_settings: MakeSettings) -> Settings:
    """Settings with room for three open tasks, two of them of one client."""
    return make_settings(task_ttl=TTL, tasks_open=3, tasks_per_client=2, samples_kept=KEPT)


@pytest.fixture
def redis_records(client: redis.Redis, results: ResultStore, few_tasks: Settings) -> RedisRecords:
    """The records in Redis, with room for few tasks."""
    return RedisRecords(client, results, few_tasks)


@pytest.fixture
def records(redis_records: RedisRecords) -> RedisRecords:
    """The records of most tests."""
    return redis_records


@pytest.fixture
def faults(client: redis.Redis) -> Faults:
    """Faults of the worker that runs the task."""
    return RedisFaults(client)


@pytest.fixture
def reach(records: WorkerRecords, faults: Faults) -> Reach:
    """Bring the task, its run named "ours", to a state."""

    def go(state: State | None) -> None:
        if state is ABSENT:
            return
        records.submit(REPEATABLE if state is State.RETRY else PLAIN, "somebody")
        if state is State.REVOKED:
            records.cancel(PLAIN.id)
        elif state is not State.QUEUED:
            records.start(PLAIN.id, "ours")
        if state in {State.SUCCESS, State.FAILURE}:
            records.finish(PLAIN.id, "ours", DONE if state is State.SUCCESS else FAILED)
        elif state is State.RETRY:
            faults.lose_worker()
            records.get(PLAIN.id)

    return go


def read(state: State, error: str = "", code: str = "metric-failed") -> Task:
    """The task as it reads in a state; the code is that of a failure."""
    failed = code if state is State.FAILURE else ""
    repeatable = state is State.RETRY
    return replace(PLAIN, state=state, error=error, code=failed, repeatable=repeatable)


Look = Callable[[WorkerRecords], object]


def sweep(records: WorkerRecords) -> None:
    records.sweep()


def get(records: WorkerRecords) -> None:
    records.get(PLAIN.id)


# Both notice a lease that has ended.
either_look = pytest.mark.parametrize("look", [sweep, get])


def state_of(records: WorkerRecords) -> State | None:
    """The state of the task."""
    task = records.get(PLAIN.id)
    return task.state if task else ABSENT


def text_of(records: WorkerRecords, task_id: str = PLAIN.id) -> str | None:
    """The text of the task's report."""
    task = records.get(task_id)
    return task.report.text if task and task.report else None


def expires(client: redis.Redis, key: str = RECORD) -> bool:
    """Whether the key expires, after the time to live and not before."""
    seconds = client.ttl(key)
    assert isinstance(seconds, int)
    assert seconds == -1 or TTL - 50 < seconds <= TTL
    return seconds != -1


def lease(client: redis.Redis) -> float | None:
    """When the lease of the task's run ends, in seconds since 1970."""
    score = client.zscore(LEASES, PLAIN.id)
    assert score is None or isinstance(score, float)
    return score


def end_lease(client: redis.Redis) -> None:
    """Let the lease run out."""
    client.zadd(LEASES, {PLAIN.id: time.time() - 2})


def lose_worker(client: redis.Redis) -> None:
    """Let the lease run out and the suspicion last."""
    end_lease(client)
    client.hset(RECORD, "suspected", str(time.time() - SUSPICION_SECONDS - 2))


def find_lost(records: RedisRecords, client: redis.Redis) -> None:
    """Lose the worker, and have a sweep find that."""
    lose_worker(client)
    records.sweep()


def field(client: redis.Redis, name: str) -> str | None:
    """A field of the task's record."""
    value = client.hget(RECORD, name)
    return value.decode() if isinstance(value, bytes) else None


def lines(client: redis.Redis, queue: str) -> list[str]:
    """The keys of the clients' lines before the queue."""
    keys: list[bytes] = client.keys(f"{LINE}{queue} *")  # type: ignore[assignment]
    return sorted(key.decode() for key in keys)


def queued(client: redis.Redis, queue: str) -> list[str]:
    """The tasks whose messages wait for the queue, by client and in their order."""
    found: list[bytes] = []
    for key in (f"{NAMESPACE}:{queue}", *lines(client, queue)):
        found += client.lrange(key, 0, -1)  # type: ignore[arg-type]
    return [redis_id.decode().split(":")[0] for redis_id in found]


def bodies(client: redis.Redis, queue: str) -> dict[bytes, bytes]:
    """The bodies of messages that are queued or fetched, by their ids in Redis."""
    messages: dict[bytes, bytes] = client.hgetall(f"{NAMESPACE}:{queue}.msgs")  # type: ignore[assignment]
    return messages


def lose_messages(client: redis.Redis, queue: str) -> None:
    """Delete the messages of the queue."""
    places = (f"{NAMESPACE}:{queue}", f"{NAMESPACE}:{queue}.msgs", TURNS + queue)
    client.delete(*places, *lines(client, queue))
