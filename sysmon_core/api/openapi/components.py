"""Components of the API document: the schemas of all models, and references to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openapi_pydantic import Reference, Schema, schema_validate
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from sysmon_core.api import schemas
from sysmon_core.api.framework.declarations import Content, Resource

REF_PREFIX = "#/components/schemas/"
RANGES = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


class _Plain(GenerateJsonSchema):
    """Pydantic's generator, with two faults of its schemas corrected."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """No titles made of names, which viewers would show in place of the names."""
        return False

    def generate_inner(self, schema: Any) -> dict[str, Any]:
        """Ranges in words of JSON Schema: on a type with a validator they come in pydantic's."""
        found = super().generate_inner(schema)
        return {RANGES.get(key, key): value for key, value in found.items()}


class Models:
    """Every model that is read or returned; two models of one name get different names."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        wanted = {schemas.Problem: None} | dict.fromkeys(_models(resources))
        found, whole = models_json_schema(
            [(model, "validation") for model in wanted],
            ref_template=REF_PREFIX + "{model}",
            schema_generator=_Plain,
        )
        self._names = {
            model: schema["$ref"].removeprefix(REF_PREFIX) for (model, _), schema in found.items()
        }
        self._schemas: dict[str, dict[str, Any]] = whole["$defs"]
        self._used: set[str] = set()

    def schema(self, model: type[BaseModel]) -> dict[str, Any]:
        """Return the JSON schema of a model."""
        self._use(self._schemas[self._names[model]])
        return self._schemas[self._names[model]]

    def content(self, content: Content) -> Schema | Reference:
        """Return a reference to a model, or the JSON schema that was given."""
        if not isinstance(content, type):
            return schema_validate(dict(content))
        reference = {"$ref": REF_PREFIX + self._names[content]}
        self._use(reference)
        return Reference.model_validate(reference)

    def components(self) -> dict[str, Schema]:
        """Return the schemas that were referred to, by name."""
        return {name: schema_validate(self._schemas[name]) for name in sorted(self._used)}

    def _use(self, part: Any) -> None:
        """Record the schemas that a schema refers to, and those that they refer to."""
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                name = value.removeprefix(REF_PREFIX)
                if name not in self._used:
                    self._used.add(name)
                    self._use(self._schemas[name])
            elif isinstance(value, dict | list):
                self._use(value)


def _models(resources: Iterable[Resource]) -> Iterable[type[BaseModel]]:
    for resource in resources:
        for endpoint in resource.endpoints.values():
            if endpoint.reads:
                yield endpoint.reads.model
            for answer in endpoint.answers.values():
                if isinstance(answer.content, type):
                    yield answer.content
