"""Checks of what a metric declares, without a run of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sysmon_core.checks.finding import Verdict
from sysmon_core.errors import InvalidInput, PluginFault, describe
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.services.params import parse

UNKNOWN_NAME = "no_such_parameter"
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# Pydantic's own names, which it leaves in the schema of a number that may be None too.
PYDANTIC_BOUNDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}
# From a bound to the nearest value that must be refused.
STEPS = {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 0}


def declaration(metric: Metric) -> Verdict:
    """Whether the metric describes itself to people."""
    good = f"title, description, columns: {len(metric.columns)}"
    return Verdict(good, [*_texts(metric), *_columns(metric)])


def _texts(metric: Metric) -> Iterator[str]:
    title, description = metric.title, metric.description
    if not title.strip() or title != title.strip() or "\n" in title or title.endswith("."):
        yield "the title must be one line without a full stop: lists show it"
    if not description.strip() or description != description.strip():
        yield "there is no description: say what a reader of the numbers must know"
    elif not description.endswith("."):
        yield "the description must end in a full stop: it is a sentence"
    if isinstance(metric, Command) and not metric.package:
        yield f"no package is named that has {metric.program}: an admin must know what to install"


def _columns(metric: Metric) -> Iterator[str]:
    names = [column.name for column in metric.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the column {name} is declared more than once"
    for column in metric.columns:
        if not column.description.strip():
            yield f"the column {column.name} has no description: say what its value means"


def params(metric: Metric) -> Verdict:
    """Whether each parameter describes itself, and may be left out."""
    properties = schema(metric)
    json.dumps(properties, allow_nan=False)
    faults = [fault for name, field in properties.items() for fault in _param(name, field)]
    if not faults:
        faults = list(_defaults(metric))
    return Verdict(", ".join(properties) or "none", faults)


def schema(metric: Metric) -> Mapping[str, Mapping[str, Any]]:
    """Give each parameter's JSON schema."""
    found: Mapping[str, Mapping[str, Any]] = metric.params.model_json_schema()["properties"]
    return found


def _param(name: str, field: Mapping[str, Any]) -> Iterator[str]:
    if not field.get("description"):
        yield f"{name} has no description: give it one with Field"
    if "default" not in field:
        yield f"{name} has no default: a metric must answer who asks for nothing in particular"
    number = number_of(field)
    if number and not (field.get("unit") or any(bound in number for bound in BOUNDS)):
        yield (
            f"{name} is a number with neither a range nor a unit: give Field ge and le, "
            'or json_schema_extra={"unit": "s"}'
        )


def number_of(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the part of a parameter's schema that is of a number; empty if it is none."""
    for part in (field, *field.get("anyOf", ())):
        if part.get("type") in {"integer", "number"}:
            return {PYDANTIC_BOUNDS.get(key, key): value for key, value in part.items()}
    return {}


def _defaults(metric: Metric) -> Iterator[str]:
    try:
        parse(metric.params, metric.params().model_dump(mode="json").items())
    except InvalidInput as error:
        yield f"its own defaults are refused ({error})"


class Attempt(NamedTuple):
    """A query that must be refused, with a fault of this name."""

    name: str
    pairs: Sequence[tuple[str, Any]]

    def __str__(self) -> str:
        """As a query string has it."""
        return "&".join(f"{name}={value}" for name, value in self.pairs)


def refusals(metric: Metric) -> Verdict:
    """Whether values out of range are refused, under the name of their parameter."""
    attempts = list(_attempts(schema(metric)))
    answers = (_answer(metric.params, attempt) for attempt in attempts)
    return Verdict(f"{len(attempts)} tried", [fault for fault in answers if fault])


def _attempts(properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Attempt]:
    yield Attempt(UNKNOWN_NAME, [(UNKNOWN_NAME, "1")])
    for name, field in properties.items():
        yield Attempt(name, [(name, field.get("default", "1"))] * 2)
        for value in _out_of_range(number_of(field)):
            yield Attempt(name, [(name, value)])
        others = list(_others(properties, name))
        if others and number_of(field):
            # A validator that spans parameters must do without one that did not fit.
            yield Attempt(name, [(name, "x"), *others])


def _others(properties: Mapping[str, Mapping[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    for other, field in properties.items():
        if other != name and field.get("default") is not None:
            yield other, field["default"]


def _out_of_range(number: Mapping[str, Any]) -> Iterator[str]:
    if number:
        yield "x"
    if number.get("type") == "number":
        yield from ("nan", "inf")
    for bound, step in STEPS.items():
        if bound in number:
            yield str(number[bound] + step)


def _answer(model: type[Params], attempt: Attempt) -> str | None:
    """Say what is wrong with the answer to an attempt, if anything."""
    try:
        parse(model, attempt.pairs)
    except InvalidInput as error:
        if attempt.name in {fault.name.partition(".")[0] for fault in error.faults}:
            return None
        return f"{attempt} is refused, but not under the name {attempt.name}: {error}"
    except PluginFault as error:
        reason = describe(error.__cause__ or error)
        return f"{attempt} makes a validator raise {reason}; let it raise ValueError alone"
    return f"{attempt} is taken: refuse it, or declare another range"
