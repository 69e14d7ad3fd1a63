"""count_by: how often each combination of values occurs among rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sysmon_core.metrics.report import Row

COUNT = "count"


def count_by(rows: Iterable[Mapping[str, Any]], *columns: str) -> list[Row]:
    """Count rows by their values in some columns: a row for each combination, with its ``count``.

    The most frequent combination comes first; of equally frequent ones, the first that was seen.
    A row without a column counts as one with None in it; a list or dict is one value, equal to
    others with the same content.

    Raises:
        ValueError: a column is named ``count``, which is the name of the number.
    """
    if COUNT in columns:
        raise ValueError(f"{COUNT!r} is the name of the number: rename that column first")
    found: dict[str, Row] = {}
    for row in rows:
        values = {column: row.get(column) for column in columns}
        key = json.dumps(list(values.values()), sort_keys=True, default=repr)
        found.setdefault(key, values | {COUNT: 0})[COUNT] += 1
    return sorted(found.values(), key=lambda counted: -counted[COUNT])
