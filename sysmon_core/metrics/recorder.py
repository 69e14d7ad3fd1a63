"""Recorder: takes the rows of a function as they come, and tells the listeners of its run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.report import Report, Row
from sysmon_core.metrics.samples import SampleCutter, SampleList
from sysmon_core.metrics.table import lines, widths
from sysmon_core.running.context import RunContext
from sysmon_core.running.sample import Sample


class Recorder:
    """The samples of one run of a function, and their text, a table.

    Where the run has a listener of samples, it is told them and they are not kept.
    """

    def __init__(self, run: RunContext, cutter: SampleCutter) -> None:
        self.is_used = False
        self._run = run
        self._cutter = cutter
        self._kept = SampleList()
        self._text: list[str] = []
        self._width: dict[str, int] = {}
        self._size = self._text_size = 0

    def add(self, row: Row) -> None:
        """Take a row that was yielded, of the sample that its keys say.

        Raises:
            PluginFault: it is no row, or all are more than the run's limit.
            RunStopped, MetricTimeout: the run is to end.
        """
        self._check([row])
        self._tell(self._cutter.part(row))

    def sample(self, rows: Sequence[Row], since_boot: bool = False) -> None:
        """Take all rows of one moment; raise as ``add`` does."""
        if not isinstance(rows, list | tuple):
            raise PluginFault("it gives a sample that is no list of rows")
        self._check(rows)
        self._tell(self._cutter.whole(rows, since_boot=since_boot))

    def report(self, text: str | None = None) -> Report:
        """Make the report of all that came; its text is the table of all rows unless given."""
        whole = "".join(self._text) if text is None else text
        if self._run.sample_listener is not None:
            return Report(whole, told=True)
        return Report(whole).with_samples(self._kept.samples)

    def _check(self, rows: Sequence[Any]) -> None:
        self._size += size_of(rows)
        check_size(self._size, self._run.output_limit)

    def _tell(self, given: Sample) -> None:
        part = replace(given, rows=[dict(row) for row in given.rows])  # it may use its own again
        self._width = self._width or widths(part.rows)
        text = "".join(lines(part.rows, self._width, head=not self._text_size))
        self._text.append(text)
        self._text_size += len(text)
        check_size(self._text_size, self._run.output_limit)
        self.is_used = True
        self._run.tell(text.encode("utf-8", "replace"))
        if self._run.sample_listener is None:
            self._kept(part)
        self._run.tell_sample(part)
        self._run.check()


def size_of(rows: Sequence[Any]) -> int:
    """Measure rows as JSON, in characters.

    Raises:
        PluginFault: they are no rows.
    """
    try:
        size = len(json.dumps(list(rows), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginFault(f"it gives rows that are no JSON: {error}") from error
    if not all(isinstance(row, dict) and row for row in rows):
        raise PluginFault("it gives rows that are no dicts of columns")
    return size


def check_size(size: int, limit: int) -> None:
    """Refuse rows, or their text, beyond the limit.

    Raises:
        PluginFault: they are more than that.
    """
    if size > limit:
        raise PluginFault(f"its rows are more than the limit of {limit} bytes")
