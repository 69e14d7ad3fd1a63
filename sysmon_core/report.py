"""Report: what one run of a metric gave, as text for people and as rows for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sysmon_core.errors import PluginFault
from sysmon_core.run import Run

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of the rows, declared once for whoever reads the numbers.

    Args:
        name: its name in each row.
        description: what the value means, as part of a sentence.
        unit: the base unit of a number by its UCUM code: ``s``, ``By``, ``1/s``, ``%``, or ``1``
            for a count; empty for what is no number.
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


class Report:
    """Text, and rows that may be read from it only when somebody asks.

    Args:
        text: what people read; what versions 1 to 3 of the API show.
        rows: dicts of what JSON knows, or a function that gives them.
    """

    def __init__(self, text: str, rows: Sequence[Row] | Callable[[], Sequence[Row]] = ()) -> None:
        self.text = text
        self._rows = rows

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The same as data."""
        return self._rows() if callable(self._rows) else self._rows


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
    """A value as people read it."""
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
