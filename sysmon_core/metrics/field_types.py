"""Types of the fields of a Params model: of one value, and whether there are several."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

LISTS = (list, tuple)


def kind_of(field: FieldInfo) -> Any:
    """Return the type of a field, or of its values where it takes a list."""
    annotation = _bare(field.annotation)
    return _bare(_item(annotation)) if takes_many(field) else annotation


def takes_many(field: FieldInfo) -> bool:
    """Whether a field takes a list of values."""
    return get_origin(_bare(field.annotation)) in LISTS


def lists_none(field: FieldInfo) -> bool:
    """Whether a value of a list may be None."""
    item = _item(_bare(field.annotation))
    return takes_many(field) and type(None) in get_args(_unannotated(item))


def choices_of(kind: Any) -> tuple[Any, ...]:
    """Return the values of a Literal or an Enum; none for another type."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(one.value for one in kind)
    return ()


def metadata_of(field: FieldInfo) -> Iterator[Any]:
    """Yield what Annotated and Field add to the type of a field and to the types in it."""
    yield from field.metadata
    yield from _metadata(field.annotation)


def metadata_of_whole(field: FieldInfo) -> Iterator[Any]:
    """Yield what Annotated and Field add to the type of a field, but not to a list's values."""
    yield from field.metadata
    yield from _metadata(field.annotation, LISTS)


def metadata_of_items(field: FieldInfo) -> Iterator[Any]:
    """Yield what Annotated and Field add to the type of a list's values."""
    if takes_many(field):
        yield from _metadata(_item(_bare(field.annotation)))


def _metadata(annotation: Any, ends: Collection[type] = ()) -> Iterator[Any]:
    """Yield what Annotated adds to a type and to those in it, but not to those in these types."""
    for one in getattr(annotation, "__metadata__", ()):
        yield from one.metadata if isinstance(one, FieldInfo) else [one]
    for part in get_args(annotation) if get_origin(annotation) not in ends else ():
        yield from _metadata(part, ends)


def _unannotated(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _bare(annotation: Any) -> Any:
    """Return a type without None and without what Annotated adds to it."""
    if get_origin(annotation) is Annotated:
        return _bare(_unannotated(annotation))
    if get_origin(annotation) in {Union, types.UnionType}:
        others = [one for one in get_args(annotation) if one is not type(None)]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


def _item(annotation: Any) -> Any:
    """Return the type of a list's values; the list itself if it has several types, or none."""
    kinds = [one for one in get_args(annotation) if one is not ...]
    whole = len(get_args(annotation)) == (2 if get_origin(annotation) is tuple else 1)
    return kinds[0] if len(kinds) == 1 and whole else annotation
