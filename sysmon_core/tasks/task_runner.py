"""Runs tasks in a worker: one thread per task, from the record to its end."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sysmon_core.errors import MetricFailed, SysmonError, TasksUnavailable
from sysmon_core.logs import bound
from sysmon_core.metrics.registry import Registry
from sysmon_core.metrics.report import Report
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse
from sysmon_core.services.task import Part, Task
from sysmon_core.services.task_records import WorkerRecords
from sysmon_core.tasks.output_writer import OutputWriter, RunOutput

RETRY_SECONDS = 0.5  # between attempts to write an outcome while Redis is away
SHUTDOWN_RETRY_SECONDS = 5.0  # for such attempts once the worker is shutting down
SHUT_DOWN = "The worker was shut down while the task ran"
CANCELLED = "The task was cancelled"

logger = logging.getLogger(__name__)


@dataclass
class _ListedRun:
    task_id: str
    stop: Stop
    started: bool = False  # until then the record says that the task waits


class TaskRunner:
    """Runs tasks, and lists the runs so that each can be stopped from outside."""

    def __init__(
        self,
        registry: Registry,
        executor: Executor,
        records: WorkerRecords,
    ) -> None:
        self._registry = registry
        self._executor = executor
        self._records = records
        self._lock = threading.Lock()
        self._runs: dict[str, _ListedRun] = {}  # by token
        self._closing = threading.Event()
        self._writer = OutputWriter(records)

    def run(self, task_id: str) -> None:
        """Run the task if it is still to be run, and record its outcome."""
        token = uuid.uuid4().hex
        with Stop() as stop, bound(task=task_id):
            self._list(token, task_id, stop)
            try:
                self._run_and_record(task_id, token, stop)
            finally:
                self._unlist(token)

    def running(self) -> list[tuple[str, str]]:
        """List the id and token of each run whose start is recorded."""
        with self._lock:
            return [(run.task_id, token) for token, run in self._runs.items() if run.started]

    def cancel(self, task_id: str) -> None:
        """Stop the runs of a task, if this worker has any."""
        self._stop(CANCELLED, lambda _token, running: running == task_id)

    def abandon(self, tokens: set[str]) -> None:
        """Stop runs whose task was ended, or given to another run."""
        self._stop(CANCELLED, lambda token, _task_id: token in tokens)

    def close(self) -> None:
        """Stop all runs and start no more: the worker is shutting down."""
        self._closing.set()
        self._stop(SHUT_DOWN, lambda _token, _task_id: True)

    def _stop(self, reason: str, selects: Callable[[str, str], bool]) -> None:
        with self._lock:  # so that no Stop is closed while it is being set
            for token, run in self._runs.items():
                if selects(token, run.task_id):
                    run.stop.set(reason)

    def _list(self, token: str, task_id: str, stop: Stop) -> None:
        with self._lock:  # before the start: a cancel right after the start must find the run
            self._runs[token] = _ListedRun(task_id, stop)

    def _unlist(self, token: str) -> None:
        with self._lock:
            del self._runs[token]

    def _run_and_record(self, task_id: str, token: str, stop: Stop) -> None:
        if self._closing.is_set():  # fetched just before the shutdown: another worker runs it
            self._records.resend(task_id)
            return
        task = self._records.start(task_id, token)
        if task is None:
            logger.info("task %s is not to be run (any more)", task_id)
            return
        self._runs[token].started = True
        logger.info("task %s (%s) started", task_id, task.metric)
        output = self._writer.open(task_id, token)
        outcome = self._outcome_of(task, stop, output)
        rest = self._writer.close(output)
        self._retry(lambda: self._write(task, token, outcome, rest))

    def _outcome_of(self, task: Task, stop: Stop, output: RunOutput) -> Report | SysmonError:
        metric = self._registry.get(task.metric)
        try:
            if metric is None:
                raise MetricFailed(f"The metric {task.metric} is not installed on this worker")
            params = parse(metric.params, task.params.items())
            return self._executor.run(metric, params, stop, output.hear, output.hear_sample)
        except SysmonError as error:
            return error

    def _write(
        self, task: Task, token: str, outcome: Report | SysmonError, rest: Sequence[Part]
    ) -> None:
        if self._records.finish(task.id, token, outcome, rest):
            end = f"failed: {outcome}" if isinstance(outcome, SysmonError) else "succeeded"
        else:
            self._records.confirm_stopped(task.id, token, rest)
            end = "stopped: it had been ended from outside"
        logger.info("task %s (%s) %s", task.id, task.metric, end)

    def _retry(self, write: Callable[[], None]) -> None:
        """Retry while Redis is away, but not for long in a shutdown."""
        last, logged = None, False
        while True:
            try:
                return write()
            except TasksUnavailable as error:
                if self._closing.is_set():
                    last = last or time.monotonic() + SHUTDOWN_RETRY_SECONDS
                    if time.monotonic() > last:
                        raise
                if not logged:
                    logger.warning("an outcome cannot be written yet: %s", error)
                logged = True
                time.sleep(RETRY_SECONDS)
