"""Starts, renewals, ends and cancels: which change a task, in each of its states."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics.report import Report
from sysmon_core.services.task import State, Task
from sysmon_core.services.task_records import WorkerRecords
from tests.conftest import until
from tests.unit.tasks.conftest import ABSENT, DONE, FAILED, PLAIN, Faults, Reach, read, state_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
OPEN = (QUEUED, STARTED, RETRY)
ID = PLAIN.id


@pytest.mark.parametrize(("end", "outcome"), [(SUCCESS, DONE), (FAILURE, FAILED)])
@pytest.mark.parametrize("token", ["ours", "another", ""])
@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_can_end_only_what_it_began_itself_and_only_once(
    state: State | None,
    token: str,
    end: State,
    outcome: Report | MetricFailed,
    records: WorkerRecords,
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


def test_of_runs_that_begin_at_once_one_does(records: WorkerRecords, reach: Reach) -> None:
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


def test_a_renewal_knows_many_runs_by_their_tokens(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    runs = [(ID, "another"), (ID, "ours"), ("t2", "third")]
    assert records.renew(runs) == {"another", "third"}
    assert records.renew([]) == set()


def test_a_cancel_does_not_wait_for_a_worker_that_is_gone(
    records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    begin = time.monotonic()
    records.cancel(ID)
    assert time.monotonic() - begin < 5
    assert state_of(records) is REVOKED


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_run_begins_where_the_task_waits_and_nowhere_else(
    state: State | None, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    started = records.start(ID, "another")
    if state in {QUEUED, RETRY}:
        assert started == replace(read(state), state=STARTED)
        assert records.finish(ID, "another", DONE)
    else:
        assert started is None
        assert state_of(records) is state
        assert not records.finish(ID, "another", DONE)


def test_a_start_that_was_sent_twice_is_one_start(
    records: WorkerRecords, reach: Reach, faults: Faults
) -> None:
    reach(STARTED)
    assert records.start(ID, "ours") == read(STARTED)
    faults.lose_worker()
    task = records.get(ID)
    assert task
    assert task.error.endswith("(start 1)")


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_cancel_ends_or_removes_a_task_and_returns_its_state_before(
    state: State | None, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    records.confirm_stopped(ID)  # so that the cancel need not wait
    assert records.cancel(ID) is state
    assert state_of(records) is (REVOKED if state in OPEN else ABSENT)


def test_a_cancel_waits_for_the_processes_to_be_gone(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    before: list[State | None] = []
    thread = threading.Thread(target=lambda: before.append(records.cancel(ID)))
    thread.start()
    until(lambda: records.renew([(ID, "ours")]))
    records.confirm_stopped(ID)
    thread.join()
    assert before == [STARTED]


@pytest.mark.parametrize("state", [QUEUED, RETRY, SUCCESS, FAILURE, REVOKED, ABSENT])
def test_a_renewal_names_the_run_that_must_stop(
    state: State | None, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    assert records.renew([(ID, "ours")]) == {"ours"}


@pytest.mark.parametrize("state", [*State, ABSENT])
def test_a_task_that_is_queued_again_stays_in_its_state(
    state: State | None, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    records.resend(ID)
    records.sweep()
    assert state_of(records) is state
