"""Params: parsed from what a caller gave, and stored for a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from sysmon_core.errors import Fault, InvalidInput, PluginFault, describe
from sysmon_core.metrics.metric import Params

P = TypeVar("P", bound=Params)


def parse(model: type[P], pairs: Iterable[tuple[str, Any]]) -> P:
    """Parse what a caller gave, each name once, into params.

    Raises:
        InvalidInput: with a fault for every field that is unknown, doubled or does not fit.
        PluginFault: a validator of the model raised what is no ValueError.
    """
    given = list(pairs)
    counts = Counter(name for name, _ in given)
    faults = [Fault(name, "given more than once") for name, n in counts.items() if n > 1]
    faults += [Fault(name, _unknown(model)) for name in counts if name not in model.model_fields]
    if faults:
        raise InvalidInput(faults)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise InvalidInput(faults_of(error)) from None
    except Exception as error:
        raise PluginFault(f"The params {model.__name__} raised {describe(error)}") from error


def faults_of(error: ValidationError) -> list[Fault]:
    """Turn what pydantic found into faults, which never repeat a value."""
    return [
        Fault(
            ".".join(map(str, item["loc"])) or "params", item["msg"].removeprefix("Value error, ")
        )
        for item in error.errors(include_input=False, include_url=False)
    ]


def _unknown(model: type[Params]) -> str:
    names = ", ".join(model.model_fields) or "none"
    return f"not a parameter here; there are: {names}"


def stored(params: Params) -> Mapping[str, Any]:
    """Turn params into JSON that ``parse`` reads again."""
    return params.model_dump(mode="json", exclude_unset=True)
