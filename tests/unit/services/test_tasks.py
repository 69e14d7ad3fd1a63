from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial

import pytest

from sysmon_core.errors import (
    MetricUnavailable,
    RunTooLong,
    TaskNotFound,
    TasksUnavailable,
    TooManyTasks,
)
from sysmon_core.services.audit import Caller
from sysmon_core.services.task import (
    State,
    Task,
)
from sysmon_core.services.tasks import BRIEF_SECONDS, Tasks
from tests.unit.services.conftest import Audit
from tests.unit.services.tasks_in_memory import Depth, Memory, make, submit


def test_what_is_submitted_is_handed_on_with_its_owner_and_its_client(
    tasks: Tasks, memory: Memory
) -> None:
    task_id = submit(tasks, depth=5, owner="eve")
    expected = Task(id=task_id, metric="dive", params={"depth": 5}, owner="eve", brief=True)
    assert memory.tasks == {task_id: expected}
    assert expected.state is State.QUEUED
    assert memory.clients == ["user eve"]


def test_a_task_that_is_nobodys_counts_as_the_addresss(tasks: Tasks, memory: Memory) -> None:
    task_id = tasks.submit(make(), Depth(depth=5), Caller("eve", "10.0.0.1"), owned=False).task.id
    assert memory.tasks[task_id].owner == ""
    assert memory.clients == ["address 10.0.0.1"]


@pytest.mark.parametrize(
    "address", ["2001:db8:1:2::3", "2001:DB8:1:2:ffff::", "[2001:db8:1:2::4]:80"]
)
def test_addresses_of_one_network_are_one_client(
    address: str, tasks: Tasks, memory: Memory
) -> None:
    tasks.submit(make(), Depth(depth=5), Caller("", address), owned=False)
    assert memory.clients == ["address 2001:db8:1:2::/64"]


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_task_may_be_repeated_if_its_metric_says_so(
    repeatable: bool, tasks: Tasks, memory: Memory
) -> None:
    task_id = submit(tasks, make(repeatable=repeatable))
    assert memory.tasks[task_id].repeatable is repeatable


@pytest.mark.parametrize(("beyond", "brief"), [(-1, True), (0, True), (1, False)])
def test_a_run_of_a_few_seconds_is_brief(
    beyond: int, brief: bool, tasks: Tasks, memory: Memory
) -> None:
    task_id = submit(tasks, depth=int(BRIEF_SECONDS) + beyond)
    assert memory.tasks[task_id].brief is brief


def test_an_id_cannot_be_guessed_and_is_new_each_time(tasks: Tasks) -> None:
    ids = [submit(tasks) for _ in range(10)]
    assert len({uuid.UUID(task_id) for task_id in ids}) == 10
    assert {uuid.UUID(task_id).version for task_id in ids} == {4}


def test_a_task_may_take_as_long_as_its_limit_and_no_longer(tasks: Tasks, memory: Memory) -> None:
    submit(tasks, depth=60)
    with pytest.raises(RunTooLong):
        submit(tasks, depth=61)
    assert len(memory.tasks) == 1


def test_nothing_is_made_of_a_task_that_no_worker_can_do(
    tasks: Tasks, memory: Memory, missing: list[dict[str, str]]
) -> None:
    missing.append({"dive": "install it"})
    with pytest.raises(MetricUnavailable, match="install it"):
        submit(tasks)
    assert not memory.tasks


def test_a_metric_is_asked_once_how_long_it_takes(tasks: Tasks) -> None:
    answers = iter([3])
    submit(tasks, replace(make(), duration=lambda _: next(answers)))
    assert not list(answers)


@pytest.mark.parametrize(
    "error",
    [TooManyTasks("full"), TasksUnavailable("away"), RuntimeError(), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)
def test_what_the_records_refuse_is_told_as_it_is(
    error: BaseException, tasks: Tasks, memory: Memory
) -> None:
    memory.refusal = error
    with pytest.raises(type(error)) as caught:
        submit(tasks)
    assert caught.value is error


@pytest.mark.parametrize(
    ("owner", "owned", "seen"),
    [("", False, True), ("", True, True), ("eve", True, True), ("eve", False, False)],
)
def test_a_task_of_a_user_is_seen_and_cancelled_only_where_those_of_users_are(
    owner: str, owned: bool, seen: bool, tasks: Tasks, memory: Memory
) -> None:
    task_id = submit(tasks, owner=owner)
    if seen:
        assert tasks.get(task_id, owned=owned).owner == owner
        tasks.cancel(task_id, Caller(), owned=owned)
        assert not memory.tasks
    else:
        for use in (tasks.get, partial(tasks.cancel, by=Caller())):
            with pytest.raises(TaskNotFound):
                use(task_id, owned=owned)
        assert memory.tasks


@pytest.mark.parametrize(
    ("read", "before", "event"),
    [
        (State.STARTED, State.STARTED, "task.stopped"),
        (State.FAILURE, State.FAILURE, "task.removed"),
        (State.STARTED, State.FAILURE, "task.removed"),  # it ended since it was read
        (State.STARTED, State.RETRY, "task.stopped"),
    ],
)
def test_the_line_of_a_cancel_says_what_it_did(
    read: State, before: State, event: str, tasks: Tasks, memory: Memory, audit: Audit
) -> None:
    name = submit(tasks)
    memory.tasks[name] = replace(memory.tasks[name], state=read)
    memory.changed = {name: before}
    tasks.cancel(name, Caller("", "10.0.0.1"), owned=True)
    assert [line["message"] for line in audit()] == ["task.started", event]


def test_a_cancel_of_a_task_that_is_gone_by_then_finds_none(
    tasks: Tasks, memory: Memory, audit: Audit
) -> None:
    name = submit(tasks)
    memory.changed = {name: None}
    with pytest.raises(TaskNotFound):
        tasks.cancel(name, Caller(), owned=True)
    assert [line["message"] for line in audit()] == ["task.started"]


def test_what_is_hidden_reads_like_what_is_not_there(tasks: Tasks) -> None:
    messages = set()
    for task_id in ("nonesuch", submit(tasks, owner="eve")):
        for use in (tasks.get, partial(tasks.cancel, by=Caller())):
            with pytest.raises(TaskNotFound) as caught:
                use(task_id, owned=False)
            messages.add(str(caught.value))
    assert len(messages) == 1


def test_a_task_whose_result_has_expired_is_not_there(tasks: Tasks, memory: Memory) -> None:
    name = submit(tasks)
    memory.tasks[name] = replace(memory.tasks[name], state=State.SUCCESS)
    with pytest.raises(TaskNotFound):
        tasks.get(name, owned=False)


def test_three_states_are_final() -> None:
    assert [s for s in State if s.final] == [State.SUCCESS, State.FAILURE, State.REVOKED]
