"""The check of the rows' values: each of its column's kind, and keys that tell rows apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.trial import Trial
from sysmon_core.errors import SysmonError
from sysmon_core.metrics.column import MEASURES, Column, is_number
from sysmon_core.metrics.report import Row

MAX_REPEATED_SECONDS = 10.0  # of a run that is made twice, to see whether its counters fall


def rows(trial: Trial) -> Verdict | None:
    """Whether values are of their columns' kinds, and the keys say which row is which."""
    try:
        samples = trial.default.report.samples if trial.default.report else None
    except SysmonError:  # the check of the output says so
        return None
    if samples is None:
        return None
    columns, found = trial.metric.columns, [row for one in samples for row in one.rows]
    faults = [fault for column in columns for fault in _value_faults(column, found)]
    if columns:
        twins = (list(_key_faults(_keys(columns), sample.rows)) for sample in samples)
        faults += next(filter(None, twins), [])
    return Verdict(_good(columns), faults or list(_falls(trial, found)))


def _good(columns: Sequence[Column]) -> str:
    kinds = [column.kind for column in columns]
    return ", ".join(f"{kind}: {kinds.count(kind)}" for kind in dict.fromkeys(kinds)) or "none"


def _keys(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns if column.kind == "key"]


def _value_faults(column: Column, found: Sequence[Row]) -> Iterator[str]:
    """Find values that are not of the column's kind, or out of its range: one of each."""
    values = [row[column.name] for row in found if row.get(column.name) is not None]
    numbers = [value for value in values if is_number(value)]
    if column.kind in MEASURES:
        yield from _unlike(column, "number", [value for value in values if not is_number(value)])
        yield from _range_faults(column, numbers)
    elif column.kind == "text":
        yield from _unlike(column, "text", [v for v in values if not isinstance(v, str | bool)])


def _unlike(column: Column, wanted: str, values: Sequence[object]) -> Iterator[str]:
    if values:
        remedy = "give numbers, and None where there is none"
        if wanted == "text":
            remedy = 'give it a unit, or kind="key" if it says which row this is'
        what = f"the column {column.name} is a {column.kind} and has {_shown(values[0])}"
        yield f"{what}, which is no {wanted}: {remedy}"


def _range_faults(column: Column, numbers: Sequence[float]) -> Iterator[str]:
    if not numbers:
        return
    least, most = min(numbers), max(numbers)
    if least < 0 and (column.kind == "counter" or column.unit == "%"):
        of = "a counter" if column.kind == "counter" else "a share"
        yield f"the column {column.name} is {of} and has {_shown(least)}, which is below zero"
    if column.maximum is not None and most > column.maximum:
        yield (
            f"the column {column.name} has {_shown(most)}, and its maximum is {column.maximum:g}: "
            "declare what there can be, or maximum=math.inf"
        )


def _key_faults(keys: Sequence[str], found: Sequence[Row]) -> Iterator[str]:
    """Find rows of one moment that nothing tells apart."""
    seen = set()
    for row in found if len(found) > 1 else ():
        if not keys:
            yield 'no column says which row is which: give one kind="key", or several'
            return
        if (key := _key(keys, row)) in seen:
            yield f'two rows have {key} as {", ".join(keys)}: give another column kind="key" too'
            return
        seen.add(key)


def _key(keys: Sequence[str], row: Row) -> str:
    return ", ".join(_shown(row.get(key)) for key in keys)


def _falls(trial: Trial, found: Sequence[Row]) -> Iterator[str]:
    """Find counters that fall, within the report or until another run."""
    counters = [column.name for column in trial.metric.columns if column.kind == "counter"]
    if not counters or trial.metric.seconds(trial.defaults) > MAX_REPEATED_SECONDS:
        return
    again = trial.run(trial.defaults).report
    keys = _keys(trial.metric.columns)
    before: dict[tuple[str, str], float] = {}
    for row in [*found, *(again.rows if again else ())]:
        for name in counters:
            value, at = row.get(name), (name, _key(keys, row))
            if is_number(value):
                if value < before.get(at, value):
                    yield _fall(name, before[at], value)
                before[at] = value


def _fall(name: str, before: float, value: float) -> str:
    return (
        f"the column {name} is a counter and fell from {_shown(before)} to {_shown(value)}: "
        "a number that may fall is a gauge, one within a report a delta"
    )


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
