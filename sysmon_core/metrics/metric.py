"""Metric and its Params: a metric describes itself and collects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.column import Column
from sysmon_core.metrics.inquiry import Available
from sysmon_core.metrics.plugin_settings import PluginSettings
from sysmon_core.metrics.recorder import Recorder
from sysmon_core.metrics.report import Report, Row
from sysmon_core.metrics.returned import Returned, to_report
from sysmon_core.metrics.samples import SampleCutter, SampleList
from sysmon_core.running.run import Run
from sysmon_core.running.sample import Sample

Access = Literal["open", "users", "admins"]

FUNCTIONS = {  # fields that are functions, and what each is given and returns
    "function": "give a function of params and run",
    "duration": "give a function of params that returns seconds",
    "available": "give a function of the host that returns a sentence or None",
}

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class Params(BaseModel):
    """What a caller may choose about a run; a metric's own model inherits from it.

    Each field's type, range, default and description is declared once, here, for the
    validation and for every description of the metric.
    """

    # JSON, and so the key of a cached report, has no infinity.
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )


def stored(params: Params) -> dict[str, Any]:
    """Turn params into JSON of which their model makes the same again, in any process."""
    return params.model_dump(mode="json", exclude_unset=True, round_trip=True)


class Kind(Enum):
    """How a metric runs, and so how its run can be ended."""

    PROGRAM = auto()
    QUICK_FUNCTION = auto()
    LONG_FUNCTION = auto()


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One thing that a host can be asked.

    Args:
        name: its name in paths: a small letter, then small letters, digits, ``_`` or ``-``.
        title: a line for lists.
        description: what a reader of the numbers must know.
        params: the model of what a caller may choose; without it, nothing.
        columns: what the rows have, where there are any.
        function: does the work, bounded by the Run that it is given. It returns a Report, a
            text or a list of rows, yields rows as they come, or gives samples by ``run.sample``.
            A subclass that overrides ``collect`` needs none.
        duration: seconds that a run with given params takes. Without it the metric is
            quick: it answers at once in every version; with it, it is a task from v2 on.
        lifetime: whole seconds for which a quick metric's report is shown to all who ask with the
            same params; 0, the default, gives each caller a run.
        since_boot: whether the first sample of a run covers the time since boot instead of an
            interval.
        repeatable: whether a run whose worker died may be started again; three starts at most.
        available: a function of the Host that returns a sentence why that host cannot have the
            metric (no such hardware, no right, a kernel without it), or None if it can. It is
            asked once, when that is first needed, and has 5 s.
        access: who may ask for it over HTTP: ``open`` to all, in every version; ``users`` or
            ``admins`` alone, in version 3. Versions 1 and 2 do not have such a metric.
        settings: the model of what the operator sets for its plugin, which is the same for all
            metrics of a plugin that declare one; a run has the values.
        position: where it stands in lists; the lower comes first, equals by name.
        origin: the plugin and the distribution that declare it; sysmon fills it in.

    Raises:
        ConfigurationError: the name is unfit, nothing says how to collect, a long metric has a
            lifetime, ``available`` is no function, ``access`` is another word, or a column of a
            function has a source or a scale, which a Command alone applies.
    """

    name: str
    title: str
    description: str = ""
    params: type[Params] = Params
    columns: Sequence[Column] = ()
    function: Callable[[Any, Run], Returned] | None = None
    duration: Callable[[Any], float] | None = None
    lifetime: int = 0
    since_boot: bool = False
    repeatable: bool = False
    available: Available | None = None
    access: Access = "open"
    settings: type[PluginSettings] | None = None
    position: int = 100
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and NAME.fullmatch(self.name)):
            raise ConfigurationError(
                f"{self.name!r} is no name for a metric: use small letters, digits, _ and -"
            )
        for broken, sentence in self._rules():
            if broken:
                raise ConfigurationError(f"The metric {self.name} declares {sentence}")

    def _rules(self) -> Iterator[tuple[bool, str]]:
        """Yield whether each rule is broken, and what is declared then and is to be."""
        for name, what in FUNCTIONS.items():
            given = getattr(self, name)
            yield not (given is None or callable(given)), f"as {name} what is no function: {what}"
        yield (
            self.function is None and type(self).collect is Metric.collect,
            "no function to collect it",
        )
        yield (
            not (isinstance(self.params, type) and issubclass(self.params, Params)),
            f"the params {self.params!r}: give a class that inherits from sysmon_core.Params",
        )
        columns: object = self.columns
        listed = isinstance(columns, list | tuple) and all(isinstance(c, Column) for c in columns)
        yield not listed, "as columns what is no list of Column"
        lifetime: object = self.lifetime
        yield type(lifetime) is not int, f"the lifetime {lifetime!r}: give whole seconds"
        yield (
            bool(lifetime) and self.duration is not None,
            "a duration and a lifetime: a long run is no two callers' alike",
        )
        yield (
            self.access not in get_args(Access),
            f"the access {self.access!r}: give open, users or admins",
        )
        if type(self).collect is Metric.collect:
            for column in self.columns:
                what = f"a source or a scale for the column {column.name}, which a Command alone"
                remedy = "have the function give the value under that name and in that unit"
                yield bool(column.source) or column.scale != 1, f"{what} applies: {remedy}"

    @property
    def long(self) -> bool:
        """Whether it runs as a task from version 2 on."""
        return self.duration is not None

    @property
    def needs_params(self) -> bool:
        """Whether a caller has to give a parameter."""
        return any(field.is_required() for field in self.params.model_fields.values())

    @property
    def kind(self) -> Kind:
        """What runs: a program, or Python code that is quick or long."""
        return Kind.LONG_FUNCTION if self.long else Kind.QUICK_FUNCTION

    def seconds(self, params: Params) -> float:
        """How many seconds a run with these params takes."""
        return self.duration(params) if self.duration else 0.0

    def cut(self, rows: Sequence[Row], at: float) -> Sequence[Sample]:
        """Cut rows that all came at one time, in seconds since 1970, into samples.

        A quick metric has one. In a long one a new sample begins where the values of the key
        columns come again, and with each row where there is no key column.
        """
        if not self.long:  # without a look at each of many rows
            return [Sample(at, rows, 0, self.since_boot)] if rows else []
        cutter = self.cutter()
        return SampleList(cutter.part(row, at) for row in rows).samples

    def cutter(self) -> SampleCutter:
        """Make what cuts the rows of one run into samples while they come."""
        return SampleCutter(self.columns, since_boot=self.since_boot, single=not self.long)

    def collect(self, params: Params, run: Run) -> Report:
        """Do the work and report what it gave.

        Raises:
            MetricUnavailable, MetricFailed, MetricTimeout, RunStopped: it failed.
        """
        if self.function is None:
            raise NotImplementedError
        recorder = Recorder(run, self.cutter())
        returned = self.function(params, replace(run, recorder=recorder.sample))
        return to_report(returned, run, recorder)

    def text_at_risk(self) -> str | None:
        """Name a parameter whose text a program could take for an option, if there is one."""
        return None

    def parse(
        self,
        text: str,  # noqa: ARG002 - a Command reads it
        params: Params,  # noqa: ARG002 - likewise
    ) -> Sequence[Row]:
        """Read the rows from the text of an earlier report with these params.

        There are none if the text does not have them.

        Raises:
            MetricFailed: the text cannot be read, or the metric's own code failed.
        """
        return ()

    def on_host(self, search_path: str) -> Self:  # noqa: ARG002 - a Command looks there
        """Make the metric ready for this host; the path has folders with colons between them."""
        return self

    def require(self) -> None:
        """Raise MetricUnavailable if this host lacks a program that the metric needs."""
