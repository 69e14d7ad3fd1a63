"""Reads the rows of a program's output while it is printed, by the streaming parsers of jc."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.parsers import WatchedLines, is_streaming
from sysmon_core.metrics.report import Row


def streams(parser: object, *hooks: Callable[..., Any] | None) -> bool:
    """Whether rows can be read line by line: the parser is such, and no hook needs all at once.

    A hook that is a generator function takes what comes and yields what it makes of it.
    """
    by_line = all(hook is None or inspect.isgeneratorfunction(hook) for hook in hooks)
    return by_line and isinstance(parser, str) and is_streaming(parser)


class Lines(WatchedLines):
    """The lines of a text that comes in parts; ``unreadable`` says whether one was."""

    def __init__(self, parts: Iterable[str]) -> None:
        super().__init__(_cut(parts))
        self.unreadable = False

    def read_on(self) -> None:
        """Take the lines that are left.

        Raises:
            PluginFault: they ended by an error, which their reader did not let through.
        """
        for _ in self:
            pass
        if self.failed:
            raise PluginFault(
                "it hides that the run failed: let exceptions of what it reads through"
            )


def _cut(parts: Iterable[str]) -> Iterator[str]:
    begun: list[str] = []  # pieces of a line whose end has not come
    for part in parts:
        first, *others = part.split("\n")
        begun.append(first)
        if others:
            yield "".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
    if rest := "".join(begun):
        yield rest


def until_unreadable(rows: Iterator[Row], lines: Lines) -> Iterator[Row]:
    """Yield rows until one cannot be read: the text is complete all the same, and tells why."""
    try:
        yield from rows
    except Exception:
        if lines.failed:
            raise
        lines.unreadable = True


class ComingRows(Sequence[Row]):
    """Rows as they come, for a function that may have been written for a list of them.

    A loop takes one after another; a length or an index waits for all.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._read: list[Row] = []

    def __iter__(self) -> Iterator[Row]:
        yield from self._read
        for row in self._rows:
            self._read.append(row)
            yield row

    def __len__(self) -> int:
        self._read.extend(self._rows)
        return len(self._read)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        self._read.extend(self._rows)
        return self._read[at]
