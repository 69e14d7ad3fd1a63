"""How many samples a report has, and how its reader notices that there are more."""

from __future__ import annotations

import pytest

from sysmon_core.metrics.report import Report
from sysmon_core.services.task import State
from sysmon_core.services.task_records import WorkerRecords
from tests.unit.tasks.conftest import FAILED, KEPT, PLAIN, REPEATABLE, Faults, Reach
from tests.unit.tasks.rules.batches import batch, indexes, report_of

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.mark.parametrize("size", [1, 7, KEPT, KEPT + 20])
def test_the_newest_samples_are_kept_and_the_report_says_that_some_are_not(
    size: int, records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    count = KEPT + 20
    for number, first in enumerate(range(0, count, size), 1):
        records.append([batch(number, *range(first, min(first + size, count)))])
    for _ in ("while it runs", "when it has ended"):
        found = report_of(records)
        assert found.truncated
        assert [sample.index for sample in found.report.samples] == list(range(20, count))
        records.finish(ID, "ours", Report("all", told=True))
    task = records.get(ID)
    assert task
    assert task.samples == count


def test_as_many_samples_as_are_kept_are_all(records: WorkerRecords, reach: Reach) -> None:
    reach(STARTED)
    records.append([batch(1, *range(KEPT))])
    assert not report_of(records).truncated
    assert indexes(records) == list(range(KEPT))


def test_each_change_makes_another_revision_and_a_look_does_not(
    records: WorkerRecords, faults: Faults
) -> None:
    seen: list[str] = []

    def changed() -> bool:
        task, found = records.get(ID), report_of(records, 3)
        assert task
        assert task.revision == found.task.revision == report_of(records).task.revision
        seen.append(task.revision)
        return len(set(seen)) == len(seen)

    records.submit(REPEATABLE, "somebody")
    assert changed()
    for token in ("first", "second"):
        assert records.start(ID, token)
        assert changed()
        records.append([batch(1, 0, token=token)])
        assert changed()
        records.append([batch(1, 0, token=token)])  # it came already
        assert not changed()
        seen.pop()
        if token == "first":
            faults.lose_worker()
            assert changed()
    assert records.finish(ID, "second", FAILED)
    assert changed()
