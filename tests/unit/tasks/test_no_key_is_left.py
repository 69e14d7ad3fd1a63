"""However a task ends, nothing of it stays in Redis once its record has gone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from sysmon_core.redis_store.keys import (
    ENDED,
    FINISHED_BYTES,
    LINE,
    NAMESPACE,
    STOPPED,
    TURNS,
    WAKE,
)
from sysmon_core.services.task import IdempotencyKey, SubmitOptions
from sysmon_core.settings import Settings
from sysmon_core.tasks.records import RedisRecords
from tests.conftest import MakeSettings, until
from tests.unit.tasks.conftest import DONE, FAILED, PLAIN
from tests.unit.tasks.rules.batches import batch, part

WITH_KEY = SubmitOptions(key=IdempotencyKey("k", "digest"))
COUNTERS = {ENDED, FINISHED_BYTES}
MESSAGES = (LINE, TURNS, WAKE, NAMESPACE, STOPPED)
ENDS = ["success", "failure", "cancel", "never begun"]


@pytest.fixture
def few_tasks(make_settings: MakeSettings) -> Settings:
    """Settings by which a record is kept for a second."""
    return make_settings(task_ttl=1)


def left(client: redis.Redis) -> set[str]:
    """The keys that there are, but for counters and for messages, which nobody fetches here."""
    names = {key.decode() for key in client.scan_iter()}
    return {one for one in names if one not in COUNTERS and not one.startswith(MESSAGES)}


def end(records: RedisRecords, how: str) -> None:
    records.submit(PLAIN, "user eve", WITH_KEY)
    if how != "never begun":
        records.start(PLAIN.id, "ours")
        records.append([batch(1, 0, text=b"a")])
    if how in {"success", "failure"}:
        outcome = DONE if how == "success" else FAILED
        assert records.finish(PLAIN.id, "ours", outcome, [part(2, 1)])
    else:
        records.cancel(PLAIN.id)
        records.confirm_stopped(PLAIN.id, "ours", [part(2, 1, text=b"b")])


@pytest.mark.parametrize("how", ENDS)
def test_after_its_removal(how: str, redis_records: RedisRecords, client: redis.Redis) -> None:
    end(redis_records, how)
    assert left(client)
    redis_records.cancel(PLAIN.id)
    assert not left(client)
    assert client.hgetall(FINISHED_BYTES) == {b"users": b"0"}


@pytest.mark.parametrize("how", ENDS)
def test_after_its_time(how: str, redis_records: RedisRecords, client: redis.Redis) -> None:
    end(redis_records, how)

    def swept() -> bool:
        redis_records.sweep()
        return not left(client)

    until(swept)
    assert client.hgetall(FINISHED_BYTES) == {b"users": b"0"}


def test_where_a_record_vanished_while_its_task_ran(
    redis_records: RedisRecords, client: redis.Redis
) -> None:
    redis_records.submit(replace(PLAIN, owner=""), "address ::1")
    redis_records.start(PLAIN.id, "ours")
    redis_records.append([batch(1, 0, text=b"a")])
    client.delete(f"sysmon:task:{PLAIN.id}")
    redis_records.sweep()
    assert left(client) == set()
