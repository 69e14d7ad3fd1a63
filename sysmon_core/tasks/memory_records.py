"""The records of tasks in this process's memory: a stub of those in Redis, for tests.

It keeps every rule of ``WorkerRecords``, as the same tests show. It has one queue instead of the
turns of clients, and keeps finished tasks for their time however many they are.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sysmon_core.errors import SysmonError
from sysmon_core.metrics.report import Report
from sysmon_core.services.tasks import Figures, State, Task
from sysmon_core.settings import Settings
from sysmon_core.tasks.limits import (
    LEASE_SECONDS,
    MAX_STARTS,
    SUSPICION_SECONDS,
    Caps,
    error_text,
    lost_error,
    refusal,
    ttl_seconds,
)
from sysmon_core.tasks.results import report_fields, report_of_fields

CONFIRMATION_SECONDS = 0.4  # that a cancel waits for the run to be stopped
WAITING = (State.QUEUED, State.RETRY)


@dataclass
class _Record:
    task: Task
    client: str
    token: str = ""
    starts: int = 0
    lease_end: float = 0.0
    suspected: float | None = None
    expiry: float = math.inf


class MemoryRecords:
    """Tasks in a dict, under one lock; times are seconds of the clock."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._caps = Caps.of(settings)
        self._clock = clock
        self._changed = threading.Condition()
        self._records: dict[str, _Record] = {}
        self._queue: deque[str] = deque()
        self._stopped: set[str] = set()
        self._ended: Counter[tuple[str, State]] = Counter()

    def submit(self, task: Task, client: str) -> None:
        """Record and queue a new task within the caps."""
        with self._changed:
            if reached := self._reached_cap(task, client):
                raise refusal(reached)
            params = json.loads(json.dumps(dict(task.params)))  # as a worker elsewhere reads them
            self._records[task.id] = _Record(replace(task, params=params), client)
            self._enqueue(task.id)

    def get(self, task_id: str) -> Task | None:
        """Return the task as it stands now, with its report if it has succeeded."""
        with self._changed:
            record = self._find(task_id)
            if record is None:
                return None
            self._expire_lease(record)
            return record.task

    def cancel(self, task_id: str) -> State | None:
        """End a task that has not ended, or remove one that has; return its state before."""
        with self._changed:
            record = self._find(task_id)
            if record is None:
                return None
            before = record.task.state
            if before.final:
                del self._records[task_id]
                return before
            self._end(record, State.REVOKED)
            if before is State.STARTED:
                self._changed.wait_for(lambda: task_id in self._stopped, CONFIRMATION_SECONDS)
                self._stopped.discard(task_id)
            return before

    def figures(self) -> Figures:
        """Count the tasks that there are and were, but no workers."""
        with self._changed:
            running = sum(record.task.state is State.STARTED for record in self._open())
            waiting = len(list(self._open())) - running
            return Figures(
                open={State.QUEUED: waiting, State.STARTED: running},
                ended=dict(self._ended),
                workers=0,
                heartbeat=None,
            )

    def missing_programs(self) -> Sequence[Mapping[str, str]]:
        """Return nothing: no worker reports, since all are on this host."""
        return []

    def take(self, seconds: float) -> str | None:
        """Take the next task from the queue and return its id; None if there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue, seconds)
            return self._queue.popleft() if self._queue else None

    def start(self, task_id: str, token: str) -> Task | None:
        """Begin the run of a task that waits; None if the task is not to be run."""
        with self._changed:
            record = self._find(task_id)
            if record and record.task.state in WAITING:
                record.task = replace(record.task, state=State.STARTED)
                record.token = token
                record.starts += 1
            elif record is None or not self._has(record, token):
                return None
            record.lease_end = self._clock() + LEASE_SECONDS
            return record.task

    def finish(self, task_id: str, token: str, outcome: Report | SysmonError) -> bool:
        """End the task by the outcome of its run; false if the run no longer had the task."""
        with self._changed:
            record = self._find(task_id)
            if record is None or not self._has(record, token):
                return False
            if isinstance(outcome, SysmonError):
                self._end(record, State.FAILURE, error_text(outcome))
            else:
                self._end(record, State.SUCCESS)
                fields = json.loads(json.dumps(report_fields(outcome)))
                record.task = replace(record.task, report=report_of_fields(fields))
            return True

    def confirm_stopped(self, task_id: str) -> None:
        """Announce that no process of a cancelled task is left."""
        with self._changed:
            self._stopped.add(task_id)
            self._changed.notify_all()

    def renew(self, runs: Iterable[tuple[str, str]]) -> set[str]:
        """Renew the leases of runs (id, token); return the tokens of runs that must stop."""
        lost = set()
        with self._changed:
            for task_id, token in runs:
                record = self._find(task_id)
                if record and self._has(record, token):
                    record.lease_end = self._clock() + LEASE_SECONDS
                    record.suspected = None
                else:
                    lost.add(token)
        return lost

    def sweep(self) -> None:
        """End or retry the runs of lost workers, and queue again what waits and is not queued."""
        with self._changed:
            for record in list(self._open()):
                self._expire_lease(record)
                if record.task.state is State.RETRY and record.task.id not in self._queue:
                    self._enqueue(record.task.id)

    def resend(self, task_id: str) -> None:
        """Queue a task again if it waits."""
        with self._changed:
            record = self._find(task_id)
            if record and record.task.state in WAITING and task_id not in self._queue:
                self._enqueue(task_id)

    def _enqueue(self, task_id: str) -> None:
        self._queue.append(task_id)
        self._changed.notify_all()

    def _reached_cap(self, task: Task, client: str) -> str:
        """Return the name of the cap that leaves no room for the task, if any."""
        open_tasks = list(self._open())
        if len(open_tasks) >= self._caps.total:
            return "ALL"
        anonymous = sum(not record.task.owner for record in open_tasks)
        if not task.owner and anonymous >= self._caps.anonymous:
            return "ANONYMOUS"
        own = sum(record.client == client for record in open_tasks)
        return "CLIENT" if own >= self._caps.per_client else ""

    def _find(self, task_id: str) -> _Record | None:
        record = self._records.get(task_id)
        if record and record.expiry <= self._clock():
            del self._records[task_id]
            return None
        return record

    def _open(self) -> Iterator[_Record]:
        return (record for record in self._records.values() if not record.task.state.final)

    @staticmethod
    def _has(record: _Record, token: str) -> bool:
        return record.task.state is State.STARTED and record.token == token

    def _end(self, record: _Record, state: State, error: str = "") -> None:
        record.task = replace(record.task, state=state, error=error)
        anonymous = not record.task.owner
        record.expiry = self._clock() + ttl_seconds(self._settings, anonymous=anonymous)
        self._ended[record.task.metric, state] += 1

    def _expire_lease(self, record: _Record) -> None:
        """End or retry a run whose lease expired and stayed so: the first look only marks it."""
        now = self._clock()
        if record.task.state is not State.STARTED or record.lease_end > now:
            return
        if record.suspected is None:
            record.suspected = now
        elif now - record.suspected >= SUSPICION_SECONDS:
            record.suspected = None
            if record.task.repeatable and record.starts < MAX_STARTS:
                record.task = replace(record.task, state=State.RETRY)
            else:
                self._end(record, State.FAILURE, lost_error(record.starts))
