"""Text of a caller among the words of a program: kept from being taken for an option."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from sysmon_core.metrics.field_types import kind_of
from sysmon_core.metrics.parameters import Parameter, parameters
from sysmon_core.running.options import taken_for_option

# How a pattern begins that fits no text with a dash first: by a character, or one of a class.
LITERAL_PATTERN = r"[\w/:@]|\\[dw./:@+]"
CLASS_MEMBER_PATTERN = rf"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[.+%~ ]|{LITERAL_PATTERN}"
DASHLESS_START = re.compile(
    rf"\^(?:{LITERAL_PATTERN}|\[(?:{CLASS_MEMBER_PATTERN})+\])(?![?*]|\{{[0,])", re.ASCII
)


def excludes_dash(pattern: str) -> bool:
    """Whether a pattern certainly fits no text that begins with a dash.

    That is so if it begins with ``^`` and then a character, or a class of characters, other than
    the dash; of patterns that are written in other ways it is not known.
    """
    return bool(DASHLESS_START.match(pattern)) and "|" not in _outermost(pattern)


def _outermost(pattern: str) -> str:
    """Return a pattern without its escapes, classes and groups."""
    rest = re.sub(r"\[[^]]*\]", "", re.sub(r"\\.", "", pattern))
    while (shorter := re.sub(r"\([^()]*\)", "", rest)) != rest:
        rest = shorter
    return rest


def texts(model: type[BaseModel]) -> Sequence[Parameter]:
    """Return the parameters whose text a caller writes, rather than chooses."""
    return [one for one in parameters(model).values() if one.kind is str and not one.choices]


def values(params: BaseModel) -> Mapping[str, Sequence[str]]:
    """Return the texts in params that a caller wrote: one of a parameter, or several of a list."""
    fields = type(params).model_fields
    found = {name: getattr(params, name) for name in fields if kind_of(fields[name]) is str}
    return {
        name: [value] if isinstance(value, str) else list(value)
        for name, value in found.items()
        if value is not None
    }


def at_risk(model: type[BaseModel], arguments: Callable[[Any], Sequence[str]]) -> str | None:
    """Name a parameter whose text a program could take for an option; None if there is none.

    The arguments are tried with texts that have a dash at their beginning, unless the pattern
    excludes that, and after a space, since arguments may split a text.
    """
    tried = texts(model)
    risky = [one for one in tried if not excludes_dash(one.pattern)]
    if not tried:
        return None
    given = {one.name: [f"-{one.name}" if one in risky else f"x -{one.name}"] for one in tried}
    try:
        words = list(arguments(_params(model, tried, given)))
    except Exception:  # noqa: BLE001 - plugin's code that wants other texts: nothing is known
        return risky[0].name if risky else None
    return taken_for_option(words, given)


def _params(
    model: type[BaseModel], tried: Iterable[Parameter], given: Mapping[str, Sequence[str]]
) -> BaseModel:
    """Make params with these texts, whatever their validators say; others have an example."""
    chosen: dict[str, Any] = {
        name: field.examples[0]
        for name, field in model.model_fields.items()
        if field.is_required() and field.examples
    }
    for one in tried:
        chosen[one.name] = list(given[one.name]) if one.many else given[one.name][0]
    return model.model_construct(**chosen)
