"""What is stored of a task is read as it was, for as many open tasks as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sysmon_core.errors import MetricFailed, TooManyTasks
from sysmon_core.metrics.report import ParsedReport, Report
from sysmon_core.services.task import State, Task
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.tasks.limits import MAX_ERROR_CHARACTERS
from tests.unit.tasks.conftest import DONE, PLAIN, REPEATABLE, Reach, read

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ID = PLAIN.id


@pytest.mark.parametrize("state", list(State))
def test_a_task_reads_as_it_was_written(state: State, records: WorkerRecords, reach: Reach) -> None:
    reach(state)
    assert records.get(ID) == read(state, "no water" if state is FAILURE else "")


@pytest.mark.parametrize(
    "task", [REPEATABLE, replace(PLAIN, brief=True), replace(PLAIN, owner="", params={})]
)
def test_whatever_a_task_is_is_kept(task: Task, records: WorkerRecords) -> None:
    records.submit(task, "")
    assert records.get(ID) == task


def test_there_is_nothing_where_nothing_was_written(records: WorkerRecords) -> None:
    assert records.get(ID) is None


@pytest.mark.parametrize("text", ["", "ü", "one\ntwo", "x" * 5000, "half a pair \udce9"])
def test_any_text_can_be_the_reason_of_a_failure(
    text: str, records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    assert records.finish(ID, "ours", MetricFailed(text))
    task = records.get(ID)
    assert task
    assert task.error.isprintable() or "\n" in text
    assert task.error.startswith(text.removesuffix("\udce9")[:MAX_ERROR_CHARACTERS])
    assert len(task.error) <= MAX_ERROR_CHARACTERS


# There is room for three open tasks, two of them of one client, one of them of no user.
@pytest.mark.parametrize(
    ("fit", "refused", "reason"),
    [
        (["eve", "eve", "ida"], "ann", "All places for tasks are"),
        (["eve", "eve"], "eve", "as many open tasks"),
        ([""], "", "belong to no user"),
        (["eve", "", "ida"], "", "All places for tasks are"),
    ],
)
def test_no_more_tasks_are_open_than_may_be_until_one_ends(
    fit: Sequence[str], refused: str, reason: str, records: WorkerRecords
) -> None:
    for number, owner in enumerate(fit):
        records.submit(replace(PLAIN, id=f"t{number}", owner=owner), f"user {owner}")
    one_more = replace(PLAIN, id="one more", owner=refused)
    with pytest.raises(TooManyTasks, match=reason):
        records.submit(one_more, f"user {refused}")
    assert records.get("one more") is None
    for number, _ in enumerate(fit):
        records.cancel(f"t{number}")
    records.submit(one_more, f"user {refused}")


def test_tasks_are_counted_by_their_states(records: WorkerRecords) -> None:
    for name in ("t1", "t2", "t3"):
        records.submit(replace(PLAIN, id=name), name)
    for name in ("t1", "t2"):
        assert records.start(name, name)
    assert records.figures().open == {QUEUED: 1, STARTED: 2}
    assert records.finish("t1", "t1", DONE)
    records.cancel("t3")
    figures = records.figures()
    assert figures.open == {QUEUED: 0, STARTED: 1}
    assert figures.ended == {("dive", SUCCESS): 1, ("dive", REVOKED): 1}


REPORTS = [
    Report("", started=1.5, finished=2.5, host="whale"),
    Report("\u00fc\n", [{"depth": 7, "note": "\u00fc"}]),
    Report("half a pair \udce9"),
    ParsedReport("1 m", lambda _text: [{"depth": 1}]),  # the text has them
]


@pytest.mark.parametrize("report", REPORTS, ids=["program", "rows", "no UTF-8", "rows in the text"])
def test_a_report_comes_back_as_it_was(
    report: Report, records: WorkerRecords, reach: Reach
) -> None:
    reach(STARTED)
    assert records.finish(ID, "ours", report)
    task = records.get(ID)
    assert task
    found = task.report
    assert found
    for name in ("text", "started", "finished", "host"):
        assert getattr(found, name) == getattr(report, name)
    assert list(found.rows) == list(report.stored_rows or ())
