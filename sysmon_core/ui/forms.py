"""Forms: a field for each parameter of a metric, filled from the URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sysmon_core.metrics.option_names import option_of
from sysmon_core.metrics.parameters import Parameter, parameters

TRUTH = ("true", "false")


@dataclass(frozen=True)
class FormField:
    """One field.

    Args:
        control: ``choice``, ``choices`` (several), ``lines`` (several texts), ``number`` or
            ``text``.
        values: what it holds at first, as texts; none for the default.
        default: the text that stands for the default.
        facts: range, unit and examples, in words.
        option: the option of the command line that sets it.
    """

    name: str
    control: str
    description: str
    required: bool
    values: Sequence[str]
    choices: Sequence[str]
    default: str
    facts: str
    option: str
    minimum: float | None
    maximum: float | None
    step: str


def fields(model: type[BaseModel], given: Mapping[str, Sequence[str]]) -> list[FormField]:
    """Make the fields of a model, in its order; ``given`` has values by name, as a query does."""
    return [_field(one, given.get(one.name, ())) for one in parameters(model).values()]


def _field(parameter: Parameter, values: Sequence[str]) -> FormField:
    whole = parameter.kind is int
    return FormField(
        name=parameter.name,
        control=_control(parameter),
        description=parameter.description,
        required=parameter.required,
        values=values,
        choices=TRUTH if parameter.kind is bool else parameter.choices,
        default=_text(parameter, parameter.default),
        facts=", ".join(_facts(parameter)),
        option=option_of(parameter.name),
        minimum=parameter.range.minimum,
        maximum=parameter.range.maximum,
        step="1" if whole else "any",
    )


def _control(parameter: Parameter) -> str:
    if parameter.choices or parameter.kind is bool:
        return "choices" if parameter.many else "choice"
    if parameter.many:
        return "lines"
    return "number" if parameter.number and not parameter.quantity else "text"


def _facts(parameter: Parameter) -> Iterator[str]:
    if parameter.quantity:
        yield f"such as {parameter.quantity.examples}"
    elif parameter.unit and parameter.unit != "1":  # 1 is a count's
        yield f"in {parameter.unit}"
    yield from parameter.bounds_in_words()
    if parameter.examples and not parameter.default:
        yield f"for example {parameter.written(parameter.examples[0])}"


def _text(parameter: Parameter, value: Any) -> str:
    """Write a value as the form sends it."""
    if isinstance(value, bool):
        return TRUTH[not value]
    return parameter.written(value)
