"""Parameters: what each field of a Params model takes, the same on every surface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from sysmon_core.metrics.field_types import choices_of, kind_of, metadata_of, takes_many
from sysmon_core.metrics.parameter_range import Range
from sysmon_core.metrics.parameter_types import Quantity
from sysmon_core.metrics.settable import require_settable

REF_PREFIX = "#/$defs/"

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A field of params as a caller sees it; its values are JSON.

    Args:
        kind: the type of one value: bool, int, float or str.
        choices: the words that are taken, if there are no others.
        many: whether it takes several values: repeated in a query, a list in JSON.
        required: whether a caller must give it.
        default: what it is for a caller who does not; None where that is nothing, or required.
        description: what it means, for people.
        unit: a UCUM code; empty if it has none.
        range: of a number, or of each of several.
        examples: values of it that its author gives, for people and for checks.
        quantity: how people write its numbers, where they may have a unit beside them.
        pattern: the regular expression that a text must fit; empty if there is none.
    """

    name: str
    kind: type
    choices: tuple[str, ...]
    many: bool
    required: bool
    default: Any
    description: str
    unit: str
    range: Range
    examples: tuple[Any, ...]
    quantity: Quantity | None
    pattern: str

    @property
    def number(self) -> bool:
        """Whether it takes numbers."""
        return self.kind in {int, float}

    @property
    def flag(self) -> bool:
        """Whether it is one truth value."""
        return self.kind is bool and not self.many

    @property
    def sample(self) -> Any:
        """A value of it: its default, or the first example of one that is required."""
        return self.examples[0] if self.required and self.examples else self.default

    def bounds_in_words(self) -> Iterator[str]:
        """Tell each bound of its numbers: ``from 1``, ``to 5m``."""
        told = {
            "from": self.range.minimum,
            "above": self.range.exclusive_minimum,
            "to": self.range.maximum,
            "below": self.range.exclusive_maximum,
            "a multiple of": self.range.multiple,
        }
        for word, bound in told.items():
            if bound is not None:
                yield f"{word} {self.written(bound)}"

    def written(self, value: Any) -> str:
        """Write a value as people do: ``a, b`` for a list, ``5m`` for 300 seconds."""
        if isinstance(value, list):
            return ", ".join(self.written(one) for one in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float) and self.quantity:
            return self.quantity.written(value)
        if isinstance(value, float):
            return f"{value:.15g}"
        return "" if value is None else str(value)


def parameters(model: type[BaseModel]) -> Mapping[str, Parameter]:
    """Return the parameters of a model by name.

    Raises:
        ConfigurationError: one cannot be set in every way; the text begins with its name.
    """
    require_settable(model)
    schema = model.model_json_schema()
    return {
        name: _parameter(name, field, schema["properties"][name], schema.get("$defs", {}))
        for name, field in model.model_fields.items()
    }


def _parameter(name: str, field: FieldInfo, schema: Schema, defs: Schema) -> Parameter:
    kind = kind_of(field)
    choices = choices_of(kind)
    parts = list(_parts(schema, defs))
    return Parameter(
        name=name,
        kind=str if choices else kind,
        choices=choices,
        many=takes_many(field),
        required=field.is_required(),
        default=_default(field),
        description=field.description or "",
        unit=next((str(part["unit"]) for part in parts if "unit" in part), ""),
        range=Range.of(parts),
        examples=tuple(_examples(schema, parts)),
        quantity=next((one for one in metadata_of(field) if isinstance(one, Quantity)), None),
        pattern=next(filter(None, (getattr(one, "pattern", "") for one in metadata_of(field))), ""),
    )


def _parts(schema: Schema, defs: Schema) -> Iterator[Schema]:
    """Yield a schema and those in it: of what is no null, of a list's values, of an Enum."""
    yield schema
    inner = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    inner += [defs[schema["$ref"].removeprefix(REF_PREFIX)]] if "$ref" in schema else []
    for part in inner:
        yield from _parts(part, defs)


def _examples(schema: Schema, parts: list[Schema]) -> Iterator[Any]:
    """Yield the examples of a parameter; one of a list's values makes a list of one."""
    whole = [one for part in (schema, *schema.get("anyOf", ())) for one in part.get("examples", ())]
    yield from whole
    if not whole and any("items" in part for part in parts):
        yield from ([one] for part in parts for one in part.get("examples", ()))


def _default(field: FieldInfo) -> Any:
    """Return a default as JSON has it; None where a caller's other choices make it."""
    if field.is_required() or getattr(field, "default_factory_takes_validated_data", False):
        return None
    return to_jsonable_python(field.get_default(call_default_factory=True))
