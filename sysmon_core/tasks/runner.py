"""Runs tasks in a worker: one thread per task, from the record to its end."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sysmon_core.errors import MetricFailed, SysmonError, TasksUnavailable
from sysmon_core.logs import bound
from sysmon_core.metrics.registry import Registry
from sysmon_core.metrics.report import Report
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse
from sysmon_core.services.tasks import Task
from sysmon_core.tasks.records import RedisRecords

RETRY_SECONDS = 0.5  # between attempts to write an outcome while Redis is away
SHUTDOWN_RETRY_SECONDS = 5.0  # for those attempts once the worker is being shut down
SHUT_DOWN = "The worker was shut down while the task ran"
CANCELLED = "The task was cancelled"

logger = logging.getLogger(__name__)


@dataclass
class _Entry:
    task_id: str
    stop: Stop
    started: bool = False  # until then the record says that it waits


class Runner:
    """Runs tasks and knows which are running, so that each can be stopped from outside."""

    def __init__(
        self,
        registry: Registry,
        executor: Executor,
        records: RedisRecords,
    ) -> None:
        self._registry = registry
        self._executor = executor
        self._records = records
        self._lock = threading.Lock()
        self._runs: dict[str, _Entry] = {}  # by token
        self._closing = threading.Event()

    def run(self, task_id: str) -> None:
        """Run the task if it is still to be run, and record its outcome."""
        token = uuid.uuid4().hex
        with Stop() as stop, bound(task=task_id):
            self._enter(token, task_id, stop)
            try:
                self._run(task_id, token, stop)
            finally:
                self._leave(token)

    def running(self) -> list[tuple[str, str]]:
        """List the id and token of each run whose start is recorded."""
        with self._lock:
            return [(run.task_id, token) for token, run in self._runs.items() if run.started]

    def cancel(self, task_id: str) -> None:
        """Stop the runs of this task, if there are any here."""
        self._stop(CANCELLED, lambda _, running: running == task_id)

    def abandon(self, tokens: set[str]) -> None:
        """Stop the runs of these tokens: other workers may do their tasks."""
        self._stop(CANCELLED, lambda token, _: token in tokens)

    def close(self) -> None:
        """Stop all runs and start no more: the worker is being shut down."""
        self._closing.set()
        self._stop(SHUT_DOWN, lambda _token, _task_id: True)

    def _stop(self, reason: str, concerns: Callable[[str, str], bool]) -> None:
        with self._lock:  # so that no stop is closed while it is being set
            for token, run in self._runs.items():
                if concerns(token, run.task_id):
                    run.stop.set(reason)

    def _enter(self, token: str, task_id: str, stop: Stop) -> None:
        with self._lock:  # before the start: a cancel right after it must find the run
            self._runs[token] = _Entry(task_id, stop)

    def _leave(self, token: str) -> None:
        with self._lock:
            del self._runs[token]

    def _run(self, task_id: str, token: str, stop: Stop) -> None:
        if self._closing.is_set():  # it was fetched just before the shutdown: leave it to the next
            self._records.resend(task_id)
            return
        task = self._records.start(task_id, token)
        if task is None:
            logger.info("task %s is not to be run (any more)", task_id)
            return
        self._runs[token].started = True
        logger.info("task %s (%s) started", task_id, task.metric)
        outcome = self._collect(task, stop)
        self._insist(lambda: self._write(task, token, outcome))

    def _collect(self, task: Task, stop: Stop) -> Report | SysmonError:
        metric = self._registry.get(task.metric)
        try:
            if metric is None:
                raise MetricFailed(f"The metric {task.metric} is not installed on this worker")
            params = parse(metric.params, task.params.items())
            return self._executor.run(metric, params, stop)
        except SysmonError as error:
            return error

    def _write(self, task: Task, token: str, outcome: Report | SysmonError) -> None:
        if self._records.finish(task.id, token, outcome):
            end = f"failed: {outcome}" if isinstance(outcome, SysmonError) else "succeeded"
        else:
            self._records.confirm_stopped(task.id)
            end = "stopped: it had been ended from outside"
        logger.info("task %s (%s) %s", task.id, task.metric, end)

    def _insist(self, write: Callable[[], None]) -> None:
        """Write, and retry while Redis is away; for some seconds only during a shutdown."""
        last = None
        while True:
            try:
                return write()
            except TasksUnavailable as error:
                if self._closing.is_set():
                    last = last or time.monotonic() + SHUTDOWN_RETRY_SECONDS
                    if time.monotonic() > last:
                        raise
                logger.warning("an outcome cannot be written yet: %s", error.__cause__)
                time.sleep(RETRY_SECONDS)
