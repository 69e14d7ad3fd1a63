"""Trial runs of a metric, as the service runs it."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from sysmon_core.checks.outcome import Outcome, tried
from sysmon_core.checks.values import required_params, required_values
from sysmon_core.errors import InvalidInput, MetricFailed, SysmonError
from sysmon_core.metrics.host import HostMetrics, bind
from sysmon_core.metrics.metric import Kind, Metric, Params
from sysmon_core.metrics.parameters import Parameter, parameters
from sysmon_core.metrics.registry import Registry, Source
from sysmon_core.running.standard_output import diverted
from sysmon_core.services.executor import Executor
from sysmon_core.services.params import parse
from sysmon_core.settings import Settings

OVERRUN_SECONDS = 3.0  # beyond its duration, after which a run must end
ENDING_SECONDS = 3.0  # that a run has to end once it must
MAX_PRINTED_CHARACTERS = 1000
MAX_DOUBLINGS = 40  # of a parameter, to find one with which a run takes long enough


class Trial:
    """A metric, and how its runs ended."""

    def __init__(self, metric: Metric, config: Settings, source: Source | None = None) -> None:
        self.metric = metric
        self.config = config.model_copy(
            update={"overrun": OVERRUN_SECONDS, "plugins_tolerant": False}
        )
        self.printed = ""
        self._source = source or Source("", "no plugin", "")
        self._executor = Executor(self.config, self._bound(metric))

    @property
    def has_process(self) -> bool:
        """Whether a run is a process: a program, or a long function of a plugin."""
        isolated = self.metric.kind is Kind.LONG_FUNCTION and self._source.module
        return self.metric.kind is Kind.PROGRAM or bool(isolated)

    @cached_property
    def refusal(self) -> SysmonError | None:
        """The refusal of a caller who gives the required parameters alone; None without one."""
        try:
            required_params(self.metric.params)
        except SysmonError as error:
            return error
        return None

    @cached_property
    def defaults(self) -> Params:
        """The params of a caller who gives the required parameters alone, by their examples."""
        return required_params(self.metric.params)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """What a caller may choose, by name."""
        return parameters(self.metric.params)

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

    @cached_property
    def unavailable(self) -> str | None:
        """Why this host cannot have the metric; None if it can."""
        with self._kept_output():
            return self._executor.unavailable(self.metric)

    def run(self, params: Params, prefix: Sequence[str] = ()) -> Outcome:
        """Run the metric to its end, or abandon the run; the prefix starts its process."""
        executor = self._executor
        if prefix:
            executor = Executor(self.config, self._bound(_asked(self.metric)), prefix)
        bound = self.metric.seconds(params) + OVERRUN_SECONDS + ENDING_SECONDS
        return self._tried(executor, self.metric, params, bound)

    def stopped(self, params: Params, after: float) -> Outcome:
        """Run the metric, and stop the run after some seconds."""
        return self._tried(self._executor, self.metric, params, ENDING_SECONDS, after)

    def cut_short(self, params: Params, seconds: float) -> Outcome:
        """Run the metric with a deadline in some seconds, whatever its duration says."""
        config = self.config.model_copy(update={"overrun": seconds})
        metric = replace(_asked(self.metric), duration=_no_time)
        executor = Executor(config, self._bound(metric))
        return self._tried(executor, metric, params, seconds + ENDING_SECONDS)

    def _tried(self, *words: Any) -> Outcome:
        with self._kept_output():
            return tried(*words)

    @contextlib.contextmanager
    def _kept_output(self) -> Iterator[None]:
        """Keep what the metric prints on standard output, where it must print nothing."""
        with tempfile.TemporaryFile("w+", errors="backslashreplace") as file:
            with diverted(file):
                yield
            file.seek(0)
            self.printed = self.printed or file.read(MAX_PRINTED_CHARACTERS)

    def _bound(self, metric: Metric) -> HostMetrics:
        return bind(Registry([(metric, self._source)]), self.config)

    def lasting(self, seconds: float) -> Params:
        """Find params with which a run takes at least these seconds, and as little more as can be.

        If there are none, find those of the longest run.
        """
        found = [self.defaults, *self._raised(seconds)]
        enough = [params for params in found if self.metric.seconds(params) >= seconds]
        if enough:
            return min(enough, key=self.metric.seconds)
        return max(found, key=self.metric.seconds)

    def _raised(self, seconds: float) -> Iterator[Params]:
        """Double one number, then all of them, until a run takes long enough."""
        numbers = [one for one in self.parameters.values() if one.number and not one.many]
        for chosen in [*([one] for one in numbers), numbers]:
            for factor in (2**power for power in range(1, MAX_DOUBLINGS)):
                larger = {one.name: self._larger(one, factor) for one in chosen}
                with contextlib.suppress(InvalidInput):
                    given = required_values(self.parameters) | larger
                    yield (params := parse(self.metric.params, given.items()))
                    if self.metric.seconds(params) >= seconds:
                        break

    def _larger(self, parameter: Parameter, factor: int) -> float:
        larger: float = (getattr(self.defaults, parameter.name) or 1) * factor
        return min(larger, larger if (most := parameter.range.maximum) is None else most)


def _asked(metric: Metric) -> Metric:
    """Return the metric without its ``available``, whose time must not count as the run's."""
    return replace(metric, available=None)


def _no_time(_params: Params) -> float:
    return 0.0
