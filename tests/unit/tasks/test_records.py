"""Every transition of a task's record, on a real Redis."""

from __future__ import annotations

import pytest
import redis

from sysmon_core.services.tasks import State
from sysmon_core.tasks.queue import DramatiqQueue
from sysmon_core.tasks.records import STOPPED, RedisRecords
from tests.unit.tasks.conftest import ABSENT, TASK, Reach, expires, lease, read, state_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State


@pytest.mark.parametrize("state", list(State))
def test_a_task_reads_as_it_was_written(state: State, records: RedisRecords, reach: Reach) -> None:
    reach(state)
    assert records.get(TASK.id) == read(state, "no water" if state is FAILURE else "")


def test_there_is_nothing_where_nothing_was_written(records: RedisRecords) -> None:
    assert records.get(TASK.id) is None


def test_a_task_that_is_removed_is_forgotten(records: RedisRecords, reach: Reach) -> None:
    reach(QUEUED)
    records.remove(TASK.id)
    assert records.get(TASK.id) is None


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_begins_where_it_was_waited_for_and_nowhere_else(
    state: State | None, records: RedisRecords, reach: Reach
) -> None:
    reach(state)
    started = records.start(TASK.id, "another")
    if state in {QUEUED, RETRY}:
        assert started == read(STARTED)
        assert records.finish(TASK.id, "another", SUCCESS)
    else:
        assert started is None
        assert state_of(records) is state
        assert not records.finish(TASK.id, "another", SUCCESS)


@pytest.mark.parametrize("end", [SUCCESS, FAILURE])
@pytest.mark.parametrize("token", ["ours", "another", ""])
@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_can_end_only_what_it_began_itself_and_only_once(
    state: State | None, token: str, end: State, records: RedisRecords, reach: Reach
) -> None:
    reach(state)
    before = records.get(TASK.id)
    if state is STARTED and token == "ours":
        assert records.finish(TASK.id, token, end, "over")
        assert records.get(TASK.id) == read(end, "over")
        assert not records.finish(TASK.id, token, SUCCESS)
    else:
        assert not records.finish(TASK.id, token, end, "over")
        assert records.get(TASK.id) == before


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_cancel_ends_what_has_not_ended_and_removes_what_has(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    records.confirm_stopped(TASK.id)  # so that the cancel need not wait
    records.cancel(TASK.id)
    assert client.exists(STOPPED + TASK.id) == (state is not STARTED)  # which takes the word
    assert state_of(records) is (REVOKED if state in {QUEUED, RETRY, STARTED} else ABSENT)
    assert lease(client) is None


@pytest.mark.parametrize("state", [SUCCESS, FAILURE, REVOKED])
def test_a_cancel_of_a_finished_task_removes_its_result_too(
    state: State, records: RedisRecords, queue: DramatiqQueue, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    queue.store(TASK.id, {"dive": "5 m"})
    records.cancel(TASK.id)
    assert client.keys() == []


@pytest.mark.parametrize("state", list(State))
def test_a_record_expires_once_its_task_has_ended_and_not_before(
    state: State, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    assert expires(client) == state.final


@pytest.mark.parametrize("text", ["", "ü", "one\ntwo", "x" * 5000, "half a pair \udce9"])
def test_any_text_can_be_the_reason_of_a_failure(
    text: str, records: RedisRecords, reach: Reach
) -> None:
    reach(STARTED)
    assert records.finish(TASK.id, "ours", FAILURE, text)
    task = records.get(TASK.id)
    assert task
    assert task.error.isprintable() or "\n" in text
    assert task.error.startswith(text.removesuffix("\udce9"))
