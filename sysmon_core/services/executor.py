"""The executor, which runs metrics on this host and names the plugin at fault."""

from __future__ import annotations

import contextlib
import logging
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial

from sysmon_core.errors import HostNotFound, MetricFailed
from sysmon_core.metrics import caller_text, isolation
from sysmon_core.metrics.given_settings import settings_of
from sysmon_core.metrics.host import HostMetric, HostMetrics
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.report import Report
from sysmon_core.metrics.returned import require_report
from sysmon_core.metrics.samples import SampleList
from sysmon_core.running.context import Listener, Stop
from sysmon_core.running.orphan_reaper import OrphanReaper
from sysmon_core.running.run import Run
from sysmon_core.running.sample import SampleListener
from sysmon_core.services.abandonable_threads import AbandonableThreads
from sysmon_core.services.availability import Refusal, reason, refusal
from sysmon_core.services.blame import blame, require_within, seconds_of
from sysmon_core.services.report_cache import CachedReport, ReportCache
from sysmon_core.services.slots import Slots
from sysmon_core.settings import Settings

CALLER_GONE = "its caller has disconnected"

logger = logging.getLogger(__name__)

# A context that calls the function if the caller disconnects meanwhile.
Watch = Callable[[Callable[[], None]], contextlib.AbstractContextManager[None]]


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

    @property
    def host(self) -> str:
        """The name of this host, which its reports have."""
        return self._host

    def require_host(self, name: str | None) -> None:
        """Refuse a host that is not this one; without a name any will do.

        Raises:
            HostNotFound: it is another.
        """
        if name and name != self._host:
            raise HostNotFound(f"There is no host {name} here: this is {self._host}")

    def check(self, metric: Metric, params: Params, limit: float) -> None:
        """Refuse a run that cannot succeed, before anything is started.

        Raises:
            RunTooLong: by its params it would take longer than the limit, in seconds.
            MetricUnavailable: this host lacks what the metric needs.
            MetricFailed: this host does not have the metric, or it failed when asked.
        """
        require_within(limit, metric, params)
        self.require(metric)

    def require(self, metric: Metric) -> None:
        """Refuse a metric that cannot run on this host.

        Raises:
            MetricUnavailable: this host lacks what the metric needs.
            MetricFailed: this host does not have the metric, or it failed when asked.
        """
        bound = self._bound(metric)
        with blame(metric, bound.mask):
            bound.require()

    def unavailable(self, metric: Metric) -> str | None:
        """Say why this host cannot have a metric; None if it can, or if that cannot be known.

        All metrics are asked at once, since callers list them.
        """
        self._metrics.begin_inquiries()
        return reason(refusal(self.require, metric))

    def refusals(self) -> dict[str, Refusal]:
        """Find why metrics cannot be had on this host, by their names; all are asked at once."""
        self._metrics.begin_inquiries()
        found = {one.name: refusal(self.require, one) for one in self._metrics.registry}
        return {name: one for name, one in found.items() if one}

    def lacks(self) -> dict[str, str]:
        """Say what this host lacks, in a sentence for each metric that cannot run for that reason.

        A metric that fails otherwise to look for what it needs is not among them: the log has it,
        and its runs fail.
        """
        refusals = self.refusals()
        for one in refusals.values():
            if one.fault:
                logger.warning("%s", one.sentence)
        return {name: one.sentence for name, one in refusals.items() if not one.fault}

    def max_runs(self, metric: Metric) -> int:
        """Return how many runs of the metric may go on in this process while callers wait."""
        return self._settings.sync_runs if metric.long else self._settings.quick_runs

    def run_now(
        self,
        metric: Metric,
        params: Params,
        address: str = "",
        watch: Watch | None = None,
        *,
        samples: bool = False,
    ) -> CachedReport:
        """Run the metric while the caller waits, or return a report that is recent enough.

        ``address`` is the caller's. A long run ends with the reason ``CALLER_GONE`` if the caller
        disconnects, which ``watch`` tells; a quick one goes on, since others may wait for it too.
        With ``samples`` those of a long run have the times at which they came.

        Raises:
            RunStopped: the caller of a long run has disconnected.
            TooManyRuns: it is a long metric and all slots for those, or the caller's share, are
                taken.
            RunTooLong, MetricUnavailable, MetricFailed, MetricTimeout: the run cannot succeed.
        """
        self.check(metric, params, self._settings.sync_limit)
        if metric.lifetime:
            key = (metric.name, params.model_dump_json())
            return self._reports.get(key, metric.lifetime, lambda: self._run_for(metric, params))
        with self._slots.taken(address) if metric.long else contextlib.nullcontext():
            report = self._run_for(
                metric, params, watch if metric.long else None, SampleList() if samples else None
            )
            return CachedReport(report, time.monotonic())

    def _run_for(
        self,
        metric: Metric,
        params: Params,
        watch: Watch | None = None,
        samples: SampleList | None = None,
    ) -> Report:
        with (
            Stop() as stop,
            watch(partial(stop.set, CALLER_GONE)) if watch else contextlib.nullcontext(),
        ):
            report = self.run(metric, params, stop, sample_listener=samples)
        return report.with_samples(samples.samples) if samples and report.told else report

    def run(
        self,
        metric: Metric,
        params: Params,
        stop: Stop,
        listener: Listener | None = None,
        sample_listener: SampleListener | None = None,
    ) -> Report:
        """Run the metric until it ends, its deadline passes or it is stopped.

        The listeners get the text while it is printed, and samples, or parts of one, as they come.

        Raises:
            MetricFailed: the run failed, for whatever reason; the text names the plugin at fault.
            MetricTimeout, MetricUnavailable, RunStopped: as their names say.
        """
        self.require(metric)
        bound = self._bound(metric)
        deadline = time.monotonic() + seconds_of(metric, params) + self._settings.overrun
        limit = self._settings.output_limit
        bounds = (deadline, limit, stop, self._reaper, listener, self._prefix, sample_listener)
        own = settings_of(bound.config)
        texts = caller_text.values(params)
        run = Run(*bounds, command_path=bound.command_path, texts=texts, settings=own)
        started = time.time()
        with blame(metric, bound.mask):
            report = require_report(self._collect_by_kind(bound, params, run), limit)
        guard = partial(blame, metric, bound.mask)
        return report.of_run(metric.columns, started, time.time(), self._host, guard, metric.cut)

    def _collect_by_kind(self, bound: HostMetric, params: Params, run: Run) -> Report:
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
