"""Leases in Redis: which run has the task, and when its worker counts as lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from sysmon_core.redis_store.keys import CANCELLED, LEASES
from sysmon_core.services.task import State
from sysmon_core.tasks.limits import LEASE_SECONDS, SUSPICION_SECONDS
from sysmon_core.tasks.records import RedisRecords
from tests.conftest import until
from tests.unit.tasks.conftest import (
    ABSENT,
    PLAIN,
    RECORD,
    Look,
    Reach,
    either_look,
    end_lease,
    expires,
    field,
    get,
    lease,
    lose_worker,
    state_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id

Heard = Callable[[], list[str]]


@pytest.fixture
def heard(client: redis.Redis) -> Iterator[Heard]:
    """Wait for ids of cancelled tasks on the channel that workers subscribe to."""
    with client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(CANCELLED)
        until(lambda: client.pubsub_numsub(CANCELLED) == [(CANCELLED.encode(), 1)])
        ids: list[str] = []

        def hear() -> bool:
            message = channel.get_message()
            if message is not None:
                ids.append(message["data"].decode())
            return bool(ids)

        def listen() -> list[str]:
            until(hear)
            return ids

        yield listen


@pytest.mark.parametrize("state", list(State))
def test_a_lease_is_held_while_the_task_runs(
    state: State, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    end = lease(client)
    assert (end is not None) == (state is STARTED)
    if end is not None:
        assert LEASE_SECONDS - 10 < end - time.time() <= LEASE_SECONDS


@either_look
@pytest.mark.parametrize("lose", [lambda _: None, lambda client: client.delete(LEASES)])
def test_a_lost_run_has_no_lease_and_its_record_expires(
    look: Look,
    lose: Callable[[redis.Redis], object],
    records: RedisRecords,
    client: redis.Redis,
    reach: Reach,
) -> None:
    reach(STARTED)
    lose_worker(client)
    if look is get:  # a sweep sees the leases alone
        lose(client)
    look(records)
    assert state_of(records) is FAILURE
    assert expires(client)
    assert lease(client) is None


@either_look
def test_a_lease_further_ahead_than_leases_are_long_is_a_suspicion_from_now_on(
    look: Look, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    client.zadd(LEASES, {ID: time.time() + 3600})  # the clock was set back by an hour
    look(records)
    assert time.time() - 5 < float(field(client, "suspected") or 0) < time.time() + 1
    assert state_of(records) is STARTED
    client.hset(RECORD, "suspected", str(time.time() - SUSPICION_SECONDS - 2))
    look(records)
    assert state_of(records) is FAILURE


def test_a_suspicion_of_before_the_clock_was_set_back_begins_anew(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    end_lease(client)
    client.hset(RECORD, "suspected", str(time.time() + 3600))
    assert state_of(records) is STARTED
    assert float(field(client, "suspected") or 0) < time.time() + 1


def test_a_worker_that_lives_has_its_lease_right_after_the_clock_was_set_back(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    client.zadd(LEASES, {ID: time.time() + 3600})
    records.sweep()
    assert records.renew([(ID, "ours")]) == set()
    assert field(client, "suspected") is None
    assert (lease(client) or 0) < time.time() + LEASE_SECONDS + 1


@either_look
@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, REVOKED])
def test_a_lease_that_ran_out_concerns_nothing_but_a_run(
    look: Look, state: State, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    lose_worker(client)
    look(records)
    assert state_of(records) is state


def test_a_renewal_prolongs_the_lease_of_a_run(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    end_lease(client)
    assert records.renew([(ID, "ours")]) == set()
    assert (lease(client) or 0) - time.time() > LEASE_SECONDS - 10


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, FAILURE, REVOKED, ABSENT])
def test_a_renewal_gives_no_lease_to_a_run_that_has_none(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    records.renew([(ID, "ours")])
    assert lease(client) is None


def test_a_cancel_tells_the_workers_and_waits_for_the_processes_to_be_gone(
    records: RedisRecords, reach: Reach, heard: Heard
) -> None:
    reach(STARTED)
    thread = threading.Thread(target=records.cancel, args=(ID,))
    thread.start()
    assert heard() == [ID]
    records.confirm_stopped(ID)
    thread.join()
    assert state_of(records) is REVOKED


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, FAILURE, REVOKED])
def test_a_cancel_of_what_does_not_run_disturbs_no_worker(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach, heard: Heard
) -> None:
    reach(state)
    records.cancel(ID)
    client.publish(CANCELLED, "the next")
    assert heard() == ["the next"]
