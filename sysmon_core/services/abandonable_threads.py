"""Runs quick Python functions in threads that can be abandoned when they hang."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future, wait
from contextvars import copy_context

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.running.run import Run

MAX_HANGING_THREADS = 4  # of one metric: with more it is refused until one of them ends
POLL_SECONDS = 0.1  # between two looks whether the run is to end


class AbandonableThreads:
    """Counts the threads of each metric that were abandoned and still run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hanging: Counter[str] = Counter()

    def collect(self, metric: Metric, params: Params, run: Run) -> Report:
        """Collect in a thread, and abandon that once the run is to end.

        Raises:
            PluginFault: so many earlier runs of the metric hang that it is not tried again.
            RunStopped, MetricTimeout: the thread was abandoned.
            BaseException: whatever the metric raised.
        """
        if self._hanging[metric.name] >= MAX_HANGING_THREADS:
            raise PluginFault(f"{MAX_HANGING_THREADS} earlier runs of it still hang")
        future: Future[Report] = Future()
        call = (_collect, metric, params, run, future)
        context = copy_context()  # so that what the plugin logs has the request's id
        threading.Thread(target=context.run, args=call, daemon=True, name=metric.name).start()
        try:
            while not wait([future], POLL_SECONDS).done:
                run.check()
        except BaseException as error:
            run.stop.set(str(error))  # so that it ends a program, a sleep or a read that it is in
            self._abandon(metric.name, future)
            raise
        return future.result()

    def _abandon(self, name: str, future: Future[Report]) -> None:
        self._count(name, 1)
        future.add_done_callback(lambda _: self._count(name, -1))

    def _count(self, name: str, step: int) -> None:
        with self._lock:
            self._hanging[name] += step


def _collect(metric: Metric, params: Params, run: Run, future: Future[Report]) -> None:
    try:
        future.set_result(metric.collect(params, run))
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
        future.set_exception(error)
