"""Runs metrics on this host: the one place that chooses how, and names the plugin at fault."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Sequence
from functools import partial

from sysmon_core.errors import MetricFailed
from sysmon_core.metrics import isolation
from sysmon_core.metrics.host import HostMetric, HostMetrics
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.metrics.returned import require_report
from sysmon_core.running.context import Listener, Run, Stop
from sysmon_core.running.orphan_reaper import OrphanReaper
from sysmon_core.services.abandonable_threads import AbandonableThreads
from sysmon_core.services.blame import blame, require_within, seconds_of
from sysmon_core.services.report_cache import CachedReport, ReportCache
from sysmon_core.services.slots import Slots
from sysmon_core.settings import Settings


class Executor:
    """Runs the metrics of this host within the limits of the settings.

    Args:
        prefix: words before those of every program, as ``nice`` is one.
    """

    def __init__(
        self, settings: Settings, metrics: HostMetrics, prefix: Sequence[str] = ()
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._prefix = tuple(prefix)
        self._host = platform.node()
        self._reaper = OrphanReaper()
        self._threads = AbandonableThreads()
        self._reports = ReportCache()
        self._slots = Slots(settings.sync_runs, settings.sync_runs_per_client)

    def check(self, metric: Metric, params: Params, limit: float) -> None:
        """Refuse a run that cannot succeed, before anything is started.

        Raises:
            RunTooLong: by its params it would take longer than the limit, in seconds.
            ProgramMissing: this host lacks what the metric needs.
            MetricFailed: this host does not have the metric, or it failed when asked.
        """
        require_within(limit, metric, params)
        self.require(metric)

    def require(self, metric: Metric) -> None:
        """Refuse a metric that cannot run on this host.

        Raises:
            ProgramMissing: this host lacks what the metric needs.
            MetricFailed: this host does not have the metric, or it failed when asked.
        """
        bound = self._bound(metric)
        with blame(metric):
            bound.metric.require()

    def at_once(self, metric: Metric) -> int:
        """How many runs of the metric may be under way in this process while callers wait."""
        return self._settings.sync_runs if metric.long else self._settings.quick_runs

    def run_now(self, metric: Metric, params: Params, address: str = "") -> CachedReport:
        """Collect while the caller waits, or give what others have just collected.

        ``address`` is the caller's.

        Raises:
            TooManyRuns: it is a long metric and all slots for those, or the caller's share, are
                taken.
            RunTooLong, ProgramMissing, MetricFailed, MetricTimeout: it cannot be done.
        """
        self.check(metric, params, self._settings.sync_limit)
        if metric.lifetime:
            key = (metric.name, params.model_dump_json())
            return self._reports.get(key, metric.lifetime, lambda: self._run(metric, params))
        with self._slots.taken(address) if metric.long else contextlib.nullcontext():
            return CachedReport(self._run(metric, params), time.monotonic())

    def _run(self, metric: Metric, params: Params) -> Report:
        with Stop() as stop:
            return self.run(metric, params, stop)

    def run(
        self, metric: Metric, params: Params, stop: Stop, listener: Listener | None = None
    ) -> Report:
        """Run the metric to its end, its deadline or its stop; the listener gets text as it comes.

        Raises:
            MetricFailed: whatever it did wrong; a fault in a plugin stays in that plugin.
            MetricTimeout, ProgramMissing, RunStopped: as it says.
        """
        bound = self._bound(metric)
        deadline = time.monotonic() + seconds_of(metric, params) + self._settings.overrun
        limit = self._settings.output_limit
        run = Run(deadline, limit, stop, self._reaper, listener, self._prefix)
        started = time.time()
        with blame(metric):
            report = require_report(self._collect(bound, params, run), limit)
        return report.of_run(
            metric.columns, started, time.time(), self._host, partial(blame, metric)
        )

    def _collect(self, bound: HostMetric, params: Params, run: Run) -> Report:
        """Run a program, which is ended by signals, or Python code where it can be ended."""
        match bound.metric.kind:
            case Kind.QUICK_FUNCTION:
                return self._threads.collect(bound.metric, params, run)
            case Kind.LONG_FUNCTION if bound.module:
                return isolation.collect(bound, params, run)
            case _:  # a program, or a function that no other process can load: a test's own
                return bound.metric.collect(params, run)

    def _bound(self, metric: Metric) -> HostMetric:
        bound = self._metrics.get(metric.name)
        if bound is None:
            raise MetricFailed(f"The metric {metric.name} is not installed on this host")
        return bound
