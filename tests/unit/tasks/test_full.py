"""Which scripts run when Redis is full, and when it is too old for scripts with flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from sysmon_core.errors import NotReady, TasksUnavailable
from sysmon_core.redis_store.checks import check_ready
from sysmon_core.redis_store.keys import STOPPED
from sysmon_core.redis_store.script import ALLOW_OOM_HEADER
from sysmon_core.services.task import State
from sysmon_core.tasks.broker import WakingBroker
from sysmon_core.tasks.heartbeat import Heartbeat, count_workers
from sysmon_core.tasks.queues import USERS_LONG
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import (
    ABSENT,
    DONE,
    PLAIN,
    Reach,
    field,
    lose_messages,
    lose_worker,
    state_of,
    text_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.fixture
def fill(client: redis.Redis) -> Iterator[Any]:
    """Have Redis be full."""
    yield lambda: client.config_set("maxmemory", 1)
    client.config_set("maxmemory", 0)


Fill = Any


def test_a_full_redis_takes_no_task_and_says_why(
    records: RedisRecords, client: redis.Redis, fill: Fill
) -> None:
    fill()
    with pytest.raises(TasksUnavailable, match="Redis is full"):
        records.submit(PLAIN, "somebody")
    assert client.keys() == []


def test_a_full_redis_is_told_from_one_that_has_room(client: redis.Redis, fill: Fill) -> None:
    check_ready(client)
    client.config_set("maxmemory", 1 << 40)
    check_ready(client)
    fill()
    with pytest.raises(NotReady, match=r"^Redis is full$"):
        check_ready(client)


def test_what_runs_is_renewed_and_ends_in_a_full_redis(
    records: RedisRecords, reach: Reach, fill: Fill
) -> None:
    reach(STARTED)
    fill()
    assert records.renew([(ID, "ours")]) == set()
    assert records.finish(ID, "ours", DONE)
    assert state_of(records) is SUCCESS
    assert text_of(records) == DONE.text


@pytest.mark.parametrize("state", [QUEUED, STARTED, RETRY, SUCCESS])
def test_a_cancel_is_one_in_a_full_redis(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach, fill: Fill
) -> None:
    reach(state)
    fill()
    records.confirm_stopped(ID)
    assert client.exists(STOPPED + ID)
    records.cancel(ID)
    assert state_of(records) is (ABSENT if state is SUCCESS else REVOKED)


def test_what_waits_is_begun_in_a_full_redis(
    records: RedisRecords, broker: WakingBroker, client: redis.Redis, reach: Reach, fill: Fill
) -> None:
    reach(QUEUED)
    lose_messages(client, USERS_LONG)
    fill()
    records.sweep()
    consumer = broker.consume(USERS_LONG)
    message = next(consumer)
    assert message
    assert records.start(ID, "ours")
    consumer.ack(message)
    assert state_of(records) is STARTED


def test_a_lost_worker_is_found_in_a_full_redis(
    records: RedisRecords, client: redis.Redis, reach: Reach, fill: Fill
) -> None:
    reach(STARTED)
    lose_worker(client)
    fill()
    records.sweep()
    assert state_of(records) is FAILURE


def test_a_worker_lives_in_a_full_redis(client: redis.Redis, fill: Fill) -> None:
    fill()
    Heartbeat(client).beat("ours", 12)
    assert count_workers(client) == 1


class Old(redis.Redis):
    """A client of a Redis before version 7, to which such a first line is no Lua."""

    def script_load(self, script: Any) -> Any:
        if script[: len(ALLOW_OOM_HEADER)] in {ALLOW_OOM_HEADER, ALLOW_OOM_HEADER.decode()}:
            raise redis.ResponseError("Error compiling script (new function): user_script:1: '#'")
        return super().script_load(script)


def test_an_older_redis_does_all_of_it_while_it_has_room(
    client: redis.Redis, results: ResultStore, make_settings: MakeSettings, fill: Fill
) -> None:
    client.script_flush()
    old = Old(connection_pool=client.connection_pool)
    records = RedisRecords(old, results, make_settings())
    for name in ("t1", "t2"):
        records.submit(PLAIN, "somebody")
        assert records.start(ID, name)
        assert records.finish(ID, name, DONE)
        assert state_of(records) is SUCCESS
        records.cancel(ID)
    records.submit(PLAIN, "somebody")
    fill()
    with pytest.raises(TasksUnavailable, match="Redis is full"):
        records.start(ID, "ours")
    assert field(client, "state") == "QUEUED"
