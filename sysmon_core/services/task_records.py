"""Records: what stores and queues tasks, for the API and for workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sysmon_core.errors import SysmonError
from sysmon_core.metrics.report import Report
from sysmon_core.services.task import (
    Figures,
    Output,
    Part,
    State,
    Submission,
    SubmitOptions,
    Task,
    TaskPage,
    TaskQuery,
)
from sysmon_core.services.waiting import Ends

NO_OPTIONS = SubmitOptions()


class Records(Ends, Protocol):
    """Stores and queues tasks, for the API; each method is atomic and raises TasksUnavailable."""

    def submit(self, task: Task, client: str, options: SubmitOptions = NO_OPTIONS) -> Submission:
        """Record and queue a new task of this client, or find the one of an earlier request.

        Raises:
            TooManyTasks: a limit is reached, and nothing is left of the task.
            IdempotencyKeyReused: the key was used with another body.
        """

    def get(self, task_id: str, *, report: bool = True) -> Task | None:
        """Return the task as it stands now; None if there is none, or none any more.

        It has its report if that is wanted.
        """

    def list(self, query: TaskQuery, limit: int, end: str | None = None) -> TaskPage:
        """List tasks from the end of an earlier page on, the newest first.

        A page may have fewer tasks than the limit and an end all the same: a bounded number is
        looked at.
        """

    def output(self, task_id: str, after: int | None = None) -> Output | None:
        """Return what a task has given so far; None if there is no such task.

        With ``after``, those samples alone that have a greater index.
        """

    def cancel(self, task_id: str) -> State | None:
        """End a task that has not ended, or remove one that has; return its state before.

        The processes of a running task are mostly gone when this returns. None if there was no
        task.
        """

    def figures(self) -> Figures:
        """Count the tasks that there are and were."""

    def unavailable(self) -> Sequence[Mapping[str, str]]:
        """Return what each live worker's host lacks: a sentence for each metric that cannot run."""


class WorkerRecords(Records, Protocol):
    """The same records, for a worker: what a run writes about its task.

    A token names one run. A run whose task was ended from outside, or given to another run, can
    change nothing.
    """

    def start(self, task_id: str, token: str) -> Task | None:
        """Begin the run of a task that waits; None if the task is not to be run.

        The same token again changes nothing, and returns the task again.
        """

    def append(self, parts: Iterable[tuple[str, str, Part]]) -> None:
        """Store what has come of runs (id, token, part); a part that is stored already is not."""

    def finish(
        self,
        task_id: str,
        token: str,
        outcome: Report | SysmonError,
        parts: Sequence[Part] = (),
    ) -> bool:
        """End the task by the outcome of its run, with the parts that are not stored yet.

        False if the run no longer had the task.
        """

    def confirm_stopped(self, task_id: str, token: str = "", parts: Sequence[Part] = ()) -> None:
        """Announce that no process of a cancelled task is left; ``cancel`` waits for this.

        What had come of the run until then is stored.
        """

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Renew the leases of runs (id, token); return the tokens of runs that must stop."""

    def sweep(self) -> None:
        """End or retry the runs of lost workers, and queue again what waits and is not queued."""

    def resend(self, task_id: str) -> None:
        """Queue a task again if it waits."""
