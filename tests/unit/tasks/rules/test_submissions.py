"""Submissions that are repeated by a key, and tasks that are not wanted for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_core.errors import IdempotencyKeyReused, TooManyTasks
from sysmon_core.services.task import IdempotencyKey, State, SubmitOptions
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.tasks.limits import NOT_STARTED
from tests.conftest import until
from tests.unit.tasks.conftest import LONG_SECONDS, PLAIN, REPEATABLE, Faults, Look, either_look
from tests.unit.tasks.rules.conftest import Told

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id
KEY = IdempotencyKey("k", "digest")
OTHER = replace(PLAIN, id="t2")


def test_a_submission_with_a_key_that_was_used_finds_the_first_task(records: WorkerRecords) -> None:
    first = records.submit(PLAIN, "eve", SubmitOptions(key=KEY))
    assert not first.repeated
    for _ in range(3):  # more than may be open
        again = records.submit(OTHER, "eve", SubmitOptions(key=KEY))
        assert again.repeated
        assert again.task == first.task == PLAIN
        assert again.task.created == first.task.created
    assert records.get("t2") is None
    assert sum(records.figures().open.values()) == 1


def test_a_repeat_is_not_counted_where_a_limit_is_reached(records: WorkerRecords) -> None:
    records.submit(PLAIN, "eve", SubmitOptions(key=KEY))
    records.submit(OTHER, "eve")
    with pytest.raises(TooManyTasks):
        records.submit(
            replace(PLAIN, id="t3"), "eve", SubmitOptions(key=IdempotencyKey("l", "digest"))
        )
    assert records.submit(replace(PLAIN, id="t3"), "eve", SubmitOptions(key=KEY)).task.id == ID


def test_a_key_that_comes_with_another_body_is_refused(records: WorkerRecords) -> None:
    records.submit(PLAIN, "eve", SubmitOptions(key=KEY))
    with pytest.raises(IdempotencyKeyReused, match="another body"):
        records.submit(OTHER, "eve", SubmitOptions(key=replace(KEY, body_digest="another")))
    assert records.get("t2") is None
    assert records.submit(OTHER, "eve", SubmitOptions(key=KEY)).task.id == ID


def test_a_key_is_its_clients_alone(records: WorkerRecords) -> None:
    records.submit(PLAIN, "eve", SubmitOptions(key=KEY))
    assert not records.submit(OTHER, "ida", SubmitOptions(key=KEY)).repeated
    assert not records.submit(
        replace(PLAIN, id="t3"), "ida", SubmitOptions(key=replace(KEY, text="l"))
    ).repeated


def test_a_key_is_kept_while_its_task_has_a_record(records: WorkerRecords) -> None:
    records.submit(PLAIN, "eve", SubmitOptions(key=KEY))
    records.cancel(ID)
    again = records.submit(OTHER, "eve", SubmitOptions(key=KEY))
    assert (again.repeated, again.task.state) == (True, REVOKED)
    records.cancel(ID)
    assert not records.submit(
        OTHER, "eve", SubmitOptions(key=replace(KEY, body_digest="another"))
    ).repeated


def test_a_task_without_a_time_to_begin_waits(records: WorkerRecords, faults: Faults) -> None:
    records.submit(PLAIN, "eve")
    faults.end_wait()
    records.sweep()
    assert records.start(ID, "ours")


@either_look
def test_a_task_that_has_not_begun_in_time_fails(
    look: Look, records: WorkerRecords, faults: Faults
) -> None:
    made = records.submit(PLAIN, "eve", SubmitOptions(start_within=LONG_SECONDS / 2)).task
    assert made.created
    look(records)
    task = records.get(ID)
    assert task
    assert task.state is QUEUED
    faults.end_wait()
    look(records)
    task = records.get(ID)
    assert task
    assert (task.state, task.code) == (FAILURE, "not-started-in-time")
    assert task.error == NOT_STARTED
    assert task.started is None
    assert records.start(ID, "ours") is None
    assert sum(records.figures().open.values()) == 0


def test_a_task_is_not_begun_after_that_time(records: WorkerRecords, faults: Faults) -> None:
    records.submit(PLAIN, "eve", SubmitOptions(start_within=60))
    faults.end_wait()
    assert records.start(ID, "ours") is None
    task = records.get(ID)
    assert task
    assert task.code == "not-started-in-time"


def test_a_task_that_has_begun_goes_on_also_with_another_start(
    records: WorkerRecords, faults: Faults
) -> None:
    records.submit(REPEATABLE, "eve", SubmitOptions(start_within=60))
    assert records.start(ID, "first")
    faults.end_wait()
    records.sweep()
    faults.lose_worker()
    task = records.get(ID)
    assert task
    assert task.state is RETRY
    assert records.start(ID, "second")


@pytest.mark.parametrize("end", ["finish", "cancel", "wait", "loss"])
def test_each_end_is_told_once(
    end: str, records: WorkerRecords, faults: Faults, told: Told
) -> None:
    records.submit(OTHER, "ida")
    records.submit(PLAIN, "eve", SubmitOptions(start_within=60))
    if end in {"finish", "loss"}:
        assert records.start(ID, "ours")
    if end == "finish":
        records.finish(ID, "ours", IdempotencyKeyReused("some error"))
    elif end == "cancel":
        records.cancel(ID)
    elif end == "wait":
        faults.end_wait()
        records.sweep()
    else:
        faults.lose_worker()
        records.get(ID)
    until(lambda: told() == [ID])
    records.confirm_stopped("t2")
    records.cancel("t2")
    records.cancel(ID)
    until(lambda: told() == [ID, "t2"])
