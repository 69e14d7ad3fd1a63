"""Report: what one run of a metric gave, as text for people and as rows for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from functools import cached_property, partial

from sysmon_core.metrics.column import Column
from sysmon_core.running.sample import Row, Sample

__all__ = ["ParsedReport", "Report", "Row", "Sample"]


Cut = Callable[[Sequence[Row], float], Sequence[Sample]]  # given rows and the time of all


def _one_sample(rows: Sequence[Row], at: float) -> Sequence[Sample]:
    return [Sample(at, rows)] if rows else []


class Report:
    """What one run of a metric gave: text for people, samples of rows for programs.

    A plugin gives text and rows; the executor adds the rest.

    Args:
        text: what people read.
        rows: dicts of what JSON knows, or a function that makes them once somebody asks for them.
        told: whether the listener of the run has been told all samples, which are then not here.
        columns: what the rows have.
        started: when the run began, in seconds since 1970.
        finished: when it ended, likewise.
        host: the name of the host that it ran on.
    """

    def __init__(  # noqa: PLR0913 - what a report has; all but the text have defaults
        self,
        text: str,
        rows: Sequence[Row] | Callable[[], Sequence[Row]] = (),
        *,
        told: bool = False,
        columns: Sequence[Column] = (),
        started: float = 0.0,
        finished: float = 0.0,
        host: str = "",
    ) -> None:
        self.text = text
        self._rows = rows
        self._samples: Sequence[Sample] | None = None
        self._cut: Cut = _one_sample
        self.told = told
        self.columns = columns
        self.started = started
        self.finished = finished
        self.host = host

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The rows of all samples, made when they are first asked for."""
        if self._samples is not None:
            return [row for sample in self._samples for row in sample.rows]
        return self._rows() if callable(self._rows) else self._rows

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples in order, made when they are first asked for; none without rows.

        Unless they were told while the run went on, all have the time of its end.
        """
        if self._samples is None:
            self._samples = self._cut(self.rows, self.finished)
        return self._samples

    def with_samples(self, samples: Sequence[Sample]) -> Report:
        """Give the same report with the samples that a listener was told."""
        report = copy(self)
        report.__dict__.pop("rows", None)
        report._samples = samples  # noqa: SLF001 - of this class
        return report

    @property
    def stored_rows(self) -> Sequence[Row] | None:
        """The rows to store beside the text.

        None where they were told, or can be read from the text again.
        """
        return None if self.told else self.rows

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
        cut: Cut | None = None,
    ) -> Report:
        """Give the same report with what the executor knows of its run.

        ``guard`` makes the context in which rows are made that are asked for later, and ``cut``
        makes samples of them.
        """
        rows = self._rows

        def guarded() -> Sequence[Row]:
            with guard():
                return rows() if callable(rows) else rows

        report = self._with_rows(guarded if callable(rows) else rows)
        report.columns, report.host = columns, host
        report._cut = cut or self._cut  # noqa: SLF001 - of this class
        report.started, report.finished = started, finished
        return report

    def _with_rows(self, rows: Sequence[Row] | Callable[[], Sequence[Row]]) -> Report:
        report = copy(self)
        report.__dict__.pop("rows", None)  # what the property remembers
        report._rows = rows  # noqa: SLF001 - of this class
        return report


class ParsedReport(Report):
    """A report whose rows are read from its text, as the metric's ``parse`` can do again."""

    def __init__(
        self, text: str, parse: Callable[[str], Sequence[Row]], *, told: bool = False
    ) -> None:
        super().__init__(text, partial(parse, text), told=told)

    @property
    def stored_rows(self) -> None:
        """None: the text has them."""
