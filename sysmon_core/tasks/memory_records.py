"""The records of tasks in this process's memory: a stub of those in Redis, for tests.

It keeps every rule of ``WorkerRecords``, as the same tests show. It has one queue instead of the
turns of clients, and keeps finished tasks for their time however many they are.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sysmon_core.errors import SysmonError, code_of
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
from sysmon_core.services.task_records import NO_OPTIONS
from sysmon_core.tasks.limits import (
    LEASE_SECONDS,
    error_text,
    refusal,
)
from sysmon_core.tasks.memory_store import WAITING, MemoryStore
from sysmon_core.tasks.results import report_fields, report_of_fields

CONFIRMATION_SECONDS = 0.4  # that a cancel waits for the run to be stopped


class MemoryRecords(MemoryStore):
    """Tasks in a dict, under one lock; times are seconds of the clock."""

    def submit(self, task: Task, client: str, options: SubmitOptions = NO_OPTIONS) -> Submission:
        """Record and queue a new task within the limits, or find that of an earlier request."""
        with self.changed:
            if options.key and (earlier := self.earlier(client, options.key)):
                return Submission(earlier.read(self.clock()), repeated=True)
            if reached := self.reached_limit(task, client):
                raise refusal(reached)
            record = self.add(task, client, options)
            self.enqueue(task.id)
            return Submission(record.read(self.clock()))

    def get(self, task_id: str, *, report: bool = True) -> Task | None:
        """Return the task as it stands now, with its report if it has succeeded."""
        with self.changed:
            record = self.checked(task_id)
            if record is None:
                return None
            task = record.read(self.clock())
            return task if report else replace(task, report=None)

    def list(self, query: TaskQuery, limit: int, end: str | None = None) -> TaskPage:
        """List tasks from the end of an earlier page on, the newest first."""
        with self.changed:
            found: builtins.list[Task] = []
            for task_id in reversed([*self.records]):
                record = self.checked(task_id)
                if record is None or (end is not None and record.order >= float(end)):
                    continue
                if query.selects(record.task):
                    found.append(replace(record.read(self.clock()), report=None))
                if len(found) == limit:
                    is_last = record.order == min(one.order for one in self.records.values())
                    return TaskPage(found, None if is_last else str(record.order))
            return TaskPage(found, None)

    def output(self, task_id: str, after: int | None = None) -> Output | None:
        """Return what a task has given so far; None if there is no such task."""
        with self.changed:
            record = self.checked(task_id)
            if record is None:
                return None
            samples = record.samples(self.settings.samples_kept, after)
            return Output(record.read(self.clock()), samples, record.text if after is None else "")

    def append(self, parts: Iterable[tuple[str, str, Part]]) -> None:
        """Store what has come of runs (id, token, part); a part that is stored already is not."""
        with self.changed:
            for task_id, token, part in parts:
                record = self.find(task_id)
                if record and record.has(token):
                    record.store([part])

    def listen(self, on_end: Callable[[str], None]) -> None:
        """Have a function called with the id of each task that ends."""
        self.listeners.append(on_end)

    def ended(self, task_ids: Collection[str]) -> Collection[str]:
        """Find those of these tasks that have ended, or that there are no more."""
        with self.changed:
            found = {task_id: self.checked(task_id) for task_id in task_ids}
        return [one for one, record in found.items() if record is None or record.task.state.final]

    def cancel(self, task_id: str) -> State | None:
        """End a task that has not ended, or remove one that has; return its state before."""
        with self.changed:
            record = self.find(task_id)
            if record is None:
                return None
            before = record.task.state
            if before.final:
                del self.records[task_id]
                return before
            self.end(record, State.REVOKED)
            if before is State.STARTED:
                self.changed.wait_for(lambda: task_id in self.stopped, CONFIRMATION_SECONDS)
                self.stopped.discard(task_id)
            return before

    def figures(self) -> Figures:
        """Count the tasks that there are and were, but no workers."""
        with self.changed:
            running = sum(record.task.state is State.STARTED for record in self.open())
            waiting = len([*self.open()]) - running
            return Figures(
                open={State.QUEUED: waiting, State.STARTED: running},
                ended=dict(self.end_counts),
                workers=0,
                heartbeat=None,
            )

    def unavailable(self) -> Sequence[Mapping[str, str]]:
        """Return nothing: no worker reports, since all are on this host."""
        return []

    def take(self, seconds: float) -> str | None:
        """Take the next task from the queue and return its id; None if there is none in time."""
        with self.changed:
            self.changed.wait_for(lambda: self.queue, seconds)
            return self.queue.popleft() if self.queue else None

    def start(self, task_id: str, token: str) -> Task | None:
        """Begin the run of a task that waits; None if the task is not to be run."""
        with self.changed:
            record = self.checked(task_id)
            if record and record.task.state in WAITING:
                record.begin(token, self.clock())
            elif record is None or not record.has(token):
                return None
            record.lease_end = self.clock() + LEASE_SECONDS
            return record.read(self.clock())

    def finish(
        self,
        task_id: str,
        token: str,
        outcome: Report | SysmonError,
        parts: Sequence[Part] = (),
    ) -> bool:
        """End the task by the outcome of its run; false if the run no longer had the task."""
        with self.changed:
            record = self.find(task_id)
            if record is None or not record.has(token):
                return False
            record.store(parts)
            if isinstance(outcome, SysmonError):
                self.end(record, State.FAILURE, error_text(outcome), code_of(type(outcome)))
            else:
                fields = json.loads(json.dumps(report_fields(outcome)))
                record.task = replace(record.task, report=report_of_fields(fields))
                self.end(record, State.SUCCESS)
            return True

    def confirm_stopped(self, task_id: str, token: str = "", parts: Sequence[Part] = ()) -> None:
        """Announce that no process of a cancelled task is left; store what came until then."""
        with self.changed:
            record = self.find(task_id)
            if record and record.task.state is State.REVOKED and record.token == token:
                record.store(parts)
            self.stopped.add(task_id)
            self.changed.notify_all()

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Renew the leases of runs (id, token); return the tokens of runs that must stop."""
        lost = set()
        with self.changed:
            for task_id, token in runs:
                record = self.find(task_id)
                if record and record.has(token):
                    record.lease_end = self.clock() + LEASE_SECONDS
                    record.suspected = None
                else:
                    lost.add(token)
        return lost

    def sweep(self) -> None:
        """End or retry the runs of lost workers, and queue again what waits and is not queued."""
        with self.changed:
            for record in [*self.open()]:
                self.checked(record.task.id)
                if record.task.state is State.RETRY and record.task.id not in self.queue:
                    self.enqueue(record.task.id)

    def resend(self, task_id: str) -> None:
        """Queue a task again if it waits."""
        with self.changed:
            record = self.find(task_id)
            if record and record.task.state in WAITING and task_id not in self.queue:
                self.enqueue(task_id)
