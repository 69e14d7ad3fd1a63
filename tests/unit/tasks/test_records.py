"""Every transition of a task's record, on a real Redis."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import redis

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Report
from sysmon_core.redis_store import keys
from sysmon_core.services.tasks import State, Task
from sysmon_core.tasks.limits import MAX_ERROR_CHARACTERS
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.unit.tasks.conftest import (
    ABSENT,
    DONE,
    FAILED,
    PLAIN,
    RECORD,
    REPEATABLE,
    Reach,
    expires,
    field,
    lease,
    read,
    state_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
OPEN = (QUEUED, STARTED, RETRY)
ID = PLAIN.id


@pytest.mark.parametrize("state", list(State))
def test_a_task_reads_as_it_was_written(state: State, records: RedisRecords, reach: Reach) -> None:
    reach(state)
    assert records.get(ID) == read(state, "no water" if state is FAILURE else "")


@pytest.mark.parametrize(
    "task", [REPEATABLE, replace(PLAIN, brief=True), replace(PLAIN, owner="", params={})]
)
def test_whatever_a_task_is_is_kept(task: Task, records: RedisRecords) -> None:
    records.submit(task, "")
    assert records.get(ID) == task


def test_there_is_nothing_where_nothing_was_written(records: RedisRecords) -> None:
    assert records.get(ID) is None


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_begins_where_it_was_waited_for_and_nowhere_else(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    before = int(field(client, "starts") or 0)
    assert before == (0 if state in {QUEUED, REVOKED, ABSENT} else 1)
    started = records.start(ID, "another")
    if state in {QUEUED, RETRY}:
        assert started == replace(read(state), state=STARTED)
        assert field(client, "starts") == str(before + 1)
        assert records.finish(ID, "another", DONE)
    else:
        assert started is None
        assert state_of(records) is state
        assert int(field(client, "starts") or 0) == before
        assert not records.finish(ID, "another", DONE)


@pytest.mark.parametrize(("end", "outcome"), [(SUCCESS, DONE), (FAILURE, FAILED)])
@pytest.mark.parametrize("token", ["ours", "another", ""])
@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_can_end_only_what_it_began_itself_and_only_once(
    state: State | None,
    token: str,
    end: State,
    outcome: Report | MetricFailed,
    records: RedisRecords,
    reach: Reach,
) -> None:
    reach(state)
    before = records.get(ID)
    if state is STARTED and token == "ours":
        assert records.finish(ID, token, outcome)
        assert records.get(ID) == read(end, "no water" if end is FAILURE else "")
        assert not records.finish(ID, token, DONE)
    else:
        assert not records.finish(ID, token, outcome)
        assert records.get(ID) == before


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_cancel_ends_what_has_not_ended_and_removes_what_has(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    records.confirm_stopped(ID)  # so that the cancel need not wait
    records.cancel(ID)
    assert client.exists(keys.STOPPED + ID) == (state is not STARTED)  # which takes the word
    assert state_of(records) is (REVOKED if state in OPEN else ABSENT)
    assert lease(client) is None


@pytest.mark.parametrize("state", [SUCCESS, FAILURE, REVOKED])
def test_a_cancel_of_a_finished_task_removes_its_result_too(
    state: State, records: RedisRecords, results: ResultStore, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    assert client.exists(results.key(ID)) == (state is not REVOKED)
    records.cancel(ID)
    assert not client.exists(RECORD, results.key(ID))
    assert records.get(ID) is None


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
    assert records.finish(ID, "ours", MetricFailed(text))
    task = records.get(ID)
    assert task
    assert task.error.isprintable() or "\n" in text
    assert task.error.startswith(text.removesuffix("\udce9")[:MAX_ERROR_CHARACTERS])
    assert len(task.error) <= MAX_ERROR_CHARACTERS


def test_of_runs_that_begin_at_once_one_does(records: RedisRecords, reach: Reach) -> None:
    reach(QUEUED)
    began: list[Task | None] = []

    def begin(token: str) -> None:
        began.append(records.start(ID, token))

    threads = [threading.Thread(target=begin, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [task for task in began if task] == [read(STARTED)]
    assert len(began) == 8


def test_a_start_that_was_sent_twice_is_one_start(
    records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(STARTED)
    assert records.start(ID, "ours") == read(STARTED)
    assert field(client, "starts") == "1"
