"""The keys in Redis that a task leaves when it ends; rules/ has what a record says."""

from __future__ import annotations

import pytest
import redis

from sysmon_core.redis_store import keys
from sysmon_core.services.task import State
from sysmon_core.tasks.records import RedisRecords
from sysmon_core.tasks.results import ResultStore
from tests.unit.tasks.conftest import (
    ABSENT,
    PLAIN,
    RECORD,
    Reach,
    expires,
    lease,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_cancel_leaves_no_lease_and_takes_the_word_that_a_run_has_stopped(
    state: State | None, records: RedisRecords, client: redis.Redis, reach: Reach
) -> None:
    reach(state)
    records.confirm_stopped(ID)  # so that the cancel need not wait
    records.cancel(ID)
    assert client.exists(keys.STOPPED + ID) == (state is not STARTED)  # which takes the word
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
