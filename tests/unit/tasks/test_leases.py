"""Whose run it is, who hears of a cancel, and what becomes of a run whose worker is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from sysmon_core.services.tasks import State
from sysmon_core.tasks.records import CANCELLED, LEASE, LEASES, WORKER_LOST, RedisRecords
from tests.conftest import until
from tests.unit.tasks.conftest import ABSENT, TASK, Reach, expires, lease, read, state_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State

Heard = Callable[[], list[str]]


def let_it_run_out(client: redis.Redis) -> None:
    client.zadd(LEASES, {TASK.id: time.time() - 2})


@pytest.fixture
def heard(client: redis.Redis, records: RedisRecords) -> Iterator[Heard]:
    """What a worker hears until it has heard something: the ids of cancelled tasks."""
    with client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(CANCELLED)
        until(lambda: records.workers() == 1)
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
        assert LEASE - 15 < end - time.time() <= LEASE


@pytest.mark.parametrize("lose", [let_it_run_out, lambda client: client.delete(LEASES)])
def test_a_run_whose_lease_ran_out_has_failed_for_good(
    lose: Callable[[redis.Redis], object],
    records: RedisRecords,
    client: redis.Redis,
    reach: Reach,
) -> None:
    reach(STARTED)
    lose(client)
    assert records.get(TASK.id) == read(FAILURE, WORKER_LOST)
    assert expires(client)
    assert lease(client) is None
    assert not records.finish(TASK.id, "ours", SUCCESS)
    assert records.start(TASK.id, "another") is None
    assert records.renew([(TASK.id, "ours")]) == {"ours"}
    assert records.get(TASK.id) == read(FAILURE, WORKER_LOST)


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, REVOKED])
def test_a_lease_that_ran_out_concerns_nothing_but_a_run(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    let_it_run_out(client)
    assert state_of(records) is state


def test_a_renewal_prolongs_the_lease_of_a_run(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    let_it_run_out(client)
    assert records.renew([(TASK.id, "ours")]) == set()
    assert (lease(client) or 0) - time.time() > LEASE - 15
    assert state_of(records) is STARTED


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, FAILURE, REVOKED, ABSENT])
def test_a_renewal_names_the_run_that_is_no_longer_to_be_done(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    assert records.renew([(TASK.id, "ours")]) == {"ours"}
    assert lease(client) is None


def test_a_renewal_knows_many_runs_by_their_tokens(records: RedisRecords, reach: Reach) -> None:
    reach(STARTED)
    runs = [(TASK.id, "another"), (TASK.id, "ours"), ("t2", "third")]
    assert records.renew(runs) == {"another", "third"}
    assert records.renew([]) == set()


def test_a_cancel_tells_the_workers_and_waits_for_the_processes_to_be_gone(
    records: RedisRecords, reach: Reach, heard: Heard
) -> None:
    reach(STARTED)
    thread = threading.Thread(target=records.cancel, args=(TASK.id,))
    thread.start()
    assert heard() == [TASK.id]
    records.confirm_stopped(TASK.id)
    thread.join()
    assert state_of(records) is REVOKED


def test_a_cancel_does_not_wait_for_a_worker_that_is_gone(
    records: RedisRecords, reach: Reach
) -> None:
    reach(STARTED)
    begin = time.monotonic()
    records.cancel(TASK.id)
    assert time.monotonic() - begin < 5
    assert state_of(records) is REVOKED


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, FAILURE, REVOKED])
def test_a_cancel_of_what_does_not_run_disturbs_no_worker(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach, heard: Heard
) -> None:
    reach(state)
    records.cancel(TASK.id)
    client.publish(CANCELLED, "the next")
    assert heard() == ["the next"]


def test_workers_are_counted_while_they_listen(records: RedisRecords, heard: Heard) -> None:
    assert records.workers() == 1


def test_there_are_no_workers_where_none_listens(records: RedisRecords) -> None:
    assert records.workers() == 0
