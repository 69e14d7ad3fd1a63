"""Whose task is next, and how many tasks of a client run at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis
from dramatiq import Message

from sysmon_core.errors import TooManyTasks
from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import Heartbeat
from sysmon_core.tasks.queues import BRIEF, LONG
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import (
    DONE,
    PLAIN,
    bodies,
    find_lost,
    lines,
    lose_messages,
    lose_worker,
)

MANY = 500


@pytest.fixture
def records(client: redis.Redis, results: ResultStore, make_settings: MakeSettings) -> RedisRecords:
    """The records, with room for all that these tests do."""
    return RedisRecords(client, results, make_settings(tasks_open=5000))


@pytest.fixture
def broker(client: redis.Redis) -> WakingBroker:
    """A worker's broker: 12 of its threads are for long tasks, three of them for one client."""
    broker = WakingBroker(client, share=0.25)
    broker.thread_limits.threads = 16
    return broker


def submit(records: RedisRecords, client: str, number: int, owner: str = "") -> list[str]:
    """The ids of a client's new tasks."""
    names = [f"{client}{n}" for n in range(number)]
    for name in names:
        records.submit(replace(PLAIN, id=name, owner=owner), client)
    return names


def fetched(broker: WakingBroker, queue: str = LONG, wanted: int = 12) -> list[str]:
    """The tasks whose messages a worker with so much room gets."""
    return [Message.decode(body).message_id for body in broker.do_fetch(queue, wanted)]


def test_clients_take_turns_in_any_order_of_submission(
    records: RedisRecords, broker: WakingBroker
) -> None:
    submit(records, "a", MANY)
    submit(records, "b", 2)
    submit(records, "c", 1)
    assert fetched(broker, wanted=4) == ["a0", "b0", "c0", "a1"]
    submit(records, "d", 1)
    assert fetched(broker, wanted=4) == ["b1", "a2", "d0"]  # and a has its share


def test_a_client_has_its_share_of_the_threads_and_more_only_when_one_of_its_tasks_ends(
    records: RedisRecords, broker: WakingBroker
) -> None:
    submit(records, "a", MANY)
    assert fetched(broker) == ["a0", "a1", "a2"]
    assert fetched(broker) == []
    submit(records, "b", 1)
    assert fetched(broker) == ["b0"]
    assert records.start("a1", "ours")
    assert fetched(broker) == []
    assert records.finish("a1", "ours", DONE)
    assert fetched(broker) == ["a3"]


def fail_to_start(records: RedisRecords, client: redis.Redis) -> None:
    lose_messages(client, LONG)
    records.sweep()


def discard(records: RedisRecords, client: redis.Redis) -> None:
    body = next(body for key, body in bodies(client, LONG).items() if b"t1" in key)
    records.discard_unreadable(LONG, body)


@pytest.mark.parametrize(
    ("began", "end"),
    [
        pytest.param(True, lambda records, _: records.cancel(PLAIN.id), id="cancel"),
        pytest.param(False, lambda records, _: records.cancel(PLAIN.id), id="cancel before"),
        pytest.param(True, find_lost, id="loss of its worker"),
        pytest.param(False, discard, id="discarding"),
        pytest.param(False, lambda records, _: records.resend(PLAIN.id), id="another sending"),
    ],
)
@pytest.mark.parametrize("repeatable", [False, True])
def test_a_slot_is_free_again_however_a_task_leaves_it(
    began: bool,
    end: Callable[[RedisRecords, redis.Redis], object],
    repeatable: bool,
    records: RedisRecords,
    broker: WakingBroker,
    client: redis.Redis,
) -> None:
    broker.thread_limits.threads = 1
    records.submit(replace(PLAIN, owner="", repeatable=repeatable), "a")
    assert fetched(broker) == [PLAIN.id]
    submit(records, "a", 1)
    assert fetched(broker) == []
    if began:
        assert records.start(PLAIN.id, "ours")
    client.delete(keys.WAKE + LONG)
    end(records, client)
    assert client.exists(keys.WAKE + LONG)  # whoever is idle looks at once
    assert fetched(broker) == ["a0"]


def test_a_message_that_was_lost_on_its_way_keeps_no_slot(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    submit(records, "a", 4)
    assert fetched(broker) == ["a0", "a1", "a2"]
    fail_to_start(records, client)
    assert fetched(broker) == ["a0", "a1", "a2"]
    assert client.scard(f"{keys.SLOTS}{LONG} a") == 3


def test_a_lost_run_that_waits_again_keeps_no_slot(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    records.submit(replace(PLAIN, owner="", repeatable=True), "a")
    assert fetched(broker) == [PLAIN.id]
    assert records.start(PLAIN.id, "ours")
    lose_worker(client)
    task = records.get(PLAIN.id)
    assert task
    assert task.state is State.RETRY
    assert not client.exists(f"{keys.SLOTS}{LONG} a")


def test_a_task_that_is_cancelled_in_the_line_leaves_nothing_there(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    for name in submit(records, "a", 3):
        records.cancel(name)
    assert lines(client, LONG) == []
    assert bodies(client, LONG) == {}
    assert not client.exists(keys.TURNS + LONG)
    submit(records, "b", 1)
    assert fetched(broker) == ["b0"]


def test_what_was_put_back_goes_first_and_no_more_is_let_in_than_there_is_room_for(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    submit(records, "a", 2)
    broker.admit(LONG, 2)  # and another worker did not live to fetch them
    submit(records, "b", 1)
    assert fetched(broker, wanted=1) == ["a0"]
    assert fetched(broker, wanted=1) == ["a1"]
    assert lines(client, LONG) == [f"{keys.LINE}{LONG} b"]


def test_the_share_is_one_of_all_workers_that_live(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    submit(records, "a", MANY)
    heartbeat = Heartbeat(client)
    heartbeat.beat("ours", 12)
    assert len(fetched(broker)) == 3
    heartbeat.beat("another", 12)
    assert len(fetched(broker)) == 3  # six in all
    heartbeat.end("another", 12)
    assert fetched(broker) == []


def test_brief_tasks_of_a_client_are_counted_beside_its_long_ones(
    records: RedisRecords, broker: WakingBroker
) -> None:
    submit(records, "a", 9)
    assert len(fetched(broker)) == 3
    records.submit(replace(PLAIN, id="b1", owner="", brief=True), "a")
    assert fetched(broker, BRIEF) == ["b1"]


def test_anonymous_tasks_have_half_of_the_places_and_leave_the_rest_to_users(
    client: redis.Redis, results: ResultStore, make_settings: MakeSettings
) -> None:
    records = RedisRecords(client, results, make_settings(tasks_open=6))
    names = submit(records, "a", 3)
    with pytest.raises(TooManyTasks, match="belong to no user"):
        submit(records, "b", 1)
    submit(records, "u", 3, owner="eve")
    with pytest.raises(TooManyTasks, match="All places for tasks are taken"):
        submit(records, "v", 1, owner="ida")
    records.cancel(names[0])
    submit(records, "b", 1)


def test_what_was_queued_before_an_upgrade_is_done_and_counted(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis
) -> None:
    (name,) = submit(records, "a", 1)
    client.rename(f"{keys.LINE}{LONG} a", f"{keys.NAMESPACE}:{LONG}")  # where it was put before
    client.delete(keys.TURNS + LONG, keys.OPEN_ANONYMOUS)
    assert [one for one in broker.do_fetch(LONG, 3) if name.encode() in one]
    assert records.start(name, "ours")
    assert client.scard(f"{keys.SLOTS}{LONG} a") == 1
    assert records.finish(name, "ours", DONE)
    task = records.get(name)
    assert task
    assert task.state is State.SUCCESS
    assert not client.exists(f"{keys.SLOTS}{LONG} a", keys.OPEN)
