"""OutputReader: reads the rows of a command from the text that its program printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sysmon_core.errors import MetricFailed, PluginFault
from sysmon_core.metrics import culprit
from sysmon_core.metrics.column import Column
from sysmon_core.metrics.parsers import Parser, parse_lines, parsed
from sysmon_core.metrics.report import Row
from sysmon_core.metrics.streaming import ComingRows, Lines, streams
from sysmon_core.printable import describe

Prepare = Callable[[Any], Any]
Rows = Callable[[Any, Any], Iterable[Row]]


@dataclass(frozen=True)
class OutputReader:
    """Reads rows as a Command declares; its fields are those of the Command."""

    program: str
    parser: Parser
    prepare: Prepare | None
    rows: Rows | None
    columns: Sequence[Column]

    @property
    def is_streaming(self) -> bool:
        """Whether rows can be read while the program prints."""
        return streams(self.parser, self.prepare, self.rows)

    def read(self, text: str, params: object) -> list[Row]:
        """Read the rows of a whole text.

        Raises:
            MetricFailed: the parser does not know the text.
            PluginFault, HostFault: the metric's own functions failed.
        """
        try:
            if self.is_streaming:
                return self._read_lines(text, params)
            return self._columned(self._made(self._read(text), params))
        except MetricFailed:
            raise
        except Exception as error:
            raise culprit.failure(error) from error

    def rows_of_lines(self, lines: Iterable[str], params: object) -> Iterator[Row]:
        """Yield the rows of lines as they come, by a streaming parser.

        Raises:
            Exception: as ``read``, or what the lines raise.
        """
        prepared = self.prepare(iter(lines)) if self.prepare else lines
        rows = parse_lines(str(self.parser), prepared)
        for row in self.rows(ComingRows(rows), params) if self.rows else rows:
            yield from self._columned(_dicts([row]))

    def _read_lines(self, text: str, params: object) -> list[Row]:
        try:
            return list(self.rows_of_lines(Lines([text]), params))
        except PluginFault:
            raise
        except MetricFailed as error:
            raise self._unreadable(error) from error

    def _read(self, text: str) -> list[Any]:
        try:
            rows = parsed(self.parser, self.prepare(text) if self.prepare else text)
            if self.rows is not None and isinstance(self.parser, str):
                json.dumps(rows, allow_nan=False)  # else the fault would seem to be that of rows
        except PluginFault:
            raise
        except (MetricFailed, ValueError, RecursionError) as error:
            raise self._unreadable(error) from error
        return rows

    def _unreadable(self, error: Exception) -> MetricFailed:
        reason = str(error) if isinstance(error, MetricFailed) else describe(error)
        return MetricFailed(f"What {self.program} printed cannot be read: {reason}")

    def _made(self, rows: list[Any], params: object) -> list[Row]:
        """Make the metric's own rows of the parser's."""
        if self.rows is not None:
            rows = list(self.rows(rows, params))
        return _dicts(rows)

    def _columned(self, rows: list[Row]) -> list[Row]:
        """Take the columns that are declared from the rows.

        What is no JSON is refused: a parser of jc may make infinity of a number of many digits.
        """
        try:
            if self.columns:
                rows = [{column.name: column.of(row) for column in self.columns} for row in rows]
            json.dumps(rows, allow_nan=False)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            if self.rows is None and isinstance(self.parser, str):
                raise self._unreadable(error) from error
            raise PluginFault(f"it gives rows that are no JSON: {error}") from error
        return rows


def _dicts(rows: list[Any]) -> list[Row]:
    if not all(isinstance(row, dict) for row in rows):
        raise PluginFault("it gives rows that are no dicts of columns")
    return rows
