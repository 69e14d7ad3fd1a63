"""The messages that have a worker run a task, and the results that come back."""

from __future__ import annotations

import uuid
from typing import Any

from dramatiq import Message
from dramatiq.results.backends import RedisBackend
from dramatiq.results.result import wrap_exception, wrap_result

from sysmon_core.metrics.report import Report
from sysmon_core.services.tasks import Task

ACTOR = "run_task"
LONG = "tasks"  # the queue of tasks that take a while, and of those that
BRIEF = "brief"  # do not: they must not wait behind the others
USERS_LONG = "users-tasks"  # the same of tasks that a user owns,
USERS_BRIEF = "users-brief"  # which must not wait behind anonymous ones
QUEUES = (LONG, BRIEF, USERS_LONG, USERS_BRIEF)


def queue_of(task: Task) -> str:
    """Where the task is queued."""
    if task.owner:
        return USERS_BRIEF if task.brief else USERS_LONG
    return BRIEF if task.brief else LONG


def message_of(task_id: str, queue: str = LONG) -> Message[None]:
    """The message that has a worker run the task: it has the task's id, and is its one argument."""
    return Message(queue, ACTOR, (task_id,), {}, {}, task_id)


def sealed(task_id: str, queue: str) -> tuple[str, bytes]:
    """A message for one sending: its id in Redis, which begins with the task's, and its body."""
    redis_id = f"{task_id}:{uuid.uuid4().hex[:8]}"
    body = message_of(task_id, queue).copy(options={"redis_message_id": redis_id}).encode()
    return redis_id, body


class ResultStore:
    """Dramatiq's result backend, for tasks by their ids."""

    def __init__(self, backend: RedisBackend) -> None:
        self._backend = backend

    def key(self, task_id: str) -> str:
        """Where the backend keeps what the task gave."""
        return self._backend.build_message_key(message_of(task_id))

    def packed(self, outcome: Report | Exception) -> bytes:
        """What the backend would keep of a run's outcome: ``message.get_result()`` reads it."""
        if isinstance(outcome, Exception):
            stored = wrap_exception(outcome)
        else:
            stored = wrap_result(_fields(outcome))
        packed: bytes = self._backend.encoder.encode(stored)
        return packed

    def unpacked(self, packed: bytes) -> Report:
        """The report of a run that has succeeded."""
        return _report(self._backend.encoder.decode(packed))


def _fields(report: Report) -> dict[str, Any]:
    """A report as JSON; rows that can be read from the text are not said twice."""
    return {
        "text": report.text,
        "rows": report.stored_rows,
        "started": report.started,
        "finished": report.finished,
        "host": report.host,
    }


def _report(fields: dict[str, Any]) -> Report:
    if "started" not in fields:  # of an earlier version: the text by its metric
        (text,) = fields.values()
        return Report(text)
    return Report(
        fields["text"],
        fields["rows"] or (),
        started=fields["started"],
        finished=fields["finished"],
        host=fields["host"],
    )
