"""Cuts rows into samples, and puts the parts of samples together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sysmon_core.metrics.column import Column
from sysmon_core.running.sample import Row, Sample


class SampleCutter:
    """Finds the sample of each row: a new one begins where the keys of a row come again.

    Rows without key columns are samples of their own.

    Args:
        columns: what the rows have.
        since_boot: whether the first sample covers the time since boot.
        single: whether all rows are one sample, as those of a quick metric.
    """

    def __init__(
        self, columns: Iterable[Column], *, since_boot: bool = False, single: bool = False
    ) -> None:
        self._keys = tuple(column.name for column in columns if column.kind == "key")
        self._since_boot = since_boot
        self._single = single
        self._seen: set[tuple[object, ...]] = set()  # keys of the sample that has begun
        self._index = -1
        self._at = 0.0
        self._is_open = False

    def part(self, row: Row, at: float | None = None) -> Sample:
        """Return a part of a sample with this row alone, which came at ``at``, or now."""
        key = tuple(repr(row.get(name)) for name in self._keys)
        if not self._is_open or key in self._seen:
            self._begin(at)
        self._seen.add(key)
        return self._sample([row])

    def whole(self, rows: Sequence[Row], *, since_boot: bool = False) -> Sample:
        """Return a sample of these rows, which came now; whatever comes next begins another."""
        self._begin(None)
        self._is_open = self._single
        return self._sample(rows, since_boot)

    def _begin(self, at: float | None) -> None:
        self._is_open = True
        if self._single and self._index >= 0:
            return
        self._seen.clear()
        self._index += 1
        self._at = time.time() if at is None else at

    def _sample(self, rows: Sequence[Row], since_boot: bool = False) -> Sample:
        first = self._since_boot and self._index == 0
        return Sample(self._at, rows, self._index, since_boot or first)


class SampleList:
    """A listener that puts the parts of samples together."""

    def __init__(self, parts: Iterable[Sample] = ()) -> None:
        self.samples: list[Sample] = []
        self._rows: list[Row] = []  # of the last one
        for part in parts:
            self(part)

    def __call__(self, part: Sample) -> None:
        """Append a sample, or a part to the last one."""
        if self.samples and self.samples[-1].index == part.index:
            self._rows += part.rows
        else:
            self._rows = list(part.rows)
            self.samples.append(replace(part, rows=self._rows))
