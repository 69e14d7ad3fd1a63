"""Looks at the lists of tasks in Redis: each is bounded, and forgets records that have vanished."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from sysmon_core.redis_store import keys
from sysmon_core.services.task import State, TaskQuery
from sysmon_core.tasks.records import MAX_LOOKED_AT, RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.conftest import MakeSettings
from tests.unit.tasks.conftest import DONE, PLAIN, RECORD, Reach, state_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id
EVE = "user eve"


@pytest.fixture
def roomy(client: redis.Redis, results: ResultStore, make_settings: MakeSettings) -> RedisRecords:
    """Records with room for many tasks."""
    return RedisRecords(client, results, make_settings(tasks_open=9000, tasks_per_client=9000))


def fill(records: RedisRecords, count: int) -> None:
    for number in range(count):
        records.submit(replace(PLAIN, id=f"t{number}"), EVE)


def test_a_look_reads_a_bounded_number_and_says_where_it_stopped(roomy: RedisRecords) -> None:
    fill(roomy, MAX_LOOKED_AT + 3)
    nowhere = TaskQuery(metric="swim")
    first = roomy.list(nowhere, 50)
    assert list(first.tasks) == []
    assert first.end
    assert [task.id for task in roomy.list(TaskQuery(), 50, first.end).tasks] == ["t2", "t1", "t0"]
    assert roomy.list(nowhere, 50, first.end).end is None


def test_a_list_since_a_time_ends_there_however_many_are_older(roomy: RedisRecords) -> None:
    fill(roomy, MAX_LOOKED_AT + 3)
    newest = roomy.get(f"t{MAX_LOOKED_AT + 2}")
    assert newest
    page = roomy.list(TaskQuery(since=newest.created), 50)
    assert ([task.id for task in page.tasks], page.end) == ([newest.id], None)


@pytest.mark.parametrize("query", [TaskQuery(), TaskQuery(owner="eve")])
def test_a_record_that_vanished_is_forgotten_when_a_list_is_read(
    query: TaskQuery, roomy: RedisRecords, client: redis.Redis
) -> None:
    fill(roomy, 3)
    client.delete(keys.TASK + "t1")
    for _ in range(2):
        assert [task.id for task in roomy.list(query, 50).tasks] == ["t2", "t0"]
    index = f"{keys.TASKS_OF}{EVE}" if query.owner else keys.TASKS
    assert client.zcard(index) == 2


@pytest.mark.parametrize("state", [QUEUED, STARTED])
def test_an_open_task_whose_record_vanished_is_forgotten_by_a_sweep(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    client.delete(RECORD)
    records.sweep()
    assert not client.exists(keys.TASKS, f"{keys.TASKS_OF}somebody")


NEW_FIELDS = ("created", "seconds", "host", "begun", "ended", "expires", "code", "changes")


@pytest.mark.parametrize("state", list(State))
def test_a_task_from_before_an_upgrade_is_read_and_does_no_harm(
    state: State, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    client.hdel(RECORD, *NEW_FIELDS)
    client.delete(keys.TASKS, f"{keys.TASKS_OF}somebody")
    task = records.get(ID)
    assert task
    assert (task.state, task.seconds, task.host, task.ended) == (state, 0, "", None)
    found = records.output(ID)
    assert found
    assert bool(found.task.report) == (state is SUCCESS)
    assert list(records.list(TaskQuery(), 50).tasks) == []
    records.sweep()
    if state is STARTED:
        assert records.finish(ID, "ours", DONE)
    else:
        records.cancel(ID)
    assert state_of(records) is (SUCCESS if state is STARTED else None if state.final else REVOKED)
