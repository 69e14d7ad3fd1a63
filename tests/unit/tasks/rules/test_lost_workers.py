"""A run whose lease ends is under suspicion, then lost: its task fails or is repeated."""

from __future__ import annotations

from sysmon_core.services.task import State
from sysmon_core.services.task_records import WorkerRecords
from tests.unit.tasks.conftest import (
    DONE,
    PLAIN,
    REPEATABLE,
    Faults,
    Look,
    Reach,
    either_look,
    read,
    state_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


def test_a_run_that_was_lost_may_succeed_when_it_is_repeated(
    records: WorkerRecords, reach: Reach
) -> None:
    reach(RETRY)
    assert records.start(ID, "second")
    assert records.finish(ID, "second", DONE)
    assert state_of(records) is SUCCESS


@either_look
def test_a_lease_that_ran_out_is_a_suspicion_at_first(
    look: Look, records: WorkerRecords, reach: Reach, faults: Faults
) -> None:
    reach(STARTED)
    faults.end_lease()
    look(records)
    look(records)
    assert state_of(records) is STARTED
    assert records.finish(ID, "ours", DONE)


@either_look
def test_a_suspicion_that_lasts_is_a_failure_for_good(
    look: Look, records: WorkerRecords, reach: Reach, faults: Faults
) -> None:
    reach(STARTED)
    faults.lose_worker()
    look(records)
    task = records.get(ID)
    assert task == read(FAILURE, "The worker was lost while it ran this task (start 1)")
    assert not records.finish(ID, "ours", DONE)
    assert records.start(ID, "another") is None
    assert records.renew([(ID, "ours")]) == {"ours"}
    assert records.get(ID) == task


def test_a_renewal_ends_the_suspicion(records: WorkerRecords, reach: Reach, faults: Faults) -> None:
    reach(STARTED)
    faults.lose_worker()
    assert records.renew([(ID, "ours")]) == set()
    assert state_of(records) is STARTED
    faults.end_lease()
    assert state_of(records) is STARTED


def test_a_task_that_may_be_repeated_is_started_three_times_at_most(
    records: WorkerRecords, faults: Faults
) -> None:
    records.submit(REPEATABLE, "somebody")
    for token in ("first", "second"):
        assert records.start(ID, token)
        faults.lose_worker()
        assert state_of(records) is RETRY
        assert not records.finish(ID, token, DONE)
        assert records.renew([(ID, token)]) == {token}
    assert records.start(ID, "third")
    faults.lose_worker()
    task = records.get(ID)
    assert task
    assert (task.state, task.error[-9:]) == (FAILURE, "(start 3)")
