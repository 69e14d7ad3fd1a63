"""What a run gives is read while it goes on, and stays readable however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sysmon_core.errors import TaskNotFound
from sysmon_core.metrics.report import Report
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part, State
from sysmon_core.services.task_records import WorkerRecords
from tests.unit.tasks.conftest import (
    ABSENT,
    FAILED,
    PLAIN,
    REPEATABLE,
    Faults,
    Reach,
    state_of,
)
from tests.unit.tasks.rules.batches import batch, indexes, part, report_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


def test_there_is_no_report_where_there_is_no_task(records: WorkerRecords) -> None:
    assert records.output(ID) is None
    assert records.output(ID, 3) is None
    with pytest.raises(TaskNotFound):
        report_of(records)


def test_a_task_that_waits_has_given_nothing(records: WorkerRecords, reach: Reach) -> None:
    reach(QUEUED)
    found = report_of(records)
    assert (found.complete, found.truncated) == (False, False)
    assert (found.report.text, found.report.started, found.report.finished) == ("", 0, 0)
    assert list(found.report.samples) == []


def test_what_was_written_is_read_while_the_run_goes_on(
    records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    since_boot = Sample(1.5, [{"depth": 1}, {"depth": 2}], 0, since_boot=True)
    records.append([(ID, "ours", Part(1, "1 m\nf\u00fc".encode()[:-1], [since_boot]))])
    records.append([batch(2, 1, 2, text="\u00fc".encode()[1:] + b"nf\n")])
    found = report_of(records)
    assert not found.complete
    assert found.report.text == "1 m\nf\u00fcnf\n"
    assert found.report.samples == [
        Sample(1.5, [{"depth": 1}, {"depth": 2}], 0, since_boot=True),
        Sample(1.5, [{"depth": 1}], 1),
        Sample(2.5, [{"depth": 2}], 2),
    ]
    task = records.get(ID)
    assert task
    assert task.samples == 3
    assert found.report.started == task.started
    assert found.report.finished == 0


def test_a_sample_that_comes_in_parts_is_one(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    records.append([batch(1, 0, 0)])
    records.append([batch(2, 0, 1)])
    rows = [len(sample.rows) for sample in report_of(records).report.samples]
    assert rows == [3, 1]
    task = records.get(ID)
    assert task
    assert task.samples == 2


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_those_after_an_index_come_alone_and_without_text(
    size: int, records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    every = list(range(20))
    for number, first in enumerate(range(0, 20, size), 1):
        records.append([batch(number, *every[first : first + size], text=b"x")])
    for after in (*every, 100):
        assert indexes(records, after) == every[after + 1 :]
    assert report_of(records, 3).report.text == ""
    assert indexes(records) == every


def test_a_batch_that_is_sent_twice_is_stored_once(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    for one in (batch(1, 0, text=b"a"), batch(1, 0, text=b"a"), batch(2, 1, text=b"b")):
        records.append([one])
    assert records.finish(ID, "ours", FAILED, [part(2, 1, text=b"b"), part(3, 2, text=b"c")])
    found = report_of(records)
    assert found.report.text == "abc"
    assert [len(sample.rows) for sample in found.report.samples] == [1, 1, 1]


@pytest.mark.parametrize("state", [*State, ABSENT])
@pytest.mark.parametrize("token", ["ours", "another"])
def test_a_run_writes_about_its_own_task_alone_and_while_it_has_that(
    state: State | None, token: str, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    before = records.get(ID)
    records.append([batch(1, 0, text=b"a", token=token)])
    if state is STARTED and token == "ours":
        assert indexes(records) == [0]
    else:
        assert records.get(ID) == before
        assert state is ABSENT or indexes(records) == []


def test_batches_of_many_runs_are_written_at_once(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    records.submit(replace(PLAIN, id="t2"), "another")
    assert records.start("t2", "theirs")
    mine, theirs = batch(1, 0, 1), batch(1, 0, token="theirs", task_id="t2")
    records.append([mine, batch(1, 0, task_id="gone"), theirs])
    assert indexes(records) == [0, 1]
    task = records.get("t2")
    assert task
    assert task.samples == 1


OUTCOMES = [Report("all", told=True, host="whale"), FAILED]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["success", "failure"])
@pytest.mark.parametrize("left", [[], [part(2, 1, text=b"b")]], ids=["nothing left", "more"])
def test_what_came_stays_when_the_run_ends(
    outcome: Report, left: Sequence[Part], records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    records.append([batch(1, 0, text=b"a")])
    assert records.finish(ID, "ours", outcome, left)
    found = report_of(records)
    task = records.get(ID)
    assert task
    assert found.complete
    assert found.report.finished == task.ended
    assert indexes(records) == [0, 1][: 1 + len(left)]
    if task.state is SUCCESS:
        assert (found.report.text, found.report.host) == ("all", "whale")
    else:
        assert found.report.text == "ab"[: 1 + len(left)]


def test_what_came_before_a_cancel_stays_also_what_was_not_yet_written(
    records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    records.append([batch(1, 0, text=b"a")])
    records.confirm_stopped(ID)
    records.cancel(ID)
    assert indexes(records) == [0]
    assert not records.finish(ID, "ours", FAILED, [part(2, 1, text=b"b")])
    records.confirm_stopped(ID, "another", [part(2, 1)])
    assert indexes(records) == [0]
    records.confirm_stopped(ID, "ours", [part(2, 1, text=b"b")])
    found = report_of(records)
    assert state_of(records) is REVOKED
    assert (found.complete, found.report.text) == (True, "ab")
    assert indexes(records) == [0, 1]
    records.cancel(ID)
    assert records.output(ID) is None


def test_what_came_stays_when_the_worker_is_lost_and_it_adds_nothing_more(
    records: WorkerRecords, reach: Reach, faults: Faults
) -> None:
    reach(STARTED)
    records.append([batch(1, 0, text=b"a")])
    faults.lose_worker()
    assert state_of(records) is FAILURE
    records.append([batch(2, 1, text=b"b")])
    assert not records.finish(ID, "ours", FAILED, [part(2, 1, text=b"b")])
    assert indexes(records) == [0]
    assert (report_of(records).complete, report_of(records).report.text) == (True, "a")


def test_a_new_start_drops_what_the_one_before_gave(records: WorkerRecords, faults: Faults) -> None:
    records.submit(REPEATABLE, "somebody")
    assert records.start(ID, "first")
    records.append([batch(1, 0, 1, text=b"a", token="first")])
    faults.lose_worker()
    assert state_of(records) is RETRY
    assert indexes(records) == [0, 1]
    assert records.start(ID, "second")
    assert indexes(records) == []
    records.append([batch(2, 2, token="first"), batch(1, 0, text=b"b", token="second")])
    assert indexes(records) == [0]
    assert report_of(records).report.text == "b"
