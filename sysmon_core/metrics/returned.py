"""Makes a report of what a metric's function returned, and refuses what is none.

Rows are checked here, once: they come from a plugin and go to JSON. What a process of its own sends
has been checked in that process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.report import Report, Row
from sysmon_core.metrics.table import lines, table, widths
from sysmon_core.running.context import Run

Returned = Report | str | Sequence[Row] | Iterator[Row]


def to_report(returned: object, run: Run) -> Report:
    """Make a report of what a function returned: a report, a text, or rows.

    Rows that are yielded are handed to the run's listener as they come. The rows of a report that
    are a function are checked when they are asked for.

    Raises:
        PluginFault: it is none of these, no JSON, or larger than the run's limit.
        RunStopped, MetricTimeout: between two rows that are yielded.
    """
    if isinstance(returned, str):
        return Report(returned)
    if isinstance(returned, Report) and isinstance(returned.text, str):
        return returned.checked(partial(_check_rows, limit=run.output_limit))
    if isinstance(returned, Iterator):
        return _consume(returned, run)
    if isinstance(returned, list | tuple):
        rows = _check_rows(returned, run.output_limit)
        return Report(table(rows), rows)
    raise PluginFault("it returned what is no Report, no text and no list of rows")


def require_report(collected: object, limit: int) -> Report:
    """Refuse what ``Metric.collect`` gave if it is no report, or its text too long.

    Raises:
        PluginFault: it is no report, or its text has more characters than the limit.
    """
    if not isinstance(collected, Report) or not isinstance(collected.text, str):
        raise PluginFault("it returned what is no Report of text")
    if len(collected.text) > limit:
        raise PluginFault("its report is larger than the setting output_limit allows")
    return collected


def _consume(yielded: Iterator[Row], run: Run) -> Report:
    rows: list[Row] = []
    text, size = "", 0
    width: dict[str, int] = {}
    try:
        for row in yielded:
            size += _size([row])
            width = width or widths([row])
            part = "".join(lines([row], width, head=not rows))
            rows.append(row)
            text += part
            _check_size(max(size, len(text)), run.output_limit)
            run.tell(part.encode("utf-8", "replace"))
            run.check()
    finally:
        getattr(yielded, "close", lambda: None)()  # so that a generator's finally runs now
    return Report(text, rows)


def _check_rows(rows: Sequence[Any], limit: int) -> Sequence[Row]:
    _check_size(_size(rows), limit)
    return rows


def _size(rows: Sequence[Any]) -> int:
    """Measure rows as JSON, in characters; refuse what is no row."""
    try:
        size = len(json.dumps(list(rows), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginFault(f"it gives rows that are no JSON: {error}") from error
    if not all(isinstance(row, dict) and row for row in rows):
        raise PluginFault("it gives rows that are no dicts of columns")
    return size


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise PluginFault(f"its rows are more than the limit of {limit} bytes")
