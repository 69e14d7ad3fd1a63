"""A record that vanishes, deleted by hand or evicted, takes no place for longer than a sweep."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from sysmon_core.errors import TooManyTasks
from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.queues import LONG, USERS_LONG
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import PLAIN, lines, queued

ANONYMOUS = replace(PLAIN, owner="")


@pytest.fixture
def records(client: redis.Redis, results: ResultStore, make_settings: MakeSettings) -> RedisRecords:
    """The records, with room for four open tasks, two of them anonymous, two of one client."""
    return RedisRecords(client, results, make_settings(tasks_open=4, tasks_per_client=2))


def submit(records: RedisRecords, *ids: str) -> None:
    for task_id in ids:
        records.submit(replace(ANONYMOUS, id=task_id), "somebody")


@pytest.mark.parametrize("started", [False, True])
def test_a_client_whose_records_vanished_may_submit_as_many_tasks_again(
    started: bool, records: RedisRecords, client: redis.Redis
) -> None:
    submit(records, "t1", "t2")
    if started:
        records.start("t1", "ours")
    with pytest.raises(TooManyTasks):
        submit(records, "t3")
    client.delete(keys.TASK + "t1", keys.TASK + "t2")
    records.sweep()
    figures = records.figures()
    assert set(figures.open.values()) == {0}
    submit(records, "t3", "t4")
    with pytest.raises(TooManyTasks):
        submit(records, "t5")


def test_its_thread_is_free_for_the_next_task_of_the_client(
    records: RedisRecords, client: redis.Redis
) -> None:
    broker = WakingBroker(client, share=0.25)
    broker.thread_limits.threads = 4  # of which one client may have one
    submit(records, "t1", "t2")
    broker.admit(LONG, 4)
    assert records.start("t1", "ours")
    client.delete(keys.TASK + "t1", f"{keys.NAMESPACE}:{LONG}", keys.WAKE + LONG)
    broker.admit(LONG, 4)
    assert lines(client, LONG)  # t2 waits, since its client has its share
    records.sweep()
    assert client.llen(keys.WAKE + LONG) == 1
    broker.admit(LONG, 4)
    assert queued(client, LONG) == ["t2"]


@pytest.mark.parametrize("end", [State.SUCCESS, State.STARTED])
def test_the_place_of_a_task_from_before_an_upgrade_is_freed_once_it_has_ended(
    end: State, records: RedisRecords, client: redis.Redis
) -> None:
    records.submit(PLAIN, "user eve")
    client.delete(keys.OPEN)
    client.zadd(keys.OPEN, {PLAIN.id: 1})  # as earlier versions wrote it
    client.hset(keys.TASK + PLAIN.id, "state", end)
    records.sweep()
    assert client.zcard(keys.OPEN) == (0 if end is State.SUCCESS else 1)
    assert queued(client, USERS_LONG) == [PLAIN.id]
