"""Checks params and runs metrics: the one caller of ``Metric.collect``."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from sysmon_core.errors import (
    Fault,
    InvalidInput,
    MetricTimeout,
    PluginFault,
    RunTooLong,
    SysmonError,
    told,
)
from sysmon_core.keeper import Keeper
from sysmon_core.metric import Metric, Params
from sysmon_core.report import Report, checked
from sysmon_core.run import Listener, Run, Stop
from sysmon_core.services.quick import QuickRuns
from sysmon_core.services.readings import Reading, Readings, Result
from sysmon_core.services.slots import Slots
from sysmon_core.settings import Settings

P = TypeVar("P", bound=Params)


def parse(model: type[P], pairs: Iterable[tuple[str, Any]]) -> P:
    """Make params from what a caller gave, each name once.

    Raises:
        InvalidInput: with a fault for every field that is unknown, doubled or does not fit.
        PluginFault: a validator of the model raised what is no ValueError.
    """
    given = list(pairs)
    counts = Counter(name for name, _ in given)
    faults = [Fault(name, "given more than once") for name, n in counts.items() if n > 1]
    faults += [Fault(name, _unknown(model)) for name in counts if name not in model.model_fields]
    if faults:
        raise InvalidInput(faults)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise InvalidInput(faults_of(error)) from None
    except Exception as error:
        raise PluginFault(f"The params {model.__name__} raised {told(error)}") from error


def faults_of(error: ValidationError) -> list[Fault]:
    """What pydantic found, in our words: no value is echoed."""
    return [
        Fault(
            ".".join(map(str, item["loc"])) or "params", item["msg"].removeprefix("Value error, ")
        )
        for item in error.errors(include_input=False, include_url=False)
    ]


def _unknown(model: type[Params]) -> str:
    names = ", ".join(model.model_fields) or "none"
    return f"not a parameter here; there are: {names}"


class Collection:
    """Runs metrics within the limits of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keeper = Keeper()
        self._quick = QuickRuns()
        self._readings = Readings()
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

    def run_now(self, metric: Metric, params: Params, address: str = "") -> Reading:
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
            return self._readings.get(key, metric.lifetime, lambda: self._run(metric, params))
        with self._slots.taken(address) if metric.long else contextlib.nullcontext():
            return Reading(self._run(metric, params), time.monotonic())

    def _run(self, metric: Metric, params: Params) -> Result:
        with Stop() as stop:
            return self.collect(metric, params, stop)

    def collect(self, metric: Metric, params: Params, stop: Stop) -> Result:
        """What ``report`` gives, as the API tells it."""
        return {metric.name: self.report(metric, params, stop).text}

    def report(
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
        with _blaming(metric):
            return checked(self._quick.collect(metric, params, run), limit)


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
        raise PluginFault(_sentence(metric, told(error))) from error


def _sentence(metric: Metric, reason: str) -> str:
    """What happened, whose fault it is and what to do."""
    if metric.function is None:  # it is a program's
        return f"The metric {metric.name} failed: {reason}"
    origin = metric.origin or "its plugin"
    remedy = f"{origin}: mend it, or name it in plugins_blocked"
    return f"The metric {metric.name} failed: {reason} ({remedy})"


def stored(params: Params) -> Mapping[str, Any]:
    """Params as JSON can carry them; ``parse`` makes them params again."""
    return params.model_dump(mode="json", exclude_unset=True)
