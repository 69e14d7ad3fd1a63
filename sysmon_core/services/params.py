"""Parses a caller's input into params."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sysmon_core.errors import Fault, InvalidInput, PluginFault
from sysmon_core.metrics.culprit import place_of
from sysmon_core.metrics.field_types import takes_many
from sysmon_core.metrics.metric import Params
from sysmon_core.printable import describe
from sysmon_core.validation import sentence_of

P = TypeVar("P", bound=Params)

SURROGATE = re.compile("[\ud800-\udfff]")


def parse(model: type[P], pairs: Iterable[tuple[str, Any]]) -> P:
    """Parse a caller's names and values, each name once, into params.

    Raises:
        InvalidInput: with a fault for every field that is unknown, doubled or does not fit.
        PluginFault: a validator of the model raised what is no ValueError.
    """
    values = _by_name(model, pairs)
    try:
        params = model.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(faults_of(error, model)) from None
    except Exception as error:
        reason = f"The params {model.__name__} raised {describe(error)}"
        raise PluginFault(reason, place_of(error)) from error
    if not isinstance(params, model):
        raise PluginFault(f"A validator of the params {model.__name__} does not return self")
    if faults := list(_unfit_texts(params)):
        raise InvalidInput(faults)
    return params


def _unfit_texts(params: BaseModel) -> Iterator[Fault]:
    """Yield a fault for each text that could be neither a program's word nor a path."""
    for name, value in params:
        texts = value if isinstance(value, list | tuple) else [value]
        whole = "".join(text for text in texts if isinstance(text, str))
        if "\0" in whole:
            yield Fault(name, "must not have a NUL character")
        elif SURROGATE.search(whole):
            yield Fault(name, "must not have half of a surrogate pair")


def _by_name(model: type[Params], pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Collect the values of each name: one, or a list where the field takes several.

    Raises:
        InvalidInput: a name is unknown, or given more often than its field allows.
    """
    values: defaultdict[str, list[Any]] = defaultdict(list)
    for name, value in pairs:
        values[name].append(value)
    faults = [Fault(name, _unknown(model)) for name in values if name not in model.model_fields]
    many = {name for name, field in model.model_fields.items() if takes_many(field)}
    for name, given in values.items():
        if len(given) > 1 and (name not in many or any(map(_is_whole, given))):
            faults.append(Fault(name, "given more than once"))
    if faults:
        raise InvalidInput(faults)
    return {
        name: given if name in many and not _is_whole(given[0]) else given[0]
        for name, given in values.items()
    }


def _is_whole(value: object) -> bool:
    """Whether a value is all that a field takes, as JSON has it, not one of a list."""
    return value is None or isinstance(value, list | tuple)


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Turn what pydantic found into faults, which never repeat a value."""
    return [
        Fault(".".join(map(str, item["loc"])) or "params", sentence_of(item, model))
        for item in error.errors(include_input=False, include_url=False)
    ]


def _unknown(model: type[Params]) -> str:
    names = ", ".join(model.model_fields) or "none"
    return f"not a parameter here; there are: {names}"
