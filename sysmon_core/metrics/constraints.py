"""Finds constraints (``ge``, ``pattern``) that a type cannot keep: pydantic fails on each value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sysmon_core.metrics.field_types import (
    kind_of,
    metadata_of_items,
    metadata_of_whole,
    takes_many,
)

BOUNDS = ("ge", "gt", "le", "lt", "multiple_of")
LENGTHS = ("min_length", "max_length")
CONSTRAINTS = (*BOUNDS, *LENGTHS, "pattern", "max_digits", "decimal_places")
KEPT: Mapping[Any, tuple[str, ...]] = {
    int: BOUNDS,
    float: BOUNDS,
    str: (*LENGTHS, "pattern"),
    SecretStr: LENGTHS,
    list: LENGTHS,
}


def misfits(field: FieldInfo) -> Iterator[str]:
    """Yield what to do about each constraint of a field that its type cannot keep."""
    kind = kind_of(field)
    values = KEPT.get(kind, ())
    whole = KEPT[list] if takes_many(field) else values
    for name in _constraints(metadata_of_whole(field)):
        if name in whole:
            continue
        if takes_many(field) and name in values:
            inner = f"list[Annotated[{kind.__name__}, Field({name}=...)]]"
            yield f"has {name}, which a list cannot keep: bound its values, as {inner} does"
        else:
            yield f"has {name}, which its type cannot keep: drop it"
    for name in _constraints(metadata_of_items(field)):
        if name not in values:
            yield f"has values with {name}, which their type cannot keep: drop it"


def _constraints(metadata: Iterable[Any]) -> Iterator[str]:
    for one in metadata:
        yield from (name for name in CONSTRAINTS if getattr(one, name, None) is not None)
