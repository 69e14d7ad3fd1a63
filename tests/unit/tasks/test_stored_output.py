"""The keys in Redis that hold what runs give: their bytes, how these are counted and bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import redis

from sysmon_core.errors import TasksUnavailable
from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.services.task_reports import TaskReport
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from sysmon_core.tasks.scripts import SAMPLES_FACTOR
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import (
    DONE,
    FAILED,
    PLAIN,
    RECORD,
    REPEATABLE,
    Reach,
    expires,
    field,
    find_lost,
    lose_worker,
    state_of,
)
from tests.unit.tasks.rules.batches import batch, indexes, part, report_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id
SAMPLES, TEXT = keys.SAMPLES + ID, keys.TEXT + ID


def running_bytes(client: Any) -> dict[str, int]:
    """The bytes that are counted of running tasks."""
    return {name.decode(): int(value) for name, value in client.hgetall(keys.RUNNING_BYTES).items()}


def stored_bytes(client: Any) -> int:
    """The bytes that the lists really have."""
    return sum(len(one) for key in (SAMPLES, TEXT) for one in client.lrange(key, 0, -1))


def finished_bytes(client: Any) -> int:
    return int(client.hget(keys.FINISHED_BYTES, "users") or 0)


def give(records: RedisRecords) -> None:
    """Give text and samples in three parts."""
    for number in (1, 2, 3):
        records.append([batch(number, 2 * number, 2 * number + 1, text=b"x" * 100)])


def test_bytes_are_counted_while_the_task_runs(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    give(records)
    size = stored_bytes(client)
    assert size > 300
    assert running_bytes(client) == {ID: size, "all": size}
    assert not expires(client, SAMPLES)
    assert not expires(client, TEXT)


LEFT = part(4, 8, text=b"left")


def succeed(records: RedisRecords, _client: redis.Redis) -> None:
    assert records.finish(ID, "ours", DONE)


def fail(records: RedisRecords, _client: redis.Redis) -> None:
    assert records.finish(ID, "ours", FAILED, [LEFT])


def cancel(records: RedisRecords, _client: redis.Redis) -> None:
    records.confirm_stopped(ID)  # so that the cancel need not wait
    records.cancel(ID)
    records.confirm_stopped(ID, "ours", [LEFT])


@pytest.mark.parametrize("end", [succeed, fail, cancel, find_lost])
def test_they_count_with_the_finished_tasks_once_it_has_ended_and_expire_with_the_record(
    end: Callable[[RedisRecords, redis.Redis], None],
    records: RedisRecords,
    client: Any,
    reach: Reach,
    results: ResultStore,
) -> None:
    reach(STARTED)
    give(records)
    end(records, client)
    assert running_bytes(client) == {}
    result = client.lindex(results.key(ID), 0) or b""
    rest = sum(len(field(client, name) or "") for name in ("params", "error"))
    assert finished_bytes(client) == stored_bytes(client) + rest + len(result)
    assert expires(client, SAMPLES)
    if end is succeed:
        assert not client.exists(TEXT)  # the result has it
    else:
        assert expires(client, TEXT)
    records.cancel(ID)
    assert not client.exists(SAMPLES, TEXT, RECORD)
    assert finished_bytes(client) == 0
    assert client.keys(f"{keys.FINISHED}*") == []


def test_nothing_is_counted_of_what_a_new_start_drops(
    records: RedisRecords, client: redis.Redis
) -> None:
    records.submit(REPEATABLE, "somebody")
    assert records.start(ID, "ours")
    give(records)
    lose_worker(client)
    assert state_of(records) is RETRY
    assert records.start(ID, "second")
    assert running_bytes(client) == {}
    assert not client.exists(SAMPLES, TEXT)


def test_nothing_is_left_of_a_running_task_whose_record_was_deleted_by_hand(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    give(records)
    client.delete(RECORD)
    records.append([batch(4, 8)])
    records.sweep()
    assert not client.exists(SAMPLES, TEXT, keys.RUNNING_BYTES, keys.TASKS)


MakeRecords = Callable[..., RedisRecords]


@pytest.fixture
def make_records(
    client: redis.Redis, results: ResultStore, make_settings: MakeSettings
) -> MakeRecords:
    """Records with these settings, in which the task runs."""

    def make(**values: int) -> RedisRecords:
        made = RedisRecords(client, results, make_settings(**values))
        made.submit(PLAIN, "eve")
        assert made.start(ID, "ours")
        return made

    return make


def read(records: RedisRecords) -> tuple[TaskReport, str]:
    found = report_of(records)
    assert found.truncated
    return found, found.report.text


def test_a_list_has_no_more_bytes_than_a_run_may_print(
    make_records: MakeRecords, client: redis.Redis
) -> None:
    records = make_records(output_limit=1000, samples_kept=400)
    for number in range(1, 500):
        records.append([batch(number, number, text=b"%8d" % number)])
    found, text = read(records)
    assert 900 < len(text) <= 1000
    assert text.endswith("     499")
    assert stored_bytes(client) <= 1000 + SAMPLES_FACTOR * 1000
    kept = [sample.index for sample in found.report.samples]
    assert kept == list(range(kept[0], 500))
    assert len(kept) > 30


def test_the_newest_stays_however_large(make_records: MakeRecords) -> None:
    records = make_records(output_limit=10)
    for number in (1, 2):
        records.append([batch(number, *[number] * 30, text=b"%d" % number * 50)])
    found, text = read(records)
    assert text == "2" * 50
    assert [sample.index for sample in found.report.samples] == [2]


@pytest.mark.parametrize("gives", ["text", "samples", "both"])
def test_all_running_tasks_together_have_no_more_bytes_than_finished_ones_may(
    gives: str, make_records: MakeRecords, client: redis.Redis
) -> None:
    most = 20_000
    records = make_records(tasks_kept_bytes=most)
    names = [ID, *(f"other{number}" for number in range(4))]
    for name in names[1:]:
        records.submit(replace(PLAIN, id=name), "eve")
        assert records.start(name, "ours")
    for number in range(1, 300):
        samples, text = [number] * (gives != "text"), b"x" * 100 * (gives != "samples")
        records.append([batch(number, *samples, text=text, task_id=name) for name in names])
    counted = running_bytes(client)
    assert counted["all"] <= most * 1.1
    assert all(most / 12 < counted[name] <= most / 2 for name in names)  # none has all of it
    read(records)
    for name in names:
        assert records.finish(name, "ours", DONE)
    assert running_bytes(client) == {}


def test_a_full_redis_takes_what_came_with_the_end_alone(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    records.append([batch(1, 0, text=b"a")])
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(TasksUnavailable, match="Redis is full"):
            records.append([batch(2, 1, text=b"b")])
        assert indexes(records) == [0]
        assert records.finish(ID, "ours", FAILED, [part(2, 1, text=b"b"), part(3, 2)])
    finally:
        client.config_set("maxmemory", 0)
    assert indexes(records) == [0, 1, 2]
    assert report_of(records).report.text == "ab"
