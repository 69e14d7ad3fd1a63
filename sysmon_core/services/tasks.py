"""Tasks: runs in a worker, which clients submit, read and cancel."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sysmon_core.addresses import network
from sysmon_core.errors import SysmonError, TaskNotFound
from sysmon_core.log_queue import check_room
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.availability import Availability
from sysmon_core.services.blame import require_within
from sysmon_core.services.params import stored

BRIEF_SECONDS = 10.0  # the longest run that is brief, and does not wait behind long ones
NOT_FOUND = "There is no such task, or its record has expired"


class State(StrEnum):
    """The state of a task; the last three are final, and a final state never changes."""

    QUEUED = "QUEUED"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"

    @property
    def final(self) -> bool:
        """Whether the task has ended."""
        return self in {State.SUCCESS, State.FAILURE, State.REVOKED}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task's record.

    Args:
        owner: the user who submitted it; empty for an anonymous task.
        repeatable: whether it is started again after its worker was lost.
        brief: whether its run is expected to take a few seconds only.
        report: the report of its run, once it has succeeded.
    """

    id: str
    metric: str
    params: Mapping[str, Any]
    owner: str = ""
    repeatable: bool = False
    brief: bool = False
    state: State = State.QUEUED
    error: str = ""
    report: Report | None = field(default=None, compare=False)  # one id has one report


@dataclass(frozen=True)
class Figures:
    """Numbers of all tasks and workers.

    Args:
        open: how many tasks have not ended, by state.
        ended: how many tasks ever ended, by metric and final state.
        workers: how many workers live.
        heartbeat: the time of a worker's last heartbeat, in seconds since 1970.
    """

    open: Mapping[State, int]
    ended: Mapping[tuple[str, State], int]
    workers: int
    heartbeat: float | None


class Records(Protocol):
    """Stores and queues tasks, for the API; each method is atomic and raises TasksUnavailable."""

    def submit(self, task: Task, client: str) -> None:
        """Record and queue a new task of this client.

        Raises:
            TooManyTasks: a cap is reached, and nothing is left of the task.
        """

    def get(self, task_id: str) -> Task | None:
        """Return the task as it stands now; None if there is none, or none any more."""

    def cancel(self, task_id: str) -> State | None:
        """End a task that has not ended, or remove one that has; return its state before.

        The processes of a running task are mostly gone when this returns. None if there was no
        task.
        """

    def figures(self) -> Figures:
        """Count the tasks that there are and were."""

    def missing_programs(self) -> Sequence[Mapping[str, str]]:
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

    def finish(self, task_id: str, token: str, outcome: Report | SysmonError) -> bool:
        """End the task by the outcome of its run; false if the run no longer had the task."""

    def confirm_stopped(self, task_id: str) -> None:
        """Announce that no process of a cancelled task is left; ``cancel`` waits for this."""

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Renew the leases of runs (id, token); return the tokens of runs that must stop."""

    def sweep(self) -> None:
        """End or retry the runs of lost workers, and queue again what waits and is not queued."""

    def resend(self, task_id: str) -> None:
        """Queue a task again if it waits."""


class Tasks:
    """Submits, shows and cancels tasks."""

    def __init__(self, availability: Availability, records: Records, task_limit: float) -> None:
        self._availability = availability
        self._records = records
        self._limit = task_limit

    def submit(self, metric: Metric, params: Params, by: Caller, *, owned: bool) -> str:
        """Submit a task and return its id, without waiting for the run.

        If ``owned`` the caller owns the task, and the user's tasks are counted, else the address's.

        Raises:
            RunTooLong, ProgramMissing, MetricFailed: the run could not succeed.
            TooManyTasks: a cap is reached.
            TasksUnavailable: the task could not be queued; nothing is left of it.
            AuditStalled: the audit log cannot be written.
        """
        check_room()
        seconds = require_within(self._limit, metric, params)
        self._availability.require(metric)
        owner = by.user if owned else ""
        task = Task(
            id=str(uuid.uuid4()),
            metric=metric.name,
            params=stored(params),
            owner=owner,
            repeatable=metric.repeatable,
            brief=seconds <= BRIEF_SECONDS,
        )
        self._records.submit(task, f"user {owner}" if owner else f"address {network(by.address)}")
        audit.record("task.started", by, task=task.id, metric=task.metric)
        return task.id

    def get(self, task_id: str, *, owned: bool) -> Task:
        """Return the task; a user's task only if ``owned`` tasks may be seen.

        Raises:
            TaskNotFound: there is no such task for this caller.
        """
        task = self._records.get(task_id)
        expired = task is None or (task.state is State.SUCCESS and task.report is None)
        if task is None or expired or (task.owner and not owned):
            raise TaskNotFound(NOT_FOUND)
        return task

    def cancel(self, task_id: str, by: Caller, *, owned: bool) -> None:
        """Stop the task if it has not ended; else remove its record.

        Raises:
            TaskNotFound: there is no such task for this caller, or no longer.
            AuditStalled: the audit log cannot be written.
        """
        check_room()
        task = self.get(task_id, owned=owned)
        before = self._records.cancel(task.id)  # the task may have ended since it was read
        if before is None:
            raise TaskNotFound(NOT_FOUND)
        event = "task.removed" if before.final else "task.stopped"
        audit.record(event, by, task=task.id, metric=task.metric)

    def figures(self) -> Figures:
        """Count the tasks that there are and were."""
        return self._records.figures()
