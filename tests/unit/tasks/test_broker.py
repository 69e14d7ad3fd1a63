"""A worker in threads: when it wakes, which task gets a thread, and which faults it survives."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from dramatiq import MessageProxy

from sysmon_core import Metric, Report, Run
from sysmon_core.errors import MetricFailed, RunStopped
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.redis_store.client import worker_client
from sysmon_core.redis_store.keys import NAMESPACE, OPEN, WAKE
from sysmon_core.services.task import State
from sysmon_core.settings import Settings
from sysmon_core.tasks.broker import IDLE_SECONDS, WakingBroker
from sysmon_core.tasks.queues import QUEUES, USERS_LONG, make_message
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.thread_limits import ThreadLimits
from sysmon_core.worker import in_threads, make_worker
from tests.conftest import PATIENCE, MakeSettings, started_redis, until
from tests.unit.tasks.conftest import PLAIN, bodies, end_lease, field, lease, lose_messages, queued

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ROOM = 3  # long tasks at once in the tests' worker, which has four threads


@pytest.fixture
def go(folder: Path) -> Path:
    """Until this file is there, the metric "wait" does not end by itself."""
    return folder / "go"


@pytest.fixture
def metrics(go: Path) -> Registry:
    def wait(_params: Any, run: Run) -> Report:
        until(lambda: go.exists() or run.stop.reason)
        if run.stop.reason:
            raise RunStopped(run.stop.reason)
        return Report("waited")

    functions = {"wait": wait, "dive": lambda _params, _run: Report("5 m")}
    source = Source("aquarium", "fishtank", "1.2")
    return Registry((Metric(name=n, title="", function=f), source) for n, f in functions.items())


@pytest.fixture
def config(make_settings: MakeSettings, redis_url: str) -> Settings:
    return make_settings(redis_url=redis_url)


@pytest.fixture
def records(client: redis.Redis, results: ResultStore, config: Settings) -> RedisRecords:
    """The records, with room for all that these tests do."""
    return RedisRecords(client, results, config)


def working(config: Settings, metrics: Registry) -> contextlib.AbstractContextManager[None]:
    """A worker with few threads, one of them reserved for brief tasks."""
    return in_threads(config, metrics, ROOM + 1)


def submit(records: RedisRecords, metric: str, *ids: str, brief: bool = False) -> None:
    for task_id in ids:
        task = replace(PLAIN, id=task_id, metric=metric, params={}, brief=brief)
        records.submit(task, task_id)


def states(records: RedisRecords, *ids: str) -> dict[State, int]:
    tasks = [records.get(task_id) for task_id in ids]
    return Counter(task.state for task in tasks if task)


def until_done(records: RedisRecords, task_id: str) -> None:
    until(lambda: states(records, task_id) == {SUCCESS: 1})


def blocked(client: redis.Redis) -> int:
    """How many consumers wait to be woken."""
    clients: Any = client.client_list()
    return sum(one["cmd"] == "blpop" and "b" in one["flags"] for one in clients)


def test_an_idle_worker_takes_a_new_task_at_once(
    config: Settings, metrics: Registry, records: RedisRecords, client: redis.Redis
) -> None:
    took = 0.0
    with working(config, metrics):
        for number in range(10):
            until(lambda: blocked(client) == len(QUEUES))
            begin = time.monotonic()
            submit(records, "dive", name := f"t{number}", brief=bool(number % 2))
            until_done(records, name)
            took += time.monotonic() - begin
    assert took < 10 * IDLE_SECONDS / 4  # by chance it would be about half


@pytest.mark.parametrize(("threads", "kept"), [(1, 0), (3, 0), (4, 1), (8, 2), (32, 8), (264, 8)])
def test_some_threads_are_kept_for_brief_tasks_where_there_are_enough(
    threads: int, kept: int
) -> None:
    assert ThreadLimits(threads).long == threads - kept


def test_long_tasks_leave_a_thread_to_brief_ones(
    config: Settings, metrics: Registry, records: RedisRecords, go: Path
) -> None:
    long = [f"t{number}" for number in range(7)]
    with working(config, metrics):
        submit(records, "wait", *long)
        until(lambda: states(records, *long)[STARTED] == ROOM)
        for name in ("b1", "b2"):
            submit(records, "dive", name, brief=True)
            until_done(records, name)
        assert states(records, *long) == {STARTED: ROOM, QUEUED: 7 - ROOM}
        go.touch()
        until(lambda: states(records, *long) == {SUCCESS: 7})


def test_brief_tasks_may_take_every_thread(
    config: Settings, metrics: Registry, records: RedisRecords, go: Path
) -> None:
    brief = [f"b{number}" for number in range(4)]
    with working(config, metrics):
        submit(records, "wait", *brief, brief=True)
        until(lambda: states(records, *brief) == {STARTED: 4})
        go.touch()
        until(lambda: states(records, *brief) == {SUCCESS: 4})


def test_there_are_four_queues_and_none_for_delayed_messages(config: Settings) -> None:
    broker = make_worker(config, Registry([]))
    assert broker.get_declared_queues() == set(QUEUES)
    assert broker.get_declared_delay_queues() == set()


BROKEN = (b"\xff", b"", b"{", b"[]", b"{}", b"null", b"7")


def test_messages_that_cannot_be_read_stop_no_worker(
    config: Settings, metrics: Registry, records: RedisRecords, client: redis.Redis
) -> None:
    broken = [f"t{number}" for number, _ in enumerate(BROKEN)]
    submit(records, "dive", *broken, "last")
    names = sorted(bodies(client, USERS_LONG))[1:]  # all but that of the task "last"
    bad = dict(zip(names, BROKEN, strict=True))
    client.hset(f"{NAMESPACE}:{USERS_LONG}.msgs", mapping=bad)
    with working(config, metrics):
        until(lambda: states(records, *broken, "last") == {FAILURE: len(BROKEN), SUCCESS: 1})
    assert states(records, "last") == {SUCCESS: 1}
    tasks = [records.get(name) for name in broken]
    assert {task.error for task in tasks if task} == {"The message of this task could not be read"}
    assert bodies(client, USERS_LONG) == {}


def test_a_worker_that_starts_does_what_had_lost_its_message(
    config: Settings, metrics: Registry, records: RedisRecords, client: redis.Redis
) -> None:
    submit(records, "dive", "t1")
    lose_messages(client, USERS_LONG)
    with working(config, metrics):
        until(lambda: states(records, "t1") == {SUCCESS: 1})
    assert not client.exists(OPEN)


def test_a_worker_renews_the_leases_of_its_runs_and_stops_those_it_lost(
    config: Settings, metrics: Registry, records: RedisRecords, client: redis.Redis
) -> None:
    submit(records, "wait", PLAIN.id)
    with working(config, metrics):
        until(lambda: states(records, PLAIN.id) == {STARTED: 1})
        end_lease(client)
        until(lambda: (lease(client) or 0) > time.time())
        assert records.finish(PLAIN.id, str(field(client, "token")), MetricFailed("by another"))
        until(lambda: client.llen("sysmon:stopped:" + PLAIN.id))
    task = records.get(PLAIN.id)
    assert task
    assert task.error == "by another"


def test_what_was_fetched_by_a_command_whose_answer_was_lost_is_fetched_again(
    broker: WakingBroker, records: RedisRecords, client: redis.Redis
) -> None:
    consumer = broker.consume(USERS_LONG)
    submit(records, "dive", "t1", "t2")
    first = next(consumer)
    assert first
    submit(records, "dive", "t3")
    assert len(broker.do_fetch(USERS_LONG, 5)) == 1
    messages = [next(consumer) for _ in range(4)]  # with None after what it had at first
    assert [one.message_id for one in messages if one] == ["t2", "t3"]
    assert queued(client, USERS_LONG) == []  # what is in hand was left there


def test_a_consumer_without_room_leaves_the_tokens_to_others(
    broker: WakingBroker, records: RedisRecords, client: redis.Redis
) -> None:
    broker.thread_limits.threads = 1
    consumer = broker.consume(USERS_LONG)
    submit(records, "dive", "t1", "t2")
    first = next(consumer)
    assert first
    assert next(consumer) is None
    assert client.llen(WAKE + USERS_LONG) == 2
    consumer.ack(first)
    second = next(consumer)
    assert second
    assert second.message_id == "t2"


def test_a_consumer_waits_for_a_redis_that_is_away(folder: Path) -> None:
    client = worker_client(f"unix://{folder}/redis.sock")
    broker = WakingBroker(client)
    consumer = broker.consume(USERS_LONG)
    message = MessageProxy(make_message("t1").copy(options={"redis_message_id": "t1:1"}))
    assert next(consumer) is None
    consumer.requeue([message])
    with ThreadPoolExecutor() as threads:
        done = [threads.submit(consumer.ack, message), threads.submit(consumer.nack, message)]
        assert next(consumer) is None
        assert not any(one.done() for one in done)
        with started_redis(folder):
            assert [one.result(PATIENCE) for one in done] == [None, None]
            client.connection_pool.disconnect()
    broker.closing.set()
    consumer.ack(message)  # which would hold up the end
    consumer.nack(message)
