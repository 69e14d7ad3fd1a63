"""MemoryStore: the tasks of this process's memory, their queue, limits, leases and ends."""

from __future__ import annotations

import itertools
import json
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from sysmon_core.services.task import (
    IdempotencyKey,
    State,
    SubmitOptions,
    Task,
)
from sysmon_core.settings import Settings
from sysmon_core.tasks.limits import (
    MAX_STARTS,
    NOT_STARTED,
    NOT_STARTED_CODE,
    SUSPICION_SECONDS,
    WORKER_LOST_CODE,
    OpenLimits,
    lost_error,
    refusal,
    ttl_seconds,
)
from sysmon_core.tasks.memory_task import MemoryTask

WAITING = (State.QUEUED, State.RETRY)


class MemoryStore:
    """Tasks in a dict; times are seconds of the clock.

    All methods are called under the lock ``changed``.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.open_limits = OpenLimits.of(settings)
        self.clock = clock
        self.changed = threading.Condition()
        self.records: dict[str, MemoryTask] = {}
        self.queue: deque[str] = deque()
        self.stopped: set[str] = set()
        self.end_counts: Counter[tuple[str, State]] = Counter()
        self.keys: dict[tuple[str, str], tuple[str, str]] = {}  # by client and idempotency key
        self._orders = itertools.count()
        self.listeners: list[Callable[[str], None]] = []

    def enqueue(self, task_id: str) -> None:
        """Queue a task, and wake a worker."""
        self.queue.append(task_id)
        self.changed.notify_all()

    def reached_limit(self, task: Task, client: str) -> str:
        """Return the name of the limit that refuses the task, if any."""
        open_tasks = [*self.open()]
        if len(open_tasks) >= self.open_limits.total:
            return "ALL"
        anonymous = sum(not record.task.owner for record in open_tasks)
        if not task.owner and anonymous >= self.open_limits.anonymous:
            return "ANONYMOUS"
        own = sum(record.client == client for record in open_tasks)
        return "CLIENT" if own >= self.open_limits.per_client else ""

    def find(self, task_id: str) -> MemoryTask | None:
        """Find a record that has not expired."""
        record = self.records.get(task_id)
        if record and record.expiry <= self.clock():
            del self.records[task_id]
            return None
        return record

    def open(self) -> Iterator[MemoryTask]:
        """Yield the records of tasks that have not ended."""
        return (record for record in self.records.values() if not record.task.state.final)

    def add(self, task: Task, client: str, options: SubmitOptions) -> MemoryTask:
        """Record a new task, and its idempotency key."""
        params = json.loads(json.dumps(dict(task.params)))  # as a worker elsewhere reads them
        now = self.clock()
        record = MemoryTask(replace(task, params=params, created=now), client, next(self._orders))
        record.start_by = now + (math.inf if options.start_within is None else options.start_within)
        self.records[task.id] = record
        if options.key:
            self.keys[client, options.key.text] = (task.id, options.key.body_digest)
        return record

    def earlier(self, client: str, key: IdempotencyKey) -> MemoryTask | None:
        """Find the task of an earlier request with the same key.

        Raises:
            IdempotencyKeyReused: it had another body.
        """
        task_id, digest = self.keys.get((client, key.text), ("", ""))
        record = self.find(task_id)
        if record and digest != key.body_digest:
            raise refusal("REUSED")
        return record

    def checked(self, task_id: str) -> MemoryTask | None:
        """Find a record, its lease and its wait checked."""
        record = self.find(task_id)
        if record is None:
            return None
        self._expire_lease(record)
        if record.task.state is State.QUEUED and record.start_by < self.clock():
            self.end(record, State.FAILURE, NOT_STARTED, NOT_STARTED_CODE)
        return record

    def end(self, record: MemoryTask, state: State, error: str = "", code: str = "") -> None:
        """Give a record a final state, and tell the listeners."""
        anonymous = not record.task.owner
        ttl = ttl_seconds(self.settings, anonymous=anonymous)
        record.end(state, error, code, now=self.clock(), ttl=ttl)
        self.end_counts[record.task.metric, state] += 1
        for listener in self.listeners:
            listener(record.task.id)

    def _expire_lease(self, record: MemoryTask) -> None:
        """End or retry a run whose lease expired and stayed so: the first look only marks it."""
        now = self.clock()
        if record.task.state is not State.STARTED or record.lease_end > now:
            return
        if record.suspected is None:
            record.suspected = now
        elif now - record.suspected >= SUSPICION_SECONDS:
            record.suspected = None
            if record.task.repeatable and record.starts < MAX_STARTS:
                record.change(state=State.RETRY)
            else:
                self.end(record, State.FAILURE, lost_error(record.starts), WORKER_LOST_CODE)
