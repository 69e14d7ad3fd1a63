"""Report: what one run of a metric gave, as text for people and as rows for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sysmon_core.errors import PluginFault
from sysmon_core.running.context import Run

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
        """The value of this column in a parser's row; None if there is none."""
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
        rows: dicts of what JSON knows, or a function that reads them from the text once somebody
            asks for them.
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
        """The rows of all samples."""
        return self._rows() if callable(self._rows) else self._rows

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples in order; none if the metric gives no rows."""
        return [Sample(self.finished, self.rows)] if self.rows else []

    @property
    def given_rows(self) -> Sequence[Row] | None:
        """The rows, where they cannot be read from the text; else None."""
        return None if callable(self._rows) else self._rows

    def of_run(
        self, columns: Sequence[Column], started: float, finished: float, host: str
    ) -> Report:
        """The same report with what the executor knows of its run."""
        return Report(
            self.text,
            self._rows,
            columns=columns,
            started=started,
            finished=finished,
            host=host,
        )


def report_of(value: object, run: Run) -> Report:
    """Make a report of what a metric's function returned: one, a text, or rows.

    Rows that are yielded are told to the run's listener as they come.

    Raises:
        PluginFault: it is none of these, no JSON, or larger than the run's limit.
        RunStopped, MetricTimeout: between two rows that are yielded.
    """
    if isinstance(value, str):
        return Report(value)
    if isinstance(value, Report) and isinstance(value.text, str):
        return Report(value.text, _checked(value.rows, run))
    if isinstance(value, Iterator):
        return _collected(value, run)
    if isinstance(value, list | tuple):
        rows = _checked(value, run)
        return Report("".join(_lines(rows, _widths(rows))), rows)
    raise PluginFault("it returned what is no Report, no text and no list of rows")


def checked(report: object, limit: int) -> Report:
    """What a metric collected, which may be anything, if it is a report within the limit."""
    if not isinstance(report, Report) or not isinstance(report.text, str):
        raise PluginFault("it returned what is no Report of text")
    if len(report.text) > limit:
        raise PluginFault("its report is larger than the setting output_limit allows")
    return report


def _collected(rows: Iterator[Row], run: Run) -> Report:
    taken: list[Row] = []
    text = ""
    widths: dict[str, int] = {}
    try:
        for row in rows:
            _checked([row], run)
            widths = widths or _widths([row])
            part = "".join(_lines([row], widths, head=not taken))
            taken.append(row)
            text += part
            if len(text) > run.output_limit:
                raise PluginFault(f"its rows are more than the limit of {run.output_limit} bytes")
            run.tell(part.encode("utf-8", "replace"))
            run.check()
    finally:
        getattr(rows, "close", lambda: None)()  # what a generator has to put away
    return Report(text, _checked(taken, run))


def _checked(rows: Sequence[Any], run: Run) -> Sequence[Row]:
    try:
        size = len(json.dumps(list(rows), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginFault(f"it gives rows that are no JSON: {error}") from error
    if not all(isinstance(row, dict) and row for row in rows):
        raise PluginFault("it gives rows that are no dicts of columns")
    if size > run.output_limit:
        raise PluginFault(f"its rows are more than the limit of {run.output_limit} bytes")
    return rows


def _widths(rows: Sequence[Row]) -> dict[str, int]:
    """Each column's width, by the widest of its words."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: max(len(word) for word in _column(rows, name)) for name in names}


def _column(rows: Sequence[Row], name: str) -> Iterable[str]:
    yield name
    for row in rows:
        yield shown(row.get(name))


def _lines(rows: Sequence[Row], widths: Mapping[str, int], *, head: bool = True) -> Iterable[str]:
    if head and rows:
        yield _line({name: name for name in widths}, rows[0], widths)
    for row in rows:
        yield _line({name: shown(row.get(name)) for name in widths}, row, widths)


def _line(words: Mapping[str, str], row: Row, widths: Mapping[str, int]) -> str:
    """Numbers to the right, all else to the left."""
    cells = (
        words[name].rjust(width) if _is_number(row.get(name)) else words[name].ljust(width)
        for name, width in widths.items()
    )
    return "  ".join(cells).rstrip() + "\n"


def shown(value: object) -> str:
    """A value as people read it, on one line and harmless to their terminal."""
    if value is None:
        return "-"
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
