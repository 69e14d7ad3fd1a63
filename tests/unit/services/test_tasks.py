from __future__ import annotations

import uuid

import pytest

from sysmon_core import Integer, Metric, Params, Report
from sysmon_core.errors import ProgramMissing, RunTooLong, TaskNotFound, TasksUnavailable
from sysmon_core.services.collection import Collection, Result
from sysmon_core.services.tasks import State, Task, Tasks
from tests.conftest import MakeSettings


class Depth(Params):
    depth: Integer = 3
    speed: Integer = 1


class Lacking(Metric):
    def require(self) -> None:
        raise ProgramMissing("install it")


class Memory:
    """Records and a queue that can be told to refuse."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.sent: list[Task] = []
        self.results: dict[str, Result] = {}
        self.refusals: dict[str, BaseException] = {}

    def _unless_refused(self, method: str) -> None:
        if method in self.refusals:
            raise self.refusals[method]

    def create(self, task: Task) -> None:
        self._unless_refused("create")
        self.tasks[task.id] = task

    def get(self, task_id: str) -> Task | None:
        return self.tasks.get(task_id)

    def cancel(self, task_id: str) -> None:
        del self.tasks[task_id]

    def remove(self, task_id: str) -> None:
        self._unless_refused("remove")
        del self.tasks[task_id]

    def send(self, task_id: str) -> None:
        self._unless_refused("send")
        self.sent.append(self.tasks[task_id])  # what a quick worker finds must be there by now

    def result(self, task_id: str) -> Result | None:
        return self.results.get(task_id)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def tasks(memory: Memory, make_settings: MakeSettings) -> Tasks:
    return Tasks(Collection(make_settings()), memory, memory, task_limit=60)


def make(kind: type[Metric] = Metric) -> Metric:
    return kind(
        name="dive",
        title="",
        params=Depth,
        function=lambda _params, _run: Report(""),
        duration=lambda params: params.depth,
    )


def test_what_is_submitted_is_kept_first_and_then_sent(tasks: Tasks, memory: Memory) -> None:
    task_id = tasks.submit(make(), Depth(depth=5), "eve")
    expected = Task(task_id, "dive", {"depth": 5}, "eve", State.QUEUED)
    assert memory.tasks == {task_id: expected}
    assert memory.sent == [expected]


def test_an_id_cannot_be_guessed_and_is_new_each_time(tasks: Tasks) -> None:
    ids = [tasks.submit(make(), Depth()) for _ in range(10)]
    assert len({uuid.UUID(task_id) for task_id in ids}) == 10
    assert {uuid.UUID(task_id).version for task_id in ids} == {4}


def test_a_task_may_take_as_long_as_its_limit_and_no_longer(tasks: Tasks, memory: Memory) -> None:
    tasks.submit(make(), Depth(depth=60))
    with pytest.raises(RunTooLong):
        tasks.submit(make(), Depth(depth=61))
    assert len(memory.tasks) == len(memory.sent) == 1


def test_nothing_is_made_of_a_task_that_this_host_cannot_do(tasks: Tasks, memory: Memory) -> None:
    with pytest.raises(ProgramMissing):
        tasks.submit(make(Lacking), Depth())
    assert not memory.tasks


@pytest.mark.parametrize("error", [TasksUnavailable("away"), RuntimeError(), KeyboardInterrupt()])
def test_nothing_is_left_of_a_task_that_the_queue_refused(
    error: BaseException, tasks: Tasks, memory: Memory
) -> None:
    memory.refusals["send"] = error
    with pytest.raises(type(error)):
        tasks.submit(make(), Depth())
    assert not memory.tasks


def test_nothing_is_sent_that_could_not_be_kept(tasks: Tasks, memory: Memory) -> None:
    memory.refusals["create"] = TasksUnavailable("away")
    with pytest.raises(TasksUnavailable):
        tasks.submit(make(), Depth())
    assert not memory.sent


def test_a_refusal_is_told_even_if_nothing_can_be_cleared_up(tasks: Tasks, memory: Memory) -> None:
    memory.refusals = {"send": TasksUnavailable("away"), "remove": TasksUnavailable("away")}
    with pytest.raises(TasksUnavailable):
        tasks.submit(make(), Depth())


@pytest.mark.parametrize(
    ("owner", "owned", "seen"),
    [("", False, True), ("", True, True), ("eve", True, True), ("eve", False, False)],
)
def test_a_task_of_a_user_is_seen_and_cancelled_only_where_those_of_users_are(
    owner: str, owned: bool, seen: bool, tasks: Tasks, memory: Memory
) -> None:
    task_id = tasks.submit(make(), Depth(), owner)
    if seen:
        assert tasks.get(task_id, owned=owned).owner == owner
        tasks.cancel(task_id, owned=owned)
        assert not memory.tasks
    else:
        for use in (tasks.get, tasks.cancel):
            with pytest.raises(TaskNotFound):
                use(task_id, owned=owned)
        assert memory.tasks


@pytest.mark.parametrize("owned", [True, False])
def test_what_is_hidden_reads_like_what_is_not_there(owned: bool, tasks: Tasks) -> None:
    hidden = tasks.submit(make(), Depth(), "eve")
    messages = []
    for task_id in ("nonesuch", hidden)[: 1 if owned else 2]:
        with pytest.raises(TaskNotFound) as caught:
            tasks.get(task_id, owned=owned)
        messages.append(str(caught.value))
    assert len(set(messages)) == 1


def test_a_result_is_what_the_queue_has_until_it_has_expired(tasks: Tasks, memory: Memory) -> None:
    task = tasks.get(tasks.submit(make(), Depth()), owned=False)
    with pytest.raises(TaskNotFound):
        tasks.result(task)
    memory.results[task.id] = {"dive": "3 m"}
    assert tasks.result(task) == {"dive": "3 m"}


def test_three_states_are_final() -> None:
    assert [s for s in State if s.final] == [State.SUCCESS, State.FAILURE, State.REVOKED]
