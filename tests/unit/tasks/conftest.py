"""The records and the queue on a real Redis, and a task in whatever state is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from dramatiq.brokers.redis import RedisBroker

from sysmon_core.services.tasks import State, Task
from sysmon_core.tasks.connection import impatient
from sysmon_core.tasks.queue import DramatiqQueue, make_broker
from sysmon_core.tasks.records import LEASES, PREFIX, RedisRecords

TTL = 100  # seconds
TASK = Task("t1", "dive", {"depth": 5, "note": "ü"}, "eve")
ABSENT = None

Reach = Callable[[State | None], None]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client as the API has it."""
    client = impatient(redis_url)
    yield client
    client.connection_pool.disconnect()


@pytest.fixture
def broker(client: redis.Redis) -> RedisBroker:
    """A broker that nobody has given actors."""
    return make_broker(client)


@pytest.fixture
def queue(broker: RedisBroker) -> DramatiqQueue:
    """The queue and the results."""
    return DramatiqQueue(broker, TTL)


@pytest.fixture
def records(client: redis.Redis, queue: DramatiqQueue) -> RedisRecords:
    """The records."""
    return RedisRecords(client, TTL, queue.result_key)


@pytest.fixture
def reach(records: RedisRecords) -> Reach:
    """Bring the task, its run named "ours", to a state."""

    def go(state: State | None) -> None:
        if state is ABSENT:
            return
        waiting = State.RETRY if state is State.RETRY else State.QUEUED
        records.create(Task(TASK.id, TASK.metric, TASK.params, TASK.owner, waiting))
        if state is State.REVOKED:
            records.cancel(TASK.id)
        elif state is not waiting:
            records.start(TASK.id, "ours")
        if state in {State.SUCCESS, State.FAILURE}:
            records.finish(TASK.id, "ours", state, "no water" if state is State.FAILURE else "")

    return go


def read(state: State, error: str = "") -> Task:
    """The task as it reads in a state."""
    return Task(TASK.id, TASK.metric, TASK.params, TASK.owner, state, error)


def state_of(records: RedisRecords) -> State | None:
    """Where the task stands."""
    task = records.get(TASK.id)
    return task.state if task else ABSENT


def expires(client: redis.Redis, key: str = PREFIX + TASK.id) -> bool:
    """Whether the key goes after the time to live, and not before."""
    seconds = client.ttl(key)
    assert isinstance(seconds, int)
    assert seconds == -1 or TTL - 50 < seconds <= TTL
    return seconds != -1


def lease(client: redis.Redis) -> float | None:
    """When the lease of the task's run ends, in seconds since 1970."""
    score = client.zscore(LEASES, TASK.id)
    assert score is None or isinstance(score, float)
    return score
