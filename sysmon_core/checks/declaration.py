"""Checks of what a metric declares, without a run of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.values import query_of, required_params, required_values
from sysmon_core.errors import InvalidInput, PluginFault
from sysmon_core.metrics.column import MEASURES, Column
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.metric import Metric, Params
from sysmon_core.metrics.parameters import Parameter, parameters
from sysmon_core.metrics.units import in_base
from sysmon_core.printable import describe
from sysmon_core.services.params import parse

UNKNOWN_NAME = "no_such_parameter"


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
        yield from _unit(column, scaled=isinstance(metric, Command))


def _unit(column: Column, *, scaled: bool) -> Iterator[str]:
    """Find a unit that nobody knows, and one that is no base unit; a key may name any.

    A Command's numbers are ``scaled`` by its columns; a function gives them as they are to be.
    """
    if not column.unit:
        if column.kind in MEASURES:
            what = f"the column {column.name} is a {column.kind} and has no unit"
            yield f"{what}: 1 is that of counts"
        return
    base = in_base(column.unit)
    if base is None:
        yield (
            f"the column {column.name} has the unit {column.unit}, which is none that is known "
            "here: see https://ucum.org, and name what is counted in braces, as {packet}/s does"
        )
    elif column.kind != "key" and base.code != column.unit:
        remedy = f"use {base.code}"
        if base.scale != 1:
            factor = repr(base.scale).removesuffix(".0")
            remedy += f" and scale={factor}" if scaled else f", and give {factor} times the number"
        yield f"the column {column.name} is in {column.unit}: {remedy}"


def params(metric: Metric) -> Verdict:
    """Whether each parameter describes itself, and may be left out or has an example."""
    found = parameters(metric.params)
    json.dumps([[one.default, one.examples] for one in found.values()], allow_nan=False)
    faults = [fault for parameter in found.values() for fault in _param(parameter)]
    if not faults:
        faults = list(_samples(metric))
    return Verdict(", ".join(found) or "none", faults)


def _param(parameter: Parameter) -> Iterator[str]:
    name = parameter.name
    if not parameter.description:
        yield f"{name} has no description: give it one with Field"
    if parameter.required and not parameter.examples:
        yield (
            f"{name} has no default, with which the metric would answer who asks for nothing in "
            "particular: give one, or Field examples=[...], with whose first it is checked"
        )
    if parameter.number and not (parameter.unit or parameter.range.bounds):
        yield (
            f"{name} is a number with neither a range nor a unit: give Field ge and le, "
            'or json_schema_extra={"unit": "s"}'
        )


def _samples(metric: Metric) -> Iterator[str]:
    """Find a default or a first example that is refused."""
    try:
        chosen = required_params(metric.params)
        parse(metric.params, chosen.model_dump(mode="json", round_trip=True).items())
    except InvalidInput as error:
        yield f"its own defaults or first examples are refused ({error})"


class Attempt(NamedTuple):
    """A query that must be refused, with a fault of this name."""

    name: str
    pairs: Sequence[tuple[str, Any]]

    def __str__(self) -> str:
        """Write the query as in a URL."""
        return query_of(self.pairs)


def refusals(metric: Metric) -> Verdict:
    """Whether values out of range are refused, under the name of their parameter."""
    attempts = list(_attempts(parameters(metric.params)))
    answers = (_answer(metric.params, attempt) for attempt in attempts)
    return Verdict(f"{len(attempts)} tried", [fault for fault in answers if fault])


def _attempts(found: Mapping[str, Parameter]) -> Iterator[Attempt]:
    needed = required_values(found)
    yield Attempt(UNKNOWN_NAME, [(UNKNOWN_NAME, "1")])
    for name, parameter in found.items():
        rest = [(other, value) for other, value in needed.items() if other != name]
        yield Attempt(name, [(name, _whole(parameter))] * 2)
        for value in _out_of_range(parameter):
            yield Attempt(name, [(name, value), *rest])
        others = list(_others(found, name))
        if others and parameter.number:
            # A validator that spans parameters must do without one that did not fit.
            yield Attempt(name, [(name, "x"), *others])


def _whole(parameter: Parameter) -> Any:
    """Return all that a parameter takes at once, of which there may be no two."""
    sample = parameter.sample
    return sample if sample is not None else ["1"] if parameter.many else "1"


def _others(found: Mapping[str, Parameter], name: str) -> Iterator[tuple[str, Any]]:
    for other, parameter in found.items():
        if other != name and parameter.sample is not None:
            yield other, parameter.sample


def _out_of_range(parameter: Parameter) -> Iterator[str]:
    if parameter.number:
        yield "x"
        yield from map(parameter.written, parameter.range.outside())
    if parameter.kind is float:
        yield from ("nan", "inf")


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
