"""Refuses a parameter that could not be set in every way: a query, JSON and the command line."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, Strict
from pydantic.fields import FieldInfo

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.constraints import misfits
from sysmon_core.metrics.field_types import choices_of, kind_of, lists_none, metadata_of
from sysmon_core.metrics.option_names import negation_of, option_of

SCALARS = (bool, int, float, str)
SCALAR_NAMES = "str, Integer, int, float, bool, Duration, Size"
COMPOUND_NAMES = (
    "a Literal or an Enum of words, or of one of these X: X | None, list[X], tuple[X, ...]"
)
ALIASES = ("alias", "validation_alias", "serialization_alias")


def require_settable(model: type[BaseModel]) -> None:
    """Refuse a model that has a parameter which cannot be set in every way, or in one alone.

    Raises:
        ConfigurationError: there is one; the text begins with its name and has a remedy.
    """
    for name, field in model.model_fields.items():
        for fault in _faults(name, field, strict=bool(model.model_config.get("strict"))):
            raise ConfigurationError(f"{name} {fault}")
    _require_own_options(model)


def _faults(name: str, field: FieldInfo, *, strict: bool) -> Iterator[str]:
    kind = kind_of(field)
    choices = choices_of(kind)
    if not (kind in SCALARS or choices) or not all(type(choice) is str for choice in choices):
        yield f"has a type that not every surface can set: use {SCALAR_NAMES}, {COMPOUND_NAMES}"
    if lists_none(field):
        yield "is a list whose values may be None, which JSON alone can write: use list[X]"
    if any(getattr(field, alias) is not None for alias in ALIASES):
        yield "has an alias, under which no caller could set it: rename the parameter itself"
    if field.exclude or getattr(field, "exclude_if", None):
        yield "is excluded, so that a task and a cached report would not have it: drop exclude"
    if kind is not str and _is_strict(field, strict):
        yield "is strict, which refuses the words of a query and of the command line: drop strict"
    yield from misfits(field)
    if not name.isidentifier():
        yield "has a name that Python's code cannot have: use letters, digits and _"


def _is_strict(field: FieldInfo, strict: bool) -> bool:
    given = [one.strict for one in metadata_of(field) if isinstance(one, Strict)]
    return any(given) or (strict and not given)


def _require_own_options(model: type[BaseModel]) -> None:
    taken: dict[str, str] = {}
    for name, field in model.model_fields.items():
        flag = kind_of(field) is bool
        for option in (option_of(name), *([negation_of(name)] if flag else [])):
            other = taken.setdefault(option, name)
            if other != name:
                raise ConfigurationError(
                    f"{name} has the option {option} on the command line, and so has {other}: "
                    "rename either"
                )
