"""Makes a report of what a metric's function returned, and refuses what is none.

Rows are checked here, once: they come from a plugin and go to JSON. What a process of its own sends
has been checked in that process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.recorder import Recorder, check_size, size_of
from sysmon_core.metrics.report import Report, Row
from sysmon_core.metrics.samples import SampleCutter
from sysmon_core.metrics.table import table
from sysmon_core.running.context import RunContext

Returned = Report | str | Sequence[Row] | Iterator[Row] | None


def to_report(returned: object, run: RunContext, recorder: Recorder | None = None) -> Report:
    """Make a report of what a function returned: a report, a text, or rows.

    Rows that are yielded are told to the run's listeners as they come. A function that gave its
    samples by ``run.sample``, to this recorder, returns nothing, or a text. The rows of a report
    that are a function are checked when they are asked for.

    Raises:
        PluginFault: it is none of these, no JSON, or larger than the limit.
        RunStopped, MetricTimeout: between two rows that are yielded.
    """
    recorder = recorder or Recorder(run, SampleCutter(()))
    if isinstance(returned, Iterator):
        return _consume(returned, recorder)
    if recorder.is_used:
        return _recorded(returned, recorder)
    if isinstance(returned, str):
        return Report(returned)
    if isinstance(returned, Report) and isinstance(returned.text, str):
        return returned.checked(partial(_check_rows, limit=run.output_limit))
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


def _consume(yielded: Iterator[Row], recorder: Recorder) -> Report:
    try:
        for row in yielded:
            recorder.add(row)
    finally:
        getattr(yielded, "close", lambda: None)()  # so that a generator's finally runs now
    return recorder.report()


def _recorded(returned: object, recorder: Recorder) -> Report:
    if returned is None or isinstance(returned, str):
        return recorder.report(returned)
    raise PluginFault("it gave samples by run.sample and returned rows besides: return nothing")


def _check_rows(rows: Sequence[Any], limit: int) -> Sequence[Row]:
    check_size(size_of(rows), limit)
    return rows
