"""Runs a metric that is checked: as it runs when it is served, and bounded from outside."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sysmon_core.checks.declaration import number_of, schema
from sysmon_core.errors import InvalidInput, MetricFailed, SysmonError
from sysmon_core.metrics.host import HostMetrics, bind
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.metrics.report import Report
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse
from sysmon_core.settings import Settings

OVERRUN_SECONDS = 3.0  # beyond its duration, after which a run must end
ENDING_SECONDS = 3.0  # that a run has to end once it must
STOPPED = "The check stopped it"
MAX_DOUBLINGS = 40  # of a parameter, to find one with which a run takes long enough


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a report or with an error; with neither if it has not ended.

    ``seconds`` is how long it took, or how long it took from its stop on; ``cpu`` is the
    processor time of this process meanwhile, in seconds. ``begun`` is false if it was refused.
    """

    seconds: float
    report: Report | None = None
    error: SysmonError | None = None
    cpu: float = 0.0
    begun: bool = True

    @property
    def hangs(self) -> bool:
        """Whether it was abandoned."""
        return self.report is None and self.error is None


class Trial:
    """A metric, and how its runs ended."""

    def __init__(self, metric: Metric, config: Settings, source: Source | None = None) -> None:
        self.metric = metric
        self.config = config.model_copy(
            update={"overrun": OVERRUN_SECONDS, "plugins_tolerant": False}
        )
        self._source = source or Source("", "no plugin", "")
        self._executor = Executor(self.config, self._bound(metric))

    @property
    def has_process(self) -> bool:
        """Whether a run is a process: a program, or a long function of a plugin."""
        isolated = self.metric.kind is Kind.LONG_FUNCTION and self._source.module
        return self.metric.kind is Kind.PROGRAM or bool(isolated)

    @cached_property
    def defaults(self) -> Params:
        """The params of a caller who chooses none."""
        return parse(self.metric.params, [])

    @cached_property
    def default(self) -> Outcome:
        """How a run with default params ended."""
        try:
            self._executor.check(self.metric, self.defaults, self.config.sync_limit)
        except SysmonError as reason:
            return Outcome(0.0, error=reason, begun=False)
        if not 0 <= (says := self.metric.seconds(self.defaults)) < math.inf:
            error = MetricFailed(f"its duration is {says}: give seconds")
            return Outcome(0.0, error=error, begun=False)
        return self.run(self.defaults)

    def run(self, params: Params, prefix: Sequence[str] = ()) -> Outcome:
        """Run the metric to its end, or abandon the run; the prefix starts its process."""
        executor = self._executor
        if prefix:
            executor = Executor(self.config, self._bound(self.metric), prefix)
        bound = self.metric.seconds(params) + OVERRUN_SECONDS + ENDING_SECONDS
        return _tried(executor, self.metric, params, bound)

    def stopped(self, params: Params, after: float) -> Outcome:
        """Run the metric, and stop the run after some seconds."""
        return _tried(self._executor, self.metric, params, ENDING_SECONDS, after)

    def cut_short(self, params: Params, seconds: float) -> Outcome:
        """Run the metric with a deadline in some seconds, whatever its duration says."""
        config = self.config.model_copy(update={"overrun": seconds})
        metric = replace(self.metric, duration=_no_time)
        executor = Executor(config, self._bound(metric))
        return _tried(executor, metric, params, seconds + ENDING_SECONDS)

    def _bound(self, metric: Metric) -> HostMetrics:
        return bind(Registry([(metric, self._source)]), self.config)

    def lasting(self, seconds: float) -> Params:
        """Find params with which a run takes so long or little longer; else as long as possible."""
        found = [self.defaults, *self._raised(seconds)]
        enough = [params for params in found if self.metric.seconds(params) >= seconds]
        if enough:
            return min(enough, key=self.metric.seconds)
        return max(found, key=self.metric.seconds)

    def _raised(self, seconds: float) -> Iterator[Params]:
        """Double one number, then all of them, until a run takes long enough."""
        numbers = {name: number for name, field in schema(self.metric).items()
                   if (number := number_of(field))}  # fmt: skip
        for names in [*([name] for name in numbers), list(numbers)]:
            for factor in (2**power for power in range(1, MAX_DOUBLINGS)):
                given = {n: _larger(getattr(self.defaults, n), numbers[n], factor) for n in names}
                with contextlib.suppress(InvalidInput):
                    yield (params := parse(self.metric.params, given.items()))
                    if self.metric.seconds(params) >= seconds:
                        break


def _larger(value: float | None, number: Mapping[str, Any], factor: int) -> float:
    larger = (value or 1) * factor
    most: float = number.get("maximum", larger)
    return min(larger, most)


def _no_time(_params: Params) -> float:
    return 0.0


def _tried(
    executor: Executor, metric: Metric, params: Params, bound: float, stop_after: float = 0
) -> Outcome:
    """Run a metric in a thread that is abandoned once ``bound`` seconds have passed."""
    future: Future[Report] = Future()
    cpu = [0.0]
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(Stop())

        def work() -> None:
            begin = time.process_time()
            try:
                report = executor.run(metric, params, stop)
            except BaseException as error:  # noqa: BLE001 - raised to the caller who waits
                future.set_exception(error)
            else:
                cpu[0] = time.process_time() - begin
                future.set_result(report)

        begin = time.monotonic()
        threading.Thread(target=work, name="sysmon-trial", daemon=True).start()
        if stop_after and not wait([future], stop_after).done:
            stop.set(STOPPED)
            begin = time.monotonic()
        wait([future], bound)
        seconds = time.monotonic() - begin
        if not future.done():
            stack.pop_all()  # its descriptors are still in use
            return Outcome(seconds)
    return _outcome(future, seconds, cpu[0])


def _outcome(future: Future[Report], seconds: float, cpu: float) -> Outcome:
    try:
        return Outcome(seconds, report=future.result(), cpu=cpu)
    except SysmonError as error:
        return Outcome(seconds, error=error)
