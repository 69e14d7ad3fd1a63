"""Metric and its Params: a metric describes itself and collects."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.report import Column, Report, Row
from sysmon_core.metrics.returned import Returned, to_report
from sysmon_core.running.context import Run

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
DIGITS = re.compile(r"[0-9]{1,4300}")  # int() refuses more


def _whole_number(value: object) -> int:
    """Refuse what ``int()`` accepts beyond digits: ``+5``, `` 4``, ``1_000``, other scripts."""
    if isinstance(value, str) and DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("whole_number", "must be a whole number, in the digits 0 to 9")


Integer = Annotated[int, BeforeValidator(_whole_number)]
"""A whole number, written in ASCII digits alone."""


class Params(BaseModel):
    """What a caller may choose about a run; a metric's own model inherits from it.

    Each field's type, range, default and description is declared once, here, for the
    validation and for every description of the metric.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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
            text or a list of rows, or yields rows as they come. A subclass that overrides
            ``collect`` needs none.
        duration: seconds that a run with given params takes. Without it the metric is
            quick: it answers at once in every version; with it, it is a task from v2 on.
        lifetime: whole seconds for which a quick metric's report is shown to all who ask with the
            same params; 0 gives each caller a run.
        repeatable: whether a run whose worker died may be started again; three starts at most.
        position: where it stands in lists; the lower comes first, equals by name.
        origin: the plugin and the distribution that declare it; sysmon fills it in.

    Raises:
        ConfigurationError: the name is unfit, nothing says how to collect, or a long metric has a
            lifetime.
    """

    name: str
    title: str
    description: str = ""
    params: type[Params] = Params
    columns: Sequence[Column] = ()
    function: Callable[[Any, Run], Returned] | None = None
    duration: Callable[[Any], float] | None = None
    lifetime: int = 0
    repeatable: bool = False
    position: int = 100
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"{self.name!r} is no name for a metric: use small letters, digits, _ and -"
            )
        if self.function is None and type(self).collect is Metric.collect:
            raise ConfigurationError(f"The metric {self.name} declares no function to collect it")
        if self.lifetime and self.duration is not None:
            raise ConfigurationError(
                f"The metric {self.name} declares a duration and a lifetime: a long run is no "
                "two callers' alike"
            )

    @property
    def long(self) -> bool:
        """Whether it runs as a task from version 2 on."""
        return self.duration is not None

    @property
    def kind(self) -> Kind:
        """What runs: a program, or Python code that is quick or long."""
        return Kind.LONG_FUNCTION if self.long else Kind.QUICK_FUNCTION

    def seconds(self, params: Params) -> float:
        """How many seconds a run with these params takes."""
        return self.duration(params) if self.duration else 0.0

    def collect(self, params: Params, run: Run) -> Report:
        """Do the work and report what it gave.

        Raises:
            ProgramMissing, MetricFailed, MetricTimeout, RunStopped: it failed.
        """
        if self.function is None:
            raise NotImplementedError
        return to_report(self.function(params, run), run)

    def parse(self, text: str) -> Sequence[Row]:  # noqa: ARG002 - a Command reads it
        """Read the rows from the text of an earlier report; none if the text does not have them.

        Raises:
            MetricFailed: the text cannot be read.
        """
        return ()

    def on_host(self, search_path: str) -> Self:  # noqa: ARG002 - a Command looks there
        """Make the metric ready for this host; the path has folders with colons between them."""
        return self

    def require(self) -> None:
        """Raise ProgramMissing if this host lacks what the metric needs."""
