"""Values with which checks set parameters: the first example, and others than the default."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.parameter_range import Range
from sysmon_core.metrics.parameters import Parameter, parameters
from sysmon_core.services.params import parse

Fields = dict[str, Any]  # values of JSON by the names of parameters

TEXTS = ("x", "y")  # the default may be one of them


def required_values(found: Mapping[str, Parameter]) -> Fields:
    """Return what a caller must give: the first example of each parameter that is required."""
    return {
        name: parameter.examples[0]
        for name, parameter in found.items()
        if parameter.required and parameter.examples
    }


def required_params(model: type[Params]) -> Params:
    """Return the params of a caller who gives the required parameters alone.

    Raises:
        InvalidInput: the defaults or the first examples are refused.
        PluginFault: a validator failed.
    """
    return parse(model, required_values(parameters(model)).items())


def query_of(pairs: Iterable[tuple[str, object]]) -> str:
    """Write names and values as in a query, for people: lists as in JSON, and nothing escaped."""
    return "&".join(f"{name}={_plain(value)}" for name, value in pairs)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def other_values(parameter: Parameter) -> Iterator[Any]:
    """Yield values other than the default, examples first; the params may refuse some of them."""
    for value in (*parameter.examples, *_made_values(parameter)):
        if parameter.required or value != parameter.default:
            yield value


def _made_values(parameter: Parameter) -> Iterable[Any]:
    if not parameter.many:
        return _ones(parameter, parameter.default)
    given = list(parameter.default or ())
    ones = list(_ones(parameter, given[0] if given else None))
    heads: list[list[Any]] = [[], given, given[:-1]]  # a list may have a least or a most length
    return [[*head, one] for head in heads for one in ones]


def _ones(parameter: Parameter, default: Any) -> Iterable[Any]:
    """Return values of which a list has several."""
    if parameter.choices:
        return parameter.choices
    if parameter.kind is bool:
        return (True, False)
    if parameter.number:
        near = _near(parameter.range, default or 0)
        return near if parameter.kind is float else [int(one) for one in near if one == int(one)]
    return TEXTS


def _near(span: Range, default: float) -> list[float]:
    """Return numbers within a range: a step from the default, then a step from each bound."""
    step = span.multiple or 1
    middle = sum(span.bounds) / len(span.bounds) if span.bounds else default
    steps = (default + step, default - step, *(b + step for b in span.bounds))
    found = (*steps, *(bound - step for bound in span.bounds), *span.bounds, middle)
    return [number for number in found if number in span]
