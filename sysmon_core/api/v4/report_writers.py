"""The formats of a report, each written in parts: a report may have 100,000 rows.

To encode all rows at once would keep other threads from running, and take the memory twice.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from types import NoneType
from typing import Any

from sysmon_core.api.framework.times import rfc3339
from sysmon_core.metrics.column import Column
from sysmon_core.metrics.report import Row, Sample

BATCH_ROWS = 200  # which take about a millisecond
CELL_TYPES = {str, int, float, NoneType}  # which the writer of CSV writes as JSON has them


def as_json(
    before: Mapping[str, Any],
    columns: Sequence[Column],
    samples: Iterable[Sample],
    after: Mapping[str, Any],
) -> bytes:
    """Write an object that has the samples between other members."""
    names = [column.name for column in columns]

    def parts() -> Iterator[str]:
        yield f'{json.dumps(before)[:-1]}, "samples": ['
        for place, sample in enumerate(samples):
            yield ", " if place else ""
            yield from _sample(sample, names)
        yield f"], {json.dumps(after)[1:]}"

    return _joined(parts())


def _sample(sample: Sample, names: Sequence[str]) -> Iterator[str]:
    fields = {"at": rfc3339(sample.at), "index": sample.index, "since_boot": sample.since_boot}
    yield f'{json.dumps(fields)[:-1]}, "rows": ['
    for place, rows in enumerate(_batches(sample.rows)):
        yield ", " if place else ""
        yield json.dumps([{name: row.get(name) for name in names} for row in rows])[1:-1]
    yield "]}"


def as_csv(columns: Sequence[Column], samples: Iterable[Sample]) -> bytes:
    """Write rows as CSV (RFC 4180): the time of their sample, the keys, then all else.

    What has no value is empty. A text is written as it is: to keep a spreadsheet from taking one
    for a formula is up to whoever opens it there, and programs read the same bytes.
    """
    ordered = sorted(columns, key=lambda column: column.kind != "key")
    names = [column.name for column in ordered]

    def parts() -> Iterator[str]:
        yield _lines([["at", *names]])
        for sample in samples:
            at = rfc3339(sample.at)
            for rows in _batches(sample.rows):
                yield _lines([at, *(_cell(row.get(name)) for name in names)] for row in rows)

    return _joined(parts())


def _lines(records: Iterable[Sequence[Any]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(records)  # with CR and LF, as the RFC has it
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return a value for the writer: what is neither number nor text is written as JSON."""
    return value if type(value) in CELL_TYPES else json.dumps(value)


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for begin in range(0, len(rows), BATCH_ROWS):
        yield rows[begin : begin + BATCH_ROWS]


def _joined(parts: Iterable[str]) -> bytes:
    """Encode parts into one buffer, which becomes the body without a copy."""
    buffer = BytesIO()
    for part in parts:
        buffer.write(part.encode("utf-8", "replace"))
    return buffer.getvalue()
