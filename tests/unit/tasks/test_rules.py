"""The rules of the records of tasks: those in Redis and those in memory keep the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from sysmon_core.errors import MetricFailed, TooManyTasks
from sysmon_core.metrics.report import ParsedReport, Report
from sysmon_core.services.tasks import State, Task, WorkerRecords
from sysmon_core.settings import Settings
from sysmon_core.tasks.limits import LEASE_SECONDS, MAX_ERROR_CHARACTERS, SUSPICION_SECONDS
from sysmon_core.tasks.memory_records import MemoryRecords
from tests.conftest import until
from tests.unit.tasks.conftest import (
    ABSENT,
    DONE,
    FAILED,
    PLAIN,
    REPEATABLE,
    Faults,
    Reach,
    RedisFaults,
    read,
    state_of,
)

QUEUED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED = State
OPEN = (QUEUED, STARTED, RETRY)
ID = PLAIN.id

Look = Callable[[WorkerRecords], object]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        return self.seconds


class MemoryFaults:
    """Faults by the passing of time."""

    def __init__(self, records: MemoryRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def end_lease(self) -> None:
        self._clock.seconds += LEASE_SECONDS + 2

    def lose_worker(self) -> None:
        self.end_lease()
        self._records.get(ID)
        self._clock.seconds += SUSPICION_SECONDS + 2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["redis", "memory"])
def records(request: pytest.FixtureRequest, few_tasks: Settings, clock: Clock) -> WorkerRecords:
    """The records that are tried, with room for three open tasks, two of them of one client."""
    if request.param == "memory":
        return MemoryRecords(few_tasks, clock)
    found: WorkerRecords = request.getfixturevalue("redis_records")
    return found


@pytest.fixture
def faults(request: pytest.FixtureRequest, records: WorkerRecords, clock: Clock) -> Faults:
    if isinstance(records, MemoryRecords):
        return MemoryFaults(records, clock)
    return RedisFaults(request.getfixturevalue("client"))


def sweep(records: WorkerRecords) -> None:
    records.sweep()


def get(records: WorkerRecords) -> None:
    records.get(ID)


either_look = pytest.mark.parametrize("look", [sweep, get])


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


def test_a_run_that_was_lost_may_succeed_when_it_is_repeated(
    records: WorkerRecords, reach: Reach
) -> None:
    reach(RETRY)
    assert records.start(ID, "second")
    assert records.finish(ID, "second", DONE)
    assert state_of(records) is SUCCESS


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
