"""JSON schemas of models, as callers see them."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.parameter_range import with_standard_names


class PlainSchema(GenerateJsonSchema):
    """Pydantic's generator, with two faults of its schemas corrected."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """Return false: viewers would show titles, made of the names, in place of the names."""
        return False

    def generate_inner(self, schema: Any) -> dict[str, Any]:
        """Write ranges in words of JSON Schema: a type with a validator has pydantic's own."""
        return with_standard_names(super().generate_inner(schema))


def params_schema(model: type[Params]) -> dict[str, Any]:
    """Return the JSON schema of a metric's params, which refers to nothing outside itself.

    The name of the class is not in it, nor what ``Params`` says of itself.
    """
    schema = model.model_json_schema(schema_generator=PlainSchema)
    hidden = {"title"} | ({"description"} if model is Params else set())
    return {key: value for key, value in schema.items() if key not in hidden}
