"""Runs metrics: the one caller of ``Metric.collect``."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterator

from sysmon_core.errors import (
    MetricTimeout,
    PluginFault,
    RunTooLong,
    SysmonError,
    describe,
)
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.report import Report, checked
from sysmon_core.running.context import Listener, Run, Stop
from sysmon_core.running.orphan_reaper import Keeper
from sysmon_core.services.abandonable_threads import AbandonableThreads
from sysmon_core.services.report_cache import CachedReport, ReportCache
from sysmon_core.services.slots import Slots
from sysmon_core.settings import Settings


class Executor:
    """Runs metrics within the limits of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._host = platform.node()
        self._keeper = Keeper()
        self._threads = AbandonableThreads()
        self._reports = ReportCache()
        self._slots = Slots(settings.sync_runs, settings.sync_runs_per_client)

    def check(self, metric: Metric, params: Params, limit: float) -> None:
        """Refuse a run that cannot be done, before anything is started.

        Raises:
            RunTooLong: by its params it would take longer than the limit, in seconds.
            ProgramMissing: this host lacks what the metric needs.
        """
        if _seconds(metric, params) > limit:
            raise RunTooLong(limit)
        with _blaming(metric):
            metric.require()

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
        """Run the metric to its end, its deadline or its stop; the listener hears it come.

        Raises:
            MetricFailed: whatever it did wrong; a fault in a plugin stays in that plugin.
            MetricTimeout, ProgramMissing, RunStopped: as it says.
        """
        seconds = _seconds(metric, params) + self._settings.overrun
        limit = self._settings.output_limit
        run = Run(time.monotonic() + seconds, limit, stop, self._keeper, listener)
        started = time.time()
        with _blaming(metric):
            report = checked(self._threads.collect(metric, params, run), limit)
        return report.of_run(metric.columns, started, time.time(), self._host)


def _seconds(metric: Metric, params: Params) -> float:
    with _blaming(metric):
        seconds: object = metric.seconds(params)
        if not isinstance(seconds, int | float):
            raise PluginFault("it gives no number as its duration")
        return seconds


@contextlib.contextmanager
def _blaming(metric: Metric) -> Iterator[None]:
    """A fault in a plugin stays in that plugin: whatever it raises fails its run."""
    try:
        yield
    except SysmonError as error:
        if isinstance(error, PluginFault | MetricTimeout):
            raise type(error)(_sentence(metric, str(error))) from error
        raise
    except BaseException as error:
        raise PluginFault(_sentence(metric, describe(error))) from error


def _sentence(metric: Metric, reason: str) -> str:
    """What happened, whose fault it is and what to do."""
    if metric.function is None:  # it is a program's
        return f"The metric {metric.name} failed: {reason}"
    origin = metric.origin or "its plugin"
    remedy = f"{origin}: mend it, or name it in plugins_blocked"
    return f"The metric {metric.name} failed: {reason} ({remedy})"
