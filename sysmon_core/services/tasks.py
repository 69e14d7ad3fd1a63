"""Tasks: long runs that a worker does, and what a client may see and do about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sysmon_core.errors import TaskNotFound
from sysmon_core.metric import Metric, Params
from sysmon_core.services.collection import Collection, Result, stored


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


@dataclass(frozen=True)
class Task:
    """One task's record; ``owner`` is the user who made it, empty for nobody known."""

    id: str
    metric: str
    params: Mapping[str, Any]
    owner: str = ""
    state: State = State.QUEUED
    error: str = ""


class Records(Protocol):
    """Where the states are kept; each method is atomic and raises TasksUnavailable."""

    def create(self, task: Task) -> None:
        """Keep a new task."""

    def get(self, task_id: str) -> Task | None:
        """The task as it stands now."""

    def cancel(self, task_id: str) -> None:
        """End a task that has not ended, or remove one that has."""

    def remove(self, task_id: str) -> None:
        """Forget a task."""


class Queue(Protocol):
    """The way to the workers and back; each method raises TasksUnavailable."""

    def send(self, task_id: str) -> None:
        """Have a worker run the task."""

    def result(self, task_id: str) -> Result | None:
        """What a successful run gave, while it is kept."""


class Tasks:
    """Submits, shows and cancels tasks."""

    def __init__(
        self, collection: Collection, records: Records, queue: Queue, task_limit: float
    ) -> None:
        self._collection = collection
        self._records = records
        self._queue = queue
        self._limit = task_limit

    def submit(self, metric: Metric, params: Params, owner: str = "") -> str:
        """Make a task and return its id, without waiting for the run.

        Raises:
            RunTooLong, ProgramMissing: it could not succeed.
            TasksUnavailable: it could not be queued; nothing is left of it.
        """
        self._collection.check(metric, params, self._limit)
        task = Task(str(uuid.uuid4()), metric.name, stored(params), owner)
        self._records.create(task)
        try:
            self._queue.send(task.id)
        except BaseException:
            self._records.remove(task.id)
            raise
        return task.id

    def get(self, task_id: str, *, owned: bool) -> Task:
        """The task; one that a user made only if ``owned`` ones may be seen.

        Raises:
            TaskNotFound: there is none for this caller.
        """
        task = self._records.get(task_id)
        if task is None or (task.owner and not owned):
            raise TaskNotFound("There is no such task, or its record has expired")
        return task

    def result(self, task: Task) -> Result:
        """What a task that succeeded gave.

        Raises:
            TaskNotFound: it expired a moment ago.
        """
        result = self._queue.result(task.id)
        if result is None:
            raise TaskNotFound("The record of this task has expired")
        return result

    def cancel(self, task_id: str, *, owned: bool) -> None:
        """Stop the task if it has not ended; else remove its record.

        Raises:
            TaskNotFound: there is none for this caller.
        """
        self._records.cancel(self.get(task_id, owned=owned).id)
