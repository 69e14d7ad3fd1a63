"""Records of tasks that can refuse, and how a task is submitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sysmon_core import Integer, Metric, Params, Report
from sysmon_core.services.audit import Caller
from sysmon_core.services.task import (
    Figures,
    Output,
    State,
    Submission,
    SubmitOptions,
    Task,
    TaskPage,
    TaskQuery,
)
from sysmon_core.services.task_records import NO_OPTIONS
from sysmon_core.services.tasks import Tasks


class Depth(Params):
    depth: Integer = 3
    speed: Integer = 1


class Memory:
    """Records that can refuse, and in which a task can change before it is cancelled."""

    def __init__(self) -> None:
        self.changed: dict[str, State | None] = {}  # what a cancel finds
        self.tasks: dict[str, Task] = {}
        self.clients: list[str] = []
        self.refusal: BaseException | None = None

    def submit(self, task: Task, client: str, _options: SubmitOptions = NO_OPTIONS) -> Submission:
        if self.refusal:
            raise self.refusal
        self.tasks[task.id] = task
        self.clients.append(client)
        return Submission(task)

    def get(self, task_id: str, *, report: bool = True) -> Task | None:
        assert isinstance(report, bool)
        return self.tasks.get(task_id)

    def list(self, query: TaskQuery, limit: int, end: str | None = None) -> TaskPage:
        found = [task for task in self.tasks.values() if query.selects(task)]
        rest = found[int(end or 0) :]
        return TaskPage(rest[: min(limit, 1)], str(int(end or 0) + 1) if len(rest) > 1 else None)

    def output(self, task_id: str, after: int | None = None) -> Output | None:
        raise NotImplementedError

    def cancel(self, task_id: str) -> State | None:
        task = self.tasks.pop(task_id)
        return self.changed.get(task_id, task.state)

    def unavailable(self) -> Sequence[Mapping[str, str]]:
        return []

    def listen(self, on_end: Callable[[str], None]) -> None:
        raise NotImplementedError

    def ended(self, task_ids: Collection[str]) -> Collection[str]:
        raise NotImplementedError

    def figures(self) -> Figures:
        return Figures({State.QUEUED: len(self.tasks)}, {}, 0, None)


def make(*, repeatable: bool = False) -> Metric:
    return Metric(
        name="dive",
        title="",
        params=Depth,
        function=lambda _params, _run: Report(""),
        duration=lambda params: params.depth,
        repeatable=repeatable,
    )


def submit(tasks: Tasks, metric: Metric | None = None, depth: int = 3, owner: str = "") -> str:
    by = Caller(owner, "10.0.0.1")
    return tasks.submit(metric or make(), Depth(depth=depth), by, owned=bool(owner)).task.id
