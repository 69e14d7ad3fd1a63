"""Runs quick Python functions in threads that can be given up: one that hangs keeps nobody."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future, wait
from contextvars import copy_context

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.running.context import Run

MOST = 4  # threads of one metric that may hang before it is not tried any more
LOOK = 0.1  # seconds between two looks whether the run is to end


class AbandonableThreads:
    """Counts the runs of each metric that were given up and still hang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hanging: Counter[str] = Counter()

    def collect(self, metric: Metric, params: Params, run: Run) -> Report:
        """What the metric collects; programs and long runs end by their own means.

        Raises:
            PluginFault: earlier runs of it hang.
            RunStopped, MetricTimeout: it was given up.
        """
        if metric.function is None or metric.long:
            return metric.collect(params, run)
        if self._hanging[metric.name] >= MOST:
            raise PluginFault(f"{MOST} earlier runs of it still hang")
        future: Future[Report] = Future()
        words = (_collect, metric, params, run, future)
        here = copy_context()  # log lines of the plugin's tell of the request too
        threading.Thread(target=here.run, args=words, daemon=True, name=metric.name).start()
        try:
            while not wait([future], LOOK).done:
                run.check()
        except BaseException:
            self._give_up(metric.name, future)
            raise
        return future.result()

    def _give_up(self, name: str, future: Future[Report]) -> None:
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
