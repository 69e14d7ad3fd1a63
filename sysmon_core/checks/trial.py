"""Runs of a metric that is checked: as they are when it is served, and bounded from outside."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sysmon_core.checks.declaration import number_of, schema
from sysmon_core.errors import InvalidInput, MetricFailed, SysmonError
from sysmon_core.metrics.isolation import isolate
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.registry import Source
from sysmon_core.metrics.report import Report
from sysmon_core.running.context import Stop
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse
from sysmon_core.settings import Settings

OVERRUN = 3.0  # seconds after which a run is told to end that takes longer than it says
PATIENCE = 3.0  # seconds that it then has for that
STOPPED = "The check stopped it"
DOUBLINGS = 40


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a report or with an error; with neither if it has not ended.

    ``seconds`` is how long it took, or how long it took from its stop on; ``cpu`` is the
    processor time of this process meanwhile. ``begun`` is false where it could not be tried.
    """

    seconds: float
    report: Report | None = None
    error: SysmonError | None = None
    cpu: float = 0.0
    begun: bool = True

    @property
    def hangs(self) -> bool:
        """Whether it was given up."""
        return self.report is None and self.error is None


class Trial:
    """A metric, and what its runs gave."""

    def __init__(self, metric: Metric, config: Settings, source: Source | None = None) -> None:
        self.declared = metric
        self.config = config.model_copy(update={"overrun": OVERRUN})
        self.source = source
        self.metric = isolate(metric, source) if source else metric
        self._executor = Executor(self.config)  # whose keeper lives as long as this

    @cached_property
    def defaults(self) -> Params:
        """Params of which none was chosen."""
        return parse(self.metric.params, [])

    @cached_property
    def default(self) -> Outcome:
        """What a run with default params gave."""
        try:
            self._executor.check(self.metric, self.defaults, self.config.sync_limit)
        except SysmonError as reason:
            return Outcome(0.0, error=reason, begun=False)
        if not 0 <= (says := self.metric.seconds(self.defaults)) < math.inf:
            error = MetricFailed(f"its duration is {says}: give seconds")
            return Outcome(0.0, error=error, begun=False)
        return self.run(self.defaults)

    def run(self, params: Params, metric: Metric | None = None) -> Outcome:
        """Run it to its end, or give it up."""
        chosen = metric or self.metric
        bound = chosen.seconds(params) + OVERRUN + PATIENCE
        return _tried(self._executor, chosen, params, bound)

    def stopped(self, params: Params, after: float) -> Outcome:
        """Run it, and stop it after some seconds."""
        return _tried(self._executor, self.metric, params, PATIENCE, after)

    def cut_short(self, params: Params, seconds: float) -> Outcome:
        """Run it with a deadline in some seconds, whatever its params say."""
        executor = Executor(self.config.model_copy(update={"overrun": seconds}))
        metric = replace(self.metric, duration=_no_time)
        return _tried(executor, metric, params, seconds + PATIENCE)

    def lasting(self, seconds: float) -> Params:
        """Params with which a run takes so long, or as long as can be had, but little longer."""
        found = [self.defaults, *self._raised(seconds)]
        enough = [params for params in found if self.metric.seconds(params) >= seconds]
        if enough:
            return min(enough, key=self.metric.seconds)
        return max(found, key=self.metric.seconds)

    def _raised(self, seconds: float) -> Iterator[Params]:
        """Params with one number raised, then with all numbers, until it is enough."""
        numbers = {name: number for name, field in schema(self.metric).items()
                   if (number := number_of(field))}  # fmt: skip
        for names in [*([name] for name in numbers), list(numbers)]:
            for factor in (2**power for power in range(1, DOUBLINGS)):
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
    """Run a metric in a thread that is left to itself once the bound has passed."""
    future: Future[Report] = Future()
    cpu = [0.0]
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(Stop())

        def work() -> None:
            begin = time.process_time()
            try:
                report = executor.run(metric, params, stop)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
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
