"""Lists of tasks: the newest first, page by page, and those that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sysmon_core.services.task import State, TaskQuery
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.tasks.memory_records import MemoryRecords
from tests.support.clock import Clock
from tests.unit.tasks.conftest import DONE, PLAIN, Reach

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
ALL = TaskQuery()


def add(
    records: WorkerRecords, clock: Clock, *names: str, owner: str = "eve", metric: str = "dive"
) -> None:
    """Submit tasks one after the other, and end them so that there is room."""
    for name in names:
        clock.now += 1
        task = replace(PLAIN, id=name, owner=owner, metric=metric, host=f"host of {name}")
        records.submit(task, f"user {owner}" if owner else "address 10.0.0.1")
        records.cancel(name)


def names(
    records: WorkerRecords, query: TaskQuery = ALL, limit: int = 50, end: str | None = None
) -> list[str]:
    return [task.id for task in records.list(query, limit, end).tasks]


def test_there_may_be_none(records: WorkerRecords) -> None:
    found = records.list(ALL, 50, None)
    assert (list(found.tasks), found.end) == ([], None)


@pytest.mark.parametrize("state", list(State))
def test_a_task_is_listed_as_it_reads_but_without_its_report(
    state: State, records: WorkerRecords, reach: Reach
) -> None:
    reach(state)
    (task,) = records.list(ALL, 50, None).tasks
    assert task == records.get(PLAIN.id)
    assert task.report is None
    assert names(records, TaskQuery(states=(state,))) == [PLAIN.id]
    assert names(records, TaskQuery(states=tuple(one for one in State if one is not state))) == []


def test_the_newest_comes_first_and_pages_follow_each_other(
    records: WorkerRecords, clock: Clock
) -> None:
    every = [f"t{number}" for number in range(9)]
    add(records, clock, *every)
    assert names(records) == every[::-1]
    pages: list[list[str]] = []
    place: str | None = None
    while not pages or place:
        found = records.list(ALL, 4, place)
        pages.append([task.id for task in found.tasks])
        place = found.end
    assert pages == [["t8", "t7", "t6", "t5"], ["t4", "t3", "t2", "t1"], ["t0"]]


@pytest.mark.parametrize("count", [1, 4])
def test_a_page_that_has_the_last_one_has_no_next(
    count: int, records: WorkerRecords, clock: Clock
) -> None:
    add(records, clock, *(f"t{number}" for number in range(count)))
    assert records.list(ALL, count, None).end is None


def test_what_comes_or_goes_meanwhile_moves_no_other_task(
    records: WorkerRecords, clock: Clock
) -> None:
    add(records, clock, *"abcdef")
    place = records.list(ALL, 3, None).end
    assert place
    records.cancel("d")  # where the next page begins
    records.cancel("b")
    add(records, clock, "g")
    assert names(records, end=place) == ["c", "a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (TaskQuery(owner="eve"), "fca"),
        (TaskQuery(owner="ida"), "d"),
        (TaskQuery(owner="ann"), ""),
        (TaskQuery(owner=None), "fedcba"),
        (TaskQuery(metric="swim"), "f"),
        (TaskQuery(metric="swim", owner="ida"), ""),
        (TaskQuery(host="host of e"), "e"),
        (TaskQuery(states=(SUCCESS, FAILURE)), ""),
        (TaskQuery(states=(SUCCESS, REVOKED), owner="eve"), "fca"),
    ],
)
def test_those_are_listed_that_are_asked_for(
    query: TaskQuery, expected: str, records: WorkerRecords, clock: Clock
) -> None:
    add(records, clock, "a")
    add(records, clock, "b", owner="")
    add(records, clock, "c")
    add(records, clock, "d", owner="ida")
    add(records, clock, "e", owner="")
    add(records, clock, "f", metric="swim")
    assert names(records, query) == list(expected)
    assert names(records, query, limit=1) == list(expected[:1])


def test_those_since_a_time_are_listed(records: WorkerRecords, clock: Clock) -> None:
    add(records, clock, *"abc")
    task = records.get("b")
    assert task
    assert names(records, TaskQuery(since=task.created)) == ["c", "b"]
    assert names(records, TaskQuery(since=task.created + 3600)) == []


def test_a_task_that_is_removed_is_listed_no_longer(records: WorkerRecords, clock: Clock) -> None:
    add(records, clock, *"abc")
    records.cancel("b")
    for query in (ALL, TaskQuery(owner="eve")):
        assert names(records, query) == ["c", "a"]


def test_times_are_told(records: WorkerRecords, clock: Clock) -> None:
    made = records.submit(PLAIN, "somebody").task
    assert (made.started, made.ended, made.expires) == (None, None, None)
    clock.now += 1
    started = records.start(PLAIN.id, "ours")
    assert started
    clock.now += 1
    assert records.finish(PLAIN.id, "ours", DONE)
    task = records.get(PLAIN.id)
    assert task
    moments: Sequence[float | None] = (
        *(made.created, started.started, task.ended, task.now, task.expires),
    )
    assert None not in moments
    assert sorted(one or 0 for one in moments) == list(moments)
    assert (task.created, task.started) == (made.created, started.started)
    assert isinstance(records, MemoryRecords) or abs(made.now - made.created) < 1
