"""Tasks: runs in a worker, which clients submit, read and cancel."""

from __future__ import annotations

import uuid

from sysmon_core.addresses import network
from sysmon_core.errors import TaskNotFound
from sysmon_core.log_queue import check_audit_queue
from sysmon_core.metrics.metric import Metric, Params, stored
from sysmon_core.services import audit
from sysmon_core.services.audit import Caller
from sysmon_core.services.availability import Availability
from sysmon_core.services.blame import require_within
from sysmon_core.services.grants import Grant
from sysmon_core.services.task import (
    Figures,
    State,
    Submission,
    SubmitOptions,
    Task,
    TaskPage,
    TaskQuery,
)
from sysmon_core.services.task_records import NO_OPTIONS, Records

BRIEF_SECONDS = 10.0  # the longest run that is brief, and does not wait behind long ones
NOT_FOUND = "There is no such task, or its record has expired"
MAX_LOOKS = 4  # that are taken at the records, each at a bounded number, to fill a page


class Tasks:
    """Submits, shows and cancels tasks."""

    def __init__(self, availability: Availability, records: Records, task_limit: float) -> None:
        self._availability = availability
        self._records = records
        self._limit = task_limit

    def submit(
        self,
        metric: Metric,
        params: Params,
        by: Caller,
        *,
        owned: bool,
        options: SubmitOptions = NO_OPTIONS,
        host: str = "",
    ) -> Submission:
        """Submit a task, without waiting for the run; ``host`` is the name of its host.

        If ``owned`` the caller owns the task, and the user's tasks are counted, else the address's.

        Raises:
            RunTooLong, MetricUnavailable, MetricFailed: the run could not succeed.
            TooManyTasks: a limit is reached.
            IdempotencyKeyReused: the key was used with another body.
            TasksUnavailable: the task could not be queued; nothing is left of it.
            AuditStalled: the audit log cannot be written.
        """
        check_audit_queue()
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
            seconds=seconds,
            host=host,
        )
        client = f"user {owner}" if owner else f"address {network(by.address)}"
        submission = self._records.submit(task, client, options)
        if not submission.repeated:
            audit.record("task.started", by, task=task.id, metric=task.metric)
        return submission

    def unavailable(self, metric: Metric) -> str | None:
        """Say why no worker can have a metric; None if one can, or if that cannot be known now."""
        return self._availability.unavailable(metric)

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

    def of_grant(self, task_id: str, grant: Grant) -> Task:
        """Return a task that the credentials permit to see, without its report.

        A user has their own, an admin all; a token of some metrics those of these metrics.

        Raises:
            TaskNotFound: there is no such task for these credentials.
        """
        task, account = self._records.get(task_id, report=False), grant.account
        if (
            task is None
            or not (account.admin or task.owner == account.username)
            or not grant.holds_for(task.metric)
        ):
            raise TaskNotFound(NOT_FOUND)
        return task

    def list(self, query: TaskQuery, limit: int, end: str | None = None) -> TaskPage:
        """List tasks from the end of an earlier page on, the newest first.

        A page may have fewer tasks than the limit and an end all the same.
        """
        page = self._records.list(query, limit, end)
        for _ in range(MAX_LOOKS - 1):
            if page.end is None or len(page.tasks) >= limit:
                break
            more = self._records.list(query, limit - len(page.tasks), page.end)
            page = TaskPage([*page.tasks, *more.tasks], more.end)
        return page

    def cancel(self, task_id: str, by: Caller, *, owned: bool) -> None:
        """Stop the task if it has not ended; else remove its record.

        Raises:
            TaskNotFound: there is no such task for this caller, or no longer.
            AuditStalled: the audit log cannot be written.
        """
        self.end(self.get(task_id, owned=owned), by)

    def end(self, task: Task, by: Caller) -> None:
        """Stop a task that was read before if it has not ended; else remove its record.

        Raises:
            TaskNotFound: there is no such task any more.
            AuditStalled: the audit log cannot be written.
        """
        check_audit_queue()
        before = self._records.cancel(task.id)  # the task may have ended since it was read
        if before is None:
            raise TaskNotFound(NOT_FOUND)
        event = "task.removed" if before.final else "task.stopped"
        audit.record(event, by, task=task.id, metric=task.metric)

    def figures(self) -> Figures:
        """Count the tasks that there are and were."""
        return self._records.figures()
