"""Report: what one run of a metric gave, as text for people and as rows for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of the rows, declared once for whoever reads the numbers.

    Args:
        name: its name in each row.
        description: what the value means, as part of a sentence.
        unit: the base unit of a number by its UCUM code: ``s``, ``By``, ``1/s``, ``%``, or ``1``
            for a count; empty for what measures nothing: a text, or a number that is a name.
        source: what the parser of a Command calls it, if not the same.
        scale: what the parser's number is multiplied by to be in the unit.
    """

    name: str
    description: str
    unit: str = ""
    source: str = ""
    scale: float = 1

    def of(self, row: Mapping[str, Any]) -> Any:
        """Return the value of this column in a parser's row; None if there is none."""
        value = row.get(self.source or self.name)
        if self.scale == 1 or not isinstance(value, int | float):
            return value
        return value * self.scale


@dataclass(frozen=True)
class Sample:
    """The rows of one moment.

    Args:
        at: the moment, in seconds since 1970.
        rows: dicts of what JSON knows, with the columns of the metric.
    """

    at: float
    rows: Sequence[Row]


class Report:
    """What one run of a metric gave: text for people, samples of rows for programs.

    A plugin gives text and rows; the executor adds the rest.

    Args:
        text: what people read.
        rows: dicts of what JSON knows, or a function that makes them once somebody asks for them.
        columns: what the rows have.
        started: when the run began, in seconds since 1970.
        finished: when it ended, likewise.
        host: the name of the host that it ran on.
    """

    def __init__(
        self,
        text: str,
        rows: Sequence[Row] | Callable[[], Sequence[Row]] = (),
        *,
        columns: Sequence[Column] = (),
        started: float = 0.0,
        finished: float = 0.0,
        host: str = "",
    ) -> None:
        self.text = text
        self._rows = rows
        self.columns = columns
        self.started = started
        self.finished = finished
        self.host = host

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The rows of all samples, made when they are first asked for."""
        return self._rows() if callable(self._rows) else self._rows

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples in order; none if the metric gives no rows."""
        return [Sample(self.finished, self.rows)] if self.rows else []

    @property
    def stored_rows(self) -> Sequence[Row] | None:
        """The rows to store beside the text; None where they can be read from the text again."""
        return self.rows

    def checked(self, check: Callable[[Sequence[Row]], Sequence[Row]]) -> Report:
        """Give the same report, its rows checked: now, or when they are made."""
        rows = self._rows
        if not callable(rows):
            return self._with_rows(check(rows))
        return self._with_rows(lambda: check(rows()))

    def of_run(
        self,
        columns: Sequence[Column],
        started: float,
        finished: float,
        host: str,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Report:
        """Give the same report with what the executor knows of its run.

        ``guard`` makes the context in which rows are made that are asked for later.
        """
        rows = self._rows

        def guarded() -> Sequence[Row]:
            with guard():
                return rows() if callable(rows) else rows

        report = self._with_rows(guarded if callable(rows) else rows)
        report.columns, report.host = columns, host
        report.started, report.finished = started, finished
        return report

    def _with_rows(self, rows: Sequence[Row] | Callable[[], Sequence[Row]]) -> Report:
        report = copy(self)
        report.__dict__.pop("rows", None)  # what the property remembers
        report._rows = rows  # noqa: SLF001 - of this class
        return report


class ParsedReport(Report):
    """A report whose rows are read from its text, as the metric's ``parse`` can do again."""

    def __init__(self, text: str, parse: Callable[[str], Sequence[Row]]) -> None:
        super().__init__(text, partial(parse, text))

    @property
    def stored_rows(self) -> None:
        """None: the text has them."""
