"""Tasks: long runs that a worker does, and what a client may see and do about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sysmon_core.addresses import network
from sysmon_core.errors import TaskNotFound
from sysmon_core.log_queue import check_room
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.availability import Availability
from sysmon_core.services.blame import require_within
from sysmon_core.services.params import stored

BRIEF_SECONDS = 10.0  # a run of up to that is brief: it does not wait behind long ones


class State(StrEnum):
    """Where a task stands; the last three are final, and a final state never changes."""

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
        owner: the user who made it; empty for nobody known.
        report: what the run gave, once it has succeeded.
    """

    id: str
    metric: str
    params: Mapping[str, Any]
    owner: str = ""
    repeatable: bool = False
    brief: bool = False
    state: State = State.QUEUED
    error: str = ""
    report: Report | None = field(default=None, compare=False)  # it is the same for one id


@dataclass(frozen=True)
class Figures:
    """Of all tasks at once.

    Args:
        open: how many have not ended, by their states.
        ended: how many ever ended, by metric and final state.
        workers: how many listen.
        heartbeat: when one last gave a sign of life, in seconds since 1970.
    """

    open: Mapping[State, int]
    ended: Mapping[tuple[str, State], int]
    workers: int
    heartbeat: float | None


class Records(Protocol):
    """Where tasks are kept and queued; each method is atomic and raises TasksUnavailable."""

    def submit(self, task: Task, client: str) -> None:
        """Record and queue a new task, or raise TooManyTasks."""

    def get(self, task_id: str) -> Task | None:
        """The task as it stands now."""

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or remove one that has."""

    def figures(self) -> Figures:
        """How many tasks there are and were."""


class Tasks:
    """Submits, shows and cancels tasks."""

    def __init__(self, availability: Availability, records: Records, task_limit: float) -> None:
        self._availability = availability
        self._records = records
        self._limit = task_limit

    def submit(self, metric: Metric, params: Params, by: Caller, *, owned: bool) -> str:
        """Make a task and return its id, without waiting for the run.

        If ``owned`` it is the caller's own and counts as the user's, else as the address's.

        Raises:
            RunTooLong, ProgramMissing, MetricFailed: it could not succeed.
            TooManyTasks: a cap is reached.
            TasksUnavailable: it could not be queued; nothing is left of it.
            AuditStalled: nobody would be told.
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
        """The task; one that a user made only if ``owned`` ones may be seen.

        Raises:
            TaskNotFound: there is none for this caller.
        """
        task = self._records.get(task_id)
        expired = task is None or (task.state is State.SUCCESS and task.report is None)
        if task is None or expired or (task.owner and not owned):
            raise TaskNotFound("There is no such task, or its record has expired")
        return task

    def cancel(self, task_id: str, by: Caller, *, owned: bool) -> None:
        """Stop the task if it has not ended; else remove its record.

        Raises:
            TaskNotFound: there is none for this caller.
            AuditStalled: nobody would be told.
        """
        check_room()
        task = self.get(task_id, owned=owned)
        self._records.cancel(task.id)
        event = "task.removed" if task.state.final else "task.stopped"
        audit.record(event, by, task=task.id, metric=task.metric)

    def figures(self) -> Figures:
        """How many tasks there are and were."""
        return self._records.figures()
