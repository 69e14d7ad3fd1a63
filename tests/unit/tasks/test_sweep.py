"""A waiting task always gets a message; a message that cannot be read is discarded."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import redis
from dramatiq import Message

from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.queues import ACTOR, USERS_BRIEF, USERS_LONG, make_message
from sysmon_core.tasks.records import RedisRecords
from tests.unit.tasks.conftest import (
    ABSENT,
    PLAIN,
    REPEATABLE,
    Reach,
    bodies,
    expires,
    lose_messages,
    lose_worker,
    queued,
    read,
    state_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_task_that_waits_without_a_message_is_sent_again_once(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    lose_messages(client, USERS_LONG)
    for _ in range(3):
        records.sweep()
    assert queued(client, USERS_LONG) == ([ID] if state in {QUEUED, RETRY} else [])
    assert len(bodies(client, USERS_LONG)) == len(queued(client, USERS_LONG))
    for body in bodies(client, USERS_LONG).values():
        message: Message[None] = Message.decode(body)
        assert (message.message_id, message.actor_name, message.args) == (ID, ACTOR, (ID,))
    assert state_of(records) is state


@pytest.mark.parametrize(("brief", "queue"), [(True, USERS_BRIEF), (False, USERS_LONG)])
def test_it_is_sent_to_the_queue_that_it_was_in_and_wakes_who_waits_there(
    brief: bool, queue: str, records: RedisRecords, client: redis.Redis
) -> None:
    records.submit(replace(PLAIN, brief=brief), "somebody")
    lose_messages(client, queue)
    client.delete(keys.WAKE + queue)
    records.sweep()
    assert queued(client, queue) == [ID]
    assert client.llen(keys.WAKE + queue) == 1


def test_a_message_that_is_on_its_way_is_not_doubled(
    records: RedisRecords, client: redis.Redis, broker: WakingBroker
) -> None:
    records.submit(PLAIN, "somebody")
    records.sweep()
    assert queued(client, USERS_LONG) == [ID]
    assert next(broker.consume(USERS_LONG))  # a worker has it, and has not begun
    records.sweep()
    assert queued(client, USERS_LONG) == []


def test_of_many_tasks_those_without_a_message_alone_are_sent(
    records: RedisRecords, client: redis.Redis
) -> None:
    for name in ("t1", "t2", "t3"):
        records.submit(replace(PLAIN, id=name), name)
    lost, *kept = sorted(bodies(client, USERS_LONG), key=lambda key: not key.startswith(b"t2"))
    client.hdel(f"{keys.NAMESPACE}:{USERS_LONG}.msgs", lost.decode())
    records.sweep()
    assert queued(client, USERS_LONG) == ["t1", "t2", "t3"]
    assert set(bodies(client, USERS_LONG)) > set(kept)
    assert lost not in bodies(client, USERS_LONG)


@pytest.mark.parametrize("state", [STARTED, SUCCESS, FAILURE, REVOKED, ABSENT])
def test_what_does_not_wait_cannot_be_sent_again(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    lose_messages(client, USERS_LONG)
    records.resend(ID)
    assert bodies(client, USERS_LONG) == {}


def test_a_lost_run_that_may_be_repeated_is_sent_again_by_the_sweep_that_finds_it(
    records: RedisRecords, client: redis.Redis
) -> None:
    records.submit(REPEATABLE, "somebody")
    records.start(ID, "ours")
    lose_messages(client, USERS_LONG)
    lose_worker(client)
    records.sweep()
    assert state_of(records) is RETRY
    assert queued(client, USERS_LONG) == [ID]


def test_the_place_of_a_record_that_is_gone_is_freed(
    records: RedisRecords, client: redis.Redis
) -> None:
    client.zadd(keys.OPEN, {"nonesuch": time.time()})
    records.sweep()
    assert not client.exists(keys.OPEN)


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_message_that_cannot_be_read_is_taken_out_and_its_task_has_failed_if_it_waited(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    lose_messages(client, USERS_LONG)
    before = records.get(ID)
    broken = {f"{ID}:1": b"{", f"{ID}:2": make_message(ID).encode()}
    client.hset(f"{keys.NAMESPACE}:{USERS_LONG}.msgs", mapping=broken)
    records.discard_unreadable(USERS_LONG, b"{")
    assert list(bodies(client, USERS_LONG)) == [f"{ID}:2".encode()]
    if state in {QUEUED, RETRY}:
        reason = "The message of this task could not be read"
        assert records.get(ID) == replace(read(state), state=FAILURE, error=reason)
        assert expires(client)
    else:
        assert records.get(ID) == before


@pytest.mark.parametrize("redis_id", ["nobody's", "", ":", "t1", "t2:1", "{*}"])
def test_a_make_message_no_task_that_cannot_be_read_is_only_taken_out(
    redis_id: str, records: RedisRecords, client: redis.Redis
) -> None:
    client.hset(f"{keys.NAMESPACE}:{USERS_LONG}.msgs", redis_id, b"\xff")  # type: ignore[arg-type]
    records.discard_unreadable(USERS_LONG, b"\xff")
    assert client.keys() == []
